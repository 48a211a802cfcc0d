"""Simulated people: what they do, how they move, and what their sensors record."""

from .absence import draw_missing, leave_out
from .activities import ACTIVITIES
from .clock import make_rng
from .description import describe
from .recording import LABEL_RATE, record
from .sensors import SENSORS, Difficulty

__all__ = [
    "ACTIVITIES",
    "LABEL_RATE",
    "SENSORS",
    "Difficulty",
    "describe",
    "draw_missing",
    "leave_out",
    "make_rng",
    "record",
]
