"""Effective rank: a label-free measure of an embedding."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.utils import check_array

__all__ = ["effective_rank"]


def effective_rank(Z: ArrayLike) -> float:
    r"""Compute the effective rank of an embedding (RankMe).

    The exponential of the entropy of the normalised singular values,
    :math:`\exp(-\sum_k p_k \log p_k)` with :math:`p_k = \sigma_k / \sum_j \sigma_j`. It
    is one for a collapsed embedding, where all windows lie on a line through the origin,
    and ``n_features`` at most.

    Parameters
    ----------
    Z : array-like of shape (n_windows, n_features)
        The embedding, not centred.

    Returns
    -------
    float
        The effective rank; 0.0 if Z is zero throughout.

    References
    ----------
    Garrido, Balestriero, Najman, LeCun, "RankMe: Assessing the Downstream Performance of
    Pretrained Self-Supervised Representations by Their Rank", ICML 2023,
    arXiv:2210.02885, equation 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_crossl.inspection import effective_rank
    >>> round(effective_rank(np.eye(4)), 6)
    4.0
    >>> round(effective_rank(np.ones((4, 4))), 6)
    1.0
    """
    embedding: np.ndarray = check_array(Z, dtype=np.float64)
    embedding = embedding / (np.abs(embedding).max() or 1.0)  # its squares are finite
    if len(embedding) < embedding.shape[1]:
        embedding = embedding.T
    # Squared singular values from the Gram matrix, several times faster than an SVD. With
    # torch, since idle threads of NumPy's BLAS keep spinning and slow the next steps.
    columns = torch.from_numpy(np.ascontiguousarray(embedding))
    squares = torch.linalg.eigvalsh(columns.T @ columns).numpy()
    noise = squares[-1] * len(squares) * np.finfo(np.float64).eps
    sigma = np.sqrt(squares[squares > noise])
    if not len(sigma):
        return 0.0
    p = sigma / sigma.sum()
    return float(np.exp(-(p * np.log(p)).sum()))
