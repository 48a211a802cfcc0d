"""A person's activities over time, and the motion and effort that follow from them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .activities import ACTIVITIES
from .clock import BASE_RATE, make_rng, smooth, wander
from .subjects import PLACES, Subject

_TABLE = list(ACTIVITIES.values())
_TURN = 1.5  # seconds of the transition from one activity to the next


class Course(NamedTuple):
    """One recording's latents, on the clock.

    Parameters
    ----------
    activity : int ndarray of shape (n,)
        Position among the activities.
    heave : ndarray of shape (n,)
        Upward acceleration of the body in g.
    effort : ndarray of shape (n,)
        From 0 to about 1.
    angles : dict of str to ndarray of shape (3, n)
        Roll, pitch and yaw of each limb, in radians.
    """

    activity: np.ndarray
    heave: np.ndarray
    effort: np.ndarray
    angles: dict[str, np.ndarray]


def draw_course(
    seed: int, index: int, subject: Subject, n_activities: int, seconds: float
) -> Course:
    """Draw what a person does, and how the body moves in doing it."""
    rng = make_rng(seed, index, "course")
    n = round(seconds * BASE_RATE)
    activity, bout = _draw_bouts(rng, n_activities, n)
    n_bouts = bout[-1] + 1

    def curve(field: str, spread: float) -> np.ndarray:
        """Read a column of the table along the bouts, each a little different."""
        factor = np.exp(rng.normal(scale=spread, size=n_bouts))
        values = np.array([getattr(a, field) for a in _TABLE])
        return smooth(values[activity] * factor[bout], _TURN)

    cadence = subject.cadence * curve("cadence", 0.05) * (1 + 0.02 * wander(rng, n, 3)[0])
    phase = 2 * np.pi * (np.cumsum(cadence) / BASE_RATE + rng.random())
    heave = subject.vigour * curve("heave", 0.15) * _steps(phase, subject.asymmetry)
    effort = curve("effort", 0.15)
    angles = {
        place: _angles(
            make_rng(seed, index, place), place, subject, activity, bout, phase
        )
        for place in PLACES
    }
    return Course(activity, heave, effort, angles)


def _draw_bouts(
    rng: np.random.Generator, n_activities: int, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a semi-Markov chain: the activity and the bout of each tick."""
    activities, ticks = [int(rng.integers(n_activities))], []
    while True:
        ticks.append(
            round(rng.gamma(4, _TABLE[activities[-1]].dwell / 4) * BASE_RATE) + 1
        )
        if sum(ticks) >= n:
            break
        other = int(rng.integers(n_activities - 1))
        activities.append(other + (other >= activities[-1]))
    bout = np.repeat(np.arange(len(ticks)), ticks)[:n]
    return np.array(activities)[bout], bout


def _steps(phase: np.ndarray, asymmetry: float) -> np.ndarray:
    """Compute the vertical motion: two unequal steps a stride, and a heel harmonic."""
    return np.cos(2 * phase) + asymmetry * np.cos(phase) + 0.4 * np.cos(4 * phase + 1)


def _angles(
    rng: np.random.Generator,
    place: str,
    subject: Subject,
    activity: np.ndarray,
    bout: np.ndarray,
    phase: np.ndarray,
) -> np.ndarray:
    """Compute a limb's angles: the activity's posture, swing and random movement."""
    n = len(activity)
    limbs = np.array([getattr(a, place) for a in _TABLE])  # (n_activities, 3)
    posture = subject.habit[place].copy()
    posture[:, 1] += limbs[:, 0]
    sitting_so = rng.normal(
        scale=0.15 if place == "wrist" else 0.05, size=(bout[-1] + 1, 3)
    )
    held = smooth((posture[activity] + sitting_so[bout]).T, _TURN)  # (3, n)
    swing = smooth(limbs[activity, 1], _TURN) * subject.vigour
    restless = smooth(limbs[activity, 2], _TURN) * np.abs(wander(rng, n, 4)[0])
    beat = phase if place == "ankle" else phase + np.pi  # arms go against legs
    swung = np.sin(beat) + 0.25 * np.sin(2 * beat + 0.5)
    held[2] += 0.5 * wander(rng, n, 10)[0]  # the heading
    held += swing * swung * np.asarray(subject.style[place])[:, None]
    return held + restless * wander(rng, n, 0.6, 3)
