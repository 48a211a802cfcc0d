"""From standardised windows to shuffled batches, in memory or streamed from disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from ._batch import Batch
from ._device import memory_for_data, to_device
from ._gaps import fill_gaps
from ._groups import group_numbers
from ._rows import evenly_spaced
from ._sources import InMemory, Source
from ._standardization import standardize
from ._windows import Windows

CHUNK_BYTES = 2**27  # of float32; windows on disk are shuffled within such chunks
_BLOCKS_A_CHUNK = 16  # blocks of consecutive windows, from random positions
_MIN_GROUP_SIZE = 16  # windows of the same single modality that get batches of their own
_N_BLOCKS = 16  # blocks of consecutive windows in a sample of windows on disk
_MIN_PER_MODALITY = 64  # windows of each modality in a sample, if there are that many


class WindowDataset(Dataset):
    """Standardised windows in memory, handed out as batches.

    Parameters
    ----------
    data : dict of str to Source
        The modalities; what missing rows hold is never read.
    observed : bool ndarray of shape (n_windows, M)
        Which modalities each window has.
    incomplete : bool ndarray of shape (n_windows, M)
        Which of these have gaps or padding.
    groups : int ndarray of shape (n_windows,), optional
        The group of each window, such as its subject.
    """

    def __init__(
        self,
        data: dict[str, Source],
        observed: np.ndarray,
        incomplete: np.ndarray,
        groups: np.ndarray | None = None,
    ):
        self.data = data
        self.observed = observed
        self.incomplete = incomplete
        self.groups = groups
        self._resident: dict[str, torch.Tensor] = {}

    def move_to(self, device: torch.device) -> None:
        """Keep the arrays that batches are sliced from on a device, if they fit there."""
        if self._resident:
            return
        whole = {
            name: source.values
            for index, (name, source) in enumerate(self.data.items())
            if isinstance(source, InMemory) and not self.incomplete[:, index].any()
        }
        if sum(x.nbytes for x in whole.values()) <= memory_for_data(device):
            # Do not pin the memory first: torch would not give it back.
            self._resident = {n: torch.from_numpy(x).to(device) for n, x in whole.items()}

    def __len__(self) -> int:
        return len(self.observed)

    @property
    def n_chunks(self) -> int:
        """Number of chunks that the windows come in."""
        return 1

    def chunks(self) -> Iterator[WindowDataset]:
        """Give the windows, all at once."""
        yield self

    def sample(self, n_windows: int) -> tuple[WindowDataset, np.ndarray]:
        """Choose evenly spaced windows; return a dataset and their rows in it.

        They are more than ``n_windows`` if a modality would be rare among these.
        """
        rows = evenly_spaced(np.arange(len(self)), n_windows)
        return self, _with_rare(rows, self.observed)

    def batch(self, rows: np.ndarray, always_mask: bool = False) -> Batch:
        """Gather a batch; each modality holds only the windows that have it.

        With ``always_mask``, modalities without gaps get a mask of present values, too.
        """
        observed, incomplete = self.observed[rows], self.incomplete[rows]
        inputs: dict[str, torch.Tensor] = {}
        places: dict[str, torch.Tensor | None] = {}
        presents: dict[str, torch.Tensor | None] = {}
        for index, (name, source) in enumerate(self.data.items()):
            has = observed[:, index]
            complete = bool(has.all())
            chosen = rows if complete else rows[has]
            if name in self._resident:
                resident = self._resident[name]
                index_there = to_device(torch.from_numpy(chosen), resident.device)
                inputs[name], presents[name] = resident[index_there], None
            else:
                x = source.take(chosen)
                may_have_gaps = source.unequal or bool(incomplete[:, index].any())
                filled = _without_gaps(x, may_have_gaps or always_mask, always_mask)
                inputs[name], presents[name] = filled
            places[name] = None if complete else torch.from_numpy(has.nonzero()[0])
        return Batch(
            inputs,
            places,
            presents,
            torch.from_numpy(observed),
            bool((observed.sum(axis=1) == 1).any()),
        )


class StreamedWindows(Dataset):
    """Windows, read in chunks and standardised while they are read.

    A chunk consists of blocks of consecutive windows from random positions. Shuffling
    within chunks is thus close to shuffling all windows, without reading row by row.

    Parameters
    ----------
    windows : Windows
        The windows as they were recorded.
    mean, scale : mapping of str to ndarray of shape (n_channels,)
        For each modality.
    chunk_bytes : int
        Memory for the standardised windows of a chunk, which are shuffled together.
    groups : int ndarray of shape (n_windows,), optional
        The group of each window, such as its subject.
    fewest : int
        Minimum number of windows in a chunk, however large they are.
    """

    def __init__(
        self,
        windows: Windows,
        mean: Mapping[str, np.ndarray],
        scale: Mapping[str, np.ndarray],
        chunk_bytes: int = CHUNK_BYTES,
        groups: np.ndarray | None = None,
        fewest: int = 1,
    ):
        self.windows = windows
        self.mean = mean
        self.scale = scale
        self.groups = groups
        self.observed = windows.observed
        size = sum(4 * np.prod(shape) for shape in windows.shapes.values())
        by_size = int(-(-len(windows) * size // chunk_bytes))
        self.n_chunks = max(1, min(by_size, len(windows) // fewest))

    def __len__(self) -> int:
        return len(self.windows)

    def chunks(self) -> Iterator[WindowDataset]:
        """Yield chunks of randomly drawn blocks that together hold each window once."""
        n_blocks = min(self.n_chunks * _BLOCKS_A_CHUNK, len(self))
        blocks = np.array_split(np.arange(len(self)), n_blocks)
        order = np.array_split(torch.randperm(n_blocks).numpy(), self.n_chunks)
        for chosen in order:
            yield self.read(np.concatenate([blocks[i] for i in np.sort(chosen)]))

    def read(self, rows: np.ndarray) -> WindowDataset:
        """Read some windows and standardise them."""
        data = {
            name: standardize(source, rows, self.mean[name], self.scale[name])
            for name, source in self.windows.data.items()
        }
        observed, incomplete = self.windows.observed[rows], self.windows.incomplete[rows]
        groups = None if self.groups is None else self.groups[rows]
        return WindowDataset(data, observed, incomplete, groups)

    def sample(self, n_windows: int) -> tuple[WindowDataset, np.ndarray]:
        """Read evenly spaced blocks of windows; return a dataset and their rows in it.

        They are more than ``n_windows`` if a modality would be rare among these.
        """
        size = max(1, min(len(self), n_windows) // _N_BLOCKS)  # of a block
        starts = np.linspace(0, len(self) - size, _N_BLOCKS).astype(int)
        rows = np.unique(starts[:, None] + np.arange(size))
        rows = _with_rare(rows, self.observed)
        return self.read(rows), np.arange(len(rows))


class ShuffledBatches:
    """Random batches that together hold every window once.

    Serves as skorch's ``iterator_train``: slicing arrays is faster than collating rows.
    No batch is so small that its variance is undefined.

    Windows that have a single modality get batches of their own, one modality in each.
    All views of such a window show the same modality. In a mixed batch, encoding which
    modality that is would satisfy the objective: it agrees between the views of a window
    and differs between windows. The embedding would then contain little else.
    """

    def __init__(self, dataset: Any, batch_size: int, device: torch.device):
        self.dataset = dataset
        self.batch_size = batch_size
        self.device = device

    def __len__(self) -> int:
        """Return the number of batches; an upper bound if there are several chunks."""
        groups = _by_sensors(self.dataset.observed)
        rounding = len(groups) * (self.dataset.n_chunks - 1)
        return sum(self._n_batches(len(rows)) for rows in groups) + rounding

    def __iter__(self) -> Iterator[tuple[Batch, None]]:
        for chunk in self.dataset.chunks():
            chunk.move_to(self.device)
            batches: list[np.ndarray] = []
            for rows in _by_sensors(chunk.observed):
                shuffled = rows[torch.randperm(len(rows)).numpy()]
                batches += np.array_split(shuffled, self._n_batches(len(rows)))
            for index in torch.randperm(len(batches)).tolist():
                yield chunk.batch(batches[index]).to(self.device), None

    def _n_batches(self, n_windows: int) -> int:
        return min(-(-n_windows // self.batch_size), max(1, n_windows // 2))


def make_dataset(
    windows: Windows,
    mean: Mapping[str, np.ndarray],
    scale: Mapping[str, np.ndarray],
    groups: Any = None,
    batch_size: int = 1,
) -> WindowDataset | StreamedWindows:
    """Load windows into memory, or stream them if they are on disk and too large.

    A chunk holds at least one batch, since a batch never spans two chunks. Raises
    ValueError unless ``groups``, such as subjects, has a value for each window.
    """
    numbers = None if groups is None else group_numbers(groups, len(windows))
    streamed = StreamedWindows(windows, mean, scale, CHUNK_BYTES, numbers, batch_size)
    if streamed.n_chunks > 1 and any(s.on_disk for s in windows.data.values()):
        return streamed
    dataset = streamed.read(np.arange(len(windows)))
    dataset.data = {name: source.shortened() for name, source in dataset.data.items()}
    return dataset


def _by_sensors(observed: np.ndarray) -> list[np.ndarray]:
    """Group the rows: windows with several modalities, and with each single modality.

    Groups that are too small for batch statistics are merged into the largest one.
    """
    alone = observed.sum(axis=1) == 1
    kind = np.where(alone, observed.argmax(axis=1), -1)
    groups = sorted((np.flatnonzero(kind == k) for k in np.unique(kind)), key=len)
    few = [rows for rows in groups[:-1] if len(rows) < _MIN_GROUP_SIZE]
    return [np.concatenate([groups[-1], *few]), *groups[len(few) : -1]]


def _with_rare(rows: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Add windows with modalities that are rare among the rows; return sorted rows."""
    parts = [rows]
    for has in observed.T:
        having = np.flatnonzero(has)
        if has[rows].sum() < min(_MIN_PER_MODALITY, len(having)):
            parts.append(evenly_spaced(having, _MIN_PER_MODALITY))
    return np.unique(np.concatenate(parts))


def _without_gaps(
    x: np.ndarray, may_have: bool, say_where: bool
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Fill gaps; also return the mask of present values, or None if not needed."""
    if not may_have:
        return torch.from_numpy(x), None
    present = ~np.isnan(x)
    if present.all() and not say_where:
        return torch.from_numpy(x), None
    return torch.from_numpy(fill_gaps(x, present)), torch.from_numpy(present)
