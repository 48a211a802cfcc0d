"""Containers of one modality's windows: arrays, arrays on disk, sequences of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_array

from ._missing_values import is_missing, plain, unmasked_array
from ._rows import library_of
from ._sources import InMemory, OnDisk, Source, Unequal, float_dtype

_ESTIMATOR = "CroSSLTransformer"  # as scikit-learn's messages name it
_NUMBERS = ("f", "i", "u", "b")  # kinds of dtype


def read_source(
    x: Any, min_windows: int, fitted: tuple[int, ...] | None = None
) -> Source:
    """Read one modality: an array, an array on disk, or a sequence of arrays."""
    if _is_on_disk(x):
        _check_shape(x.shape, min_windows)
        return OnDisk(x)
    x = _regular(x)
    cells = _cells(x)
    if cells is not None:
        return _from_cells(cells, min_windows, fitted)
    times = [d for d in _dtypes(x) if getattr(d, "kind", None) in ("m", "M")]
    if times:
        raise TypeError(f"X holds {times[0]}, times; expected numbers.")
    has_dtypes = isinstance(x, np.ndarray) or library_of(x) == "pandas"
    if hasattr(x, "__array__") and not has_dtypes:
        x = np.asarray(x)  # check_array would not see that it is of float64
    values = check_array(
        plain(x),
        dtype=[_precision(x), np.float32, np.float64],
        allow_nd=True,
        ensure_all_finite=False,  # what is missing is NaN; Windows looks for infinities
        ensure_min_samples=min_windows,
        ensure_min_features=0,
        estimator=_ESTIMATOR,
        input_name="X",
    )
    _check_shape(values.shape, min_windows)
    return InMemory(values, _holds_integers(x))


def _is_on_disk(x: Any) -> bool:
    is_lazy = isinstance(x, np.memmap) or (
        not isinstance(x, np.ndarray)
        and all(hasattr(x, name) for name in ("chunks", "shape", "dtype", "__getitem__"))
    )
    return is_lazy and getattr(x.dtype, "kind", None) in _NUMBERS and len(x.shape) > 1


def _check_shape(shape: Sequence[int], min_windows: int) -> None:
    """Raise ValueError unless windows have channels and timepoints."""
    if len(shape) not in (2, 3, 4):
        raise ValueError(
            f"X has {len(shape)} dimensions, shape {tuple(shape)}; expected 2, "
            "(n_windows, n_timepoints), 3, (n_windows, n_channels, n_timepoints), or 4, "
            "(n_windows, n_channels, height, width)."
        )
    if shape[0] < min_windows:
        raise ValueError(
            f"Found array with {shape[0]} sample(s) (shape={tuple(shape)}) while a "
            f"minimum of {min_windows} is required by {_ESTIMATOR}."
        )
    if 0 in shape[1:]:
        raise ValueError(
            f"Found array with 0 feature(s) (shape={tuple(shape)}) while a minimum of 1 "
            "is required: give every window at least one channel and one timepoint."
        )


def _cells(x: Any) -> list[Any] | None:
    """List the windows of a sequence of arrays; None if x is better read as an array."""
    if library_of(x) is not None and hasattr(x, "to_list"):  # a column
        return list(x.to_list())
    is_objects = isinstance(x, np.ndarray) and x.dtype == object and x.ndim == 1
    if is_objects or isinstance(x, (list, tuple)):
        found = any(map(is_array, x)) or (len(x) and all(map(is_missing, x)))
        return list(x) if found else None
    return None


def _regular(x: Any) -> Any:
    """Make one array of tensors, nested lists or equal arrays; keep anything else."""
    if not isinstance(x, (list, tuple)):
        return plain(x) if isinstance(x, torch.Tensor) else x
    x = [plain(cell) if isinstance(cell, torch.Tensor) else cell for cell in x]
    if any(map(np.ma.isMaskedArray, x)):
        return x
    try:
        array = np.asarray(x)
    except ValueError:  # arrays of different shapes
        return x
    without_timepoints = array.ndim > 1 and not array.shape[-1]  # missing, as None is
    return x if array.dtype == object or without_timepoints else array


def _from_cells(
    cells: list[Any], min_windows: int, fitted: tuple[int, ...] | None
) -> Source:
    """Make a source from a list of windows, each an array or None."""
    if len(cells) < min_windows:
        raise ValueError(
            f"Found {len(cells)} sample(s) while a minimum of {min_windows} is required "
            f"by {_ESTIMATOR}."
        )
    windows = [None if is_missing(c) else _window(i, c) for i, c in enumerate(cells)]
    flat = all(x.ndim == 1 for x in windows if x is not None)
    # (1, n_timepoints) of a single channel
    windows = [x[None] if x is not None and x.ndim == 1 else x for x in windows]
    shapes = {x.shape for x in windows if x is not None and x.shape[-1]}
    if not shapes and fitted is not None:
        return InMemory(np.broadcast_to(np.float32(np.nan), (len(cells), *fitted)))
    if not shapes:
        raise ValueError(
            "no window has it, so nothing can be learnt from it; leave it out."
        )
    shape = max(shapes)
    if len(shapes) > 1 and (len(shape) > 2 or len({s[:-1] for s in shapes}) > 1):
        raise ValueError(
            f"the windows have the shapes {sorted(shapes)[:5]}; only time series may "
            "differ, and only in their number of timepoints, the last dimension."
        )
    integers = all(x.dtype.kind in "iu" for x in windows if x is not None)
    given = np.result_type(*(x.dtype for x in windows if x is not None))
    dtype = float_dtype(given)
    windows = [None if x is None else x.astype(dtype, copy=False) for x in windows]
    missing = np.full(shape if len(shapes) == 1 else (*shape[:-1], 0), np.nan, dtype)
    filled = [missing if x is None or not x.shape[-1] else x for x in windows]
    if len(shapes) > 1:
        return Unequal(filled, shape[0], flat=flat, integers=integers)
    values = np.stack(filled)
    return InMemory(values[:, 0] if flat else values, integers)


def _window(row: int, cell: Any) -> np.ndarray:
    """Read one window, ([n_channels,] n_timepoints) or (n_channels, height, width)."""
    if not is_array(cell):
        raise TypeError(
            f"window {row} is {cell!r:.50}, a {type(cell).__name__}; expected an array, "
            "or None where it is missing."
        )
    dtype = object if isinstance(cell, (list, tuple)) else None
    values = unmasked_array(cell, dtype)
    if values.dtype == object:  # nested lists; None in them becomes NaN
        try:
            values = np.array(list(cell), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"window {row} is no array of numbers: {error}") from error
    if values.dtype.kind not in _NUMBERS or values.ndim not in (1, 2, 3):
        raise ValueError(
            f"window {row} has shape {values.shape} and dtype {values.dtype}; expected "
            "numbers, (n_timepoints,), (n_channels, n_timepoints) or (n_channels, "
            "height, width)."
        )
    if 0 in values.shape[:-1]:
        raise ValueError(f"window {row} has shape {values.shape}, without any channel.")
    return values


def _dtypes(x: Any) -> list[Any]:
    if library_of(x) == "pandas" and hasattr(x, "columns"):
        return list(x.dtypes)
    return [getattr(x, "dtype", np.dtype(object))]


def _precision(x: Any) -> np.dtype:
    """Choose the type to read numbers with; pandas' nullable ones hold NumPy's."""
    given = [getattr(dtype, "numpy_dtype", dtype) for dtype in _dtypes(x)]
    known = [dtype if isinstance(dtype, np.dtype) else np.float64 for dtype in given]
    return np.result_type(*(float_dtype(np.dtype(dtype)) for dtype in known))


def _holds_integers(x: Any) -> bool:
    return all(getattr(dtype, "kind", None) in ("i", "u") for dtype in _dtypes(x))


def is_array(cell: Any) -> bool:
    """Return whether a cell holds a window or a list of values."""
    is_column = hasattr(cell, "to_list") and hasattr(cell, "dtype")
    return isinstance(cell, (list, tuple)) or getattr(cell, "ndim", 0) > 0 or is_column
