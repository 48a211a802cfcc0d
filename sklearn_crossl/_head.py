"""The head of fine-tuning: a linear map of the embedding, and one of all features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ._feature_ridge import FeatureRidge
from ._summary import Summary

_HALF_WEIGHT_AT = 800  # labelled windows with which the ridge has a weight of one half


class Head(nn.Module):
    """A weighted mean of the outputs of two linear maps.

    The first is trained by gradient descent on the normalised global embedding and the
    summary. The second is a ridge regression on all features that the summary was
    compressed from. Few labels cannot determine the weights of thousands of features, but
    many labels can use more than the summary keeps. The weight of the second map
    therefore grows with the number of labels.

    Parameters
    ----------
    embedding_size : int
        Units of the global embedding.
    summary : Summary or None
        The network's; without one there is no second map.
    n_outputs : int
        Classes, or targets.
    dropout : float
        Dropout rate of the first map's input.
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
        self.ridge = None
        if summary is not None:
            sizes = summary.pca.sizes
            self.ridge = FeatureRidge(sizes, summary.size, n_outputs)
        self.ridge_weight: Tensor
        self.register_buffer("ridge_weight", torch.zeros(()))

    def set_ridge_weight(self, n_windows: int) -> None:
        """Set the weight of the ridge regression from the number of labelled windows."""
        self.ridge_weight.fill_(n_windows / (n_windows + _HALF_WEIGHT_AT))

    def forward(
        self, z: Tensor, summary: Tensor | None, ridge_outputs: Tensor | None
    ) -> Tensor:
        """Compute outputs (..., n_outputs).

        Parameters
        ----------
        z : Tensor of shape (..., embedding_size)
            The global embedding.
        summary : Tensor of shape (..., summary_size) or None
            The summary.
        ridge_outputs : Tensor of shape (..., n_outputs) or None
            Outputs of the second map; None while the first is trained on its own.
        """
        x = self.norm(z)
        if summary is not None:
            x = torch.cat([x, summary], dim=-1)
        outputs = self.linear(self.dropout(x))
        if ridge_outputs is None:
            return outputs
        return torch.lerp(outputs, ridge_outputs, self.ridge_weight)
