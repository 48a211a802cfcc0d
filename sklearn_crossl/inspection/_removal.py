"""Take modalities away from X, for any fitted estimator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .._containers import (
    are_names,
    as_list,
    is_table,
    names_in,
    names_its_modalities,
)
from .._missing_values import unmasked_array
from .._rows import count_windows, is_mapping, like
from .._supervised import BaseFineTuner
from ..modalities import resolve_modalities
from ..transformer import CroSSLTransformer
from ._find_step import find_fitted, find_step

#: The channels of each modality; None where X names its modalities.
Channels = Mapping[str, tuple[int, ...] | None]


def modality_channels(estimator: Any, X: Any, modalities: Any) -> Channels:
    """Determine which modalities X has, and the channels of each.

    Parameters
    ----------
    estimator : estimator
        Fitted; used if neither X nor ``modalities`` defines the modalities.
    X : object
        An array (n_windows, n_channels, n_timepoints), or what names its modalities: a
        mapping, a structured array or a data frame of arrays.
    modalities : object
        As in :class:`~sklearn_crossl.CroSSLTransformer`; names if X has names. None takes
        ``modalities_`` of the estimator, or of a step of a pipeline.

    Returns
    -------
    dict of str to tuple of int or None
        By name, in order.

    Raises
    ------
    TypeError
        If X has another form.
    ValueError
        If it is not known what the modalities are, also where steps of a pipeline may
        change the channels of an array, or there is only one.
    """
    modalities = as_list(modalities)
    fitted = find_fitted(estimator, "modalities_")
    known = None if fitted is None else fitted.modalities_
    steps = find_step(estimator, (CroSSLTransformer, BaseFineTuner))
    if names_its_modalities(X):
        channels = dict.fromkeys(_names(X, modalities, known))
    else:
        n_channels = _n_channels(X)
        if modalities is None and known is None:
            raise ValueError(
                f"Which channels of X belong to which modality is not known: this "
                f"{type(estimator).__name__} has no `modalities_`. Pass `modalities`, "
                "such as {'acc': slice(0, 3), 'heart': 3}, or the channel counts of "
                "consecutive modalities, such as [3, 1]."
            )
        if modalities is None and steps is not None and steps.before:
            raise ValueError(
                f"Steps before {type(steps.step).__name__} may select or reorder the "
                "channels of X. Pass `modalities`, the channels of each modality in X."
            )
        wanted = known if modalities is None else modalities
        channels = dict(resolve_modalities(wanted, n_channels))
    if len(channels) < 2:
        raise ValueError(
            f"The only modality is {next(iter(channels), None)!r}; taking modalities "
            "away needs two at least."
        )
    return channels


def observed_in(X: Any, channels: Channels) -> np.ndarray:
    """Return which windows have any value of which modality.

    Parameters
    ----------
    X : object
        As in :func:`modality_channels`.
    channels : mapping
        What that returned.

    Returns
    -------
    bool ndarray of shape (n_windows, M)
        False where all is NaN or None.
    """
    columns = _columns(X, channels)
    return np.column_stack([_has_values(column) for column in columns])


def without(X: Any, channels: Channels, removed: np.ndarray) -> Any:
    """Copy X without some of its modalities in some of its windows.

    Parameters
    ----------
    X : object
        As in :func:`modality_channels`. It is left as it was.
    channels : mapping
        What that returned.
    removed : bool ndarray of shape (n_windows, M)
        What to take away.

    Returns
    -------
    object
        Of the same type, held in memory. What was taken away is NaN, and None where
        cells hold arrays; integers became floats.

    Raises
    ------
    ValueError
        If ``removed`` has another shape.
    """
    removed = np.asarray(removed, dtype=bool)
    expected = (count_windows(X), len(channels))
    if removed.shape != expected:
        raise ValueError(
            f"removed has shape {removed.shape}; expected {expected}, a row for each "
            f"window and a column for each of {list(channels)}."
        )
    if not names_its_modalities(X):
        copy = _as_floats(X)
        for indices, rows in zip(channels.values(), removed.T, strict=True):
            copy[np.ix_(rows, np.asarray(indices))] = np.nan
        return copy
    columns = zip(channels, _columns(X, channels), removed.T, strict=True)
    return _replaced(X, {name: _blanked(column, rows) for name, column, rows in columns})


def _names(X: Any, modalities: Any, known: Any) -> list[str]:
    available = names_in(X, None)
    if modalities is None:
        return [name for name in available if known is None or name in known]
    if not are_names(modalities):
        raise TypeError(
            f"modalities={modalities!r}, but X names its modalities, {available}; leave "
            "`modalities` out, or list some of these names."
        )
    absent = [name for name in modalities if name not in available]
    if absent:
        raise ValueError(f"modalities names {absent}, but X has {available}.")
    return list(modalities)


def _n_channels(X: Any) -> int:
    shape: tuple[int, ...] | None = getattr(X, "shape", None)
    if shape is None:
        try:
            shape = np.shape(X)
        except ValueError:  # a list of windows of unequal lengths
            shape = ()
    if len(shape) != 3:
        form = f"of shape {tuple(shape)}" if len(shape) else "without a common shape"
        raise TypeError(
            f"X is a {type(X).__name__} {form}; expected an array (n_windows, "
            "n_channels, n_timepoints), or a mapping of names to arrays, a structured "
            "array or a data frame whose cells hold arrays."
        )
    return int(shape[1])


def _columns(X: Any, channels: Channels) -> Iterator[Any]:
    """Yield each modality's windows."""
    for name, indices in channels.items():
        yield X[name] if indices is None else unmasked_array(X)[:, list(indices)]


