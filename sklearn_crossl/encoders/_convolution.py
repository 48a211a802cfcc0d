"""Shared parts of convolutional encoders: layers, and the mask of recorded values.

All tensors are (batch, height, width, units); a time series has height 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from itertools import pairwise
from numbers import Integral, Real
from typing import Any, NamedTuple

import torch
from sklearn.utils._param_validation import Interval, StrOptions
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, pad

from .._window_ends import window_lengths
from ._pooling import pool
from .base import EncoderModule

#: What holds for the parameters that all convolutional encoders have.
CONSTRAINTS: dict = {
    "widths": ["array-like"],
    "stride": [Interval(Integral, 1, None, closed="left")],
    "affine": ["boolean"],
    "activation": [StrOptions({"relu", "prelu"})],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "pooling": [StrOptions({"mean", "max", "mean+max"})],
    "shared": ["boolean"],
}

_LANES = 16  # float32 values in a vector register of current processors
_AVERAGED = 4  # steps of the first layer, of long windows


class Presence(NamedTuple):
    """How much of a latent sequence rests on values that were recorded.

    Attributes
    ----------
    coverage : Tensor of shape (batch, height, width)
        Share of each position's receptive field inside the window that was recorded.
    lengths : int Tensor of shape (batch,)
        Where along the width each window ends; what follows is padding.
    """

    coverage: Tensor
    lengths: Tensor

    @classmethod
    def of(cls, present: Tensor) -> Presence:
        """Begin with the input's mask, (batch, channels, height, width)."""
        return cls(present.float().mean(1), window_lengths(present))

    def after(self, conv: nn.Conv2d) -> Presence:
        """Return the presence after a convolution, with padding ignored."""
        seen = conv.kernel_size, conv.stride, conv.padding
        inside = avg_pool2d(self.inside, *seen)  # type: ignore[arg-type]
        coverage = avg_pool2d(self.coverage, *seen) / inside.clamp_min(1e-6)  # type: ignore[arg-type]
        padding, kernel, stride = conv.padding[1], conv.kernel_size[1], conv.stride[1]
        lengths = (self.lengths + 2 * int(padding) - kernel) // stride + 1
        after = Presence(coverage, lengths)
        return Presence(coverage * after.inside, lengths)

    @property
    def inside(self) -> Tensor:
        """One before each window's end and zero after it, (batch, height, width)."""
        positions = torch.arange(self.coverage.shape[-1], device=self.coverage.device)
        inside = positions < self.lengths[:, None, None]
        return inside.to(self.coverage.dtype).expand_as(self.coverage)


