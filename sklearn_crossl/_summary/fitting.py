"""Learning the summary from training windows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .._augmentation import Augmentation, crop, warp_and_scale
from .._batches import StreamedWindows, WindowDataset
from .._network import CroSSLNetwork
from .._rows import evenly_spaced
from .neighbours import near_windows, neighbour_covariance
from .summary import Summary

_MOST_WINDOWS = 8192  # windows to learn the summary from
_BYTES = 2**28  # memory for their features
_ROWS = 256  # windows in a pass
_N_BIAS_WINDOWS = 64  # windows to take the kernels' biases from
_MIN_COMPLETE = 256  # complete windows that suffice to learn the prediction
_MAX_AUGMENTED = 1024  # windows to augment
_MOST_KEPT = 2048  # windows kept as neighbours for the mean shift
_AUGMENTATIONS: tuple[Augmentation, ...] = (crop, warp_and_scale)


class Sample(NamedTuple):
    """Training windows, complete ones if there are enough, with their components."""

    dataset: WindowDataset
    rows: np.ndarray
    components: Tensor


@torch.no_grad()
def fit_summary(
    summary: Summary, dataset: WindowDataset | StreamedWindows, device: torch.device
) -> Sample:
    """Learn the summary from evenly spaced windows.

    A summary that was learnt from more windows or modalities before is left as it is.
    """
    n_features = sum(summary.pca.sizes)
    n_windows = min(_MOST_WINDOWS, max(_ROWS, _BYTES // (4 * n_features)))
    windows, rows = dataset.sample(n_windows)
    observed = torch.from_numpy(windows.observed[rows]).to(device)
    afresh = summary.learns_from(observed)
    if afresh:
        _fit_kernels(summary, windows, rows, device)
    raw = _raw_features(summary, windows, rows, device)
    if afresh:
        summary.fit_features(raw)
    x = summary.join(raw, observed)
    if afresh:
        summary.fit_components(x, observed)
    complete = observed.all(1)
    if int(complete.sum()) < _MIN_COMPLETE:
        complete = torch.ones_like(complete)
    blocks = zip(x.split(_ROWS), observed.split(_ROWS), strict=True)
    components = [summary.pca.components(summary.pca.project(v), o) for v, o in blocks]
    found, those = torch.cat(components)[complete], rows[complete.cpu().numpy()]
    if afresh:
        kept = evenly_spaced(np.arange(len(found)), _MOST_KEPT)
        groups = None if windows.groups is None else windows.groups[those[kept]]
        differences = _augmentation_differences(summary, windows, rows, device)
        _fit_whitening(summary, differences, found[kept], groups)
    return Sample(windows, those, found)


@torch.no_grad()
def fit_learnt(network: CroSSLNetwork, sample: Sample, device: torch.device) -> None:
    """Fit the learnt part of the joint embedding to the current global embedding."""
    assert network.summary is not None
    was_training = network.training
    network.eval()
    embeddings = []
    for rows in np.array_split(sample.rows, -(-len(sample.rows) // _ROWS)):
        batch = sample.dataset.batch(rows).to(device)
        embeddings.append(network.embed_batch(batch)[1])
    network.summary.learnt.fit(torch.cat(embeddings), sample.components)
    network.train(was_training)


def _fit_kernels(
    summary: Summary, windows: WindowDataset, rows: np.ndarray, device: torch.device
) -> None:
    for index, (name, features) in enumerate(
        zip(windows.data, summary.features, strict=True)
    ):
        having = rows[windows.observed[rows, index]]
        if len(having):
            batch = windows.batch(evenly_spaced(having, _N_BIAS_WINDOWS))
            x, present = batch.inputs[name].to(device), batch.present[name]
            present = None if present is None else present.to(device).flatten(2)
            features.kernels.fit(x.flatten(2), present)


def _fit_whitening(
    summary: Summary, differences: Tensor, kept: Tensor, groups: np.ndarray | None
) -> None:
    """Learn the scaling that reduces noise, and the mean shift to the windows kept.

    Neighbours are found after a first scaling that is learnt from augmented copies alone.
    The differences between neighbours then count as noise, too, in the final scaling.
    """
    whitening, mean_shift = summary.whitening, summary.mean_shift
    variance = summary.pca.variance
    whitening.fit(differences, variance)
    scaled = whitening(kept)
    mean_shift.fit(scaled)
    similarity = mean_shift.similarity(scaled)
    covariance = neighbour_covariance(kept, near_windows(similarity))
    if groups is not None:
        covariance += neighbour_covariance(kept, near_windows(similarity, groups))
    whitening.fit(differences, variance, covariance)
    mean_shift.fit(whitening(kept))


def _augmentation_differences(
    summary: Summary, windows: WindowDataset, rows: np.ndarray, device: torch.device
) -> Tensor:
    """Compute differences between two augmented copies, for each augmentation."""
    rows = evenly_spaced(rows, _MAX_AUGMENTED)
    observed = torch.from_numpy(windows.observed[rows]).to(device)

    def components(augmentation: Augmentation) -> Tensor:
        raw = _raw_features(summary, windows, rows, device, augmentation)
        projections = summary.pca.project(summary.join(raw, observed))
        return summary.pca.components(projections, observed)

    return torch.cat([components(a) - components(a) for a in _AUGMENTATIONS])


def _raw_features(
    summary: Summary,
    windows: WindowDataset,
    rows: np.ndarray,
    device: torch.device,
    augmentation: Augmentation | None = None,
) -> list[Tensor]:
    """Compute each modality's features, of the windows that have it, or of copies."""
    parts = []
    for some in np.array_split(rows, -(-len(rows) // _ROWS)):
        batch = windows.batch(some).to(device)
        draws = torch.rand(len(some), 2).to(device)
        if augmentation is not None:
            batch = batch.augmented(augmentation, draws)
        inputs = enumerate(batch.inputs.items())
        parts.append([summary.raw(i, x, batch.present[name]) for i, (name, x) in inputs])
    return [torch.cat(of_modality) for of_modality in zip(*parts, strict=True)]
