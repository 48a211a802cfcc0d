"""Warnings that point at the user's code."""

from __future__ import annotations

import sys
import warnings

_INSIDE = ("sklearn_crossl.", "sklearn.", "skorch.", "joblib.", "contextlib.")


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the first line outside this package and what it is built on.

    Parameters
    ----------
    message : str
        The warning.
    category : type, default=UserWarning
        Its class.
    """
    frame, level = sys._getframe(), 1
    while frame.f_back and f"{frame.f_globals.get('__name__')}.".startswith(_INSIDE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
