"""A step towards the training windows that are nearest."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

_MOST = 2048  # training windows that are kept
_NEAREST = 10
_WIDTH = 0.2  # of cosine similarity, in which a neighbour's weight falls to a third
_SAME = 1 - 1e-4  # similarity from which on a window is not a neighbour but itself


class MeanShift(nn.Module):
    """Moves windows to the weighted mean of themselves and their nearest neighbours.

    Where training windows are dense, what is peculiar to one of them averages out; far
    from all of them a window stays where it is. A few labels then speak for whole
    clusters of windows, and a new subject's are drawn to those that are known.

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
        self.neighbours: Tensor
        self.scale: Tensor
        self.register_buffer("neighbours", torch.zeros(0, size))
        self.register_buffer("scale", torch.ones(()))

    def fit(self, x: Tensor) -> None:
        """Keep training windows (n, size), evenly spread; the units vary by 1 then."""
        at = torch.linspace(0, len(x) - 1, min(len(x), _MOST)).long()
        self.neighbours = x[at.to(x.device)].clone()
        self.scale.fill_(1)
        spread = self(self.neighbours).std(0, correction=0).square().mean().sqrt()
        self.scale.copy_(1 / spread.clamp_min(1e-6))

    def forward(self, x: Tensor) -> Tensor:
        """Move windows (n, size)."""
        if not len(self.neighbours):
            return x
        similarity = normalize(x) @ normalize(self.neighbours).T  # (n, neighbours)
        similarity = torch.where(similarity > _SAME, -torch.inf, similarity)
        nearest = similarity.topk(min(_NEAREST, len(self.neighbours)))
        weight = ((nearest.values - 1) / _WIDTH).exp()  # (n, nearest)
        around = (weight[..., None] * self.neighbours[nearest.indices]).sum(1)
        return (x + around) / (1 + weight.sum(1, keepdim=True)) * self.scale

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args: object) -> None:
        """Load as many neighbours as were kept."""
        kept = state_dict.get(f"{prefix}neighbours")
        if kept is not None:
            self.neighbours = self.neighbours.new_zeros(kept.shape)
        super()._load_from_state_dict(state_dict, prefix, *args)
