"""Objectives whose parameters are checked before their module is built."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from .base import Objective, ObjectiveModule


class CheckedObjective(Objective):
    """An objective that checks its parameters by ``_parameter_constraints``."""

    _parameter_constraints: dict = {}

    def build(
        self,
        embedding_size: int,
        code_size: int | None = None,
        shapes: Sequence[tuple[int, ...]] = (),
    ) -> ObjectiveModule:
        """Build the module.

        Parameters
        ----------
        embedding_size : int
            Width of the global embedding.
        code_size : int or None, default=None
            Width of a modality's code; None is that of the global embedding.
        shapes : sequence of tuple of int, default=()
            Of each modality channels, then timepoints or height and width.

        Returns
        -------
        ObjectiveModule
            Maps a :class:`Latents` to the loss and its terms, not yet weighted.

        Raises
        ------
        ValueError
            If a parameter is out of range.
        """
        self._validate_params()
        return self._build(embedding_size, code_size or embedding_size, shapes)

    @abstractmethod
    def _build(
        self, embedding_size: int, code_size: int, shapes: Sequence[tuple[int, ...]]
    ) -> ObjectiveModule:
        """Build the module; the parameters are in range."""
