"""Statistics of windows (n, channels, time), channel by channel.

Where windows differ in length, ``inside`` (n, time) says where each one is; outside, the
values are zero.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool1d

_QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)
_BANDS = 16  # of frequency
_PARTS = 8  # of a window, for its course
_FLOOR = 1e-3  # of what a logarithm is taken; the values are standardised


def distribution(x: Tensor, inside: Tensor | None = None) -> Tensor:
    """Mean, spread, spread of differences, and quantiles, (n, 8 * channels)."""
    if inside is None:
        mean, spread, change = x.mean(-1), x.std(-1, correction=0), _spread_of_steps(x)
        ordered = x.sort(-1).values
        places = [round(q * (x.shape[-1] - 1)) for q in _QUANTILES]
        quantiles = ordered[..., places]  # (n, channels, quantiles)
    else:
        weight = _weight(inside, x.dtype)
        mean = (x * weight).sum(-1)
        spread = ((x - mean.unsqueeze(-1)).square() * weight).sum(-1).sqrt()
        change = _spread_of_steps(x, inside)
        ordered = x.masked_fill(~inside[:, None], torch.inf).sort(-1).values
        shares = torch.tensor(_QUANTILES, device=x.device)
        last = (inside.sum(-1, keepdim=True) - 1).clamp_min(0)
        at = (last * shares).round().long()
        quantiles = ordered.gather(-1, at[:, None].expand(-1, x.shape[1], -1))
    parts = [mean, _log(spread), _log(change), quantiles.flatten(1)]
    return torch.cat(parts, dim=1)


def spectrum(x: Tensor, n_timepoints: int, inside: Tensor | None = None) -> Tensor:
    """Logarithm of the power in bands of frequency, wider towards high ones.

    The bands are those of windows of ``n_timepoints``. Returns (n, channels * bands); of
    no columns for windows of one timepoint.
    """
    if inside is None:
        centred = x - x.mean(-1, keepdim=True)
        share = x.new_ones(())
    else:
        weight = _weight(inside, x.dtype)
        mean = (x * weight).sum(-1, keepdim=True)
        centred = (x - mean) * inside[:, None]
        # of a shorter window the same power is spread over as many frequencies
        share = inside.sum(-1).clamp_min(1).view(-1, 1, 1) / n_timepoints
    power = torch.fft.rfft(centred, n=n_timepoints).abs().square() / share
    edges = band_edges(n_timepoints)
    bands = [power[..., low:high].mean(-1) for low, high in pairwise(edges)]
    if not bands:
        return x.new_zeros(len(x), 0)
    return _log(torch.stack(bands, dim=-1)).flatten(1)  # (n, channels * bands)


def course(x: Tensor, inside: Tensor | None = None) -> Tensor:
    """Mean and spread in successive parts of a window, (n, 12 * channels)."""
    parts, halves = (_means(x, inside, n) for n in (_PARTS, _PARTS // 2))
    squares = _means(x.square(), inside, _PARTS // 2)
    spread = (squares - halves.square()).clamp_min(0).sqrt()
    return torch.cat([parts.flatten(1), _log(spread).flatten(1)], dim=1)


def band_edges(n_timepoints: int) -> list[int]:
    """Edges of the bands among the frequencies of a window, without the zeroth."""
    n_frequencies = n_timepoints // 2 + 1
    if n_frequencies < 2:
        return [1]
    return np.unique(np.geomspace(1, n_frequencies, _BANDS + 1).astype(int)).tolist()


def _means(x: Tensor, inside: Tensor | None, n_parts: int) -> Tensor:
    """Average successive parts, (n, channels, n_parts); of zeros outside a window."""
    total = adaptive_avg_pool1d(x, n_parts)
    if inside is None:
        return total
    share = adaptive_avg_pool1d(inside[:, None].to(x.dtype), n_parts)
    return torch.where(share > 0, total / share.clamp_min(1e-6), 0)


def _spread_of_steps(x: Tensor, inside: Tensor | None = None) -> Tensor:
    """Root mean square of differences from one timepoint to the next."""
    if x.shape[-1] < 2:
        return torch.zeros_like(x[..., 0])
    squares = x.diff(dim=-1).square()
    if inside is None:
        return squares.mean(-1).sqrt()
    both = (inside[:, 1:] & inside[:, :-1]).to(x.dtype)[:, None]
    return ((squares * both).sum(-1) / both.sum(-1).clamp_min(1)).sqrt()


def _weight(inside: Tensor, dtype: torch.dtype) -> Tensor:
    weight = inside.to(dtype)
    return (weight / weight.sum(-1, keepdim=True).clamp_min(1)).unsqueeze(1)


def _log(x: Tensor) -> Tensor:
    return (x + _FLOOR).log()
