"""All fixed features of one modality, standardised."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from .kernels import RandomKernels
from .statistics import distribution, spectrum

_WEIGHTS = (2.0, 1.0)  # of random convolutions, statistics
_LARGEST = 5.0  # standard deviations


class FixedFeatures(nn.Module):
    """Random convolutions and statistics of one modality's windows.

    Weights make the statistics a vector of half the length of that of the convolutions,
    although they are far fewer.

    Parameters
    ----------
    shape : tuple of int
        Channels, then timepoints or height and width.
    n_modalities : int
        Number of modalities of the windows.
    """

    def __init__(self, shape: tuple[int, ...], n_modalities: int):
        super().__init__()
        self.n_timepoints = int(torch.Size(shape[1:]).numel())
        self.kernels = RandomKernels(shape[0], self.n_timepoints, n_modalities)
        example = self._blocks(torch.zeros(1, *shape), None)
        weights = [
            torch.full((block.shape[1],), weight / max(1, block.shape[1]) ** 0.5)
            for block, weight in zip(example, _WEIGHTS, strict=True)
        ]
        self.weight: Tensor
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("weight", torch.cat(weights), persistent=False)
        self.n_features = int(self.weight.numel())
        self.register_buffer("mean", torch.zeros(self.n_features))
        self.register_buffer("scale", torch.ones(self.n_features))

    def fit(self, features: Tensor) -> None:
        """Learn means and scales from raw features (n, n_features)."""
        self.mean.copy_(features.mean(0))
        spread = features.std(0, correction=0)
        constant = spread <= 1e-5 * (1 + self.mean.abs())
        self.scale.copy_(torch.where(constant, torch.inf, spread))

    def raw(self, x: Tensor, present: Tensor | None) -> Tensor:
        """Compute features of windows (n, channels, time) as they are.

        ``present``, of the same shape, tells where values are; gaps are interpolated, and
        windows shorter than others are zero after their ends.
        """
        return torch.cat(self._blocks(x, present), dim=1)

    def standardize(self, raw: Tensor) -> Tensor:
        """Centre, scale and weigh raw features; those that are constant are zero."""
        return ((raw - self.mean) / self.scale).clamp(-_LARGEST, _LARGEST) * self.weight

    def _blocks(self, x: Tensor, present: Tensor | None) -> list[Tensor]:
        x = x.flatten(2)  # (n, channels, height * width) of images
        present = None if present is None else present.flatten(2)
        short = self.n_timepoints - x.shape[-1]
        if short > 0:
            present = torch.ones_like(x, dtype=torch.bool) if present is None else present
            x, present = pad(x, (0, short)), pad(present, (0, short))
        statistics = [distribution(x, present), spectrum(x, self.n_timepoints, present)]
        return [self.kernels(x, present), torch.cat(statistics, 1)]
