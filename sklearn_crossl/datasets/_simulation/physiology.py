"""How heart and skin respond to effort."""

from __future__ import annotations

import numpy as np

from .clock import BASE_RATE, lag, wander
from .course import Course
from .subjects import Subject

_DEVICE_LAG = 4.0  # seconds by which a watch averages the heart rate that it shows


def heart(rng: np.random.Generator, course: Course, subject: Subject) -> np.ndarray:
    """Compute the heart rate over time from the effort, in beats a minute, (n,)."""
    mean = subject.rest + subject.reserve * lag(course.effort, subject.heart_lag)
    n = len(mean)
    breathing, slow = 2.0 * wander(rng, n, 2)[0], 3.0 * wander(rng, n, 12)[0]
    return np.maximum(mean + breathing + slow, 30)


def shown(rate: np.ndarray) -> np.ndarray:
    """Average the heart rate as a device does, (1, n)."""
    return lag(rate, _DEVICE_LAG)[None]


def pulse(rate: np.ndarray, subject: Subject) -> np.ndarray:
    """Compute the pulse wave, with a beat for each cycle of the integrated heart rate."""
    beat = 2 * np.pi * np.cumsum(rate / 60) / BASE_RATE

    def bump(place: float, narrow: float) -> np.ndarray:
        return np.exp(narrow * (np.cos(beat - place) - 1))

    return (bump(0.0, 4.0) + subject.dicrotic * bump(2.2, 3.0))[None]


def conductance(rng: np.random.Generator, course: Course, subject: Subject) -> np.ndarray:
    """Add skin responses, which are more frequent with effort, to a level, (1, n)."""
    level = 1 + lag(course.effort, 90)
    per_minute = 2 + 10 * course.effort
    comes = rng.random(level.size) < per_minute / 60 / BASE_RATE
    sizes = comes * rng.lognormal(0, 0.5, size=level.size) * BASE_RATE
    responses = 0.3 * lag(lag(sizes, 0.75), 2.0)
    return subject.conductance * (level + responses)[None]


def temperature(course: Course, subject: Subject) -> np.ndarray:
    """Cool the skin slowly in effort, by sweat, (1, n)."""
    return subject.temperature - 2 * lag(course.effort, 180)[None]
