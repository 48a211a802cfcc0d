"""Layers of heads and decoders, which are thrown away after training."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import nn


def normalized_layers(size: int, widths: Sequence[int]) -> nn.Sequential:
    """Build linear layers, all but the last with batch normalisation and ReLU.

    No widths make no layers.
    """
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise([size, *widths]):
        layers += [nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-2])
