"""The head between the embedding and the loss."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from .base import Latents


class Projector(nn.Sequential):
    """Linear layers, all but the last with batch normalisation and ReLU.

    Parameters
    ----------
    embedding_size : int
        Units of what is projected.
    widths : sequence of int or None
        Units of each layer. None makes no layers: the loss then is on the embedding
        itself.
    """

    def __init__(self, embedding_size: int, widths: Sequence[int] | None):
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise([embedding_size, *(widths or ())]):
            layers += [nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out), nn.ReLU()]
        super().__init__(*layers[:-2])

    def views(self, latents: Latents) -> Tensor:
        """Project the views of windows that have any modality, (n_views, batch, size)."""
        views = latents.views
        if latents.valid is not None:
            views = views[:, latents.valid]
        projected = self(views.flatten(0, 1))  # (n_views * batch, size)
        return projected.unflatten(0, views.shape[:2])
