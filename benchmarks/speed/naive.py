"""A literal PyTorch port of the published network, layer by layer as it is described.

Deldari et al., "CroSSL: Cross-modal Self-Supervised Learning for Time-series through
Latent Masking", WSDM 2024, arXiv:2307.16847, and its published code: stride 1, layer
normalisation over the channels of (batch, channels, time), PReLU, elementwise dropout.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Layer(nn.Module):
    """Convolution, layer normalisation, PReLU and dropout."""

    def __init__(self, n_in: int, n_out: int, kernel_size: int):
        super().__init__()
        self.convolution = nn.Conv1d(n_in, n_out, kernel_size, padding="same")
        self.normalisation = nn.LayerNorm(n_out)
        self.activation = nn.PReLU(n_out)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, n_in, time) to (batch, n_out, time)."""
        x = self.normalisation(self.convolution(x).transpose(1, 2)).transpose(1, 2)
        return self.dropout(self.activation(x))


class NaiveCroSSL(nn.Module):
    """Encoders, latent masking of two views, aggregator and VICReg."""

    def __init__(self, n_modalities: int, n_channels: int):
        super().__init__()
        self.encoders = nn.ModuleList(
            nn.Sequential(
                Layer(n_channels, 24, 24),
                Layer(24, 48, 16),
                Layer(48, 96, 8),
                nn.AdaptiveAvgPool1d(1),
                nn.Flatten(),
            )
            for _ in range(n_modalities)
        )
        self.aggregator = nn.Sequential(
            nn.Linear(96 * n_modalities, 64),
            nn.ReLU(),
            nn.Linear(64, 32),
            nn.ReLU(),
            nn.Linear(32, 32),
            nn.LayerNorm(32),
        )

    def forward(self, inputs: list[Tensor]) -> Tensor:
        """Compute the loss of windows, (batch, channels, time) for each modality."""
        codes = [encoder(x) for encoder, x in zip(self.encoders, inputs, strict=True)]
        h = torch.stack(codes, dim=1)  # (batch, M, 96)
        views = []
        for _ in range(2):
            keep = torch.rand(*h.shape[:2], 1) < 0.9
            views.append(self.aggregator((h * keep).flatten(1)))
        return vicreg(*views)


def vicreg(a: Tensor, b: Tensor) -> Tensor:
    """Compute the loss, with the published coefficients 10, 10 and 100."""
    invariance = (a - b).square().mean()
    variance = torch.zeros(())
    covariance = torch.zeros(())
    for view in (a, b):
        variance = variance + torch.relu(1 - (view.var(0) + 1e-4).sqrt()).mean() / 2
        matrix = torch.cov(view.T)
        rest = matrix.square().sum() - matrix.diagonal().square().sum()
        covariance = covariance + rest / view.shape[1]
    return 10 * invariance + 10 * variance + 100 * covariance
