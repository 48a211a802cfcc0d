"""The choice of windows that get a classifier's prediction as their label."""

from __future__ import annotations

import numpy as np

_STEPS = 20  # iterations of reweighting classes
_ROUNDING = 1e-9  # tolerance for the rounding error of a share times a number


def rescale_to_priors(p: np.ndarray, shares: np.ndarray, max_weight: float) -> np.ndarray:
    """Reweight classes to bring the mean probabilities closer to given shares.

    Parameters
    ----------
    p : ndarray of shape (n, n_classes)
        Probabilities.
    shares : ndarray of shape (n_classes,)
        The desired mean of the probabilities.
    max_weight : float
        Largest weight of a class, relative to the median; the smallest is its inverse.

    Returns
    -------
    ndarray of shape (n, n_classes)
        Probabilities.

    References
    ----------
    Saerens, Latinne, Decaestecker, "Adjusting the Outputs of a Classifier to New a Priori
    Probabilities", Neural Computation 14(1), 2002, equation 2.4, where the shares are
    known and the weights sought.
    """
    weights = np.ones(p.shape[1])
    for _ in range(_STEPS):
        mean = _weighed(p, weights).mean(axis=0)
        weights *= shares / np.maximum(mean, np.finfo(float).eps)
        weights = (weights / np.median(weights)).clip(1 / max_weight, max_weight)
    return _weighed(p, weights)


def most_confident(p: np.ndarray, share: float) -> np.ndarray:
    """Choose a share of each class's windows, those with the highest probability.

    Parameters
    ----------
    p : ndarray of shape (n, n_classes)
        Probabilities; a window is of the class with the largest one.
    share : float
        Share of each class's windows; at least one window is chosen if there is any.

    Returns
    -------
    ndarray of int
        Rows of p, class by class.
    """
    best, sure = p.argmax(axis=1), p.max(axis=1)
    chosen = []
    for index in range(p.shape[1]):
        rows = np.flatnonzero(best == index)
        order = np.argsort(-sure[rows], kind="stable")
        n_chosen = int(np.ceil(share * len(rows) - _ROUNDING)) or 1
        chosen.append(rows[order[:n_chosen]])
    return np.concatenate(chosen)


def _weighed(p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    weighed = p * weights
    total = weighed.sum(axis=1, keepdims=True)
    return np.divide(weighed, total, out=p.copy(), where=total > 0)
