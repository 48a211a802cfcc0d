"""Random convolutions, pooled by the proportion of positive values."""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d

from .._window_ends import inside_window, window_lengths

_LENGTH = 9
_N_KERNELS = 84
_MOST_BIASES = 3
_FEATURES = 10_000  # of all modalities together, about; MiniRocket's own number
_POSITIONS = 128  # minimum number of positions of a proportion, if there are that many
_MOST_CHANNELS = 9
_MOST_REPEATS = 4  # of each kernel and dilation, on other channels, if there are many
_RAMP = 0.1  # width of the soft threshold; a hard one would depend on rounding
_SAMPLE = 64  # windows that the biases are taken from
_FITTING = 0.5  # minimum share of positions without padding, or all kernels use padding


class RandomKernels(nn.Module):
    """MiniRocket's kernels: fixed weights, random channels, biases from the data.

    The kernels are all 84 of length 9 that have three weights of 2 and six of -1; each is
    used with dilations 1, 2, 4, ... up to the window's length, on channels drawn at
    random, several times over if there are many channels. A feature is the share of
    positions at which a convolution exceeds a bias. It is taken over all positions of the
    zero-padded window or, for every other kernel, over those at which the kernel fits
    into the window, if these are at least half of all. Long windows are convolved with a
    stride, so that they cost no more.

    Parameters
    ----------
    n_channels, n_timepoints : int
        Of the modality.
    n_modalities : int
        Of the windows: the more, the fewer biases for each convolution.

    References
    ----------
    Dempster, Schmidt, Webb, "MiniRocket", KDD 2021, arXiv:2012.08791, section 3.1.
    """

    def __init__(self, n_channels: int, n_timepoints: int, n_modalities: int):
        super().__init__()
        n_repeats = min(_MOST_REPEATS, max(1, n_channels // _MOST_CHANNELS))
        self.dilations = _dilations(n_timepoints) * n_repeats
        self.stride = max(1, n_timepoints // _POSITIONS)
        n_convolutions = _N_KERNELS * len(self.dilations) * n_modalities
        n_biases = min(_MOST_BIASES, max(1, _FEATURES // n_convolutions))
        self.n_features = _N_KERNELS * len(self.dilations) * n_biases
        weights = [_draw_weights(n_channels) for _ in self.dilations]
        self.weight: Tensor
        self.bias: Tensor
        # (dilations, kernels, channels, length), (dilations, biases, kernels)
        self.register_buffer("weight", torch.stack(weights))
        self.register_buffer("bias", torch.zeros(len(weights), n_biases, _N_KERNELS))

    def fit(self, x: Tensor, present: Tensor | None = None) -> None:
        """Set the biases to quantiles of the convolutions of windows (n, channels, time).

        Where windows differ in length, ``present``, of the same shape, says where values
        are. The quantiles are a low-discrepancy sequence, spread over all kernels.
        """
        chosen = torch.randperm(len(x))[:_SAMPLE].to(x.device)
        x = x[chosen]
        inside = torch.ones_like(x[:, 0], dtype=torch.bool)  # (n, time)
        if present is not None:
            inside = inside_window(present[chosen])
        inside = inside[:, :: self.stride]  # (n, positions)
        n_biases = self.bias.shape[1]
        golden = (5**0.5 - 1) / 2
        steps = torch.arange(1, self.bias[0].numel() + 1, device=x.device)
        shares = (steps * golden % 1).view(_N_KERNELS, n_biases)
        for index in range(len(self.dilations)):
            values = self._convolve(x, index).transpose(0, 1)[:, inside].sort(1).values
            at = (shares * (values.shape[1] - 1)).long()  # (kernels, biases)
            self.bias[index] = values.gather(1, at).T

    def forward(self, x: Tensor, present: Tensor | None = None) -> Tensor:
        """Map windows (n, channels, time) to proportions (n, n_features).

        Where windows have gaps or differ in length, ``present``, of the same shape, is
        the mask of values: a position is weighted by the share of channels present.
        """
        share = x.new_ones(-(-x.shape[-1] // self.stride))  # (positions,)
        length: Tensor | int = x.shape[-1]
        if present is not None:
            share = present[..., :: self.stride].to(x.dtype).mean(1)  # (n, positions)
            length = window_lengths(present)[:, None]
        proportions = []
        for index, dilation in enumerate(self.dilations):
            values = self._convolve(x, index) / _RAMP  # (n, kernels, positions)
            weights = self._weights(dilation, share, length)
            above = torch.empty_like(values)
            for bias in self.bias[index] / _RAMP - 0.5:
                torch.sub(values, bias[:, None], out=above).clamp_(0, 1)
                shares = above @ weights  # (n, kernels, 2)
                shares[:, index % 2 :: 2, 0] = shares[:, index % 2 :: 2, 1]
                proportions.append(shares[..., 0])
        return torch.cat(proportions, dim=1)

    def _convolve(self, x: Tensor, index: int) -> Tensor:
        dilation = self.dilations[index]
        padding = dilation * (_LENGTH // 2)
        weight = self.weight[index]
        return conv1d(x, weight, stride=self.stride, dilation=dilation, padding=padding)

    def _weights(self, dilation: int, share: Tensor, length: Tensor | int) -> Tensor:
        """Weight all positions, and those at which a kernel fits, ([n,] positions, 2).

        Weights are the shares of channels present. If a kernel fits at too few positions,
        all positions count.
        """
        at = self.stride * torch.arange(share.shape[-1], device=share.device)
        margin = dilation * (_LENGTH // 2)
        fitting = share * ((at >= margin) & (at < length - margin))
        enough = fitting.sum(-1, keepdim=True) >= _FITTING * share.sum(-1, keepdim=True)
        weights = torch.stack([share, torch.where(enough, fitting, share)], dim=-1)
        return weights / weights.sum(-2, keepdim=True).clamp_min(1e-6)


def _dilations(n_timepoints: int) -> list[int]:
    """Powers of two with which a kernel still fits into a window."""
    most = max(1, (n_timepoints - 1) // (_LENGTH - 1))
    return [2**exponent for exponent in range(most.bit_length())]


def _draw_weights(n_channels: int) -> Tensor:
    """Put each kernel on channels drawn at random, (kernels, channels, length)."""
    kernels = torch.full((_N_KERNELS, _LENGTH), -1.0)
    for kernel, at in zip(kernels, combinations(range(_LENGTH), 3), strict=True):
        kernel[list(at)] = 2.0
    weight = torch.zeros(_N_KERNELS, n_channels, _LENGTH)
    most = min(n_channels, _MOST_CHANNELS)
    for kernel, of_channels in zip(kernels, weight, strict=True):
        # Few channels are drawn more often than many.
        n_chosen = int((most + 1) ** float(torch.rand(())))
        of_channels[torch.randperm(n_channels)[:n_chosen]] = kernel
    return weight
