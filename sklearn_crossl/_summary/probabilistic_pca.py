"""Probabilistic PCA of features, also where modalities are missing."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

_NOISE = 3.0  # times the variance that the components leave out
_LEAST_NOISE = 1e-4  # of the first component's variance
_ROUNDS = 4  # iterations of imputing what is missing from the training windows
_FILLING = 128  # components that are used to impute it
_ROWS = 256  # windows imputed at a time
_SOLVED = 64  # windows with the same missing modalities, solved at a time
_OVERSAMPLING = 10
_POWER_ITERATIONS = 4


class ProbabilisticPCA(nn.Module):
    """Principal components of features that come in parts, one for each modality.

    Where parts are missing, the components are estimated by their expectation given the
    other parts. The noise is three times the mean variance that the components leave out,
    so that they shrink more than by maximum likelihood where parts are missing; the
    shrinkage that complete windows would have is undone.

    Parameters
    ----------
    sizes : sequence of int
        Features of each part.
    size : int
        Components.

    References
    ----------
    Tipping, Bishop, "Probabilistic Principal Component Analysis", J. R. Statist. Soc. B
    61(3), 1999, sections 3.2 and 4.2 (missing data).
    """

    def __init__(self, sizes: Sequence[int], size: int):
        super().__init__()
        self.sizes = list(sizes)
        self.axes: Tensor
        self.variance: Tensor
        self.noise: Tensor
        self.register_buffer("axes", torch.zeros(sum(sizes), size))
        self.register_buffer("variance", torch.zeros(size))
        self.register_buffer("noise", torch.ones(()))
        self._grams: list[Tensor] = []  # of each part's axes, once they are asked for

    def fit(self, x: Tensor, observed: Tensor) -> None:
        """Learn the components of features (n, sum(sizes)), zero where missing.

        ``observed`` is (n, parts). Missing features are imputed from a few components,
        which are then computed again, for several iterations.
        """
        size = self.axes.shape[1]
        if bool(observed.all()):
            self._fit_complete(x, size, 1.0)
            return
        share = float(self._spread(observed).to(x.dtype).mean())
        for _ in range(_ROUNDS):
            self._fit_complete(x, min(size, _FILLING), share)
            blocks = zip(x.split(_ROWS), observed.split(_ROWS), strict=True)
            expected = torch.cat([self._posterior(self.project(v), o) for v, o in blocks])
            x = self.fill(x, expected, observed)
        self._fit_complete(x, size, share)

    def project(self, x: Tensor) -> Tensor:
        """Project each part of features (n, sum(sizes)) on the axes in use.

        Returns (n, parts, components that vary).
        """
        pairs = zip(x.split(self.sizes, 1), self._used.split(self.sizes), strict=True)
        return torch.stack([part @ axes for part, axes in pairs], dim=1)

    def components(self, projections: Tensor, observed: Tensor) -> Tensor:
        """Compute the expected components from the projections of observed parts.

        ``observed`` is (n, parts); the projections of other parts are ignored.
        """
        complete = observed.all(1, keepdim=True)
        found = projections.sum(1)
        if not bool(complete.all()):
            # Complete windows are not shrunk, so undo the part of the shrinkage that
            # complete windows would have, too.
            expected = self._posterior(projections, observed) * (1 + self._ratio())
            found = torch.where(complete, found, expected)
        return pad(found, (0, self.axes.shape[1] - found.shape[1]))

    def fill(self, x: Tensor, components: Tensor, observed: Tensor) -> Tensor:
        """Impute the missing parts of features (n, sum(sizes)) from components."""
        axes = self.axes[:, : components.shape[1]]
        return torch.where(self._spread(observed), x, components @ axes.T)

    @property
    def _used(self) -> Tensor:
        """The axes of the components that vary."""
        return self.axes[:, : int((self.variance > 0).sum())]

    def _posterior(self, projections: Tensor, observed: Tensor) -> Tensor:
        """Mean of the components' posterior, shrunk towards zero by the noise."""
        patterns, which = torch.unique(observed, dim=0, return_inverse=True)
        weights = observed[:, None].to(projections.dtype)
        known = torch.bmm(weights, projections)[:, 0]  # (n, components)
        expected = torch.zeros_like(known)
        for number, pattern in enumerate(patterns.tolist()):
            grams = zip(self._grams_of_parts(), pattern, strict=True)
            precision = sum((g for g, has in grams if has), torch.diag(self._ratio()))
            factor = torch.linalg.cholesky(precision)
            # With a fixed shape, rounding does not depend on the other windows.
            for rows in (which == number).nonzero()[:, 0].split(_SOLVED):
                right = pad(known[rows].T, (0, _SOLVED - len(rows)))
                expected[rows] = torch.cholesky_solve(right, factor).T[: len(rows)]
        return expected

    def _grams_of_parts(self) -> list[Tensor]:
        if not self._grams or self._grams[0].device != self.axes.device:
            self._grams = [part.T @ part for part in self._used.split(self.sizes)]
        return self._grams

    def _ratio(self) -> Tensor:
        """Noise over each component's variance."""
        variance = self.variance[: self._used.shape[1]]
        return self.noise / variance.clamp_min(_LEAST_NOISE * self.noise)

    def _fit_complete(self, x: Tensor, size: int, share: float) -> None:
        """Find ``size`` components of features, of which a ``share`` was observed."""
        rank = min(size + _OVERSAMPLING, *x.shape)
        _, values, axes = torch.svd_lowrank(x, rank, niter=_POWER_ITERATIONS)
        kept = min(size, rank)
        self._grams = []
        self.axes.zero_()[:, :kept] = axes[:, :kept]
        self.variance.zero_()[:kept] = values[:kept].square() / len(x)
        total = x.square().sum() / len(x)
        # Imputed features lie in the span of the components and have no residual.
        left_out = (total - self.variance.sum()).clamp_min(0) / (share * x.shape[1])
        floor = _LEAST_NOISE * self.variance[0]
        self.noise.copy_(torch.maximum(_NOISE * left_out, floor).clamp_min(1e-12))

    def _spread(self, observed: Tensor) -> Tensor:
        """Repeat (n, parts) to (n, sum(sizes))."""
        sizes = torch.tensor(self.sizes, device=observed.device)
        return observed.repeat_interleave(sizes, dim=1)
