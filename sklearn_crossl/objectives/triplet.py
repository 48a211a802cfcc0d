"""Triplet: a window's views are more alike than views of different windows."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real

import torch
from sklearn.utils._param_validation import Interval, StrOptions
from torch import Tensor
from torch.nn.functional import relu

from ._pairs import mean_over_pairs, similarities
from ._projected import ProjectedObjective

__all__ = ["Triplet", "triplet_loss"]


def triplet_loss(views: Tensor, margin: float, negatives: str = "all") -> Tensor:
    """Compute by how much other windows violate a margin.

    Parameters
    ----------
    views : Tensor of shape (n_views, batch, size)
        Embeddings of the same windows.
    margin : float
        By how much a window's other view must be more similar than other windows.
    negatives : {"all", "hardest"}, default="all"
        Whether each other window is a negative, or the nearest alone.

    Returns
    -------
    Tensor
        Scalar: the mean over windows i and over all ordered pairs of views (a, b) of the
        mean, or the largest, over other windows j of ``max(0, margin - s_ii + s_ij)``,
        with ``s_ij`` the cosine similarity of window i in view a and window j in view b.

    References
    ----------
    .. [1] Schroff, Kalenichenko, Philbin, "FaceNet: A Unified Embedding for Face
       Recognition and Clustering", CVPR 2015, arXiv:1503.03832, section 3.1.
    .. [2] Faghri, Fleet, Kiros, Fidler, "VSE++: Improving Visual-Semantic Embeddings with
       Hard Negatives", BMVC 2018, arXiv:1707.05612, section 3.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import triplet_loss
    >>> views = torch.eye(8).expand(2, 8, 8)  # equal views of eight different windows
    >>> triplet_loss(views, margin=0.2).item()
    0.0
    >>> alike = torch.ones(2, 8, 4)  # no window is further away than any other
    >>> round(triplet_loss(alike, margin=0.2).item(), 3)
    0.2
    """
    if negatives not in ("all", "hardest"):
        raise ValueError(f'negatives={negatives!r}; expected "all" or "hardest".')
    n = views.shape[1]
    similarity = similarities(views)  # (n_views, n_views, batch, batch)
    positive = similarity.diagonal(dim1=-2, dim2=-1)[..., None]
    diagonal = torch.eye(n, dtype=torch.bool, device=views.device)
    hinge = relu(margin - positive + similarity).masked_fill(diagonal, 0)
    if negatives == "hardest":
        of_window = hinge.amax(-1)
    else:
        of_window = hinge.sum(-1) / max(n - 1, 1)
    return mean_over_pairs(of_window.mean(-1))


class Triplet(ProjectedObjective):
    """Triplet loss over the masked views, the other windows being the negatives.

    A window's views must be more similar to each other, by their cosine, than to other
    windows, by a margin; windows beyond it do not count. Under spatial masking the views
    are different sensors, so that this is the ranking loss of cross-modal retrieval. It
    is a baseline to compare with: many windows of a recording show the same activity,
    which it drives apart.

    With more than two views the losses of all pairs are averaged.

    Parameters
    ----------
    margin : float, default=0.2
        How much less similar another window has to be; similarities are between -1 and 1.
        VSE++ [2]_ has 0.2; FaceNet [1]_ has it on squared distances, 0.1 here.
    negatives : {"all", "hardest"}, default="all"
        Whether all other windows of the batch count, or only the nearest, as VSE++ [2]_
        recommends. In recordings, the nearest window mostly shows the same activity.
    projector : sequence of int or None, default=(256, 256, 256)
        Widths of the head between the embedding and the loss: linear layers, all but
        the last with batch normalisation and ReLU. It is thrown away after fit. None
        takes the loss on the embedding itself.

    See Also
    --------
    InfoNCE : Weighs all other windows by how near they are.
    VICReg : The default, which needs no negatives.

    References
    ----------
    .. [1] Schroff, Kalenichenko, Philbin, "FaceNet: A Unified Embedding for Face
       Recognition and Clustering", CVPR 2015, arXiv:1503.03832, section 3.1.
    .. [2] Faghri, Fleet, Kiros, Fidler, "VSE++: Improving Visual-Semantic Embeddings with
       Hard Negatives", BMVC 2018, arXiv:1707.05612, section 3.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import Latents, Triplet
    >>> windows = torch.eye(8)
    >>> views, observed = torch.stack([windows, windows]), torch.ones(8, 2).bool()
    >>> objective = Triplet(margin=0.2, projector=None).build(embedding_size=8)
    >>> objective(Latents(views, codes=views, observed=observed))["loss"].item()
    0.0
    """

    short_name = "triplet"

    _parameter_constraints: dict = {
        **ProjectedObjective._parameter_constraints,
        "margin": [Interval(Real, 0, 2, closed="right")],
        "negatives": [StrOptions({"all", "hardest"})],
    }

    def __init__(
        self,
        margin: float = 0.2,
        negatives: str = "all",
        projector: Sequence[int] | None = (256, 256, 256),
    ):
        self.margin = margin
        self.negatives = negatives
        self.projector = projector

    def _terms(self, views: Tensor) -> dict[str, Tensor]:
        return {"loss": triplet_loss(views, self.margin, self.negatives)}
