"""Ridge regression on all fixed features of a window."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

_PENALTY = 1.6  # times the mean squared norm of the centred features
_ROWS = 1024  # at a time


class FeatureRidge(nn.Module):
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
        self.component_weight: Tensor
        self.register_buffer("weight", torch.zeros(sum(sizes), n_outputs))
        self.register_buffer("bias", torch.zeros(n_outputs))
        # the outputs for each modality that are expected given the components
        shape = (len(self.sizes), n_components, n_outputs)
        self.register_buffer("component_weight", torch.zeros(shape))

    def fit(self, x: Tensor, target: Tensor, weight: Tensor, axes: Tensor) -> None:
        """Learn from complete features (n, sum(sizes)) and targets (n, n_outputs).

        ``weight`` (n,) holds the weight of each window; ``axes``, (sum(sizes),
        n_components), maps components to features.
        """
        share = weight / weight.sum()
        blocks = torch.arange(len(x)).split(_ROWS)
        mean = torch.stack([share[rows] @ x[rows].float() for rows in blocks]).sum(0)
        mean_target = share @ target
        root = (len(x) * share).sqrt()[:, None]
        right = root * (target - mean_target)

        def left(rows: Tensor) -> Tensor:
            return root[rows] * (x[rows].float() - mean)

        if len(x) <= x.shape[1]:
            a = torch.cat([left(rows) for rows in blocks])
            found = a.T @ _solve((a @ a.T).double(), right, len(x))
        else:
            n_features = x.shape[1]
            gram = torch.zeros(n_features, n_features, dtype=torch.float64)
            crossed = torch.zeros_like(self.weight)
            for rows in blocks:
                a = left(rows)
                gram += a.T @ a  # a float32 sum over many blocks would lose the penalty
                crossed += a.T @ right[rows]
            found = _solve(gram, crossed, len(x))
        self.weight.copy_(found)
        self.bias.copy_(mean_target - mean @ found)
        parts = zip(
            axes.to(found).split(self.sizes), found.split(self.sizes), strict=True
        )
        self.component_weight.copy_(torch.stack([p.T @ w for p, w in parts]))

    def forward(self, x: Tensor) -> Tensor:
        """Map complete features (n, sum(sizes)) to outputs (n, n_outputs)."""
        return _times(x, self.weight) + self.bias

    def by_modality(self, x: Tensor) -> Tensor:
        """Map each modality's features for itself, (n, M, n_outputs)."""
        pairs = zip(x.split(self.sizes, 1), self.weight.split(self.sizes), strict=True)
        return torch.stack([_times(*pair) for pair in pairs], dim=1)

    def fuse(self, modalities: Tensor, components: Tensor, observed: Tensor) -> Tensor:
        """Sum the outputs of the modalities observed, (n, M), expected ones elsewhere."""
        if not bool(observed.all()):
            # (M, components, n_outputs) to (components, M * n_outputs)
            weight = self.component_weight.transpose(0, 1).flatten(1)
            expected = _times(components, weight).view_as(modalities)
            modalities = torch.where(observed[..., None], modalities, expected)
        return modalities.sum(1) + self.bias


def _times(x: Tensor, weight: Tensor) -> Tensor:
    """Multiply rows by a matrix of few columns, with no effect of a row's position."""
    # ``x @ weight`` rounds a row by its place if there are five to eleven columns.
    return linear(x, weight.T.contiguous())


def _solve(gram: Tensor, right: Tensor, n: int) -> Tensor:
    """Solve the normal equations of n windows, or their dual, with the penalty."""
    gram.diagonal().add_(_PENALTY * gram.trace().clamp_min(1e-12) / n)
    found = torch.cholesky_solve(right.double(), torch.linalg.cholesky(gram))
    return found.to(right.dtype)
