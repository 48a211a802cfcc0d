"""Turn the user's input into arrays, with None, NA and masked values as NaN."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import torch

from ._sources import float_dtype


def is_missing(cell: Any) -> bool:
    """Return whether a cell is None, NaN, pandas' NA or NaT, or masked."""
    if cell is None or cell is np.ma.masked:
        return True
    if type(cell).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(cell, Real) and cell != cell


def plain(x: Any) -> Any:
    """Turn a tensor, or an array with masks or NA, into a plain array with NaN.

    The tensor may be on any device. Anything else is returned unchanged.
    """
    if isinstance(x, torch.Tensor):
        x = x.detach().cpu()
        return (x.float() if x.dtype is torch.bfloat16 else x).numpy()
    if np.ma.isMaskedArray(x) and x.dtype.kind in "fiubO":
        return x.astype(float_dtype(x.dtype)).filled(np.nan)
    if isinstance(x, np.ndarray) and x.dtype == object and x.ndim > 1:
        return _with_nan(x)
    return x


def unmasked_array(x: Any, dtype: Any = None) -> np.ndarray:
    """Make an array, NaN where a masked one is masked."""
    return np.asarray(plain(x), dtype=dtype)


def target_array(targets: Any) -> np.ndarray:
    """Make an array of float64, NaN where something is missing."""
    array = label_array(targets)
    if array.dtype.kind in "mM":
        raise TypeError(f"Targets are times, {array.dtype}; expected numbers.")
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: targets are {array.dtype}.")
    if array.dtype == object:
        array = _with_nan(array)
    return array.astype(np.float64, copy=False)


def label_array(labels: Any) -> np.ndarray:
    """Make an array, of objects if NumPy would turn other labels into strings."""
    if np.ma.isMaskedArray(labels):
        numbers = labels.dtype.kind in "iuf"
        return labels.astype(np.float64 if numbers else object).filled(np.nan)
    array = np.asarray(plain(labels))
    turned = array.dtype.kind == "U" and isinstance(labels, (list, tuple))
    if turned and array.ndim == 1 and not all(isinstance(of, str) for of in labels):
        return np.array(labels, dtype=object)
    return array


def _with_nan(array: np.ndarray) -> np.ndarray:
    """Write NaN where an array of objects has None, NA or masks."""
    fill = np.frompyfunc(lambda value: np.nan if is_missing(value) else value, 1, 1)
    return np.asarray(fill(array))
