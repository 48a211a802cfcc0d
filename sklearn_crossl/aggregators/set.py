"""An aggregator over the set of modalities that a view has."""

from __future__ import annotations

from numbers import Integral

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor, nn

from .base import Aggregator, AggregatorModule, hide

__all__ = ["SetAggregator"]


class SetAggregator(Aggregator):
    """A linear map per modality, the mean over those present, and an optional MLP.

    A missing modality is left out of the mean, so nothing is imputed, and an embedding
    from two sensors has the same scale as one from ten.

    Parameters
    ----------
    embedding_size : int, default=256
        Width of the embedding.
    hidden_size : int or None, default=None
        Units of the hidden layer of a residual MLP after the mean. None leaves it out:
        the embedding is then linear in the codes, which is easier for a linear model with
        few labels, and the nonlinearity is left to the objective's head.

    References
    ----------
    Zaheer et al., "Deep Sets", NeurIPS 2017, arXiv:1703.06114, theorem 2.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.aggregators import SetAggregator
    >>> network = SetAggregator().build(n_modalities=2, code_size=256)
    >>> keep = torch.tensor([[[True], [False]]])  # the second modality is missing
    >>> network(torch.ones(1, 2, 256), keep).shape
    torch.Size([1, 256])
    """

    short_name = "set"

    _parameter_constraints: dict = {
        "embedding_size": [Interval(Integral, 1, None, closed="left")],
        "hidden_size": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(self, embedding_size: int = 256, hidden_size: int | None = None):
        self.embedding_size = embedding_size
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
            If a parameter is out of range.
        """
        self._validate_params()
        return _Set(n_modalities, code_size, self)


class _Set(AggregatorModule):
    def __init__(self, n_modalities: int, code_size: int, config: SetAggregator):
        super().__init__()
        size = config.embedding_size
        self.maps = ModalityMaps(n_modalities, code_size, size)
        hidden = config.hidden_size
        self.residual = None if hidden is None else residual_mlp(size, hidden)
        self.embedding_size = size

    def forward(self, codes: Tensor, keep: Tensor) -> Tensor:
        present = keep.any(-1, keepdim=True).to(codes.dtype)  # (..., batch, M, 1)
        mapped = self.maps(codes if keep.shape[-1] == 1 else hide(codes, keep))
        count = present.sum(-2).clamp_min(1)  # (..., batch, 1)
        if keep.ndim == mapped.ndim + 1:
            # Views of the same codes: (batch, views, M) @ (batch, M, E), without copies
            total = (present.squeeze(-1).movedim(0, 1) @ mapped).movedim(1, 0)
        else:
            # (..., batch, 1, M) @ (..., batch, M, E): the sum over the modalities present
            total = (present.mT @ mapped).squeeze(-2)
        mean = total / count
        return mean if self.residual is None else mean + self.residual(mean)


class ModalityMaps(nn.Module):
    """A linear map of its own for each modality: (..., M, units) -> (..., M, size)."""

    def __init__(self, n_modalities: int, code_size: int, size: int):
        super().__init__()
        maps = [nn.Linear(code_size, size) for _ in range(n_modalities)]
        self.weight = nn.Parameter(torch.stack([m.weight.detach().T for m in maps]))
        self.bias = nn.Parameter(torch.stack([m.bias.detach() for m in maps]))

    def forward(self, codes: Tensor) -> Tensor:
        return torch.einsum("...md,mde->...me", codes, self.weight) + self.bias


def residual_mlp(size: int, hidden_size: int) -> nn.Sequential:
    """Build the branch that is added to its input."""
    return nn.Sequential(
        nn.LayerNorm(size),
        nn.Linear(size, hidden_size),
        nn.ReLU(),
        nn.Linear(hidden_size, size),
    )
