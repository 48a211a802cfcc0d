"""Where an embedding is written."""

from __future__ import annotations

from typing import Any

import numpy as np


def output_array(out: Any, shape: tuple[int, ...], dtype: np.dtype) -> Any:
    """Make an array to write to, or check the one that was given.

    Parameters
    ----------
    out : ndarray or None
        What the user passed: an array in memory or on disk.
    shape : tuple of int
        What it must have.
    dtype : numpy.dtype
        Of a new one; one that was given may be of any floats.

    Returns
    -------
    ndarray
        A new one, whose values are arbitrary, or ``out``.

    Raises
    ------
    ValueError
        If ``out`` is no array of floats, or has another shape.
    """
    if out is None:
        return np.empty(shape, dtype)
    given = getattr(out, "dtype", None)
    kind = getattr(given, "kind", None)  # other libraries' types have none
    if kind is None:
        raise ValueError(
            f"out is a {type(out).__name__}; expected a NumPy array of floats of shape "
            f"{shape}, or None for a new one."
        )
    if out.shape != shape or kind != "f":
        raise ValueError(
            f"out has shape {out.shape} and dtype {given}; expected floats of shape "
            f"{shape}."
        )
    return out
