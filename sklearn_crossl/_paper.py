"""The configuration of the CroSSL paper's published code."""

from __future__ import annotations

from typing import Any

from .aggregators import MLPAggregator
from .encoders import TCNEncoder
from .objectives import VICReg


def published() -> dict[str, Any]:
    """Collect the estimator's parameters that differ from its defaults."""
    return {
        "encoder": TCNEncoder(
            widths=(24, 48, 96),
            kernel_sizes=(24, 16, 8),
            stride=1,
            affine=True,
            activation="prelu",
            dropout=0.1,
            pooling="mean",
            long_window=None,
        ),
        "masking": "spatial",
        "masking_ratio": 0.1,
        "n_views": 2,
        "aggregator": MLPAggregator(rescale=False),
        "objective": VICReg(10.0, 10.0, 100.0, projector=None),
        "summary_size": 0,
        "output": "global",
        "max_epochs": 50,
        "batch_size": 8,
        "lr": 1e-4,
        "lr_schedule": "constant",
        "optimizer": "adam",
        "weight_decay": 2e-4,  # the gradient of an L2 penalty of 1e-4
        "patience": 5,
        "precision": "fp32",
    }
