"""Simulated people: what they do, how they move, and what their sensors record."""

from .absence import draw_missing, leave_out
from .activities import ACTIVITIES
from .clock import stream
from .description import describe
from .recording import LABEL_RATE, record
from .sensors import SENSORS, Knobs

__all__ = [
    "ACTIVITIES",
    "LABEL_RATE",
    "SENSORS",
    "Knobs",
    "describe",
    "draw_missing",
    "leave_out",
    "record",
    "stream",
]
