"""GMC: each modality agrees with the whole window, other windows are negatives."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from numbers import Real

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor, nn
from torch.nn.functional import normalize

from .._stages import check_sizes
from ._checked import CheckedObjective
from ._pairs import LOG_ZERO
from .base import Latents, ObjectiveModule

__all__ = ["GMC", "gmc_loss"]


def gmc_loss(
    views: Tensor, codes: Tensor, observed: Tensor, temperature: float
) -> Tensor:
    """Cross-entropy of finding a modality's window among all windows, and the reverse.

    Parameters
    ----------
    views : Tensor of shape (n_views, batch, size)
        Embeddings of whole windows, or of masked ones.
    codes : Tensor of shape (batch, M, size) or (n_views, batch, M, size)
        Embeddings of single modalities.
    observed : bool Tensor of shape (batch, M)
        Which modalities each window has.
    temperature : float
        What cosine similarities are divided by.

    Returns
    -------
    Tensor
        Scalar: for each modality, the embeddings of the n windows that have it and the
        codes of this modality make 2 n rows; of row i, ``-log(exp(s_ij) / sum_k
        exp(s_ik))``, with j the other row of the same window, k all rows but i, and
        ``s`` the cosine similarity divided by the temperature. The mean over rows,
        summed over modalities and averaged over views.

    References
    ----------
    Poklukar, Vasco, Yin, Melo, Paiva, Kragic, "Geometric Multimodal Contrastive
    Representation Learning", ICML 2022, arXiv:2202.03390, section 4, and the loss of its
    published code, whose denominator differs from equation 2.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import gmc_loss
    >>> views, observed = torch.eye(8)[None], torch.ones(8, 3).bool()
    >>> codes = views[0][:, None].expand(8, 3, 8)  # of a window all are equal
    >>> bool(gmc_loss(views, codes, observed, temperature=0.1) < 0.01)
    True
    >>> bool(gmc_loss(views, codes.roll(1, 0), observed, temperature=0.1) > 10)
    True
    """
    n = len(observed)
    codes = codes.movedim(-2, -3).expand(len(views), -1, -1, -1)  # (n_views, M, n, size)
    whole = views[:, None].expand_as(codes)
    z = normalize(torch.cat([whole, codes], dim=2), dim=-1)  # (n_views, M, 2 n, size)
    similarity = z @ z.mT / temperature  # (n_views, M, 2 n, 2 n)

    has = observed.T.repeat(1, 2)  # (M, 2 n)
    diagonal = torch.eye(2 * n, dtype=torch.bool, device=views.device)
    left_out = diagonal | ~has[:, None, :]
    partner = similarity.diagonal(n, 2, 3)  # (n_views, M, n), of either row
    nll = similarity.masked_fill(left_out, LOG_ZERO).logsumexp(-1)
    nll = nll - partner.repeat(1, 1, 2)
    number = has.sum(1).clamp_min(1)  # (M,)
    return (nll.where(has, 0).sum(-1) / number).sum(1).mean()


class GMC(CheckedObjective):
    """Geometric multimodal contrast: each modality against the whole window.

    After a shared head, a modality's code must be more similar to the embedding of its
    window than to those of other windows, by cosine similarity. The published GMC embeds
    whole windows by a network of their own; here the aggregator does, from the same
    codes, of whole windows with ``masking_ratio=0``. With a larger ratio, a window is
    represented by its masked views, which all have the same weight. It is a baseline.

    Parameters
    ----------
    temperature : float, default=0.1
        What similarities are divided by, as published.
    projector : sequence of int, default=(64, 64)
        Widths of the head, which is thrown away after fit: codes and embeddings have a
        linear layer of the first width each; the others follow, after ReLU, and are
        shared.

    See Also
    --------
    COCOA : Compares the modalities with each other.
    VICReg : The default, which needs no negatives.

    References
    ----------
    Poklukar, Vasco, Yin, Melo, Paiva, Kragic, "Geometric Multimodal Contrastive
    Representation Learning", ICML 2022, arXiv:2202.03390, section 4, and the loss of its
    published code, whose denominator differs from equation 2.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import GMC, Latents
    >>> views, codes = torch.randn(4, 32, 16), torch.randn(32, 3, 8)
    >>> objective = GMC().build(embedding_size=16, code_size=8)
    >>> objective(Latents(views, codes, torch.ones(32, 3).bool()))["loss"].shape
    torch.Size([])
    """

    short_name = "gmc"

    _parameter_constraints: dict = {
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "projector": ["array-like"],
    }

    def __init__(self, temperature: float = 0.1, projector: Sequence[int] = (64, 64)):
        self.temperature = temperature
        self.projector = projector

    def _build(
        self, embedding_size: int, code_size: int, shapes: Sequence[tuple[int, ...]]
    ) -> ObjectiveModule:
        if not len(self.projector):
            raise ValueError(
                "The 'projector' parameter of GMC is empty; give the width of a layer at "
                "least, which brings codes and embeddings to one size."
            )
        check_sizes(self, "projector")
        return _GMC(embedding_size, code_size, self)


class _GMC(ObjectiveModule):
    def __init__(self, embedding_size: int, code_size: int, objective: GMC):
        super().__init__()
        self.temperature = objective.temperature
        first = objective.projector[0]
        self.view_layer = nn.Linear(embedding_size, first)
        self.code_layer = nn.Linear(code_size, first)
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(objective.projector):
            layers += [nn.ReLU(), nn.Linear(n_in, n_out)]
        self.shared = nn.Sequential(*layers)

    def forward(self, latents: Latents) -> dict[str, Tensor]:
        views, codes, observed, *_ = latents
        views, codes = (
            self.shared(self.view_layer(views)),
            self.shared(self.code_layer(codes)),
        )
        return {"loss": gmc_loss(views, codes, observed, self.temperature)}
