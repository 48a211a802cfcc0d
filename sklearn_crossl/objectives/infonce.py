"""InfoNCE: tells a window's views from those of the other windows in the batch."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real

from sklearn.utils._param_validation import Interval
from torch import Tensor

from ._pairs import mean_over_pairs, similarities
from ._projected import ProjectedObjective

__all__ = ["InfoNCE", "infonce_loss"]


def infonce_loss(views: Tensor, temperature: float) -> Tensor:
    """Cross-entropy of finding a window's other view among those of the batch.

    Parameters
    ----------
    views : Tensor of shape (n_views, batch, size)
        Embeddings of the same windows.
    temperature : float
        What cosine similarities are divided by.

    Returns
    -------
    Tensor
        Scalar: the mean over windows and over all ordered pairs of views (a, b) of
        ``-log(exp(s_ii) / sum_j exp(s_ij))``, with ``s_ij`` the cosine similarity of
        window i in view a and window j in view b, divided by the temperature.

    References
    ----------
    .. [1] van den Oord, Li, Vinyals, "Representation Learning with Contrastive
       Predictive Coding", arXiv:1807.03748, 2018, equation 4.
    .. [2] Akbari et al., "VATT: Transformers for Multimodal Self-Supervised Learning
       from Raw Video, Audio and Text", NeurIPS 2021, arXiv:2104.11178, section 3.4.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import infonce_loss
    >>> views = torch.eye(8).expand(2, 8, 8)  # equal views of eight different windows
    >>> bool(infonce_loss(views, temperature=0.1) < 0.001)
    True
    >>> alike = torch.ones(2, 8, 4)  # nothing tells one of eight windows from others
    >>> round(infonce_loss(alike, temperature=0.1).exp().item(), 3)
    8.0
    """
    similarity = similarities(views) / temperature  # (n_views, n_views, batch, batch)
    nll = similarity.logsumexp(-1) - similarity.diagonal(dim1=-2, dim2=-1)
    return mean_over_pairs(nll.mean(-1))


class InfoNCE(ProjectedObjective):
    """Contrastive loss over the masked views, the other windows being the negatives.

    A window's view must be more similar to another view of it than to views of other
    windows, by cosine similarity. Under spatial masking the views are different sensors,
    so that this is the cross-modal contrastive loss known from video and audio [2]_, for
    any number of modalities. It is a baseline: a recording has many windows of the same
    activity, which a contrastive loss pushes apart and ``VICReg`` does not.

    With more than two views the losses of all pairs are averaged.

    Parameters
    ----------
    temperature : float, default=0.5
        What similarities are divided by. Lower values give more weight to the most
        similar of the other windows, which often show the same activity: on HAPT, 0.1
        and 0.2 were worse.
    projector : sequence of int or None, default=(256, 256, 256)
        Widths of the head between the embedding and the loss: linear layers, all but
        the last with batch normalisation and ReLU. It is thrown away after fit. None
        takes the loss on the embedding itself.

    See Also
    --------
    VICReg : The default, which needs no negatives.

    References
    ----------
    .. [1] van den Oord, Li, Vinyals, "Representation Learning with Contrastive
       Predictive Coding", arXiv:1807.03748, 2018, equation 4.
    .. [2] Akbari et al., "VATT: Transformers for Multimodal Self-Supervised Learning
       from Raw Video, Audio and Text", NeurIPS 2021, arXiv:2104.11178, section 3.4.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import InfoNCE, Latents
    >>> windows = torch.eye(8)
    >>> views, observed = torch.stack([windows, windows]), torch.ones(8, 2).bool()
    >>> objective = InfoNCE(temperature=0.1, projector=None).build(embedding_size=8)
    >>> bool(objective(Latents(views, codes=views, observed=observed))["loss"] < 0.001)
    True
    """

    short_name = "infonce"

    _parameter_constraints: dict = {
        **ProjectedObjective._parameter_constraints,
        "temperature": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        temperature: float = 0.5,
        projector: Sequence[int] | None = (256, 256, 256),
    ):
        self.temperature = temperature
        self.projector = projector

    def _terms(self, views: Tensor) -> dict[str, Tensor]:
        return {"loss": infonce_loss(views, self.temperature)}
