"""What windows that are like each other differ in."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .._device import on_host

_NEAR = 0.01  # of the windows are near to one of them
_NEAR_ACROSS = 0.02  # of the windows, and of other groups


def near_windows(similarity: Tensor, groups: np.ndarray | None = None) -> Tensor:
    """Say which windows are near to each.

    Most of those nearest to a window are of its own recording, and alike down to what is
    peculiar to it. Where it is known whose each is, those near are of other people, and
    such that each is among the nearest to the other: what the two differ in is mostly
    how people differ who do the same. What just one of them did is seldom among the
    nearest to what another did.

    Parameters
    ----------
    similarity : Tensor of shape (n, n)
        Of each two windows; -inf if they are not to be compared.
    groups : int ndarray of shape (n,), optional
        Such as whose each window is.

    Returns
    -------
    Tensor of shape (n, n)
        Whether the second is near to the first.

    References
    ----------
    Haghverdi et al., "Batch effects in single-cell RNA-sequencing data are corrected by
    matching mutual nearest neighbors", Nature Biotechnology 36, 2018.
    """
    if groups is None:
        return _nearest(similarity, _NEAR)
    number = torch.from_numpy(groups).to(similarity.device)
    apart = similarity.masked_fill(number[:, None] == number, -torch.inf)
    near = _nearest(apart, _NEAR_ACROSS)
    return near & near.T


def _nearest(similarity: Tensor, share: float) -> Tensor:
    """Mark a share of the windows, the nearest to each, (n, n)."""
    nearest = similarity.topk(max(1, round(share * len(similarity)))).indices
    near = torch.zeros_like(similarity, dtype=torch.bool).scatter_(1, nearest, True)
    return near & (similarity > -torch.inf)


def covariance_between(x: Tensor, near: Tensor) -> Tensor:
    """Estimate the covariance that windows (n, size) have about those near to them.

    ``near`` is (n, n), true for each pair that counts; of no pairs it is zero. Returns
    (size, size) on the host: half the mean outer product of the pairs' differences,
    without listing them.
    """
    x, pairs = on_host(x), on_host(near)
    often = pairs.sum(0) + pairs.sum(1)
    crossed = x.T @ (pairs @ x)
    total = x.T @ (often[:, None] * x) - crossed - crossed.T
    return total / (2 * pairs.sum()).clamp_min(1)
