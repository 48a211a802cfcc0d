"""Parameters of the activities, before people vary them."""

from __future__ import annotations

from typing import NamedTuple


class Limb(NamedTuple):
    """How a limb is held and moved.

    Parameters
    ----------
    pitch : float
        Radians forward of hanging straight down.
    swing : float
        Amplitude in radians, back and forth once a stride.
    restless : float
        Radians by which it wanders about.
    """

    pitch: float
    swing: float
    restless: float


class Activity(NamedTuple):
    """A latent state.

    Parameters
    ----------
    dwell : float
        Mean seconds of a bout.
    effort : float
        From 0, rest, to 1, all that a person can.
    cadence : float
        Strides, or turns of the pedals, a second.
    heave : float
        Amplitude in g of the body's going up and down, at every step.
    wrist, ankle : Limb
        Forearm and shank.
    """

    dwell: float
    effort: float
    cadence: float
    heave: float
    wrist: Limb
    ankle: Limb


# The first few, however many, make a task. Most look like another one to one sensor:
# sitting and cycling, or pushing a pram, at the wrist; standing and housework at the
# ankle; walking and stairs at both, where the heart tells more.
ACTIVITIES = {
    "sitting": Activity(60, 0.00, 0.0, 0.0, Limb(1.2, 0.0, 0.2), Limb(0.3, 0.0, 0.08)),
    "walking": Activity(60, 0.30, 0.95, 0.20, Limb(0.2, 0.35, 0.1), Limb(0.0, 0.5, 0.05)),
    "cycling": Activity(60, 0.50, 1.10, 0.03, Limb(1.2, 0.03, 0.2), Limb(0.2, 0.3, 0.05)),
    "standing": Activity(60, 0.08, 0.0, 0.0, Limb(0.4, 0.0, 0.2), Limb(0.0, 0.0, 0.08)),
    "stairs": Activity(60, 0.70, 0.75, 0.20, Limb(0.3, 0.25, 0.1), Limb(0.3, 0.5, 0.05)),
    "housework": Activity(60, 0.20, 0.5, 0.02, Limb(0.7, 0.3, 0.4), Limb(0.0, 0.05, 0.1)),
    "pushing": Activity(
        60, 0.35, 0.90, 0.15, Limb(1.2, 0.03, 0.2), Limb(0.0, 0.45, 0.05)
    ),
    "running": Activity(60, 0.90, 1.35, 0.80, Limb(1.2, 0.45, 0.1), Limb(0.0, 0.8, 0.05)),
    "lying": Activity(60, 0.00, 0.0, 0.0, Limb(1.4, 0.0, 0.15), Limb(1.5, 0.0, 0.05)),
}
