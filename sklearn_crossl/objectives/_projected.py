"""Objectives that are computed from the masked views after a head."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from torch import Tensor

from .._stages import check_sizes
from ._checked import CheckedObjective
from ._layers import normalized_layers
from .base import Latents, ObjectiveModule


class ProjectedObjective(CheckedObjective):
    """An objective computed after a head, whose widths are ``projector``."""

    projector: Sequence[int] | None

    _parameter_constraints: dict = {"projector": ["array-like", None]}

    def _build(
        self, embedding_size: int, code_size: int, shapes: Sequence[tuple[int, ...]]
    ) -> ObjectiveModule:
        if self.projector is not None:
            check_sizes(self, "projector")
        return _Projected(embedding_size, self)

    @abstractmethod
    def _terms(self, views: Tensor) -> dict[str, Tensor]:
        """Compute the loss and its terms from projected views, (n_views, batch, size)."""


class _Projected(ObjectiveModule):
    """A head and the loss of its output; without layers, the loss of the embedding."""

    def __init__(self, embedding_size: int, objective: ProjectedObjective):
        super().__init__()
        self.objective = objective
        self.projector = normalized_layers(embedding_size, objective.projector or ())

    def forward(self, latents: Latents) -> dict[str, Tensor]:
        views = latents.views
        projected = self.projector(views.flatten(0, 1))  # (n_views * batch, size)
        return self.objective._terms(projected.unflatten(0, views.shape[:2]))
