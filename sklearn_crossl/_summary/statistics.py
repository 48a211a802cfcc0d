"""Statistics of windows (n, channels, time), channel by channel.

Where windows have gaps or differ in length, ``present``, of the same shape, says where
values are; elsewhere they are interpolated or, after a window's end, zero.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from .._spectrum import summed_power
from .._window_ends import inside_window

_QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)
_BANDS = 16  # of frequency
_FLOOR = 1e-3  # of what a logarithm is taken; the values are standardised


def distribution(x: Tensor, present: Tensor | None = None) -> Tensor:
    """Mean, spread, spread of differences, and quantiles, (n, 8 * channels)."""
    if present is None:
        mean, spread, change = x.mean(-1), x.std(-1, correction=0), _spread_of_steps(x)
        ordered = x.sort(-1).values
        places = [round(q * (x.shape[-1] - 1)) for q in _QUANTILES]
        quantiles = ordered[..., places]  # (n, channels, quantiles)
    else:
        weight = _weight(present, x.dtype)
        mean = (x * weight).sum(-1)
        spread = ((x - mean.unsqueeze(-1)).square() * weight).sum(-1).sqrt()
        change = _spread_of_steps(x, present)
        ordered = x.masked_fill(~present, torch.inf).sort(-1).values
        shares = torch.tensor(_QUANTILES, device=x.device)
        n_present = present.sum(-1, keepdim=True)  # (n, channels, 1)
        at = ((n_present - 1).clamp_min(0) * shares).round().long()
        quantiles = torch.where(n_present > 0, ordered.gather(-1, at), 0)
    parts = [mean, _log(spread), _log(change), quantiles.flatten(1)]
    return torch.cat(parts, dim=1)


def spectrum(x: Tensor, n_timepoints: int, present: Tensor | None = None) -> Tensor:
    """Logarithm of the power in bands of frequency, wider towards high ones.

    The bands are those of windows of ``n_timepoints``. Longer windows are cut into
    segments of this length, whose power is averaged. Returns (n, channels * bands),
    without columns for windows of one timepoint.
    """
    n_values: Tensor | int = x.shape[-1]
    if present is None:
        centred = x - x.mean(-1, keepdim=True)
    else:
        mean = (x * _weight(present, x.dtype)).sum(-1, keepdim=True)
        centred = (x - mean) * inside_window(present)[:, None]
        n_values = present.sum(-1, keepdim=True).clamp_min(1).to(x.dtype)
    # With fewer values the same power is spread over as many frequencies.
    power = summed_power(centred, n_timepoints) / (n_values / n_timepoints)
    edges = band_edges(n_timepoints)
    bands = [power[..., low:high].mean(-1) for low, high in pairwise(edges)]
    if not bands:
        return x.new_zeros(len(x), 0)
    return _log(torch.stack(bands, dim=-1)).flatten(1)  # (n, channels * bands)


def band_edges(n_timepoints: int) -> list[int]:
    """Edges of the bands among the frequencies of a window, without the zeroth."""
    n_frequencies = n_timepoints // 2 + 1
    if n_frequencies < 2:
        return [1]
    return np.unique(np.geomspace(1, n_frequencies, _BANDS + 1).astype(int)).tolist()


def _spread_of_steps(x: Tensor, present: Tensor | None = None) -> Tensor:
    """Root mean square of differences from one timepoint to the next."""
    if x.shape[-1] < 2:
        return torch.zeros_like(x[..., 0])
    squares = x.diff(dim=-1).square()
    if present is None:
        return squares.mean(-1).sqrt()
    both = (present[..., 1:] & present[..., :-1]).to(x.dtype)
    return ((squares * both).sum(-1) / both.sum(-1).clamp_min(1)).sqrt()


def _weight(present: Tensor, dtype: torch.dtype) -> Tensor:
    weight = present.to(dtype)
    return weight / weight.sum(-1, keepdim=True).clamp_min(1)


def _log(x: Tensor) -> Tensor:
    return (x + _FLOOR).log()
