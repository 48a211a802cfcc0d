"""Rebuild a fitted network from its weights, and embed windows with it in passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from ._batch import Batch
from ._batches import StreamedWindows, WindowDataset
from ._device import (
    HOST,
    out_of_memory,
    own_settings,
    release_memory,
)
from ._network import CroSSLNetwork
from ._persistence import arrays_to_module
from ._random_state import OwnDraws
from ._sources import Source
from ._windows import Windows

Network = TypeVar("Network", bound=CroSSLNetwork)

_MOST_ROWS = 4096  # windows in a pass through the network
_MOST_HOST_ROWS = 128  # the same on a CPU, so that a pass fits into its caches
_PASS_BYTES = 2**26  # memory of a pass; on CUDA an eighth of the device's memory
_GROWTH = 64  # approximate memory of a pass, relative to that of its input


def build_for_embedding(
    kind: type[Network], config: Mapping[str, Any], weights: Mapping[str, np.ndarray]
) -> Network:
    """Rebuild a trained network, without its objective, on the host."""
    with OwnDraws(), own_settings(HOST, inference=False):
        network = kind(**config)
        arrays_to_module(weights, network)
    return network.eval().requires_grad_(False)


def embed(
    network: CroSSLNetwork,
    windows: Windows,
    mean: Mapping[str, np.ndarray],
    scale: Mapping[str, np.ndarray],
    code_means: np.ndarray,
    device: torch.device,
    *,
    summarize: bool,
) -> Iterator[tuple[np.ndarray, ...]]:
    """Encode windows without masking, in float32, whatever precision was trained in.

    Windows without any modality are left out. The summary takes most of the time, and is
    left out unless ``summarize``.

    Yields
    ------
    rows : int ndarray of shape (n,)
        Which windows.
    embedding : float32 ndarray of shape (n, embedding_size)
        The global embedding.
    result : float32 ndarray of n rows
        The joint embedding; of a fine-tuned network its head's outputs.
    codes : float32 ndarray of shape (n, M, code_size)
        Its training mean where a modality is missing.
    """
    network.to(device)

    def one_pass(batch: Batch, n_rows: int) -> Sequence[Tensor]:
        return network.embed(batch, n_rows, summarize)

    passes = in_passes(one_pass, windows, mean, scale, device)
    for rows, (z, result, codes) in passes:
        has = windows.observed[rows][..., None]
        yield rows, z, result, np.where(has, codes, code_means)


def in_passes(
    one_pass: Callable[[Batch, int], Sequence[Tensor]],
    windows: Windows,
    mean: Mapping[str, np.ndarray],
    scale: Mapping[str, np.ndarray],
    device: torch.device,
    chosen: np.ndarray | None = None,
) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
    """Call a function on one batch of windows after another.

    The windows are all that have a modality, or those of them that are ``chosen``.

    The function gets a batch and the number of rows to pad it to. If it always computes
    with that many rows, its result for a window does not depend on the rest of the batch.

    Yields
    ------
    rows : int ndarray of shape (n,)
        Which windows.
    results : list of float32 ndarray of n rows
        What the function returned.
    """
    streamed = StreamedWindows(windows, mean, scale)
    wanted = np.logical_or.reduce(windows.observed, axis=1)
    if chosen is not None:
        wanted = np.zeros_like(wanted)
        wanted[chosen] = True
    most = _MOST_ROWS
    for block in windows.blocks():
        rows = np.arange(block.start, block.stop)[wanted[block]]
        dataset = streamed.read(rows)
        for group in _uniform_groups(dataset):
            always_mask = bool(dataset.incomplete[group].any())
            n_rows = min(most, _rows_of_a_pass(dataset.data, group[0], device))
            start = 0
            while start < len(group):
                part = group[start : start + n_rows]
                try:
                    with own_settings(device, inference=True):
                        batch = dataset.batch(part, always_mask).to(device)
                        results = one_pass(batch, n_rows)
                    arrays = [result.cpu().numpy() for result in results]
                except (RuntimeError, MemoryError) as error:
                    if n_rows == 1 or not out_of_memory(error):
                        raise
                    arrays = None  # the error keeps the memory alive: retry below
                if arrays is None:
                    release_memory(device)
                    most = n_rows = n_rows // 2
                    continue
                start += n_rows
                yield rows[part], arrays


def _rows_of_a_pass(data: Mapping[str, Source], row: int, device: torch.device) -> int:
    """Choose the number of windows in a pass, a power of two, from the memory.

    It depends on total rather than free memory. Passes are padded to this number of rows,
    and rounding depends on the shape, so a window keeps its embedding from run to run.
    """
    budget = _PASS_BYTES
    if device.type == "cuda":
        budget = torch.cuda.get_device_properties(device).total_memory // 8
    sizes = [np.prod(x.shape[:-1]) * x.padded_lengths()[row] for x in data.values()]
    size = 4 * int(sum(sizes))
    most = _MOST_HOST_ROWS if device.type == "cpu" else _MOST_ROWS
    n_rows = min(most, max(1, budget // (_GROWTH * size)))
    return int(2 ** (n_rows.bit_length() - 1))


def _uniform_groups(dataset: WindowDataset) -> list[np.ndarray]:
    """Group the rows by how the network processes them.

    In a group all windows are padded to the same lengths, all or none have gaps, and all
    or none lack a modality. A window's embedding is then bitwise the same whatever else
    is in the batch.
    """
    lengths = np.stack([s.padded_lengths() for s in dataset.data.values()], axis=1)
    complete = dataset.observed.all(axis=1, keepdims=True)
    incomplete = dataset.incomplete.any(axis=1, keepdims=True)
    kinds, group = np.unique(
        np.hstack([lengths, incomplete, complete]), axis=0, return_inverse=True
    )
    return [np.flatnonzero(group == number) for number in range(len(kinds))]
