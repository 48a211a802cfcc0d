"""COCOA: the modalities of a window agree, other windows of a modality are negatives."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real

import torch
from sklearn.utils._param_validation import Interval
from torch import Tensor
from torch.nn.functional import normalize, softplus

from ._checked import CheckedObjective
from ._pairs import LOG_ZERO
from .base import Latents, ObjectiveModule

__all__ = ["COCOA", "cocoa_loss"]


def cocoa_loss(codes: Tensor, observed: Tensor, temperature: float) -> Tensor:
    """Compute the contrastive loss between the modalities of each window.

    Parameters
    ----------
    codes : Tensor of shape (..., batch, M, code_size)
        The modalities' codes.
    observed : bool Tensor of shape (batch, M)
        Which modalities each window has.
    temperature : float
        What cosine similarities are divided by.

    Returns
    -------
    Tensor
        Scalar: the mean of ``-log(P_i / (P_i + N_i))`` over the windows i that have two
        modalities or more. ``P_i`` is the sum of ``exp(s)`` over all ordered pairs of
        modalities of window i, ``N_i`` the sum over its modalities of the mean of
        ``exp(s)`` over the other windows that have this one, with ``s`` the cosine
        similarity of two codes, divided by the temperature.

    References
    ----------
    Deldari, Xue, Saeed, Smith, Salim, "COCOA: Cross Modality Contrastive Learning for
    Sensor Data", Proc. ACM Interact. Mob. Wearable Ubiquitous Technol. 6(3), 2022,
    arXiv:2208.00467, and the loss named "cocoa" of its published code.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import cocoa_loss
    >>> observed = torch.ones(8, 3).bool()
    >>> codes = torch.eye(8)[:, None].expand(8, 3, 8)  # of a window all are equal
    >>> bool(cocoa_loss(codes, observed, temperature=0.1) < 0.001)
    True
    >>> alike = torch.ones(8, 3, 8)  # P is of 6 pairs, N of 3 modalities
    >>> round(cocoa_loss(alike, observed, temperature=0.1).exp().item(), 3)
    1.5
    """
    n, n_modalities = observed.shape
    z = normalize(codes, dim=-1)
    within = z @ z.mT / temperature  # (..., batch, M, M): modalities of one window
    z = z.transpose(-3, -2)  # (..., M, batch, code_size)
    between = z @ z.mT / temperature  # (..., M, batch, batch): windows of one modality

    pairs = observed[:, :, None] & observed[:, None, :]  # (batch, M, M)
    pairs = pairs & ~torch.eye(n_modalities, dtype=torch.bool, device=codes.device)
    others = observed.T[:, :, None] & observed.T[:, None, :]  # (M, batch, batch)
    others = others & ~torch.eye(n, dtype=torch.bool, device=codes.device)
    number = others.sum(-1, keepdim=True).clamp_min(1)  # (M, batch, 1)

    positives = within.masked_fill(~pairs, LOG_ZERO).flatten(-2).logsumexp(-1)
    negatives = (between - number.log()).masked_fill(~others, LOG_ZERO)
    negatives = negatives.transpose(-3, -2).flatten(-2).logsumexp(-1)  # (..., batch)
    counts = pairs.flatten(1).any(1)
    # -log(P / (P + N)) = log(1 + exp(log N - log P))
    nll = softplus(negatives - positives).where(counts, 0).sum(-1)
    return nll.mean() / counts.sum().clamp_min(1)


class COCOA(CheckedObjective):
    """Contrastive loss over the modalities' own codes.

    It makes the codes of a window's modalities similar to each other, by cosine
    similarity, and dissimilar to the same modality's codes in other windows. It uses no
    views and trains only the encoders. Use it with ``output="modalities"``, since the
    aggregator stays as it was initialised. It is a baseline to compare with.

    The sums over modalities are over those that a window has. Windows with fewer than two
    are left out.

    Parameters
    ----------
    temperature : float, default=0.1
        What similarities are divided by, as published.

    See Also
    --------
    GMC : Compares each modality with the whole window.
    VICReg : The default, which needs no negatives.

    References
    ----------
    Deldari, Xue, Saeed, Smith, Salim, "COCOA: Cross Modality Contrastive Learning for
    Sensor Data", Proc. ACM Interact. Mob. Wearable Ubiquitous Technol. 6(3), 2022,
    arXiv:2208.00467, and the loss named "cocoa" of its published code.

    Examples
    --------
    >>> import torch
    >>> from sklearn_crossl.objectives import COCOA, Latents
    >>> windows = torch.eye(8)[:, None]  # in each the same unit of all modalities
    >>> codes, observed = windows.expand(8, 3, 8), torch.ones(8, 3).bool()
    >>> objective = COCOA().build(embedding_size=8)
    >>> bool(objective(Latents(codes, codes, observed))["loss"] < 0.001)
    True
    """

    short_name = "cocoa"

    _parameter_constraints: dict = {
        "temperature": [Interval(Real, 0, None, closed="neither")]
    }

    def __init__(self, temperature: float = 0.1):
        self.temperature = temperature

    def _build(
        self, embedding_size: int, code_size: int, shapes: Sequence[tuple[int, ...]]
    ) -> ObjectiveModule:
        return _COCOA(self.temperature)


class _COCOA(ObjectiveModule):
    def __init__(self, temperature: float):
        super().__init__()
        self.temperature = temperature

    def forward(self, latents: Latents) -> dict[str, Tensor]:
        if latents.observed.shape[1] < 2:
            raise ValueError(
                "COCOA compares the modalities of a window, and the windows have one. "
                "Pass `modalities` to part the channels, or choose another objective."
            )
        loss = cocoa_loss(latents.codes, latents.observed, self.temperature)
        return {"loss": loss}
