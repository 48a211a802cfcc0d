"""The learnt part of the joint embedding: components of the global embedding."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .._device import float64_on_host

_RIDGE = 0.01  # times the mean variance of what is predicted from
_SIZE = 128


def learnt_size(embedding_size: int) -> int:
    """Return the number of learnt units of the joint embedding."""
    return min(_SIZE, embedding_size)


class EmbeddingPCA(nn.Module):
    """The first principal components of the global embedding, rotated like the summary.

    For windows that lack modalities, they are predicted linearly from the components of
    the fixed features.

    Parameters
    ----------
    embedding_size : int
        Units of the global embedding.
    n_components : int
        Components of the fixed features.
    """

    def __init__(self, embedding_size: int, n_components: int):
        super().__init__()
        size = learnt_size(embedding_size)
        rotation, _ = torch.linalg.qr(torch.randn(size, size))
        self.rotation: Tensor
        self.mean: Tensor
        self.axes: Tensor
        self.slope: Tensor
        self.intercept: Tensor
        self.register_buffer("rotation", rotation)
        self.register_buffer("mean", torch.zeros(embedding_size))
        self.register_buffer("axes", torch.zeros(embedding_size, size))
        self.register_buffer("slope", torch.zeros(n_components, size))
        self.register_buffer("intercept", torch.zeros(size))

    def fit(self, z: Tensor, components: Tensor) -> None:
        """Learn from complete windows, (n, embedding_size) and (n, n_components)."""
        self.mean.copy_(z.mean(0))
        self.axes.copy_(self._first_axes(z - self.mean))
        learnt, mean = self(z), components.mean(0)
        x = components - mean
        gram = x.T @ x
        ridge = _RIDGE * gram.diagonal().mean().clamp_min(1e-12)
        penalty = ridge * torch.eye(len(gram), device=gram.device)
        self.slope.copy_(torch.linalg.solve(gram + penalty, x.T @ learnt))
        self.intercept.copy_(-mean @ self.slope)

    def forward(self, z: Tensor) -> Tensor:
        """Compress the global embedding, (n, learnt_size)."""
        return (z - self.mean) @ self.axes

    def predict(self, components: Tensor) -> Tensor:
        """Predict what ``forward`` would return for the complete windows."""
        return components @ self.slope + self.intercept

    def _first_axes(self, centred: Tensor) -> Tensor:
        """Find the principal axes of standardised units, rotated at random."""
        x = float64_on_host(centred)
        spread = x.std(0, correction=0).clamp_min(1e-6)
        x = x / spread
        size = len(self.rotation)
        values, axes = torch.linalg.eigh(x.T @ x / len(x))  # the largest last
        first = axes[:, -size:] / values[-size:].mean().clamp_min(1e-12).sqrt()
        rotated = first @ float64_on_host(self.rotation) / spread[:, None]
        return rotated.to(self.axes.dtype)
