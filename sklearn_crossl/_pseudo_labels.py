"""Which windows get a label that a classifier gives them."""

from __future__ import annotations

import numpy as np

_STEPS = 20  # of scaling classes until their shares are right
_ROUNDING = 1e-9  # of a share times a number


def draw_towards(p: np.ndarray, shares: np.ndarray, max_weight: float) -> np.ndarray:
    """Weigh classes so that windows' probabilities come nearer to shares on average.

    Parameters
    ----------
    p : ndarray of shape (n, n_classes)
        Probabilities.
    shares : ndarray of shape (n_classes,)
        What their mean should be.
    max_weight : float
        Of a class, relative to the median of all, and the inverse of the least.

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


def surest(p: np.ndarray, share: float) -> np.ndarray:
    """Choose a share of the windows of each class, those with the largest probability.

    Parameters
    ----------
    p : ndarray of shape (n, n_classes)
        Probabilities; a window is of the class with the largest one.
    share : float
        Of each class, at least one window if there is any.

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
