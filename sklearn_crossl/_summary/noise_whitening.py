"""Scaling of components by how little they vary within and between similar windows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .._device import float64_on_host

_RIDGE = 1.0  # times the mean variance of what is noise
_TINY = 1e-6  # of the components' mean variance, if nothing is noise
_NEIGHBOUR_WEIGHT = 0.3  # of neighbours' differences; those of augmented copies have 1


class NoiseWhitening(nn.Module):
    """Scales components so that noise has the same variance in all directions.

    Differences between two augmented copies of a window are noise, and so are most
    differences between a window and its nearest neighbours. Few labels cannot tell such
    directions from those that matter, so they are scaled down. The scaled components are
    rotated at random, so that every unit has a variance of about 1. Standardising the
    units, as is usual before a linear model, then does not undo the scaling.

    Parameters
    ----------
    size : int
        Components, and units of the result.

    References
    ----------
    Hatch, Kajarekar, Stolcke, "Within-class covariance normalization for SVM-based
    speaker recognition", Interspeech 2006, with a window, and its neighbours, in the
    place of a class.
    """

    def __init__(self, size: int):
        super().__init__()
        rotation, _ = torch.linalg.qr(torch.randn(size, size))
        self.rotation: Tensor
        self.matrix: Tensor
        self.register_buffer("rotation", rotation)
        self.register_buffer("matrix", rotation.clone())

    def fit(
        self,
        differences: Tensor,
        variance: Tensor,
        neighbour_covariance: Tensor | None = None,
    ) -> None:
        """Learn from what is noise.

        Parameters
        ----------
        differences : Tensor of shape (n, size)
            Between the components of two augmented copies of a window.
        variance : Tensor of shape (size,)
            Variance of the components; zero for unused ones.
        neighbour_covariance : Tensor of shape (size, size), optional
            Covariance of windows' components around those of their neighbours.
        """
        variance = float64_on_host(variance)
        n_used = max(1, int((variance > 0).sum()))  # the others are zero
        x = float64_on_host(differences[:, :n_used])
        within = x.T @ x / (2 * len(x))
        if neighbour_covariance is not None:
            around = float64_on_host(neighbour_covariance[:n_used, :n_used])
            within += _NEIGHBOUR_WEIGHT * around
        mean = (within.trace() + _TINY * variance.sum()).clamp_min(1e-12) / n_used
        within.diagonal().add_(_RIDGE * mean)
        values, axes = torch.linalg.eigh(within)
        scaling = (axes * values.rsqrt()) @ axes.T
        total = (scaling.square().sum(1) * variance[:n_used]).sum()
        std = (total / len(variance)).clamp_min(1e-12).sqrt()
        matrix = scaling @ float64_on_host(self.rotation[:n_used]) / std
        self.matrix.zero_()[:n_used] = matrix.to(self.matrix)

    def forward(self, components: Tensor) -> Tensor:
        """Scale and rotate components (n, size)."""
        return components @ self.matrix
