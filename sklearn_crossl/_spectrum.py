"""The power spectrum of time series."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad


def summed_power(x: Tensor, n_timepoints: int) -> Tensor:
    """Power at the Fourier frequencies of ``n_timepoints``, (..., frequencies).

    For longer series it is summed over segments; shorter ones are padded with zeros.
    """
    if x.shape[-1] > n_timepoints:
        x = pad(x, (0, -x.shape[-1] % n_timepoints))
        segments = x.unflatten(-1, (-1, n_timepoints))  # (..., segments, time)
        return torch.fft.rfft(segments).abs().square().sum(-2)
    return torch.fft.rfft(x, n=n_timepoints).abs().square()
