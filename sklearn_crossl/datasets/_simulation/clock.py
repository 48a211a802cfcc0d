"""The common time grid of all latent signals, and random curves on it."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import uniform_filter1d
from scipy.signal import lfilter

BASE_RATE = 100  # samples a second: people move at far less than 50 Hz


def make_rng(seed: int, subject: int, name: str) -> np.random.Generator:
    """Make the random generator of one part of a subject's simulation.

    Each part has its own, so that changing a parameter affects only its own part.
    """
    return np.random.default_rng([seed, subject, *name.encode()])


def wander(
    rng: np.random.Generator,
    n: int,
    period: float,
    size: int = 1,
    rate: float = BASE_RATE,
) -> np.ndarray:
    """Draw smooth curves that go up and down about once in two periods, in seconds.

    Returns (size, n), of about unit variance.
    """
    knots = rng.normal(size=(size, int(n / rate / period) + 3))
    places = np.arange(n) / (rate * period)
    return CubicSpline(np.arange(knots.shape[1]), knots, axis=1)(places)


def smooth(steps: np.ndarray, seconds: float) -> np.ndarray:
    """Smooth curves (..., n) over the given number of seconds."""
    for _ in range(3):
        steps = uniform_filter1d(steps, round(seconds * BASE_RATE / 3), mode="nearest")
    return steps


def lag(x: np.ndarray, seconds: float) -> np.ndarray:
    """Filter a curve (n,) by a first-order low-pass that starts in its steady state."""
    keep = np.exp(-1 / (seconds * BASE_RATE))
    return lfilter([1 - keep], [1, -keep], x, zi=[keep * x[0]])[0]


def sample(x: np.ndarray, rate: float) -> np.ndarray:
    """Sample curves (size, n) at a rate, with linear interpolation between ticks."""
    ticks = np.arange(x.shape[1])
    times = np.arange(int(ticks.size / BASE_RATE * rate + 1e-9)) / rate * BASE_RATE
    return np.stack([np.interp(times, ticks, row) for row in x])
