"""An aggregator that attends to the modalities a view has."""

from __future__ import annotations

from numbers import Integral

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from .base import Aggregator, AggregatorModule, hide
from .set import ModalityMaps, residual_mlp

__all__ = ["AttentionAggregator"]


class AttentionAggregator(Aggregator):
    """Learnt queries attend to one token per modality, hidden ones masked out.

    Parameters
    ----------
    embedding_size : int, default=256
        Width of the embedding and of the tokens; at least 2, since tokens are normalised.
    n_heads : int, default=4
        Attention heads; divides ``embedding_size``.
    hidden_size : int, default=256
        Units of the residual MLP's hidden layer.

    References
    ----------
    Lee et al., "Set Transformer", ICML 2019, arXiv:1810.00825, section 3.2 (pooling by
    multihead attention).

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.aggregators import AttentionAggregator
    >>> network = AttentionAggregator().build(n_modalities=2, code_size=256)
    >>> keep = torch.tensor([[[True], [False]]])  # the second modality is missing
    >>> network(torch.ones(1, 2, 256), keep).shape
    torch.Size([1, 256])
    """

    short_name = "attention"

    _parameter_constraints: dict = {
        "embedding_size": [Interval(Integral, 2, None, closed="left")],
        "n_heads": [Interval(Integral, 1, None, closed="left")],
        "hidden_size": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self, embedding_size: int = 256, n_heads: int = 4, hidden_size: int = 256
    ):
        self.embedding_size = embedding_size
        self.n_heads = n_heads
        self.hidden_size = hidden_size

    def build(self, n_modalities: int, code_size: int) -> AggregatorModule:
        """Build the network.

        Parameters
        ----------
        n_modalities : int
            Number of modalities, M.
        code_size : int
            Width of one modality's code.

        Returns
        -------
        AggregatorModule
            Maps codes (batch, M, code_size) to (batch, embedding_size).

        Raises
        ------
        ValueError
            If a parameter is out of range, or the heads do not divide the width.
        """
        self._validate_params()
        if self.embedding_size % self.n_heads:
            raise ValueError(
                f"AttentionAggregator got embedding_size={self.embedding_size} and "
                f"n_heads={self.n_heads}; choose heads that divide the width."
            )
        return _Attention(n_modalities, code_size, self)


class _Attention(AggregatorModule):
    def __init__(self, n_modalities: int, code_size: int, config: AttentionAggregator):
        super().__init__()
        size = config.embedding_size
        # Each modality's map has a bias that identifies it: no positions are encoded.
        self.maps = ModalityMaps(n_modalities, code_size, size)
        self.norm = nn.LayerNorm(size)
        self.key_value = nn.Linear(size, 2 * size)
        self.query = nn.Parameter(torch.randn(config.n_heads, 1, size // config.n_heads))
        self.out = nn.Linear(size, size)
        self.residual = residual_mlp(size, config.hidden_size)
        self.embedding_size = size

    def forward(self, codes: Tensor, keep: Tensor) -> Tensor:
        present = keep.any(-1)  # (..., batch, M)
        tokens = self.maps(codes if keep.shape[-1] == 1 else hide(codes, keep))
        key, value = self.key_value(self.norm(tokens)).chunk(2, dim=-1)
        heads = (self.query.shape[0], self.query.shape[-1])
        key = key.unflatten(-1, heads).transpose(-3, -2)  # (..., batch, heads, M, width)
        value = value.unflatten(-1, heads).transpose(-3, -2)
        lead = torch.broadcast_shapes(present.shape[:-1], tokens.shape[:-2])
        query = self.query.expand(*lead, *self.query.shape)  # (..., batch, heads, 1, w)
        attended = scaled_dot_product_attention(
            query,
            key.expand(*lead, *key.shape[-3:]),
            value.expand(*lead, *value.shape[-3:]),
            attn_mask=present[..., None, None, :].expand(*lead, 1, 1, -1),
        )
        # (..., batch, heads, 1, width) -> (..., batch, embedding)
        embedding = self.out(attended.squeeze(-2).flatten(-2))
        return embedding + self.residual(embedding)
