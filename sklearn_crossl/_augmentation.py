"""Augmentations: random changes of windows that imitate recording them a second time.

Two augmented copies of a window would have the same label, so their difference is noise.
``draws`` are uniform random numbers, (n, 2), the same for all modalities of a window.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ._window_ends import window_lengths

# (windows, mask of present values, draws) -> (changed windows, their mask)
Augmentation = Callable[[Tensor, Tensor | None, Tensor], tuple[Tensor, Tensor | None]]

_PART = 0.75  # share of a window that is kept; at least, if it is stretched
_GAIN = 0.15  # standard deviation of the logarithm of a channel's gain


def crop(
    x: Tensor, present: Tensor | None, draws: Tensor, part: float = _PART
) -> tuple[Tensor, Tensor]:
    """Take a part of each window (n, channels, ..., time), as it is.

    Returns the parts, (n, channels, time), zero after their ends, and where they are.
    """
    x, present = x.flatten(2), None if present is None else present.flatten(2)
    n_timepoints = x.shape[-1]
    lengths = _lengths(x, present)
    kept = (part * lengths).ceil()
    room = lengths - kept
    starts = (draws[:, 0] * (room + 1)).floor().clamp_max(room)
    steps = torch.arange(math.ceil(part * n_timepoints), device=x.device)
    at = (starts.long()[:, None] + steps).clamp_max(n_timepoints - 1)  # (n, steps)
    inside = (steps < kept[:, None])[:, None].expand(-1, x.shape[1], -1)
    parts = x.gather(-1, at[:, None].expand_as(inside))
    return torch.where(inside, parts, 0), inside


def crop_and_stretch(
    x: Tensor, present: Tensor | None, draws: Tensor
) -> tuple[Tensor, Tensor | None]:
    """Stretch a part of each window (n, channels, ..., time) to the window's length.

    Values are interpolated linearly, and present if the nearest original one is.
    """
    last = (_lengths(x, present) - 1).clamp_min(0)[:, None]
    size = _PART + (1 - _PART) * draws[:, :1]
    start = (1 - size) * draws[:, 1:]
    steps = torch.arange(x.shape[-1], device=x.device)
    at = last * start + steps.clamp_max(last) * size  # (n, time)

    def take(values: Tensor, at: Tensor) -> Tensor:
        at = at.clamp_max(x.shape[-1] - 1)
        return values.gather(-1, _like(at, x).expand_as(x))

    before = at.long()  # one more than `at` might round to the next but one
    stretched = torch.lerp(take(x, before), take(x, before + 1), _like(at.frac(), x))
    if present is None:
        return stretched, None
    inside = _like(steps <= last, x)
    return torch.where(inside, stretched, 0), take(present, at.round().long()) & inside


def scale_channels(x: Tensor) -> Tensor:
    """Make each channel of windows (n, channels, ..., time) louder or softer."""
    gains = (_GAIN * torch.randn(x.shape[:2])).exp().to(x.device)
    return x * gains.view(*gains.shape, *[1] * (x.ndim - 2))


def warp_and_scale(
    x: Tensor, present: Tensor | None, draws: Tensor
) -> tuple[Tensor, Tensor | None]:
    """Stretch a part of each window, and scale its channels at random."""
    stretched, present = crop_and_stretch(x, present, draws)
    return scale_channels(stretched), present


def _lengths(x: Tensor, present: Tensor | None) -> Tensor:
    """Count the timepoints up to each window's end, (n,)."""
    if present is None:
        return x.new_full((len(x),), x.shape[-1])
    return window_lengths(present).to(x.dtype)


def _like(values: Tensor, x: Tensor) -> Tensor:
    """Shape (n, time) as (n, 1, ..., time)."""
    return values.view(len(values), *[1] * (x.ndim - 2), values.shape[1])
