"""The linear models of embeddings: the only part that learns from labels.

Logistic regression with its default penalty or, for ROCKET-like features, the ridge
classifier that their authors use, with ten penalties to choose from. For methods that use
the subjects of windows, there is a self-trained logistic regression as well; for targets
that are numbers, ridge regression.
"""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import (
    LogisticRegression,
    RidgeClassifier,
    RidgeCV,
)
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_crossl.semi_supervised import GroupSelfTrainingClassifier

from ..shared import logistic_regression, ridge_classifier

SELF_TRAINING = "self-training"
REGRESSION = "ridge regression"
_FOLDS = 3  # of subjects


def self_training() -> Pipeline:
    """Make one with self-training, which learns from unlabelled windows by subject."""
    model = GroupSelfTrainingClassifier(LogisticRegression(max_iter=300))
    return make_pipeline(StandardScaler(), model)


def ridge_regression() -> Pipeline:
    """Make the linear model of targets that are numbers."""
    return make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 5, 17)))


HEADS = {
    "logistic": logistic_regression,
    "ridge": ridge_classifier,
    SELF_TRAINING: self_training,
    REGRESSION: ridge_regression,
}


def fit_head(
    head: str, Z: np.ndarray, y: np.ndarray, rows: np.ndarray, subject: np.ndarray
) -> Pipeline:
    """Fit a linear model to embeddings of which some rows have labels."""
    model = HEADS[head]()
    if head != SELF_TRAINING:
        return model.fit(Z[rows], y[rows])
    known = known_labels(y, rows)
    return model.fit(Z, known, groupselftrainingclassifier__groups=subject)


def known_labels(y: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Keep the classes of some rows and replace all others by -1."""
    known = np.full_like(y, -1)
    known[rows] = y[rows]
    return known


def chosen_by_subject(head: str) -> GridSearchCV:
    """Make one whose penalty is chosen on subjects held out.

    ``fit`` takes the subject of each window as ``groups``.
    """
    if head == "logistic":
        model, grid = logistic_regression(), {"logisticregression__C": _decades(-4, 0)}
    else:
        model = make_pipeline(StandardScaler(), RidgeClassifier())
        grid = {"ridgeclassifier__alpha": _decades(0, 5)}
    return GridSearchCV(model, grid, scoring="f1_macro", cv=GroupKFold(_FOLDS))


def _decades(first: int, last: int) -> np.ndarray:
    return np.logspace(first, last, last - first + 1)
