"""The head of fine-tuning: linear maps of the embedding and of all fixed features."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ._summary import Summary

_SPREAD = 0.2  # of features as the head reads them, so that its steps are not too long
_MANY = 30  # windows for each output, of which the features have a third of the say


class Head(nn.Module):
    """Two linear maps that learn side by side, and the mean of what they say.

    One reads the normalised global embedding and the summary; the other one all features
    that the summary was compressed from, each modality's for itself. A few labels say
    nothing of thousands of features, and many can use more than the summary keeps: the
    second map's share grows with the labels from none to a half.

    Parameters
    ----------
    embedding_size : int
        Units of the global embedding.
    summary : Summary or None
        The network's; without one there is no second map.
    n_outputs : int
        Classes, or targets.
    dropout : float
        Share of the embedding and the summary not seen in a training step.
    """

    def __init__(
        self, embedding_size: int, summary: Summary | None, n_outputs: int, dropout: float
    ):
        super().__init__()
        size = embedding_size + (0 if summary is None else summary.size)
        self.norm = nn.LayerNorm(embedding_size, elementwise_affine=False)
        self.dropout = nn.Dropout(dropout)
        self.linear = _from_zero(size, n_outputs)
        self.share: Tensor
        self.register_buffer("share", torch.zeros(()))
        if summary is not None:
            weights = [features.weight for features in summary.features]
            self.sizes = [len(weight) for weight in weights]
            self.scale = _SPREAD / float(torch.cat(weights).square().mean().sqrt())
            self.of_features = _from_zero(sum(self.sizes), n_outputs)

    def trust(self, n_windows: int) -> None:
        """Choose the features' share by the number of labelled windows."""
        per_output = n_windows / self.linear.out_features
        self.share.fill_(per_output / (2 * per_output + _MANY))

    def apart(self, features: Tensor) -> Tensor:
        """Map features (batch, n_features) to parts of the outputs by each modality.

        Returns (batch, M, n_outputs), zero where a modality is missing.
        """
        x = (features * self.scale).split(self.sizes, dim=1)
        weights = self.of_features.weight.split(self.sizes, dim=1)
        parts = [values @ w.T for values, w in zip(x, weights, strict=True)]
        return torch.stack(parts, dim=1)

    def forward(
        self, z: Tensor, summary: Tensor | None, apart: Tensor | None, keep: Tensor
    ) -> Tensor:
        """Compute outputs by the modalities seen, (n_views, batch, n_outputs).

        In training each map answers for itself, as if for views of its own, so that there
        are 2 n_views; otherwise theirs is the mean, weighted by the share.

        Parameters
        ----------
        z : Tensor of shape (n_views, batch, embedding_size)
            The global embedding.
        summary : Tensor of shape (n_views, batch, summary_size) or None
            The summary.
        apart : Tensor of shape (batch, M, n_outputs) or None
            What :meth:`apart` returned.
        keep : bool Tensor of shape (n_views, batch, M)
            Which modalities are seen.
        """
        x = self.norm(z)
        if summary is None or apart is None:
            return self.linear(self.dropout(x))
        outputs = self.linear(self.dropout(torch.cat([x, summary], dim=-1)))
        # (n_views, batch, n_outputs)
        by_features = (apart * keep[..., None]).sum(-2) + self.of_features.bias
        if self.training:
            return torch.cat([outputs, by_features])
        return torch.lerp(outputs, by_features, self.share)


def _from_zero(n_inputs: int, n_outputs: int) -> nn.Linear:
    linear = nn.Linear(n_inputs, n_outputs)
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear
