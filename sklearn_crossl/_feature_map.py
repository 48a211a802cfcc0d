"""Ridge regression on all fixed features of a window."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_PENALTY = 0.2  # times the mean squared norm of the centred features


class FeatureMap(nn.Module):
    """A linear map of all fixed features, found in closed form.

    Parameters
    ----------
    sizes : sequence of int
        Features of each modality.
    n_components : int
        Components of the summary that they are compressed to.
    n_outputs : int
        Classes, or targets.
    """

    def __init__(self, sizes: Sequence[int], n_components: int, n_outputs: int):
        super().__init__()
        self.sizes = list(sizes)
        self.weight: Tensor
        self.bias: Tensor
        self.of_components: Tensor
        self.register_buffer("weight", torch.zeros(sum(sizes), n_outputs))
        self.register_buffer("bias", torch.zeros(n_outputs))
        # what the map makes of each modality as the components let expect it
        shape = (len(self.sizes), n_components, n_outputs)
        self.register_buffer("of_components", torch.zeros(shape))

    def fit(self, x: Tensor, target: Tensor, weight: Tensor, axes: Tensor) -> None:
        """Learn from complete features (n, sum(sizes)) and targets (n, n_outputs).

        ``weight`` (n,) says how much each window counts, and ``axes``, (sum(sizes),
        n_components), are what turns components into features.
        """
        share = (weight / weight.sum()).to(x)
        mean, mean_target = share @ x, share @ target.to(x)
        root = (len(x) * share).sqrt()[:, None]
        a, b = root * (x - mean), (root * (target.to(x) - mean_target)).double()
        n, n_features = a.shape
        gram = (a @ a.T if n <= n_features else a.T @ a).double()
        penalty = _PENALTY * gram.trace().clamp_min(1e-12) / n
        gram.diagonal().add_(penalty)
        factor = torch.linalg.cholesky(gram)
        if n <= n_features:
            found = a.T @ torch.cholesky_solve(b, factor).to(x)
        else:
            found = torch.cholesky_solve((a.T @ b.to(x)).double(), factor).to(x)
        self.weight.copy_(found)
        self.bias.copy_(mean_target - mean @ found)
        parts = zip(axes.to(x).split(self.sizes), found.split(self.sizes), strict=True)
        self.of_components.copy_(torch.stack([p.T @ w for p, w in parts]))

    def forward(self, x: Tensor) -> Tensor:
        """Map complete features (n, sum(sizes)) to outputs (n, n_outputs)."""
        return x @ self.weight + self.bias

    def apart(self, x: Tensor) -> Tensor:
        """Map each modality's features for itself, (n, M, n_outputs)."""
        pairs = zip(x.split(self.sizes, 1), self.weight.split(self.sizes), strict=True)
        return torch.stack([part @ weight for part, weight in pairs], dim=1)

    def fuse(self, apart: Tensor, components: Tensor, observed: Tensor) -> Tensor:
        """Sum up the modalities observed, (n, M), and what is expected of the others."""
        if not bool(observed.all()):
            expected = torch.einsum("nc,mco->nmo", components, self.of_components)
            apart = torch.where(observed[..., None], apart, expected)
        return apart.sum(1) + self.bias
