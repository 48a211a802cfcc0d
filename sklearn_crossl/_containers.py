"""Containers of named modalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.sparse import issparse

from ._read_source import is_array, read_source
from ._rows import is_mapping, library_of
from ._sources import Source


def names_its_modalities(X: Any, modalities: Any = None) -> bool:
    """Return whether X is a mapping, structured array, table of arrays or named list."""
    if issparse(X):  # some of these are dicts
        return False
    if is_table(X):
        return any(_holds_arrays(X[name]) for name in X.columns)
    if is_mapping(X):
        return True
    if isinstance(X, np.ndarray) and X.dtype.names is not None:
        return True
    return isinstance(X, (list, tuple)) and are_names(modalities)


def are_names(modalities: Any) -> bool:
    """Say whether the parameter ``modalities`` lists names."""
    return (
        isinstance(modalities, (list, tuple))
        and len(modalities) > 0
        and all(isinstance(name, str) for name in modalities)
    )


def as_list(modalities: Any) -> Any:
    """Turn an array or index of names or counts into a list; keep anything else."""
    has_array = hasattr(modalities, "__array__")
    return np.asarray(modalities).tolist() if has_array else modalities


def is_table(X: Any) -> bool:
    """Return whether X is a pandas or polars data frame, without importing either."""
    return library_of(X) is not None and hasattr(X, "columns")


def names_in(X: Any, names: Sequence[str] | None) -> list[Any]:
    """List the names of X's modalities; those of a list of arrays are ``names``."""
    if isinstance(X, (list, tuple)):
        if names is None or len(X) != len(names):
            raise ValueError(
                f"X is a list of {len(X)} arrays, but there are {len(names or ())} "
                f"modalities, {list(names or ())}; pass one array for each."
            )
        return list(names)
    if isinstance(X, np.ndarray):
        return list(X.dtype.names)
    if is_table(X):
        return list(X.columns)
    # A zarr group lists its arrays in any order.
    return list(X.keys()) if isinstance(X, Mapping) else sorted(X.keys())


def read_modalities(
    X: Any,
    names: Sequence[str],
    min_windows: int,
    fitted: Mapping[str, tuple[int, ...]] | None = None,
) -> dict[str, Source]:
    """Read the named modalities, which must have the same number of windows.

    Parameters
    ----------
    X : object
        See :func:`names_its_modalities`.
    names : sequence of str
        The modalities to read, in order. A list must hold exactly these.
    min_windows : int
        Minimum number of windows.
    fitted : mapping of str to tuple of int, optional
        The shapes seen in fit, for modalities that no window has.

    Returns
    -------
    dict of str to Source
        By name.

    Raises
    ------
    TypeError, ValueError
        If windows are not numeric or do not fit together. The message names the modality.
    """
    values = X if isinstance(X, (list, tuple)) else [X[name] for name in names]
    sources = {}
    for name, x in zip(names, values, strict=True):
        if x is None:
            raise TypeError(
                f"Modality {name!r}: expected an array, got None; at prediction leave "
                "out the name of a modality that no window has, or pass NaN."
            )
        shape = None if fitted is None else fitted[name]
        try:
            sources[name] = read_source(x, min_windows, shape)
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"Modality {name!r}: {error}") from error
    lengths = {name: len(x) for name, x in sources.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            f"The modalities differ in their number of windows: {lengths}. Give each "
            "a row for every window, NaN throughout where it is missing."
        )
    return sources


def _holds_arrays(column: Any) -> bool:
    kind = str(getattr(column, "dtype", "float"))  # columns of one name have none
    if kind.lower().startswith(("int", "uint", "float")):
        return False  # numbers: no need to look at the cells
    return any(is_array(cell) for cell in column.to_list())
