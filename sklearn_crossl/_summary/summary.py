"""The summary of a window: fixed features of all modalities, compressed and completed."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from .features import FixedFeatures
from .learnt import EmbeddingPCA
from .mean_shift import MeanShift
from .noise_whitening import NoiseWhitening
from .probabilistic_pca import ProbabilisticPCA


class Summary(nn.Module):
    """Maps the modalities that a window has to a vector, by fixed features.

    A learnt embedding keeps what modalities and views share, which is what few labels
    need. The summary keeps the rest, which is what many labels can use. It also predicts
    what a missing modality would have shown.

    Parameters
    ----------
    shapes : mapping of str to tuple of int
        The modalities, in order: channels, then timepoints or height and width.
    size : int
        Units of the summary.
    embedding_size : int
        Units of the global embedding, of which ``learnt`` keeps the first components.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], size: int, embedding_size: int
    ):
        super().__init__()
        self.size = size
        features = [FixedFeatures(shape, len(shapes)) for shape in shapes.values()]
        self._features = nn.ModuleList(features)
        self.pca = ProbabilisticPCA([f.n_features for f in features], size)
        self.whitening = NoiseWhitening(size)
        self.mean_shift = MeanShift(size)
        self.learnt = EmbeddingPCA(embedding_size, size)
        self.n_windows: Tensor
        self.known: Tensor
        self.register_buffer("n_windows", torch.zeros((), dtype=torch.long))
        self.register_buffer("known", torch.zeros(len(shapes), dtype=torch.bool))

    @property
    def features(self) -> list[FixedFeatures]:
        """The features of each modality."""
        return list(self._features)  # type: ignore[arg-type]

    def learns_from(self, observed: Tensor) -> bool:
        """Return whether to learn anew from windows with modalities ``observed``, (n, M).

        They must include all modalities known so far. Besides, they must be as many
        windows as before or include another modality.
        """
        seen = observed.any(0)
        lacks_none = bool((seen >= self.known).all())
        is_wider = bool((seen > self.known).any())
        return lacks_none and (is_wider or len(observed) >= int(self.n_windows))

    def raw(self, index: int, x: Tensor | None, present: Tensor | None) -> Tensor:
        """Compute features of one modality's windows, if any, not yet standardised."""
        features = self.features[index]
        if x is None or not len(x):
            return features.mean.new_empty(0, features.n_features)
        return features.raw(x, present)

    def fit_features(self, raw: list[Tensor]) -> None:
        """Learn to standardise raw features of the windows that have each modality."""
        for features, values in zip(self.features, raw, strict=True):
            if len(values):
                features.fit(values)

    def fit_components(self, x: Tensor, observed: Tensor) -> None:
        """Learn the components of joined features; ``observed`` is (n, M)."""
        self.pca.fit(x, observed)
        self.n_windows.fill_(len(observed))
        self.known.copy_(observed.any(0))

    def join(self, raw: list[Tensor], observed: Tensor) -> Tensor:
        """Standardise the modalities' features, side by side, zero where missing."""
        columns = []
        for features, values, has in zip(self.features, raw, observed.T, strict=True):
            column = values.new_zeros(len(observed), features.n_features)
            column[has] = features.standardize(values)
            columns.append(column)
        return torch.cat(columns, dim=1)

    def forward(self, components: Tensor) -> Tensor:
        """Turn components into the summary, (n, size)."""
        return self.mean_shift(self.whitening(components))
