"""Differences between similar windows."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .._device import float64_on_host

_NEAR = 0.01  # share of the windows that are neighbours of one of them
_NEAR_ACROSS = 0.02  # the same for neighbours from other groups


def near_windows(similarity: Tensor, groups: np.ndarray | None = None) -> Tensor:
    """Find the neighbours of each window.

    Most nearest neighbours of a window come from its own recording and share its
    peculiarities. With ``groups``, neighbours are therefore windows of two people that
    are mutual nearest neighbours: their difference is mostly how people differ who do
    the same. An activity that only one person did is seldom among the nearest windows of
    another person's activity.

    Parameters
    ----------
    similarity : Tensor of shape (n, n)
        Of each pair of windows; -inf for pairs that are not to be compared.
    groups : int ndarray of shape (n,), optional
        The group of each window, such as its subject.

    Returns
    -------
    Tensor of shape (n, n)
        Whether the second window is a neighbour of the first.

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


def neighbour_covariance(x: Tensor, near: Tensor) -> Tensor:
    """Estimate the covariance of windows (n, size) around their neighbours.

    ``near`` is (n, n), true for neighbours. Returns (size, size) on the host: half the
    mean outer product of the pairs' differences, computed without listing them; zero if
    there are no pairs.
    """
    x, pairs = float64_on_host(x), float64_on_host(near)
    often = pairs.sum(0) + pairs.sum(1)
    crossed = x.T @ (pairs @ x)
    total = x.T @ (often[:, None] * x) - crossed - crossed.T
    return total / (2 * pairs.sum()).clamp_min(1)
