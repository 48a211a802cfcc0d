"""Rows of X, in any container."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples
from skorch.helper import SliceDict


def library_of(x: Any) -> str | None:
    """Return "pandas" or "polars" if x comes from it, without importing either."""
    modules = {base.__module__.partition(".")[0] for base in type(x).__mro__}
    return next((name for name in ("pandas", "polars") if name in modules), None)


def is_mapping(x: Any) -> bool:
    """Return whether x maps names to arrays, as dicts, HDF5 and zarr groups do."""
    return isinstance(x, Mapping) or (hasattr(x, "keys") and not hasattr(x, "shape"))


def count_windows(X: Any, by_modality: bool = False) -> int:
    """Count the windows of X.

    Parameters
    ----------
    X : object
        An array, a structured array, a data frame, or a mapping of names to arrays.
    by_modality : bool, default=False
        Whether a list has an array for each modality, rather than one for each window.

    Returns
    -------
    int
        How many.

    Raises
    ------
    ValueError
        If the arrays of a mapping differ in length, or there is none.
    """
    if by_modality and isinstance(X, (list, tuple)):
        X = {str(number): x for number, x in enumerate(X)}
    if not is_mapping(X):
        return int(_num_samples(X))
    lengths = {name: _num_samples(X[name]) for name in X}
    if len(set(lengths.values())) != 1:
        raise ValueError(
            f"X is a mapping whose arrays have these numbers of windows: {lengths}. Give "
            "it at least one array, and each a row for every window."
        )
    return int(next(iter(lengths.values())))


def check_same_length(X: Any, by_modality: bool = False, /, **others: Any) -> int:
    """Count the windows of X, and check that the other arguments have as many.

    ``by_modality`` is that of :func:`count_windows`. Raises ValueError if one has more or
    fewer.
    """
    given = {name: _num_samples(x) for name, x in others.items() if x is not None}
    lengths = {"X": count_windows(X, by_modality), **given}
    if len(set(lengths.values())) > 1:
        hint = ""
        if isinstance(X, (list, tuple)) and not by_modality:
            hint = " A list is of windows here; give modalities by name, in a mapping."
        raise ValueError(f"Inputs differ in their number of windows: {lengths}.{hint}")
    return lengths["X"]


def take_windows(X: Any, rows: np.ndarray, by_modality: bool = False) -> Any:
    """Take some windows of X.

    Parameters
    ----------
    X : object
        As in :func:`count_windows`.
    rows : ndarray of int
        Which ones.
    by_modality : bool, default=False
        Whether a list has an array for each modality, in place of one for each window.

    Returns
    -------
    object
        Of the same type, but mappings other than skorch's become dicts.
    """
    if is_mapping(X):
        return like(X, {name: _take(X[name], rows) for name in X})
    if by_modality and isinstance(X, (list, tuple)):
        return [_take(x, rows) for x in X]
    return _take(X, rows)


def _take(x: Any, rows: np.ndarray) -> Any:
    if isinstance(x, np.ndarray) or not hasattr(x, "chunks"):
        return _safe_indexing(x, rows)
    # HDF5 reads rows in ascending order, each once; zarr by another attribute.
    unique, places = np.unique(rows, return_inverse=True)
    return getattr(x, "oindex", x)[unique][places]


def evenly_spaced(rows: np.ndarray, most: int) -> np.ndarray:
    """Choose evenly spaced rows.

    Parameters
    ----------
    rows : ndarray
        Those to choose from.
    most : int
        How many at most.

    Returns
    -------
    ndarray
        The chosen rows; if there are two or more, the first and the last are included.
    """
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(int)]


def like(X: Mapping[str, Any], arrays: dict[str, Any]) -> Mapping[str, Any]:
    """Wrap named arrays in the kind of mapping that X is.

    Parameters
    ----------
    X : mapping
        The example.
    arrays : dict
        What to wrap.

    Returns
    -------
    mapping
        A ``SliceDict`` if X is one, else the dict.
    """
    return SliceDict(**arrays) if isinstance(X, SliceDict) else arrays
