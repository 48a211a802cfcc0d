"""What an encoder is."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from sklearn.base import BaseEstimator
from torch import Tensor, nn

__all__ = ["Encoder", "EncoderModule", "ModuleEncoder"]


class EncoderModule(nn.Module, ABC):
    """The network that encodes one modality.

    Its two halves are apart so that temporal masking can act between them: ``sequence``
    turns a window into a latent sequence, ``pool`` turns that into one code.

    Attributes
    ----------
    code_size : int
        Width of the code.
    """

    code_size: int

    @abstractmethod
    def sequence(self, x: Tensor) -> Tensor:
        """Encode windows (batch, channels, time) to (batch, steps, units)."""

    @abstractmethod
    def pool(self, sequence: Tensor, keep: Tensor | None = None) -> Tensor:
        """Pool (..., steps, units) to (..., code_size), over the steps kept."""

    def forward(self, x: Tensor) -> Tensor:
        """Encode windows (batch, channels, time) to codes (batch, code_size)."""
        return self.pool(self.sequence(x))


class Encoder(BaseEstimator, ABC):
    """Parameters of an encoder, and the recipe that builds its network.

    Subclasses keep their parameters in ``__init__`` as any scikit-learn estimator does,
    so that a grid search reaches them as ``encoder__...``.

    Attributes
    ----------
    shared : bool
        Whether modalities with the same number of channels share one network.
    """

    shared: bool = False

    @abstractmethod
    def build(self, n_channels: int) -> EncoderModule:
        """Build the network of one modality."""


class ModuleEncoder(Encoder):
    """Adapter for a user's own :class:`torch.nn.Module` class.

    Parameters
    ----------
    module : type
        Called as ``module(n_channels)``; the result maps (batch, channels, time) to
        (batch, units).
    """

    def __init__(self, module: type[nn.Module]):
        self.module = module

    def build(self, n_channels: int) -> EncoderModule:
        """Build the user's module for one modality."""
        return _Adapted(self.module(n_channels))


class _Adapted(EncoderModule):
    """A user's module: a latent sequence of one step, pooled by taking it."""

    def __init__(self, module: nn.Module):
        super().__init__()
        self.module = module

    def sequence(self, x: Tensor) -> Tensor:
        code = self.module(x)
        if not isinstance(code, Tensor) or code.ndim != 2 or len(code) != len(x):
            got = tuple(code.shape) if isinstance(code, Tensor) else type(code).__name__
            raise ValueError(
                f"{type(self.module).__name__} was given {tuple(x.shape)} (batch, "
                f"channels, time) and returned {got}; an encoder returns one row of "
                f"units for each window, here ({len(x)}, units)."
            )
        return code.unsqueeze(1)  # (batch, 1, units)

    def pool(self, sequence: Tensor, keep: Tensor | None = None) -> Tensor:
        return sequence.squeeze(-2)

    def measure(self, n_channels: int, n_timepoints: int) -> None:
        """Learn the code size by encoding two windows of zeros."""
        was_training = self.training
        with torch.no_grad():
            code = self.eval()(torch.zeros(2, n_channels, n_timepoints))
        self.code_size = code.shape[1]
        self.train(was_training)
