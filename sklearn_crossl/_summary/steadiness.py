"""Weighing components by how little they change within a window."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_RIDGE = 1.0  # times the mean variance within a window
_TINY = 1e-6  # of the components' mean variance, if nothing changes within windows


class SteadyScaling(nn.Module):
    """Scales components so that retakes of one window differ alike in all directions.

    What two of the same window differ in says nothing of what the window is; few labels
    cannot tell it from what does. The scaled components are rotated at random:
    then every unit has a variance of about 1, and standardising units, as is usual before
    a linear model, leaves their weights as they are.

    Parameters
    ----------
    size : int
        Components, and units of the result.

    References
    ----------
    Hatch, Kajarekar, Stolcke, "Within-class covariance normalization for SVM-based
    speaker recognition", Interspeech 2006, with a window in the place of a class.
    """

    def __init__(self, size: int):
        super().__init__()
        rotation, _ = torch.linalg.qr(torch.randn(size, size))
        self.rotation: Tensor
        self.matrix: Tensor
        self.register_buffer("rotation", rotation)
        self.register_buffer("matrix", rotation.clone())

    def fit(self, differences: Tensor, variance: Tensor) -> None:
        """Learn from differences (n, size) between components of retakes of a window.

        ``variance`` (size,) is that of the components; it is zero where there are none.
        """
        # On the host: not every device has float64 or eigenvalues.
        x, variance = differences.cpu().double(), variance.cpu().double()
        within = x.T @ x / (2 * len(x))
        n_used = (variance > 0).sum().clamp_min(1)
        mean = (within.trace() + _TINY * variance.sum()).clamp_min(1e-12) / n_used
        within.diagonal().add_(_RIDGE * mean)
        values, axes = torch.linalg.eigh(within)
        scaling = (axes * values.rsqrt()) @ axes.T
        spread = (scaling.square().sum(1) * variance).mean().clamp_min(1e-12).sqrt()
        matrix = scaling @ self.rotation.cpu().double() / spread
        self.matrix.copy_(matrix.to(self.matrix.dtype))

    def forward(self, components: Tensor) -> Tensor:
        """Scale and rotate components (n, size)."""
        return components @ self.matrix
