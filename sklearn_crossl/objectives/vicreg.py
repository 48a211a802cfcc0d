"""VICReg: variance, invariance and covariance of masked views, no negative pairs."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor
from torch.nn.functional import relu

from ._projected import ProjectedObjective
from .base import Latents, ObjectiveModule
from .reconstruction import Reconstruction

__all__ = ["VICReg", "covariance_term", "invariance_term", "variance_term"]


def invariance_term(views: Tensor) -> Tensor:
    """Mean squared difference of two views, averaged over all pairs of views.

    Parameters
    ----------
    views : Tensor of shape (n_views, batch, size)
        Embeddings of the same windows.

    Returns
    -------
    Tensor
        Scalar: the mean over pairs, windows and units of the squared difference.

    References
    ----------
    Bardes, Ponce, LeCun, "VICReg: Variance-Invariance-Covariance Regularization for
    Self-Supervised Learning", ICLR 2022, arXiv:2105.04906, section 4.1.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import invariance_term
    >>> view = torch.eye(8)
    >>> invariance_term(torch.stack([view, view])).item()
    0.0
    >>> invariance_term(torch.stack([view, view + 2])).item()
    4.0
    """
    n_views = len(views)
    # The squared differences of all pairs sum to n_views times the squared deviations
    # from the views' mean; there are n_views * (n_views - 1) / 2 pairs.
    deviations = views - views.mean(0)
    return deviations.square().sum(0).mean() * 2 / (n_views - 1)


def variance_term(views: Tensor, eps: float = 1e-4) -> Tensor:
    """Hinge that keeps the standard deviation of every unit at one or more.

    Parameters
    ----------
    views : Tensor of shape (n_views, batch, size)
        Embeddings of the same windows, of two at least.
    eps : float, default=1e-4
        Added to the variance, for a finite gradient where it is zero.

    Returns
    -------
    Tensor
        Scalar: the mean over units of ``relu(1 - sqrt(var + eps))``, with the unbiased
        variance over the batch, averaged over the views.

    References
    ----------
    Bardes, Ponce, LeCun, "VICReg: Variance-Invariance-Covariance Regularization for
    Self-Supervised Learning", ICLR 2022, arXiv:2105.04906, section 4.1.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import variance_term
    >>> round(variance_term(torch.ones(2, 8, 4)).item(), 3)  # all windows alike
    0.99
    >>> variance_term(10 * torch.eye(8).expand(2, 8, 8)).item()
    0.0
    """
    # torch's own variance is slow over any but the last dimension.
    deviations = views - views.mean(1, keepdim=True)
    variance = deviations.square().sum(1) / (views.shape[1] - 1)
    return relu(1 - (variance + eps).sqrt()).mean()


def covariance_term(views: Tensor) -> Tensor:
    """Squared covariances of different units, which decorrelates them.

    Parameters
    ----------
    views : Tensor of shape (n_views, batch, size)
        Embeddings of the same windows, of two at least.

    Returns
    -------
    Tensor
        Scalar: the sum of the squared off-diagonal entries of the unbiased covariance
        matrix, divided by the number of units; summed over the two views of a pair, so
        twice its mean over the views.

    References
    ----------
    Bardes, Ponce, LeCun, "VICReg: Variance-Invariance-Covariance Regularization for
    Self-Supervised Learning", ICLR 2022, arXiv:2105.04906, section 4.1.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import covariance_term
    >>> unit, other = torch.tensor([1.0, 1, -1, -1]), torch.tensor([1.0, -1, 1, -1])
    >>> view = torch.stack([unit, other], dim=1)  # uncorrelated, of variance 4 / 3
    >>> covariance_term(torch.stack([view, view])).item()
    0.0
    >>> twice = torch.stack([unit, unit], dim=1)
    >>> round(covariance_term(torch.stack([twice, twice])).item(), 3)  # 2 * (4 / 3)**2
    3.556
    """
    _, batch, size = views.shape
    centred = views - views.mean(1, keepdim=True)
    covariance = centred.mT @ centred / (batch - 1)  # (n_views, size, size)
    # Remove the diagonal before summing: its large squares would cost precision.
    off_diagonal = covariance - covariance.diagonal(dim1=1, dim2=2).diag_embed()
    return 2 * off_diagonal.square().sum((1, 2)).mean() / size


class VICReg(ProjectedObjective):
    """Variance-invariance-covariance regularisation over the masked views.

    The loss of two views is

    ``invariance * s(a, b) + variance * (v(a) + v(b)) / 2 + covariance * (c(a) + c(b))``

    with s, v and c as in section 4.1 of the paper and the conventions of its
    published code: the variance terms of a pair are halved and the covariance terms are
    not; variances and covariances are unbiased; s is a mean over units. With more than
    two views the losses of all pairs are averaged. Statistics are taken over the batch.

    Parameters
    ----------
    invariance : float, default=25.0
        Coefficient of the invariance term, as in VICReg; CroSSL's code has 10, 10 and
        100 for the three.
    variance : float, default=25.0
        Coefficient of the variance term, as in VICReg.
    covariance : float, default=0.5
        Coefficient of the covariance term. Half of VICReg's published 1, which was better
        with very few labels and within noise with more.
    projector : sequence of int or None, default=(256, 256, 256)
        Widths of the head between the embedding and the loss: linear layers, all but
        the last with batch normalisation and ReLU. It is thrown away after fit. None
        takes the loss on the embedding itself, as CroSSL's code does.
    reconstruction : float, default=0.0
        Coefficient of one more term, that of :class:`Reconstruction` with its defaults:
        each view predicts what all sensors show, which keeps what views do not share.
        The summary keeps that anyway; where the learnt embedding stands alone
        (``summary_size=0``), 30 gained much on some recordings and lost on others.

    References
    ----------
    Bardes, Ponce, LeCun, "VICReg: Variance-Invariance-Covariance Regularization for
    Self-Supervised Learning", ICLR 2022, arXiv:2105.04906, section 4.1.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import Latents, VICReg
    >>> views = torch.randn(2, 64, 32, generator=torch.Generator().manual_seed(0))
    >>> observed = torch.ones(64, 2, dtype=torch.bool)
    >>> objective = VICReg(projector=None).build(embedding_size=32)
    >>> sorted(objective(Latents(views, codes=views, observed=observed)))
    ['covariance', 'invariance', 'loss', 'variance']
    """

    short_name = "vicreg"

    _parameter_constraints: dict = {
        **ProjectedObjective._parameter_constraints,
        "invariance": [Interval(Real, 0, None, closed="left")],
        "variance": [Interval(Real, 0, None, closed="left")],
        "covariance": [Interval(Real, 0, None, closed="left")],
        "reconstruction": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        invariance: float = 25.0,
        variance: float = 25.0,
        covariance: float = 0.5,
        projector: Sequence[int] | None = (256, 256, 256),
        reconstruction: float = 0.0,
    ):
        self.invariance = invariance
        self.variance = variance
        self.covariance = covariance
        self.projector = projector
        self.reconstruction = reconstruction

    def _build(
        self, embedding_size: int, code_size: int, shapes: Sequence[tuple[int, ...]]
    ) -> ObjectiveModule:
        sizes = embedding_size, code_size, shapes
        view_objective = super()._build(*sizes)
        if not self.reconstruction:
            return view_objective
        reconstruction = Reconstruction().build(*sizes)
        return _WithReconstruction(view_objective, reconstruction, self.reconstruction)

    def _terms(self, views: Tensor) -> dict[str, Tensor]:
        terms = {
            "invariance": invariance_term(views),
            "variance": variance_term(views),
            "covariance": covariance_term(views),
        }
        loss = sum(getattr(self, name) * term for name, term in terms.items())
        return {"loss": torch.as_tensor(loss), **terms}


class _WithReconstruction(ObjectiveModule):
    """The loss of the views and, with a coefficient, that of what they predict."""

    def __init__(
        self,
        view_objective: ObjectiveModule,
        reconstruction: ObjectiveModule,
        coefficient: float,
    ):
        super().__init__()
        self.view_objective = view_objective
        self.reconstruction = reconstruction
        self.coefficient = coefficient

    def forward(self, latents: Latents) -> dict[str, Tensor]:
        terms, error = self.view_objective(latents), self.reconstruction(latents)["loss"]
        loss = terms.pop("loss") + self.coefficient * error
        return {"loss": loss, **terms, "reconstruction": error}
