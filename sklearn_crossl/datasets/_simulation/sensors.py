"""The sensors, and what goes wrong with them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .clock import sample, wander

_GAP = 4.0  # mean seconds of a dropout
_GRIPS = 10.0  # seconds over which the noise level varies
_LOOSE = 0.7  # standard deviation of the logarithm of the noise level
_DRIFTS = 60.0  # seconds over which a sensor's offset drifts


class Difficulty(NamedTuple):
    """How much people differ, and how bad sensors are.

    Parameters
    ----------
    subject_variation, noise, drift : float
        Factors of the usual amount.
    dropout : float
        Share of the samples that are lost.
    """

    subject_variation: float
    noise: float
    drift: float
    dropout: float


class Sensor(NamedTuple):
    """The properties of a sensor.

    Parameters
    ----------
    channels : tuple of str
        Their names.
    rate : float
        Samples a second.
    unit : str
        Of all channels.
    noise : float
        Standard deviation of a sample, in the unit.
    drift : float
        Standard deviation of the slowly moving zero, in the unit.
    """

    channels: tuple[str, ...]
    rate: float
    unit: str
    noise: float
    drift: float


def _three_axes(name: str, *numbers: Any) -> Sensor:
    return Sensor(tuple(f"{name}_{axis}" for axis in "xyz"), *numbers)


# The noise is that of cheap parts on a loose strap over soft tissue.
SENSORS = {
    "wrist_acc": _three_axes("wrist_acc", 50.0, "g", 0.15, 0.05),
    "wrist_gyro": _three_axes("wrist_gyro", 50.0, "rad/s", 0.40, 0.05),
    "ankle_acc": _three_axes("ankle_acc", 50.0, "g", 0.15, 0.05),
    "ankle_gyro": _three_axes("ankle_gyro", 50.0, "rad/s", 0.40, 0.05),
    "pulse": Sensor(("pulse",), 64.0, "a.u.", 0.10, 0.10),
    "heart_rate": Sensor(("heart_rate",), 1.0, "1/min", 2.0, 2.0),
    "eda": Sensor(("eda",), 4.0, "uS", 0.05, 0.3),
    "temperature": Sensor(("temperature",), 4.0, "degC", 0.05, 0.3),
}


def measure(
    rng: np.random.Generator,
    signal: np.ndarray,
    sensor: Sensor,
    rate: float,
    difficulty: Difficulty,
) -> np.ndarray:
    """Sample the true signal, (n_channels, n), and add drift, noise and gaps."""
    x = sample(signal, rate)
    n_channels, n = x.shape
    x += difficulty.drift * sensor.drift * wander(rng, n, _DRIFTS, n_channels, rate)
    level = np.exp(_LOOSE * wander(rng, n, _GRIPS, rate=rate))
    x += difficulty.noise * sensor.noise * level * rng.normal(size=x.shape)
    x[:, _lost(rng, n, rate, difficulty.dropout)] = np.nan
    return x.astype(np.float32)


def _lost(
    rng: np.random.Generator, n_samples: int, rate: float, share: float
) -> np.ndarray:
    """Draw gaps, and what lies between them, of exponential lengths, (n_samples,)."""
    if share == 0:
        return np.zeros(n_samples, dtype=bool)
    first_is_gap = rng.random() < share
    mean = np.array([_GAP, _GAP * (1 - share) / share])  # seconds of a gap and between
    if not first_is_gap:
        mean = mean[::-1]
    n_pairs = 20 + int(3 * n_samples / rate / mean.sum())  # more than enough
    ends = np.cumsum(mean * rng.exponential(size=(n_pairs, 2)))
    run = np.searchsorted(ends, np.arange(n_samples) / rate, side="right")
    return (run % 2 == 0) == first_is_gap