def _holds_cells(column: Any) -> bool:
    """Say whether each window of a modality is an object of its own."""
    if isinstance(column, np.ndarray):
        return column.dtype.hasobject
    return isinstance(column, (list, tuple)) or hasattr(column, "to_list")


def _has_values(column: Any) -> np.ndarray:
    if _holds_cells(column):
        return np.array([_has_any(cell) for cell in _cells(column)], dtype=bool)
    values = unmasked_array(column)
    if values.dtype.kind != "f":
        return np.ones(len(values), dtype=bool)
    return ~np.isnan(values).reshape(len(values), -1).all(axis=1)


def _has_any(cell: Any) -> bool:
    if cell is None or np.ndim(cell) == 0:
        return False
    return bool((~np.isnan(unmasked_array(cell, np.float64))).any())


def _cells(column: Any) -> list[Any]:
    return list(column.to_list() if hasattr(column, "to_list") else column)


def _as_floats(values: Any) -> np.ndarray:
    """Copy, to the smallest float type that holds every value."""
    array = unmasked_array(values)
    return np.array(array, dtype=np.promote_types(array.dtype, np.float16))


def _blanked(column: Any, rows: np.ndarray) -> Any:
    """Copy a modality's windows, with some of them set to missing."""
    if not _holds_cells(column):
        copy = _as_floats(column)
        copy[rows] = np.nan
        return copy
    removed = zip(_cells(column), rows, strict=True)
    cells = [None if gone else cell for cell, gone in removed]
    if isinstance(column, np.ndarray):
        copy = np.empty(len(cells), dtype=object)
        copy[:] = cells
        return copy
    return cells


def _replaced(X: Any, columns: dict[str, Any]) -> Any:
    """Copy what names its modalities, with some of them replaced."""
    if is_mapping(X):
        return like(X, {name: X[name] for name in X} | columns)
    if is_table(X):
        return _replaced_in_table(X, columns)
    fields: Any = [(name, *_field(X, name, columns)) for name in X.dtype.names]
    copy = np.empty(X.shape, dtype=fields)
    for name in X.dtype.names:
        copy[name] = columns.get(name, X[name])
    return copy


def _field(X: np.ndarray, name: str, columns: dict[str, Any]) -> tuple[Any, Any]:
    """Give the type and shape of a structured array's field after replacement."""
    field = X.dtype[name]
    return columns[name].dtype if name in columns else field.base, field.shape


def _replaced_in_table(X: Any, columns: dict[str, Any]) -> Any:
    """Replace columns of a pandas or polars data frame, neither of which is imported."""
    if hasattr(X, "with_columns"):
        series = [
            type(X[name])(name, cells, dtype=X[name].dtype)
            for name, cells in columns.items()
        ]
        return X.with_columns(series)
    copy = X.copy(deep=False)
    for name, cells in columns.items():
        copy[name] = type(X[name])(cells, index=X.index, dtype=object)
    return copy
