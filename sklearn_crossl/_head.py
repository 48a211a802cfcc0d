"""The head of fine-tuning: a linear map of the embedding, and one of all features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ._feature_map import FeatureMap
from ._summary import Summary

_MANY = 800  # labelled windows, of which the map of the features has half a say


class Head(nn.Module):
    """Two linear maps, and the weighted mean of what they say.

    One learns by gradient descent, and reads the normalised global embedding and the
    summary. The other is a ridge regression on all features that the summary was
    compressed from. A few labels say nothing of thousands of features and many can use
    more than the summary keeps: the share of the second grows with the labels.

    Parameters
    ----------
    embedding_size : int
        Units of the global embedding.
    summary : Summary or None
        The network's; without one there is no second map.
    n_outputs : int
        Classes, or targets.
    dropout : float
        Share of what the first map reads that it does not see in a training step.
    """

    def __init__(
        self, embedding_size: int, summary: Summary | None, n_outputs: int, dropout: float
    ):
        super().__init__()
        size = embedding_size + (0 if summary is None else summary.size)
        self.norm: nn.Module = nn.Identity()  # a single unit would become zero
        if embedding_size > 1:
            self.norm = nn.LayerNorm(embedding_size, elementwise_affine=False)
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(size, n_outputs)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.of_features = None
        if summary is not None:
            sizes = summary.completion.sizes
            self.of_features = FeatureMap(sizes, summary.size, n_outputs)
        self.share: Tensor
        self.register_buffer("share", torch.zeros(()))

    def trust(self, n_windows: int) -> None:
        """Choose the share of the features by the number of labelled windows."""
        self.share.fill_(n_windows / (n_windows + _MANY))

    def forward(
        self, z: Tensor, summary: Tensor | None, by_features: Tensor | None
    ) -> Tensor:
        """Compute outputs (..., n_outputs).

        Parameters
        ----------
        z : Tensor of shape (..., embedding_size)
            The global embedding.
        summary : Tensor of shape (..., summary_size) or None
            The summary.
        by_features : Tensor of shape (..., n_outputs) or None
            What the second map says; None while the first one learns by itself.
        """
        x = self.norm(z)
        if summary is not None:
            x = torch.cat([x, summary], dim=-1)
        outputs = self.linear(self.dropout(x))
        if by_features is None:
            return outputs
        return torch.lerp(outputs, by_features, self.share)
