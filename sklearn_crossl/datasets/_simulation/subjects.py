"""Individual traits of simulated people."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .activities import ACTIVITIES
from .clock import make_rng

PLACES = ("wrist", "ankle")


class Subject(NamedTuple):
    """A person, and how the sensors are worn.

    Parameters
    ----------
    cadence, vigour : float
        Factors of the activities' strides a second and amplitudes.
    asymmetry : float
        How much stronger one leg's step is than the other's.
    turned : dict of str to ndarray of shape (3,)
        Rotation vector of each place's sensor on the limb, in radians; the last axis is
        the limb's own.
    habit : dict of str to ndarray of shape (n_activities, 3)
        Roll, pitch and yaw by which a limb's posture differs from the usual one.
    style : dict of str to ndarray of shape (3,)
        Share of the swing about each axis.
    rest, reserve : float
        Heart rate at rest, and what it gains at full effort, in beats a minute.
    heart_lag : float
        Seconds by which the heart follows effort.
    dicrotic : float
        Height of the second wave of a beat.
    conductance, temperature : float
        Of the skin at rest, in microsiemens and degrees Celsius.
    """

    cadence: float
    vigour: float
    asymmetry: float
    turned: dict[str, np.ndarray]
    habit: dict[str, np.ndarray]
    style: dict[str, np.ndarray]
    rest: float
    reserve: float
    heart_lag: float
    dicrotic: float
    conductance: float
    temperature: float


def draw_subject(seed: int, index: int, variation: float) -> Subject:
    """Draw a person; with no variation all are the same."""
    rng = make_rng(seed, index, "subject")

    def number(scale: float) -> float:
        return variation * scale * float(rng.normal())

    def numbers(scale: float, *shape: int) -> np.ndarray:
        return variation * scale * rng.normal(size=shape)

    n = len(ACTIVITIES)
    return Subject(
        cadence=math.exp(number(0.10)),
        vigour=math.exp(number(0.25)),
        asymmetry=0.2 * math.exp(number(0.7)),
        turned={place: numbers(0.1, 3) * [1, 1, 3] for place in PLACES},
        habit={"wrist": numbers(0.25, n, 3), "ankle": numbers(0.10, n, 3)},
        style={place: np.exp(numbers(0.3, 3)) * [0.2, 1, 0.2] for place in PLACES},
        rest=max(62 + number(8), 40),
        reserve=max(120 + number(15), 60),
        heart_lag=58 * math.exp(number(0.3)),
        dicrotic=0.4 * math.exp(number(0.4)),
        conductance=3.0 * math.exp(number(0.6)),
        temperature=33.0 + number(0.8),
    )
