"""Learning the summary from training windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .summary import Summary

if TYPE_CHECKING:
    from .._batches import StreamedWindows, WindowDataset
    from .._network import CroSSLNetwork

_MOST_WINDOWS = 8192  # that the summary is learnt from
_BYTES = 2**28  # of their features
_ROWS = 256  # of a pass
_FEW = 64  # windows that the kernels' biases are taken from
_ENOUGH = 256  # complete windows to learn the prediction from


class Sample(NamedTuple):
    """Training windows, complete ones if there are enough, with their components."""

    dataset: WindowDataset
    rows: np.ndarray
    components: Tensor


@torch.no_grad()
def fit_summary(
    summary: Summary, dataset: WindowDataset | StreamedWindows, device: torch.device
) -> Sample:
    """Learn the summary from evenly spread windows.

    Unless it has been learnt from more of them before.
    """
    n_features = sum(summary.completion.sizes)
    n_windows = min(_MOST_WINDOWS, max(_ROWS, _BYTES // (4 * n_features)))
    windows, rows = dataset.sample(n_windows)
    observed = torch.from_numpy(windows.observed[rows]).to(device)
    afresh = len(rows) >= int(summary.n_windows)
    if afresh:
        _fit_kernels(summary, windows, rows, device)
    raw = _raw_features(summary, windows, rows, device)
    if afresh:
        summary.fit(raw, observed)
    complete = observed.all(1)
    if int(complete.sum()) < _ENOUGH:
        complete = torch.ones_like(complete)
    components = summary.components(raw, observed)[complete]
    return Sample(windows, rows[complete.cpu().numpy()], components)


@torch.no_grad()
def fit_prediction(network: CroSSLNetwork, sample: Sample, device: torch.device) -> None:
    """Learn to predict the global embedding of the network as it is now."""
    assert network.summary is not None
    was_training = network.training
    network.eval()
    embeddings = []
    for rows in np.array_split(sample.rows, -(-len(sample.rows) // _ROWS)):
        batch = sample.dataset.batch(rows).to(device)
        embeddings.append(network.embed_batch(batch)[1])
    network.summary.fit_prediction(sample.components, torch.cat(embeddings))
    network.train(was_training)


def _fit_kernels(
    summary: Summary, windows: WindowDataset, rows: np.ndarray, device: torch.device
) -> None:
    for index, (name, features) in enumerate(
        zip(windows.data, summary.features, strict=True)
    ):
        having = rows[windows.observed[rows, index]]
        if len(having):
            spread = np.linspace(0, len(having) - 1, min(len(having), _FEW)).astype(int)
            x = windows.batch(having[spread]).inputs[name].to(device)
            features.kernels.fit(x.flatten(2))


def _raw_features(
    summary: Summary, windows: WindowDataset, rows: np.ndarray, device: torch.device
) -> list[Tensor]:
    """Compute each modality's features, of the windows that have it."""
    parts = []
    for some in np.array_split(rows, -(-len(rows) // _ROWS)):
        batch = windows.batch(some).to(device)
        parts.append(
            [
                summary.raw(index, x, batch.present[name])
                for index, (name, x) in enumerate(batch.inputs.items())
            ]
        )
    return [torch.cat(of_modality) for of_modality in zip(*parts, strict=True)]
