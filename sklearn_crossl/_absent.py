"""What says that a value is missing: None, NaN, NA, and masks."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from ._sources import float_dtype


def is_nothing(cell: Any) -> bool:
    """Say whether a cell is None, NaN, pandas' NA or NaT, or masked."""
    if cell is None or cell is np.ma.masked:
        return True
    if type(cell).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(cell, (Real, np.floating)) and cell != cell


def without_mask(x: Any) -> Any:
    """Write NaN where a masked array of numbers is masked; leave all else alone."""
    if not np.ma.isMaskedArray(x) or x.dtype.kind not in "fiubO":
        return x
    return x.astype(float_dtype(x.dtype)).filled(np.nan)


def unmasked_array(x: Any, dtype: Any = None) -> np.ndarray:
    """Make an array, NaN where a masked one is masked."""
    return np.asarray(without_mask(x), dtype=dtype)


def target_array(targets: Any) -> np.ndarray:
    """Make an array of float64, NaN where something is missing."""
    array = label_array(targets)
    if array.dtype.kind in "mM":
        raise TypeError(f"Targets are of {array.dtype}, times; give numbers.")
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: targets are {array.dtype}.")
    if array.dtype == object:
        known = [np.nan if is_nothing(target) else target for target in array.flat]
        array = np.array(known, dtype=np.float64).reshape(array.shape)
    return array.astype(np.float64, copy=False)


def label_array(labels: Any) -> np.ndarray:
    """Make an array; of objects where what is no string would become one."""
    if np.ma.isMaskedArray(labels):
        numbers = labels.dtype.kind in "iuf"
        return labels.astype(np.float64 if numbers else object).filled(np.nan)
    array = np.asarray(labels)
    turned = array.dtype.kind == "U" and isinstance(labels, (list, tuple))
    if turned and array.ndim == 1 and not all(isinstance(of, str) for of in labels):
        return np.array(labels, dtype=object)
    return array
