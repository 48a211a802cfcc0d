"""The aggregator of the CroSSL paper: an MLP over the masked concatenation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral

from sklearn.utils._param_validation import Interval
from torch import Tensor, nn

from .._stages import check_sizes
from .base import Aggregator, AggregatorModule, hide

__all__ = ["MLPAggregator"]


class MLPAggregator(Aggregator):
    """Multi-layer perceptron over the concatenated codes, hidden ones being zero.

    The published aggregator: hidden layers of 64 and 32 units with ReLU, an output of
    32 and a layer normalisation.

    Parameters
    ----------
    embedding_size : int, default=32
        Width of the embedding; at least 2, since it is normalised.
    hidden_sizes : sequence of int, default=(64, 32)
        Units of the hidden layers.
    rescale : bool, default=True
        Whether to scale up a window's visible codes to make up for hidden modalities, so
        that hiding a code does not look like a value of zero. The published network does
        not.

    References
    ----------
    Deldari et al., "CroSSL: Cross-modal Self-Supervised Learning for Time-series
    through Latent Masking", WSDM 2024, arXiv:2307.16847.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.aggregators import MLPAggregator
    >>> network = MLPAggregator().build(n_modalities=2, code_size=256)
    >>> keep = torch.ones(5, 2, 1, dtype=torch.bool)
    >>> network(torch.zeros(5, 2, 256), keep).shape
    torch.Size([5, 32])
    """

    short_name = "mlp"

    _parameter_constraints: dict = {
        "embedding_size": [Interval(Integral, 2, None, closed="left")],
        "hidden_sizes": ["array-like"],
        "rescale": ["boolean"],
    }

    def __init__(
        self,
        embedding_size: int = 32,
        hidden_sizes: Sequence[int] = (64, 32),
        rescale: bool = True,
    ):
        self.embedding_size = embedding_size
        self.hidden_sizes = hidden_sizes
        self.rescale = rescale

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
            If a parameter is out of range.
        """
        self._validate_params()
        check_sizes(self, "hidden_sizes")
        return _MLP(n_modalities, code_size, self)


class _MLP(AggregatorModule):
    def __init__(self, n_modalities: int, code_size: int, config: MLPAggregator):
        super().__init__()
        sizes = [n_modalities * code_size, *config.hidden_sizes]
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(sizes):
            layers += [nn.Linear(n_in, n_out), nn.ReLU()]
        self.layers = nn.Sequential(
            *layers,
            nn.Linear(sizes[-1], config.embedding_size),
            nn.LayerNorm(config.embedding_size),
        )
        self.rescale = config.rescale
        self.embedding_size = config.embedding_size

    def forward(self, codes: Tensor, keep: Tensor) -> Tensor:
        if not self.rescale:
            codes = codes * keep
        else:
            share = keep.any(-1, keepdim=True).to(codes.dtype).mean(-2, keepdim=True)
            codes = hide(codes, keep) / share.clamp_min(1e-6)
        return self.layers(codes.flatten(-2))  # (..., batch, M * units)
