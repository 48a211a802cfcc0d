"""Labelled windows, and views of them with sensors dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ._batch import Batch
from ._batches import WindowDataset
from ._device import to_device
from ._network import CroSSLNetwork
from .masking import draw_ratio, spatial_mask

_N_DROPPED = 4  # views of each window with sensors dropped; each needs a summary
_BLOCK = 128  # windows that have the same sensors dropped in a view
_BYTES = 2**29  # memory for the views' summaries


class LabelledBatch(NamedTuple):
    """Windows with their targets, in one view or several."""

    windows: Callable[[], Batch]  # gathers the windows only if they are needed
    codes: Tensor  # (batch, M, code_size), from the pretrained encoders
    summaries: Tensor | None  # (n_views, batch, summary_size)
    features: Tensor | None  # completed, (batch, n_features); None in training
    keep: Tensor  # modalities of each view, (n_views, batch, M); the first drops none
    target: Tensor  # (batch,)
    weight: Tensor  # (batch,)

    @property
    def observed(self) -> Tensor:
        """Which modalities the windows have, (batch, M)."""
        return self.keep[0]

    def to(self, device: torch.device | str) -> LabelledBatch:
        """Copy to a device."""
        rest = [None if x is None else to_device(x, device) for x in self[1:]]
        return LabelledBatch(lambda: self.windows().to(device), *rest)  # type: ignore[arg-type]


class Views(NamedTuple):
    """Windows with all of their sensors, and the same windows with sensors dropped."""

    keep: Tensor  # (n_views, n_windows, M); the first are whole
    summaries: Tensor | None  # (n_views, n_windows, summary_size)
    codes: Tensor  # (n_windows, M, code_size) by the encoders as they were
    features: Tensor | None  # completed, (n_windows, n_features), in half precision


class LabelledWindows(Dataset):
    """Windows with their targets, handed out as batches.

    Parameters
    ----------
    windows : WindowDataset
        The windows.
    views : Views
        What :func:`make_views` returned for them.
    target : ndarray of shape (n_windows,)
        What is to be predicted.
    weight : ndarray of shape (n_windows,)
        How much each window counts.
    rows : int ndarray
        Which of the windows this holds.
    """

    def __init__(
        self,
        windows: WindowDataset,
        views: Views,
        target: np.ndarray,
        weight: np.ndarray,
        rows: np.ndarray,
    ):
        self.windows = windows
        self.views = views
        self.target = torch.from_numpy(target)
        self.weight = torch.from_numpy(weight)
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, at: np.ndarray, dropped: bool) -> LabelledBatch:
        """Gather whole windows and, if ``dropped``, each again with sensors removed."""
        rows = torch.from_numpy(self.rows[at])
        keep, summaries, codes, features = self.views
        views = torch.zeros(1, len(rows), dtype=torch.long)
        if dropped and len(keep) > 1:
            views = torch.cat([views, torch.randint(1, len(keep), (1, len(rows)))])
        return LabelledBatch(
            partial(self.windows.batch, self.rows[at]),
            codes[rows],
            None if summaries is None else summaries[views, rows],
            None if dropped or features is None else features[rows],
            keep[views, rows],
            self.target[rows],
            self.weight[rows],
        )


class LabelledBatches:
    """Batches that together hold every window once.

    Serves as skorch's ``iterator_train`` and ``iterator_valid``. In training, batches are
    random, and each window has a second view with sensors dropped.
    """

    def __init__(
        self,
        dataset: LabelledWindows,
        batch_size: int,
        device: torch.device,
        training: bool = False,
    ):
        self.dataset = dataset
        self.batch_size = batch_size
        self.device = device
        self.training = training

    def __len__(self) -> int:
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[LabelledBatch, None]]:
        n = len(self.dataset)
        order = torch.randperm(n) if self.training else torch.arange(n)
        for at in order.tensor_split(len(self)):
            yield self.dataset.batch(at.numpy(), self.training).to(self.device), None


@torch.no_grad()
def make_views(
    network: CroSSLNetwork,
    windows: WindowDataset,
    modality_dropout: float | tuple[float, float],
    device: torch.device,
) -> Views:
    """Summarise windows with all sensors and with some dropped, once for all epochs.

    ``modality_dropout`` is the ratio of :func:`~sklearn_crossl.masking.draw_ratio`, and
    every window keeps a sensor. The codes are used while the encoders are frozen. The
    features are those of windows with all sensors; where a modality is missing, they are
    the expected ones.
    """
    observed = torch.from_numpy(windows.observed)
    n_views = _n_views(network, observed, modality_dropout)
    keep = observed.repeat(n_views, 1, 1)  # (n_views, n, M)
    blocks = torch.randperm(len(observed)).split(_BLOCK)
    for rows in blocks:
        if n_views > 1:
            whole = torch.ones(1, observed.shape[1], dtype=torch.bool)
            ratios = draw_ratio(modality_dropout, n_views - 1)
            left = observed[rows] & spatial_mask(whole, ratios)  # (n_views - 1, block, M)
            some = left.any(-1, keepdim=True)
            keep[1:, rows] = torch.where(some, left, observed[rows])
    network.to(device).eval()
    parts = [
        _encode_block(network, windows.batch(rows.numpy()), keep[:, rows], device)
        for rows in blocks
    ]
    back = torch.cat(blocks).argsort()
    codes = torch.cat([part[0] for part in parts])[back]
    if network.summary is None:
        return Views(keep, None, codes, None)
    summaries = torch.cat([part[1] for part in parts], dim=1)[:, back]
    return Views(keep, summaries, codes, torch.cat([part[2] for part in parts])[back])


def _encode_block(
    network: CroSSLNetwork, batch: Batch, keep: Tensor, device: torch.device
) -> tuple[Tensor, ...]:
    """Encode a block, summarise it in all its views, and complete its features.

    Returns them on the host: codes (block, M, code_size) and, if there is a summary,
    summaries (n_views, block, summary_size) and features (block, n_features).
    """
    batch = batch.to(device)
    padded = batch.padded(len(batch.observed))
    features = network.features(padded)
    modalities = network.by_modality(batch, padded, features)
    if network.summary is None or features is None or modalities.projections is None:
        return (modalities.codes.cpu(),)
    summary, projections = network.summary, modalities.projections
    components = [summary.pca.components(projections, view) for view in keep.to(device)]
    summaries = torch.stack([summary(of_view) for of_view in components])
    features = summary.pca.fill(features, components[0], batch.observed)
    return modalities.codes.cpu(), summaries.cpu(), features.half().cpu()


def _n_views(
    network: CroSSLNetwork, observed: Tensor, ratio: float | tuple[float, float]
) -> int:
    """Return the number of views of a window: one, and those with sensors dropped."""
    hides = max(ratio) if isinstance(ratio, (tuple, list)) else ratio
    if not hides or observed.shape[1] == 1:
        return 1
    size = 0 if network.summary is None else network.summary.size
    room = _BYTES // (4 * max(1, size * len(observed)))
    return 1 + min(_N_DROPPED, max(1, room - 1))
