"""Calibration: temperature scaling of a classifier's probabilities."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from ._finetuning import FineTunedNetwork, FineTuningNet, outputs
from ._finetuning_data import FineTuningData
from ._loop import completed
from ._warnings import warn

_N_FOLDS = 3
_RANGE = (-4.0, 4.0)  # of the temperature's logarithm


def learn_temperature(
    data: FineTuningData,
    network: FineTunedNetwork,
    held_out: np.ndarray | None,
    train_head: Callable[[np.ndarray], FineTuningNet],
) -> float:
    """Learn the temperature from windows that a network was not trained on.

    These are the held-out windows. If there are none, the windows of each fold are
    predicted by a head trained on the other folds. Without folds the temperature is 1.
    """
    target, device = data.target, data.device
    tested: list[tuple[np.ndarray, np.ndarray]] = []  # logits, and the windows' rows
    if held_out is not None:
        tested.append((outputs(network, data.choose(held_out), device), held_out))
    else:
        seed = int(torch.randint(2**31 - 1, ()))
        for training, rows in folds(target.values, data.groups, seed):
            head = train_head(training)
            if not completed(head):
                _warn_not_calibrated()
                return 1.0
            logits = outputs(head.module_, data.choose(rows), device)
            tested.append((logits, rows))
    if not tested:
        return 1.0
    logits, rows = (np.concatenate(parts) for parts in zip(*tested, strict=True))
    return temperature(logits, target.values[rows], target.importance[rows])


def temperature(
    logits: np.ndarray, target: np.ndarray, weight: np.ndarray | None = None
) -> float:
    """Find the divisor of logits (n, n_classes) that makes ``target`` most likely.

    ``weight`` (n,) holds the weight of each window. One window in n + 2 is taken to
    have its target drawn at random, so that the classifier never becomes certain, even if
    all windows are classified correctly.

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
        of_window = (1 - doubt) * log_p[rows, target] + doubt * log_p.mean(axis=1)
        return -np.average(of_window, weights=weight)

    return float(np.exp(minimize_scalar(loss, bounds=_RANGE, method="bounded").x))


def folds(
    target: np.ndarray, groups: np.ndarray | None, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Split windows for cross-validation, by group if there are several groups.

    Test windows whose class is not among a fold's training windows are dropped. There
    are no folds if a class has a single window.
    """
    n_folds = min(_N_FOLDS, int(np.unique(target, return_counts=True)[1].min()))
    if n_folds < 2:
        return []
    n_groups = 0 if groups is None else len(np.unique(groups))
    if n_groups < 2:
        groups = None
    else:
        n_folds = min(n_folds, n_groups)
    by = StratifiedKFold if groups is None else StratifiedGroupKFold
    splitter = by(n_folds, shuffle=True, random_state=seed)
    parts = []
    for training, test in splitter.split(target, target, groups):
        known = test[np.isin(target[test], target[training])]
        if len(known):
            parts.append((training, known))
    return parts


def _warn_not_calibrated() -> None:
    """Warn that the temperature could not be learnt and is 1."""
    warn(
        "A training run of the calibration was interrupted or diverged, so temperature_ "
        "is 1 and the probabilities are underconfident. Fit again, with a "
        "lower head_lr if it diverged, or set calibrate=False.",
        ConvergenceWarning,
    )
