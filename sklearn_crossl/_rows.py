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


def count_windows(X: Any) -> int:
    """Count the windows of X.

    Parameters
    ----------
    X : object
        An array, a structured array, a data frame, or a mapping of names to arrays.

    Returns
    -------
    int
        How many.

    Raises
    ------
    ValueError
        If the arrays of a mapping differ in length, or there is none.
    """
    if not isinstance(X, Mapping):
        return int(_num_samples(X))
    lengths = {name: _num_samples(x) for name, x in X.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(
            f"X is a mapping whose arrays have these numbers of windows: {lengths}. Give "
            "it at least one array, and each a row for every window."
        )
    return int(next(iter(lengths.values())))


def check_as_many(X: Any, **others: Any) -> int:
    """Count the windows of X, and check that the other arguments have as many.

    Raises ValueError if one has more or fewer.
    """
    given = {name: _num_samples(x) for name, x in others.items() if x is not None}
    lengths = {"X": count_windows(X), **given}
    if len(set(lengths.values())) > 1:
        hint = ""
        if isinstance(X, (list, tuple)):
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
    if isinstance(X, Mapping):
        return like(X, {name: _safe_indexing(x, rows) for name, x in X.items()})
    if by_modality and isinstance(X, (list, tuple)):
        return [_safe_indexing(x, rows) for x in X]
    return _safe_indexing(X, rows)


def spread_rows(rows: np.ndarray, most: int) -> np.ndarray:
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
