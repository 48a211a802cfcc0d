"""A step towards the training windows that are nearest."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag, normalize

from .._device import float64_on_host

_NEAREST = 15
_AXES = 128  # principal axes for the similarity; the others are mostly noise
_WIDTH = 0.3  # bandwidth: drop in cosine similarity that divides a weight by e
_MAX_TOTAL_WEIGHT = 1.0  # of the neighbours; the window itself weighs 1
_SELF_SIMILARITY = 1 - 1e-4  # similarity above which a neighbour is the window itself


class MeanShift(nn.Module):
    """Moves windows to the weighted mean of themselves and their nearest neighbours.

    Where training windows are dense, half of a window's individual variation averages
    out; a window far from all of them stays where it is. A few labels then stand for
    whole clusters of windows, and windows of a new subject move towards known ones.
    Neighbours together weigh no more than the window itself: a training window's
    neighbours are often from the same recording, and with many labels, the variation
    within a recording shows a model what is noise.

    Parameters
    ----------
    size : int
        Units.

    References
    ----------
    Comaniciu, Meer, "Mean Shift: A Robust Approach Toward Feature Space Analysis", TPAMI
    24(5), 2002, equation 20, with the cosine of the angle in the place of the distance.
    """

    def __init__(self, size: int):
        super().__init__()
        n_axes = min(_AXES, size)
        self.neighbours: Tensor
        self.directions: Tensor
        self.axes: Tensor
        self.scale: Tensor
        self.register_buffer("neighbours", torch.zeros(0, size))
        self.register_buffer("directions", torch.zeros(0, n_axes))
        self.register_buffer("axes", torch.zeros(size, n_axes))
        self.register_buffer("scale", torch.ones(()))

    def fit(self, x: Tensor) -> None:
        """Keep training windows (n, size); their units vary by 1 after the step."""
        self.axes.copy_(_principal_axes(x)[:, : self.axes.shape[1]])
        self.neighbours = x.clone()
        self.directions = normalize(x @ self.axes)
        self.scale.fill_(1)
        spread = self(x).std(0, correction=0).square().mean().sqrt()
        self.scale.copy_(1 / spread.clamp_min(1e-6))

    def forward(self, x: Tensor) -> Tensor:
        """Move windows (n, size)."""
        if not len(self.neighbours):
            return x
        nearest = self.similarity(x).topk(min(_NEAREST, len(self.neighbours)))
        weight = ((nearest.values - 1) / _WIDTH).exp()  # (n, nearest)
        weight = weight * (_MAX_TOTAL_WEIGHT / weight.sum(1, keepdim=True)).clamp_max(1)
        around = embedding_bag(
            nearest.indices, self.neighbours, per_sample_weights=weight, mode="sum"
        )
        return (x + around) / (1 + weight.sum(1, keepdim=True)) * self.scale

    def similarity(self, x: Tensor) -> Tensor:
        """Compare windows (n, size) with those kept, (n, neighbours); -inf if same."""
        cosines = normalize(x @ self.axes) @ self.directions.T
        return cosines.masked_fill_(cosines > _SELF_SIMILARITY, -torch.inf)

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args: object) -> None:
        """Load as many neighbours as were kept."""
        for name in ("neighbours", "directions"):
            kept = state_dict.get(f"{prefix}{name}")
            if kept is not None:
                setattr(self, name, getattr(self, name).new_zeros(kept.shape))
        super()._load_from_state_dict(state_dict, prefix, *args)


def _principal_axes(x: Tensor) -> Tensor:
    """Find the axes along which windows (n, size) vary about zero, the longest first."""
    x = float64_on_host(x)
    if len(x) < x.shape[1]:  # faster, and most eigenvalues would be zero
        return torch.linalg.svd(x).Vh.T
    return torch.linalg.eigh(x.T @ x).eigenvectors.flip(1)
