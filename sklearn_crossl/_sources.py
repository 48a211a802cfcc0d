"""One modality's windows, wherever they are: in memory, on disk, of unequal lengths."""

from __future__ import annotations

import mmap
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

Rows = slice | np.ndarray

_USUAL = 0.9  # share of windows that are no longer than the usual length
LONG_WINDOW_FACTOR = 16  # usual lengths; of longer windows training uses a part


class Source(ABC):
    """Reads the windows of one modality.

    Attributes
    ----------
    shape : tuple of int
        Channels, then timepoints or height and width; of the longest window.
    dtype : numpy.dtype
        Of the values that are read: float32 or float64.
    integers : bool
        Whether the values were integers, for which a float32 embedding is enough.
    unequal : bool
        Whether the windows differ in length.
    on_disk : bool
        Whether the values are read anew each time.
    flat : bool
        Whether windows came as (n_timepoints,), without a dimension for their channel.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    integers = False
    unequal = False
    on_disk = False
    flat = False

    @abstractmethod
    def __len__(self) -> int:
        """Count the windows."""

    @abstractmethod
    def take(self, rows: Rows) -> np.ndarray:
        """Read windows, (n, *shape); shorter ones are NaN after their end."""

    @abstractmethod
    def channels(self, indices: Sequence[int]) -> Source:
        """Select channels."""

    @property
    def usual_shape(self) -> tuple[int, ...]:
        """The shape, but with the length that nine in ten windows do not exceed."""
        return self.shape

    def shortened(self) -> Source:
        """Keep only a part of windows that are many times longer than usual."""
        return self

    @property
    def row_bytes(self) -> int:
        """Memory of one window that was read."""
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def sizes(self, rows: slice) -> np.ndarray:
        """Count the values of each window, without padding."""
        return np.full(len(range(len(self))[rows]), int(np.prod(self.shape)))

    def padded_lengths(self) -> np.ndarray:
        """Return the padded length of each window when it is read alone."""
        return np.full(len(self), self.shape[-1])

    def is_padded(self) -> np.ndarray:
        """Return which windows are padded when they are read."""
        return self.sizes(slice(None)) < self.shape[0] * self.padded_lengths()


class InMemory(Source):
    """An array of floats.

    Parameters
    ----------
    values : ndarray of shape (n_windows, n_channels, ...)
        The windows. One with two dimensions has a single channel.
    integers : bool, default=False
        Whether they were integers.
    """

    def __init__(self, values: np.ndarray, integers: bool = False):
        self.integers = integers
        self.flat = values.ndim == 2
        self.values = values[:, None] if self.flat else values
        self.shape = self.values.shape[1:]
        self.dtype = values.dtype

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Rows) -> np.ndarray:
        return self.values[rows]

    def channels(self, indices: Sequence[int]) -> InMemory:
        return InMemory(self.values[:, _as_slice(indices)], self.integers)


class OnDisk(Source):
    """A memory map, or an HDF5 or zarr array; read in runs of consecutive windows.

    Parameters
    ----------
    array : array-like of shape (n_windows, [n_channels,] ...)
        Has ``shape`` and ``dtype`` and can be sliced. One with two dimensions has a
        single channel.
    indices : sequence of int, optional
        The channels to read; all if None.
    """

    on_disk = True

    def __init__(self, array: Any, indices: Sequence[int] | None = None):
        self.array = array
        self.flat = len(array.shape) == 2
        shape = (1, array.shape[1]) if self.flat else tuple(array.shape[1:])
        self.indices = _as_slice(range(shape[0]) if indices is None else indices)
        n_channels = len(np.arange(shape[0])[self.indices])
        self.shape = (n_channels, *shape[1:])
        self.dtype = float_dtype(array.dtype)
        self.integers = array.dtype.kind in "iu"

    def __len__(self) -> int:
        return int(self.array.shape[0])

    def take(self, rows: Rows) -> np.ndarray:
        if isinstance(rows, slice):
            return self._read(
                rows.start or 0, len(self) if rows.stop is None else rows.stop
            )
        if not len(rows):
            return np.empty((0, *self.shape), self.dtype)
        runs = np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1)
        return np.concatenate([self._read(run[0], run[-1] + 1) for run in runs])

    def channels(self, indices: Sequence[int]) -> OnDisk:
        return OnDisk(self.array, indices)

    def _read(self, start: int, stop: int) -> np.ndarray:
        if self.flat:
            part = np.asarray(self.array[int(start) : int(stop)])[:, None]
        elif isinstance(self.indices, slice):
            part = np.asarray(self.array[int(start) : int(stop), self.indices])
        else:
            part = np.asarray(self.array[int(start) : int(stop)])[:, self.indices]
        part = np.array(part, dtype=self.dtype)  # (n, n_channels, ...)
        _release_pages(self.array)
        return part


class Unequal(Source):
    """Windows that differ in length.

    Parameters
    ----------
    windows : list of ndarray of shape (n_channels, n_timepoints)
        The windows; one without timepoints is missing.
    n_channels : int
        Channels of each.
    flat : bool, default=False
        Whether they came without a dimension for their channel.
    integers : bool, default=False
        Whether they were integers.
    """

    unequal = True

    def __init__(
        self,
        windows: list[np.ndarray],
        n_channels: int,
        flat: bool = False,
        integers: bool = False,
    ):
        self.windows = windows
        self.integers = integers
        self.flat = flat
        self.lengths = np.array([x.shape[1] for x in windows], dtype=int)
        # Rounded up to 2**k or 3 * 2**(k - 1), so that few lengths occur.
        power = 2 ** np.ceil(np.log2(np.maximum(self.lengths, 1))).astype(int)
        shorter = power * 3 // 4
        self.padded = np.where(self.lengths <= shorter, shorter, power).clip(1)
        self.shape = (n_channels, int(self.lengths.max(initial=1)))
        self.dtype = np.result_type(np.float32, *{x.dtype for x in windows})

    def __len__(self) -> int:
        return len(self.windows)

    def take(self, rows: Rows) -> np.ndarray:
        places = np.arange(len(self))[rows]
        return self._filled(places, self.padded[places].max(initial=1))

    def channels(self, indices: Sequence[int]) -> Unequal:
        chosen = _as_slice(indices)
        windows = [x[chosen] for x in self.windows]
        return Unequal(windows, len(indices), integers=self.integers)

    @property
    def usual_shape(self) -> tuple[int, ...]:
        lengths = self.lengths[self.lengths > 0]
        return self.shape[0], int(np.quantile(lengths, _USUAL, method="inverted_cdf"))

    def shortened(self) -> Unequal:
        most = LONG_WINDOW_FACTOR * self.usual_shape[-1]
        if self.shape[1] <= most:
            return self
        windows = [_fullest(x, most) for x in self.windows]
        return Unequal(windows, self.shape[0], self.flat, self.integers)

    def filled_up(self, n_timepoints: int) -> InMemory:
        """Pad all windows with NaN to the given number of timepoints."""
        values = self._filled(np.arange(len(self)), n_timepoints)
        return InMemory(values, self.integers)

    def _filled(self, places: np.ndarray, n_timepoints: int) -> np.ndarray:
        """Write windows into an array that is NaN after the end of each."""
        out = np.full((len(places), self.shape[0], n_timepoints), np.nan, self.dtype)
        for x, place in zip(out, places, strict=True):
            window = self.windows[place]
            x[:, : window.shape[1]] = window
        return out

    def sizes(self, rows: slice) -> np.ndarray:
        return self.lengths[rows] * self.shape[0]

    def padded_lengths(self) -> np.ndarray:
        return self.padded


def _fullest(window: np.ndarray, n_timepoints: int) -> np.ndarray:
    """Return the part of a window, of the given length, with the fewest NaN."""
    last = max(window.shape[1] - n_timepoints, 0)
    stretches = [
        window[:, start : start + n_timepoints]
        for start in [*range(0, last, n_timepoints), last]
    ]
    return max(stretches, key=lambda x: np.isfinite(x).sum())


def float_dtype(dtype: Any) -> np.dtype:
    """Choose the dtype to read numbers as: float32 if it is exact, else float64."""
    return np.dtype(np.float32 if np.can_cast(dtype, np.float32) else np.float64)


def _as_slice(indices: Sequence[int]) -> slice | list[int]:
    """Prefer a slice, which does not copy."""
    if list(indices) == list(range(indices[0], indices[0] + len(indices))):
        return slice(indices[0], indices[0] + len(indices))
    return list(indices)


def _release_pages(array: Any) -> None:
    """Release a memory map's pages; they stay in the system's page cache."""
    owner = array
    while isinstance(owner, np.ndarray):
        if getattr(owner, "mode", None) == "c":
            return  # what was written to such a map exists in memory alone
        owner = owner.base
    if isinstance(owner, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        owner.madvise(mmap.MADV_DONTNEED)