class PReLU(nn.PReLU):
    """A slope for each unit, units last."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(-1, 1)).movedim(1, -1)


class ConvolutionLayer(nn.Module):
    """Convolution, layer normalisation, activation: units last throughout."""

    def __init__(
        self,
        n_in: int,
        n_out: int,
        kernel_size: tuple[int, int],
        stride: tuple[int, int],
        affine: bool,
        activation: str,
        dropout: float,
    ):
        super().__init__()
        # A 2-D convolution even for time series: unlike Conv1d it accepts input with
        # units last, which LayerNorm needs, so nothing is transposed between layers.
        padding = (kernel_size[0] // 2, kernel_size[1] // 2)
        self.conv = nn.Conv2d(n_in, n_out, kernel_size, stride=stride, padding=padding)
        self.conv.weight.data = self.conv.weight.data.contiguous(
            memory_format=torch.channels_last
        )
        self.norm = nn.LayerNorm(n_out, elementwise_affine=affine)
        self.activation = PReLU(n_out) if activation == "prelu" else nn.ReLU(inplace=True)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, x: Tensor, presence: Presence | None
    ) -> tuple[Tensor, Presence | None]:
        """Map (batch, height, width, n_in) to (batch, height', width', n_out).

        Positions after a window's end are zero, as the convolution's own padding is, so
        that padding a window changes nothing.
        """
        x = self.together([self], x)
        if presence is None:
            return x, None
        presence = presence.after(self.conv)
        return x * presence.inside[..., None].to(x.dtype), presence

    @staticmethod
    def together(layers: Sequence[ConvolutionLayer], x: Tensor) -> Tensor:
        """Map (batch, height, width, G * n_in) by G layers, each its own n_in units.

        One grouped convolution and one normalisation over longer arrays are faster than
        G of each.
        """
        first, n_groups = layers[0], len(layers)
        weight = torch.cat([layer.conv.weight for layer in layers])
        bias = torch.cat([layer.conv.bias for layer in layers])  # type: ignore[misc]
        stride, padding = first.conv.stride, first.conv.padding
        if _folds(first.conv):
            x, weight = _fold(x, weight, first.conv, n_groups)
            stride, padding = (1, 1), (0, 0)
        # oneDNN's gradients in bfloat16 are wrong where the input is one step wide.
        one_step = x.device.type == "cpu" and x.shape[2] == 1
        with torch.autocast("cpu", enabled=False) if one_step else nullcontext():
            x = conv2d(
                # (batch, G * n_in, height, width)
                (x.to(weight.dtype) if one_step else x).permute(0, 3, 1, 2),
                weight.contiguous(memory_format=torch.channels_last),
                bias,
                stride,
                padding,  # type: ignore[arg-type]
                groups=n_groups,
            )
        x = x.permute(0, 2, 3, 1).unflatten(3, (n_groups, -1))
        x = first.dropout(first.activation(first.norm(x)))
        return x.flatten(3)  # (batch, height', width', G * n_out)


def _folds(conv: nn.Conv2d) -> bool:
    """Return whether it is faster to fold a stride over time into channels.

    The gradients of kernels with few channels are several times slower than those of
    kernels that fill a vector register.
    """
    (height, width), (_, stride) = conv.kernel_size, conv.stride
    few = conv.in_channels % _LANES != 0
    return few and height == 1 and stride > 1 and width % stride == 0


def _fold(
    x: Tensor, weight: Tensor, conv: nn.Conv2d, n_groups: int
) -> tuple[Tensor, Tensor]:
    """Fold ``stride`` steps into one with ``stride`` times as many channels, and pad.

    A convolution with stride 1 and no padding then gives the same results as ``conv``.
    """
    (_, kernel), (_, stride) = conv.kernel_size, conv.stride
    width, before = x.shape[2], int(conv.padding[1])
    n_steps = (width + 2 * before - kernel) // stride + 1
    after = stride * (n_steps - 1) + kernel - width - before
    x = pad(x, (0, 0, before, after))
    # (batch, 1, steps, stride, G, n_in) to (batch, 1, steps, G * stride * n_in)
    x = (
        x.unflatten(3, (n_groups, -1))
        .unflatten(2, (-1, stride))
        .transpose(3, 4)
        .flatten(3)
    )
    # (G * n_out, n_in, 1, kernel) to (G * n_out, stride * n_in, 1, kernel / stride)
    weight = weight.unflatten(3, (-1, stride)).permute(0, 4, 1, 2, 3).flatten(1, 2)
    return x, weight


class AverageLayer(nn.Module):
    """Averages ``n_steps`` positions each, counting only those inside the window.

    For rectified convolutions the result is an envelope: how strong each is over time.
    """

    def __init__(self, n_steps: int):
        super().__init__()
        self.n_steps = n_steps

    def forward(
        self, x: Tensor, presence: Presence | None
    ) -> tuple[Tensor, Presence | None]:
        """Map (batch, height, width, units) to (batch, height, width', units)."""
        x = self.together([self], x)
        if presence is None:
            return x, None
        inside = _average(presence.inside, self.n_steps).clamp_min(1e-6)
        coverage = _average(presence.coverage, self.n_steps) / inside
        lengths = -(-presence.lengths // self.n_steps)
        return x / inside[..., None].to(x.dtype), Presence(coverage, lengths)

    @staticmethod
    def together(layers: Sequence[AverageLayer], x: Tensor) -> Tensor:
        """Map (batch, height, width, G * units), whatever G is."""
        averaged = _average(x.permute(0, 3, 1, 2), layers[0].n_steps)
        return averaged.permute(0, 2, 3, 1)  # (batch, height, width', G * units)


def _average(x: Tensor, n_steps: int) -> Tensor:
    """Average (..., width) over ``n_steps`` positions each, fewer at the end."""
    size = (1, n_steps)
    return avg_pool2d(x, size, size, ceil_mode=True)


class ConvolutionalNetwork(EncoderModule):
    """Layers in sequence, with the widths of ``config``.

    Windows of ``long_window`` timepoints or more are sampled less densely.
    """

    def __init__(
        self,
        n_channels: int,
        kernel_sizes: Sequence[tuple[int, int]],
        stride: tuple[int, int],
        config: Any,
        long_window: int | None = None,
    ):
        super().__init__()
        self.long_window = long_window
        widths = pairwise([n_channels, *config.widths])
        self.layers = nn.ModuleList(
            ConvolutionLayer(
                n_in,
                n_out,
                kernel_size,
                stride,
                config.affine,
                config.activation,
                config.dropout,
            )
            for (n_in, n_out), kernel_size in zip(widths, kernel_sizes, strict=True)
        )
        self.pooling = config.pooling.split("+")
        self.code_size = config.widths[-1] * len(self.pooling)
        if config.activation == "relu" and not config.affine:
            # Layers without weights of their own but the convolution's
            self.kind = (n_channels, *config.widths)

    def measure(self, shape: Sequence[int]) -> None:
        """Double the first stride for each doubling of a long window, and average."""
        n_timepoints = shape[-1]
        if self.long_window is None or n_timepoints < self.long_window:
            return
        doublings = (n_timepoints // self.long_window).bit_length() - 1
        first = self.layers[0]
        assert isinstance(first, ConvolutionLayer)
        height, width = first.conv.stride
        first.conv.stride = (height, width * 2**doublings)
        self.layers.insert(1, AverageLayer(_AVERAGED))
        self.kind = None if self.kind is None else (self.kind, doublings)

    def sequence(
        self, x: Tensor, present: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        if x.ndim == 3:  # to (batch, channels, 1, time)
            x, present = x.unsqueeze(2), None if present is None else present.unsqueeze(2)
        presence = None if present is None else Presence.of(present)
        x = x.permute(0, 2, 3, 1).contiguous()  # (batch, height, width, channels)
        for layer in self.layers:
            x, presence = layer(x, presence)
        sequence = x.flatten(1, 2)  # (batch, height * width, units)
        return sequence, None if presence is None else presence.coverage.flatten(1)

    @classmethod
    def together(cls, modules: Sequence[EncoderModule], inputs: list[Tensor]) -> Tensor:
        x = torch.stack(inputs, dim=1)  # (batch, G, channels, [height,] width)
        x = x.unsqueeze(3) if x.ndim == 4 else x
        x = x.permute(0, 3, 4, 1, 2).flatten(3)  # (batch, height, width, G * channels)
        for layers in zip(*(module.layers for module in modules), strict=True):
            x = layers[0].together(layers, x)
        # (batch, height * width, G, units) to (batch, G, height * width, units)
        return x.flatten(1, 2).unflatten(2, (len(modules), -1)).transpose(1, 2)

    def pool(self, sequence: Tensor, weights: Tensor | None = None) -> Tensor:
        return pool(sequence, weights, self.pooling)
