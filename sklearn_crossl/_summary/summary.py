"""The summary of a window: fixed features of all modalities, compressed and completed."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from .completion import Completion
from .features import FixedFeatures
from .steadiness import SteadyScaling

_RIDGE = 0.01  # times the components' mean variance
_LEARNT_SIZE = 128


def learnt_size(embedding_size: int) -> int:
    """Count the units that the learnt embedding has beside the summary."""
    return min(_LEARNT_SIZE, embedding_size)


class Summary(nn.Module):
    """Maps the modalities that a window has to a vector, by features not trained.

    A learnt embedding keeps what modalities and views share, which is what few labels
    need; the summary keeps the rest, which is what many labels can use. It also tells
    what a missing modality would have been likely to show.

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
        self.completion = Completion([f.n_features for f in features], size)
        self.scaling = SteadyScaling(size)
        n_learnt = learnt_size(embedding_size)
        rotation, _ = torch.linalg.qr(torch.randn(n_learnt, n_learnt))
        self.n_windows: Tensor
        self.rotation: Tensor
        self.middle: Tensor
        self.axes: Tensor
        self.slope: Tensor
        self.intercept: Tensor
        self.register_buffer("n_windows", torch.zeros((), dtype=torch.long))
        self.register_buffer("rotation", rotation)
        self.register_buffer("middle", torch.zeros(embedding_size))
        self.register_buffer("axes", torch.zeros(embedding_size, n_learnt))
        self.register_buffer("slope", torch.zeros(size, n_learnt))
        self.register_buffer("intercept", torch.zeros(n_learnt))

    @property
    def features(self) -> list[FixedFeatures]:
        """The features of each modality."""
        return list(self._features)  # type: ignore[arg-type]

    def raw(self, index: int, x: Tensor | None, present: Tensor | None) -> Tensor:
        """Compute the features of one modality's windows as they are, if any."""
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
        self.completion.fit(x, observed)
        self.n_windows.fill_(len(observed))

    def join(self, raw: list[Tensor], observed: Tensor) -> Tensor:
        """Standardise the modalities' features, side by side, zero where missing."""
        columns = []
        for features, values, has in zip(self.features, raw, observed.T, strict=True):
            column = values.new_zeros(len(observed), features.n_features)
            column[has] = features.standardize(values)
            columns.append(column)
        return torch.cat(columns, dim=1)

    def project(self, raw: list[Tensor], observed: Tensor) -> Tensor:
        """Compress each modality's features, (n, M, components), zero where missing."""
        return self.completion.project(self.join(raw, observed))

    def components(self, projections: Tensor, observed: Tensor) -> Tensor:
        """Fuse the modalities that are to be seen, (n, size)."""
        return self.completion.components(projections, observed)

    def forward(self, components: Tensor) -> Tensor:
        """Turn components into the summary, (n, size)."""
        return self.scaling(components)

    def fit_learnt(self, components: Tensor, z: Tensor) -> None:
        """Learn the principal components of complete windows' global embedding.

        And to predict them from the windows' components of fixed features.
        """
        self.middle.copy_(z.mean(0))
        self.axes.copy_(self._first_axes(z - self.middle))
        learnt, mean = self.learnt(z), components.mean(0)
        x = components - mean
        gram = x.T @ x
        ridge = _RIDGE * gram.diagonal().mean().clamp_min(1e-12)
        penalty = ridge * torch.eye(len(gram), device=gram.device)
        self.slope.copy_(torch.linalg.solve(gram + penalty, x.T @ learnt))
        self.intercept.copy_(-mean @ self.slope)

    def _first_axes(self, centred: Tensor) -> Tensor:
        """Find the principal axes of standardised units, rotated like the summary."""
        x = centred.cpu().double()  # not every device has float64 or eigenvalues
        spread = x.std(0, correction=0).clamp_min(1e-6)
        x = x / spread
        size = len(self.rotation)
        values, axes = torch.linalg.eigh(x.T @ x / len(x))  # the largest last
        first = axes[:, -size:] / values[-size:].mean().clamp_min(1e-12).sqrt()
        rotated = first @ self.rotation.cpu().double() / spread[:, None]
        return rotated.to(self.axes.dtype)

    def learnt(self, z: Tensor) -> Tensor:
        """Compress the global embedding."""
        return (z - self.middle) @ self.axes

    def predict(self, components: Tensor) -> Tensor:
        """Predict ``learnt`` of windows as it would be were they complete."""
        return components @ self.slope + self.intercept
