"""Probabilistic PCA: many features to few, also where a modality has none."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_WHITENING = 0.3  # 0 keeps the components' variances, 1 makes them equal
_NOISE = 3.0  # times the variance that the components leave out
_LEAST_NOISE = 1e-4  # of the first component's variance
_ROUNDS = 4  # of filling in what is missing from the training windows
_OVERSAMPLING = 10
_POWER_ITERATIONS = 4


class Completion(nn.Module):
    """Principal components of features that come in parts, one for each modality.

    Where parts are missing the components are their expectation given the others. They
    are scaled by a power of their variances, so that the first don't drown the rest, and
    rotated at random: then every unit has about the same variance, and standardising
    units, as is usual before a linear model, doesn't whiten them.

    Parameters
    ----------
    sizes : sequence of int
        Features of each part.
    size : int
        Components, and units of the result.

    References
    ----------
    Tipping, Bishop, "Probabilistic Principal Component Analysis", J. R. Statist. Soc. B
    61(3), 1999, sections 3.2 and 4.2 (missing data).
    """

    def __init__(self, sizes: Sequence[int], size: int):
        super().__init__()
        self.sizes = list(sizes)
        rotation, _ = torch.linalg.qr(torch.randn(size, size))
        self.axes: Tensor
        self.variance: Tensor
        self.noise: Tensor
        self.rotation: Tensor
        self.register_buffer("axes", torch.zeros(sum(sizes), size))
        self.register_buffer("variance", torch.zeros(size))
        self.register_buffer("noise", torch.ones(()))
        self.register_buffer("rotation", rotation)

    def fit(self, x: Tensor, observed: Tensor) -> None:
        """Learn the components of features (n, sum(sizes)), zero where missing.

        ``observed`` is (n, parts). What is missing is filled in by its expectation, and
        the components are found anew, a few times over.
        """
        complete = bool(observed.all())
        for _ in range(1 if complete else _ROUNDS):
            self._fit_complete(x)
            if not complete:
                filled = self._posterior(x, observed) @ self.axes.T
                x = torch.where(self._spread(observed), x, filled)

    def components(self, x: Tensor, observed: Tensor) -> Tensor:
        """Expect the components of features (n, sum(sizes)), zero where missing."""
        complete = observed.all(1, keepdim=True)
        if bool(complete.all()):
            return x @ self.axes
        # Complete windows are not shrunk; neither are these more than they have to be.
        expected = self._posterior(x, observed) * (1 + self._ratio())
        return torch.where(complete, x @ self.axes, expected)

    def _posterior(self, x: Tensor, observed: Tensor) -> Tensor:
        """Mean of the components' posterior, shrunk towards zero by the noise."""
        patterns, which = torch.unique(observed, dim=0, return_inverse=True)
        grams = [part.T @ part for part in self.axes.split(self.sizes)]
        # (patterns, size, size); a product of matrices would round by how many there are
        weights = patterns.to(x.dtype)[..., None, None]
        known = sum(weights[:, m] * gram for m, gram in enumerate(grams))
        factor = torch.linalg.cholesky(known + torch.diag(self._ratio()))
        projected = (x * self._spread(observed)) @ self.axes  # (n, size)
        return torch.cholesky_solve(projected.unsqueeze(-1), factor[which]).squeeze(-1)

    def _ratio(self) -> Tensor:
        """Noise over each component's variance."""
        return self.noise / self.variance.clamp_min(_LEAST_NOISE * self.noise)

    def forward(self, components: Tensor) -> Tensor:
        """Scale and rotate components (n, size)."""
        scale = self.variance.clamp_min(1e-12) ** (-_WHITENING / 2)
        return (components * torch.where(self.variance > 0, scale, 0)) @ self.rotation

    def _fit_complete(self, x: Tensor) -> None:
        size = self.axes.shape[1]
        rank = min(size + _OVERSAMPLING, *x.shape)
        _, values, axes = torch.svd_lowrank(x, rank, niter=_POWER_ITERATIONS)
        kept = min(size, rank)
        self.axes.zero_()[:, :kept] = axes[:, :kept]
        self.variance.zero_()[:kept] = values[:kept].square() / len(x)
        total = x.square().sum() / len(x)
        left_out = (total - self.variance.sum()).clamp_min(0) / x.shape[1]
        floor = _LEAST_NOISE * self.variance[0]
        self.noise.copy_(torch.maximum(_NOISE * left_out, floor).clamp_min(1e-12))

    def _spread(self, observed: Tensor) -> Tensor:
        """Repeat (n, parts) to (n, sum(sizes))."""
        sizes = torch.tensor(self.sizes, device=observed.device)
        return observed.repeat_interleave(sizes, dim=1)
