"""Calibration: how sure a classifier may be of what it says."""

from __future__ import annotations

import warnings

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

_N_FOLDS = 3
_RANGE = (-4.0, 4.0)  # of the temperature's logarithm


def temperature(logits: np.ndarray, target: np.ndarray) -> float:
    """Find by what to divide logits (n, n_classes) so that ``target`` is likeliest.

    The targets are taken to be wrong for one window in n + 2: no number of windows all
    said rightly makes a classifier quite sure.

    References
    ----------
    Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", ICML 2017,
    arXiv:1706.04599, section 4.2 (temperature scaling).
    Platt, "Probabilistic Outputs for Support Vector Machines", Advances in Large Margin
    Classifiers, 1999, section 2.2 (targets that are not quite sure).
    """
    rows = np.arange(len(target))
    doubt = 1 / (len(target) + 2)

    def loss(logarithm: float) -> float:
        log_p = log_softmax(logits * np.exp(-logarithm), axis=1)
        return -((1 - doubt) * log_p[rows, target] + doubt * log_p.mean(axis=1)).mean()

    return float(np.exp(minimize_scalar(loss, bounds=_RANGE, method="bounded").x))


def folds(
    target: np.ndarray, groups: np.ndarray | None, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Part windows for cross-validation, whole groups if there are enough of them.

    In no fold is a window tested whose class is not trained on. No folds where a class
    has a single window.
    """
    n_folds = min(_N_FOLDS, int(np.bincount(target).min()))
    if n_folds < 2:
        return []
    if groups is not None and len(np.unique(groups)) < n_folds:
        groups = None
    by = StratifiedKFold if groups is None else StratifiedGroupKFold
    splitter = by(n_folds, shuffle=True, random_state=seed)
    parts = []
    for training, test in splitter.split(target, target, groups):
        known = test[np.isin(target[test], target[training])]
        if len(known):
            parts.append((training, known))
    return parts


def warn_not_calibrated() -> None:
    """Tell that there are no windows to learn the temperature from."""
    warnings.warn(
        "A training run of the calibration was interrupted or diverged, so temperature_ "
        "is 1 and probabilities are less sure than they should be. Fit again, with a "
        "lower head_lr if it diverged, or set calibrate=False.",
        ConvergenceWarning,
        stacklevel=3,
    )
