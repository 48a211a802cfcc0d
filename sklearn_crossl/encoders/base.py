"""What an encoder is."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from typing import Any

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
    kind : hashable
        Networks of the same class and kind can encode together; None means never.
    """

    code_size: int
    kind: Hashable = None

    @abstractmethod
    def sequence(
        self, x: Tensor, present: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Encode windows (batch, channels, time) to (batch, steps, units).

        Where windows have gaps or differ in length, ``present`` is boolean of the same
        shape; ``x`` is interpolated in gaps and zero after a window's end. Then the
        second result is the coverage (batch, steps): the share of a step's receptive
        field that was recorded, zero after the window's end. It is None if ``present`` is
        None, or if all steps count.
        """

    @abstractmethod
    def pool(self, sequence: Tensor, weights: Tensor | None = None) -> Tensor:
        """Pool (..., steps, units) to (..., code_size); steps of weight 0 don't count."""

    def measure(self, shape: Sequence[int]) -> None:
        """Adapt a newly built network to the windows' usual shape, (channels, time)."""
        return

    @classmethod
    def together(cls, modules: Sequence[EncoderModule], inputs: list[Tensor]) -> Tensor:
        """Encode G modalities without gaps, each by the network of its own.

        Inputs are (batch, channels, time) each; returns (batch, G, steps, units), equal
        to the stacked results of ``sequence``.
        """
        raise NotImplementedError

    def forward(self, x: Tensor, present: Tensor | None = None) -> Tensor:
        """Encode windows (batch, channels, time) to codes (batch, code_size)."""
        return self.pool(*self.sequence(x, present))


class Encoder(BaseEstimator, ABC):
    """Parameters of an encoder, and the recipe that builds its network.

    Subclasses keep their parameters in ``__init__`` as any scikit-learn estimator does,
    so that a grid search reaches them as ``encoder__...``.

    Attributes
    ----------
    short_name : str or None
        Name that ``CroSSLTransformer(encoder=...)`` accepts for it, with its defaults.
    shared : bool
        Whether modalities with the same number of channels share one network.
    """

    short_name: str | None = None
    shared: bool = False

    @abstractmethod
    def build(self, n_channels: int) -> EncoderModule:
        """Build the network of one modality."""

    def for_images(self) -> Encoder:
        """Return the encoder of modalities that have a height and a width."""
        return self


class ModuleEncoder(Encoder):
    """Adapter for a user's own :class:`torch.nn.Module` class.

    Parameters
    ----------
    module : type
        Called as ``module(n_channels)``; the result maps (batch, channels, time) to
        (batch, units). If its ``forward`` has a parameter ``present``, it is given which
        values were recorded, a boolean tensor of the same shape, or None for all.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.encoders import ModuleEncoder
    >>> class MeanAndPeak(torch.nn.Module):
    ...     def __init__(self, n_channels):
    ...         super().__init__()
    ...     def forward(self, x):
    ...         return torch.cat([x.mean(-1), x.amax(-1)], dim=1)
    >>> network = ModuleEncoder(MeanAndPeak).build(n_channels=3)
    >>> network(torch.ones(5, 3, 32)).shape
    torch.Size([5, 6])
    """

    def __init__(self, module: type[nn.Module]):
        self.module = module

    def build(self, n_channels: int) -> EncoderModule:
        """Build the user's module for one modality."""
        return _Adapted(self.module(n_channels))


class _Adapted(EncoderModule):
    """A user's module, whose code is a latent sequence of a single step."""

    def __init__(self, module: nn.Module):
        super().__init__()
        self.module = module
        self.takes_present = "present" in inspect.signature(module.forward).parameters

    def sequence(
        self, x: Tensor, present: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        name = type(self.module).__name__
        if present is not None and not self.takes_present:
            raise ValueError(
                "X has windows with gaps (NaN) or of unequal lengths, but "
                f"{name}.forward has no parameter `present` that would tell it where "
                "values are; add it, or fill the gaps."
            )
        code = self._checked(self._call(x, present), x)
        return code.unsqueeze(1), None  # (batch, 1, units)

    def _call(self, x: Tensor, present: Tensor | None) -> Any:
        return self.module(x, present=present) if self.takes_present else self.module(x)

    def _checked(self, code: Any, x: Tensor) -> Tensor:
        """Check that there is a row of units for each window."""
        if not isinstance(code, Tensor) or code.ndim != 2 or len(code) != len(x):
            got = tuple(code.shape) if isinstance(code, Tensor) else type(code).__name__
            raise ValueError(
                f"{type(self.module).__name__} was given {_described(x)} and returned "
                f"{got}; an encoder returns one row of units for each window, here "
                f"({len(x)}, units)."
            )
        return code

    def pool(self, sequence: Tensor, weights: Tensor | None = None) -> Tensor:
        return sequence.squeeze(-2)

    def measure(self, shape: Sequence[int]) -> None:
        """Learn the code size by encoding two windows of zeros."""
        was_training, x = self.training, torch.zeros(2, *shape)
        self.eval()
        try:
            with torch.no_grad():
                code = self._call(x, None)
        except Exception as error:
            raise ValueError(
                f"{type(self.module).__name__} was given {_described(x)} and failed: "
                f"{error}"
            ) from error
        self.code_size = self._checked(code, x).shape[1]
        self.train(was_training)


def _described(x: Tensor) -> str:
    names = "time" if x.ndim == 3 else "height, width"
    return f"{tuple(x.shape)} (batch, channels, {names})"
