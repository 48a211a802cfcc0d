"""What losses over pairs of windows or views have in common."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import normalize

LOG_ZERO = -1e9  # stands for log(0), whose gradient is not finite


def similarities(views: Tensor) -> Tensor:
    """Compute the cosines of all windows in all pairs of views (n_views, batch, size).

    Returns (n_views, n_views, batch, batch): window i in one view, j in another.
    """
    z = normalize(views, dim=-1)
    return z[:, None] @ z.mT


def mean_over_pairs(of_pair: Tensor) -> Tensor:
    """Average (n_views, n_views) over the ordered pairs of different views."""
    n_views = len(of_pair)
    of_others = of_pair.sum() - of_pair.diagonal().sum()
    return of_others / (n_views * (n_views - 1))
