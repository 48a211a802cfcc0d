"""Where windows end: after the last timepoint that any of their channels has."""

from __future__ import annotations

import torch
from torch import Tensor


def window_lengths(present: Tensor) -> Tensor:
    """Count the timepoints up to each window's end, (n,).

    ``present`` is bool, (n, channels, ..., time).
    """
    positions = torch.arange(1, present.shape[-1] + 1, device=present.device)
    return (present.flatten(1, -2).any(1) * positions).amax(-1)


def inside_window(present: Tensor) -> Tensor:
    """Return which timepoints come before each window's end, (n, time)."""
    positions = torch.arange(present.shape[-1], device=present.device)
    return positions < window_lengths(present)[:, None]
