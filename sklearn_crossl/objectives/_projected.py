"""Objectives of the masked views as a head shows them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from ._checked import CheckedObjective
from .base import Latents, ObjectiveModule


class ProjectedObjective(CheckedObjective):
    """An objective of views after the head, whose widths are its ``projector``."""

    projector: Sequence[int] | None

    _parameter_constraints: dict = {"projector": ["array-like", None]}

    def _build(
        self, embedding_size: int, code_size: int, shapes: Sequence[tuple[int, ...]]
    ) -> ObjectiveModule:
        return _Projected(embedding_size, self)

    @abstractmethod
    def _terms(self, views: Tensor) -> dict[str, Tensor]:
        """Compute the loss and its terms from projected views, (n_views, batch, size)."""


class _Projected(ObjectiveModule):
    """A head of linear layers, all but the last with batch normalisation and ReLU.

    No widths make no layers: the loss then is on the embedding itself.
    """

    def __init__(self, embedding_size: int, objective: ProjectedObjective):
        super().__init__()
        self.objective = objective
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise([embedding_size, *(objective.projector or ())]):
            layers += [nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out), nn.ReLU()]
        self.projector = nn.Sequential(*layers[:-2])

    def forward(self, latents: Latents) -> dict[str, Tensor]:
        views = latents.views
        if latents.valid is not None:
            views = views[:, latents.valid]
        projected = self.projector(views.flatten(0, 1))  # (n_views * batch, size)
        return self.objective._terms(projected.unflatten(0, views.shape[:2]))
