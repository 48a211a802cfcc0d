"""Base classes of objectives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from sklearn.base import BaseEstimator
from torch import Tensor, nn

__all__ = ["Latents", "ModuleObjective", "Objective", "ObjectiveModule"]


class Latents(NamedTuple):
    """What a training step hands to the objective.

    Attributes
    ----------
    views : Tensor of shape (n_views, batch, embedding_size)
        The masked views' global embeddings.
    codes : Tensor of shape (batch, M, code_size) or (n_views, batch, M, code_size)
        The encoders' codes; one set for each view under temporal masking.
    observed : bool Tensor of shape (batch, M)
        Which modalities each window has, one at least.
    inputs : tuple of M Tensor of shape (batch, n_channels, n_timepoints)
        What the encoders read: standardised, gaps filled, zero where missing. Images are
        (batch, n_channels, height, width).
    lengths : tuple of M (int Tensor of shape (batch,), or None)
        Timepoints until each window's end, after which the inputs are zero; None: all.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import Latents, VICReg
    >>> views, codes = torch.ones(4, 8, 16), torch.ones(8, 3, 6)
    >>> latents = Latents(views, codes, observed=torch.ones(8, 3).bool())
    >>> objective = VICReg(projector=None).build(embedding_size=16)
    >>> objective(latents)["invariance"].item()  # all views are equal
    0.0
    """

    views: Tensor
    codes: Tensor
    observed: Tensor
    inputs: tuple[Tensor, ...] = ()
    lengths: tuple[Tensor | None, ...] = ()


class ObjectiveModule(nn.Module, ABC):
    """The loss, with the head it needs; the head is thrown away after fit."""

    @abstractmethod
    def forward(self, latents: Latents) -> dict[str, Tensor]:
        """Compute the terms of the loss: scalars by name, ``"loss"`` their total."""


class Objective(BaseEstimator, ABC):
    """Parameters of an objective, and the recipe that builds its module.

    Subclasses keep their parameters in ``__init__`` as any scikit-learn estimator does,
    so that a grid search reaches them as ``objective__...``.

    Attributes
    ----------
    short_name : str or None
        Name that ``CroSSLTransformer(objective=...)`` accepts for it, with its defaults.
    """

    short_name: str | None = None

    @abstractmethod
    def build(
        self,
        embedding_size: int,
        code_size: int | None = None,
        shapes: Sequence[tuple[int, ...]] = (),
    ) -> ObjectiveModule:
        """Build the module for embeddings, codes and modalities of these sizes."""


class ModuleObjective(Objective):
    """Adapter for a user's own :class:`torch.nn.Module` class.

    Parameters
    ----------
    module : type
        Called as ``module(embedding_size)``; the result maps a :class:`Latents` to a
        scalar loss, or to a dict of scalars with the key ``"loss"``.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import Latents, ModuleObjective
    >>> class Disagreement(torch.nn.Module):
    ...     def __init__(self, embedding_size):
    ...         super().__init__()
    ...     def forward(self, latents):
    ...         return latents.views.var(dim=0).mean()
    >>> objective = ModuleObjective(Disagreement).build(embedding_size=16)
    >>> views, observed = torch.ones(4, 8, 16), torch.ones(8, 3).bool()
    >>> objective(Latents(views, codes=views, observed=observed))
    {'loss': tensor(0.)}
    """

    def __init__(self, module: type[nn.Module]):
        self.module = module

    def build(
        self,
        embedding_size: int,
        code_size: int | None = None,
        shapes: Sequence[tuple[int, ...]] = (),
    ) -> ObjectiveModule:
        """Build the user's module."""
        return _Adapted(self.module(embedding_size))


class _Adapted(ObjectiveModule):
    def __init__(self, module: nn.Module):
        super().__init__()
        self.module = module

    def forward(self, latents: Latents) -> dict[str, Tensor]:
        terms = self.module(latents)
        if isinstance(terms, Tensor):
            terms = {"loss": terms}
        are_tensors = isinstance(terms, dict) and all(
            isinstance(term, Tensor) and term.numel() == 1 for term in terms.values()
        )
        if not are_tensors or "loss" not in terms:
            raise ValueError(
                f"{type(self.module).__name__} returned {terms!r:.200}; an objective "
                "returns a scalar tensor, or a dict of them with the key 'loss'."
            )
        return terms
