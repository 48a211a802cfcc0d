"""What windows that are like each other differ in."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

_NEAR = 0.01  # of the windows are near to one of them


def between_neighbours(
    x: Tensor, similarity: Tensor, groups: np.ndarray | None
) -> Tensor:
    """Take the differences between windows and those nearest to them.

    Windows of one recording are alike down to what is peculiar to it. Where it is known
    whose each is, the nearest of other people are taken: what these differ in is how
    people differ who do the same.

    Parameters
    ----------
    x : Tensor of shape (n, size)
        Windows.
    similarity : Tensor of shape (n, n)
        Of each two; -inf if they are not to be compared.
    groups : int ndarray of shape (n,) or None
        Such as whose each window is. A single group is as good as none.

    Returns
    -------
    Tensor of shape (n_pairs, size)
        Differences. A hundredth of the windows are near to each.

    References
    ----------
    Haghverdi et al., "Batch effects in single-cell RNA-sequencing data are corrected by
    matching mutual nearest neighbors", Nature Biotechnology 36, 2018.
    """
    if groups is not None and len(np.unique(groups)) > 1:
        number = torch.from_numpy(groups).to(x.device)
        similarity = similarity.masked_fill(number[:, None] == number, -torch.inf)
    nearest = similarity.topk(max(1, round(_NEAR * len(x))))
    near = nearest.values > -torch.inf  # (n, nearest)
    return (x[:, None] - x[nearest.indices])[near]  # (n_pairs, size)
