"""The array that an embedding is written to."""

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
        The shape that it must have.
    dtype : numpy.dtype
        The dtype of a new array; a given one may have any float dtype.

    Returns
    -------
    ndarray
        A new one, whose values are arbitrary, or ``out``.

    Raises
    ------
    ValueError
        If ``out`` is no array of floats, has another shape, or is read-only.
    """
    if out is None:
        return np.empty(shape, dtype)
    if not isinstance(out, np.ndarray):
        raise ValueError(
            f"out is a {type(out).__name__}; expected a NumPy array of floats of shape "
            f"{shape}, such as a memory map, or None for a new one."
        )
    if out.shape != shape or out.dtype.kind != "f":
        raise ValueError(
            f"out has shape {out.shape} and dtype {out.dtype}; expected floats of shape "
            f"{shape}."
        )
    if not out.flags.writeable:
        raise ValueError('out is read-only; open a memory map with mode="r+".')
    return out
