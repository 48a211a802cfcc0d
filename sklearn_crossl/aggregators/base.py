"""Base classes of aggregators."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from sklearn.base import BaseEstimator
from torch import Tensor, nn

__all__ = ["Aggregator", "AggregatorModule", "ModuleAggregator", "hide"]


class AggregatorModule(nn.Module, ABC):
    """The network that fuses the modalities' codes.

    Attributes
    ----------
    embedding_size : int
        Width of the global embedding.
    """

    embedding_size: int

    @abstractmethod
    def forward(self, codes: Tensor, keep: Tensor) -> Tensor:
        """Fuse the codes (..., batch, M, units) that ``keep`` marks.

        ``keep`` is boolean, (..., batch, M, 1) or (..., batch, M, units). The leading
        dimensions of the two broadcast, so that many views of the same codes cost no
        copies. Returns the embedding, (..., batch, embedding_size).
        """


class Aggregator(BaseEstimator, ABC):
    """Parameters of an aggregator, and the recipe that builds its network.

    Subclasses keep their parameters in ``__init__`` as any scikit-learn estimator does,
    so that a grid search reaches them as ``aggregator__...``.

    Attributes
    ----------
    short_name : str or None
        Name that ``CroSSLTransformer(aggregator=...)`` accepts for it, with its defaults.
    """

    short_name: str | None = None

    @abstractmethod
    def build(self, n_modalities: int, code_size: int) -> AggregatorModule:
        """Build the network."""


class ModuleAggregator(Aggregator):
    """Adapter for a user's own :class:`torch.nn.Module` class.

    Parameters
    ----------
    module : type
        Called as ``module(n_modalities, code_size)``; the result maps codes
        (..., batch, M, units) and ``keep`` to (..., batch, embedding).

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.aggregators import ModuleAggregator
    >>> class Sum(torch.nn.Module):
    ...     def __init__(self, n_modalities, code_size):
    ...         super().__init__()
    ...     def forward(self, codes, keep):
    ...         return (codes * keep).sum(-2)
    >>> network = ModuleAggregator(Sum).build(n_modalities=2, code_size=3)
    >>> keep = torch.tensor([[[True], [True]], [[True], [False]]])
    >>> network(torch.ones(2, 2, 3), keep)
    tensor([[2., 2., 2.],
            [1., 1., 1.]])
    """

    def __init__(self, module: type[nn.Module]):
        self.module = module

    def build(self, n_modalities: int, code_size: int) -> AggregatorModule:
        """Build the user's module."""
        return _Adapted(self.module(n_modalities, code_size), n_modalities, code_size)


class _Adapted(AggregatorModule):
    def __init__(self, module: nn.Module, n_modalities: int, code_size: int):
        super().__init__()
        self.module = module
        # Run two windows of zeros to find the width of the embedding.
        keep = torch.ones(2, n_modalities, 1, dtype=torch.bool)
        with torch.no_grad():
            embedding = module.eval()(torch.zeros(2, n_modalities, code_size), keep)
        if not isinstance(embedding, Tensor) or embedding.shape[:-1] != (2,):
            got = (
                tuple(embedding.shape)
                if isinstance(embedding, Tensor)
                else type(embedding).__name__
            )
            raise ValueError(
                f"{type(module).__name__} was given codes (2, {n_modalities}, "
                f"{code_size}) and returned {got}; an aggregator returns one row for "
                "each window, here (2, embedding)."
            )
        self.embedding_size = embedding.shape[-1]

    def forward(self, codes: Tensor, keep: Tensor) -> Tensor:
        return self.module(codes, keep)


def hide(codes: Tensor, keep: Tensor) -> Tensor:
    """Set hidden units to zero and scale up the rest of their modality.

    As in dropout, a modality's code keeps its expected size however many of its units
    are hidden. Shapes as in :class:`AggregatorModule`.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.aggregators import hide
    >>> hide(torch.ones(1, 1, 4), torch.tensor([[[True, True, False, False]]]))
    tensor([[[2., 2., 0., 0.]]])
    """
    kept = keep.to(codes.dtype)
    return codes * (kept / kept.mean(-1, keepdim=True).clamp_min(1e-6))
