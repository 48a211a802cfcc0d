"""What windows that are like each other differ in."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

_NEAR = 0.01  # of the windows are near to one of them
_NEAR_OF_GROUP = 0.05  # of another group's windows, at least one


def near_windows(similarity: Tensor, groups: np.ndarray | None) -> Tensor:
    """Say which windows are near to each.

    Windows of one recording are alike down to what is peculiar to it. Where it is known
    whose each is, near are those of two people of which each is among the nearest that
    the other person has: what they differ in is mostly how people differ who do the
    same. What just one of the two has done is seldom among the nearest to anything that
    the other has.

    Parameters
    ----------
    similarity : Tensor of shape (n, n)
        Of each two windows; -inf if they are not to be compared.
    groups : int ndarray of shape (n,) or None
        Such as whose each window is. A single group is as good as none.

    Returns
    -------
    Tensor of shape (n, n)
        Whether the second is near to the first.

    References
    ----------
    Haghverdi et al., "Batch effects in single-cell RNA-sequencing data are corrected by
    matching mutual nearest neighbors", Nature Biotechnology 36, 2018.
    """
    near = torch.zeros_like(similarity, dtype=torch.bool)
    if groups is None or len(np.unique(groups)) < 2:
        everybody = torch.arange(len(near), device=near.device)
        _mark_nearest(near, similarity, everybody, _NEAR)
    else:
        number = torch.from_numpy(groups).to(near.device)
        for one in number.unique():
            members = (number == one).nonzero()[:, 0]
            _mark_nearest(near, similarity, members, _NEAR_OF_GROUP)
        near &= near.T & (number[:, None] != number)
    return near & (similarity > -torch.inf)


def _mark_nearest(near: Tensor, similarity: Tensor, of: Tensor, share: float) -> None:
    """Mark a share of some windows, the nearest to each of all, (n, n)."""
    n_nearest = max(1, round(share * len(of)))
    nearest = similarity[:, of].topk(n_nearest).indices  # (n, n_nearest)
    near.scatter_(1, of[nearest], True)


def covariance_between(x: Tensor, near: Tensor) -> Tensor:
    """Estimate the covariance that windows (n, size) have about those near to them.

    ``near`` is (n, n), true for each pair that counts; of no pairs it is zero. Returns
    (size, size) on the host: half the mean outer product of the pairs' differences,
    without listing them.
    """
    x, pairs = x.cpu().double(), near.cpu().double()
    often = pairs.sum(0) + pairs.sum(1)
    crossed = x.T @ (pairs @ x)
    total = x.T @ (often[:, None] * x) - crossed - crossed.T
    return total / (2 * pairs.sum()).clamp_min(1)
