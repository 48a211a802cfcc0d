"""From a seed to a recording: a person, a course of activities, signals, samples."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .clock import BASE_RATE, make_rng
from .course import Course, draw_course
from .motion import inertial
from .physiology import conductance, heart, pulse, shown, temperature
from .sensors import SENSORS, Difficulty, measure
from .subjects import Subject, draw_subject

LABEL_RATE = 10.0  # labels a second
_ARTEFACT = 0.3  # of the pulse wave, for each g by which the wrist is shaken


def record(
    seed: int,
    index: int,
    n_activities: int,
    seconds: float,
    rates: Mapping[str, float],
    difficulty: Difficulty,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Record a person with some sensors; returns signals (n_channels, n) and labels."""
    subject = draw_subject(seed, index, difficulty.subject_variation)
    course = draw_course(seed, index, subject, n_activities, seconds)
    signals = _signals(seed, index, course, subject, difficulty.noise, set(rates))
    recording = {
        name: measure(
            make_rng(seed, index, name), signals[name], SENSORS[name], rate, difficulty
        )
        for name, rate in rates.items()
    }
    return recording, course.activity[:: round(BASE_RATE / LABEL_RATE)]


def _signals(
    seed: int, index: int, course: Course, subject: Subject, noise: float, names: set[str]
) -> dict[str, np.ndarray]:
    """Compute what sensors without faults would show, (n_channels, n), on the clock."""
    signals = {}
    for place, also in (("wrist", "pulse"), ("ankle", "")):
        if names & {f"{place}_acc", f"{place}_gyro", also}:
            acceleration, rotation = inertial(course, subject, place)
            signals[f"{place}_acc"], signals[f"{place}_gyro"] = acceleration, rotation
    rate = heart(make_rng(seed, index, "heart"), course, subject)
    signals["heart_rate"] = shown(rate)
    if "pulse" in names:
        shaken = np.linalg.norm(signals["wrist_acc"], axis=0) - 1
        signals["pulse"] = pulse(rate, subject) + noise * _ARTEFACT * shaken
    signals["eda"] = conductance(make_rng(seed, index, "skin"), course, subject)
    signals["temperature"] = temperature(course, subject)
    return signals
