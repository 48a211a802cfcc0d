"""Fit any estimator on windows of which some have labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.base import clone, is_regressor
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import get_routing_for_object

from .._rows import count_windows, take_windows

UNLABELLED = -1  # for classifiers, as in scikit-learn's semi-supervised estimators


class SplitEvaluator:
    """An estimator and the windows of one split, before any labels are used.

    Parameters
    ----------
    name : str
        What errors call it.
    estimator : estimator
        Left as it is; clones are fitted.
    X_train : object
        All training windows.
    y_train : ndarray of shape (n_windows,)
        Their labels, of which none is looked at before :meth:`score`.
    X_test : object
        The test windows.
    groups : ndarray of shape (n_windows,) or None
        Of the training windows, for estimators that request them.
    """

    def __init__(
        self,
        name: str,
        estimator: Any,
        X_train: Any,
        y_train: np.ndarray,
        X_test: Any,
        groups: np.ndarray | None = None,
    ):
        embedded = embed_without_labels(estimator, X_train, X_test, groups)
        if embedded is not None:
            (X_train, X_test), estimator = embedded, estimator[-1]
        self.estimator = estimator
        self.accepts_unlabeled = bool(getattr(estimator, "accepts_unlabeled", False))
        if y_train.dtype.kind == "u":
            y_train = y_train.astype(np.int64)  # which has -1
        takes_minus_one = self.accepts_unlabeled and not is_regressor(estimator)
        self.unlabelled = UNLABELLED if takes_minus_one else np.nan
        if takes_minus_one and (y_train.dtype.kind != "i" or y_train.min() < 0):
            raise ValueError(
                f"{name!r} takes {UNLABELLED} for unlabelled windows, so y must hold "
                f"integers from 0; it is of dtype {y_train.dtype} with the classes "
                f"{np.unique(y_train)[:5]}. Leave out windows without a label, and "
                "number the classes as LabelEncoder().fit_transform(y) does."
            )
        self.X_train, self.y_train, self.X_test = X_train, y_train, X_test
        self.groups = groups
        self.n_windows = count_windows(X_train)

    def score(self, labelled: np.ndarray, y_test: np.ndarray, scorer: Any) -> float:
        """Fit a clone with some labels, and score it on the test windows.

        Parameters
        ----------
        labelled : ndarray of int
            The training windows whose labels it may know.
        y_test : ndarray of shape (n_test_windows,)
            Labels to score with.
        scorer : callable
            Of scikit-learn.

        Returns
        -------
        float
            The score.
        """
        estimator = clone(self.estimator)
        if self.accepts_unlabeled:
            known = np.isin(np.arange(self.n_windows), labelled)
            y = np.where(known, self.y_train, self.unlabelled)
            estimator.fit(self.X_train, y, **requested(estimator, self.groups))
        else:
            X, y = take_windows(self.X_train, labelled), self.y_train[labelled]
            groups = None if self.groups is None else self.groups[labelled]
            estimator.fit(X, y, **requested(estimator, groups))
        return float(scorer(estimator, self.X_test, y_test))


def requested(estimator: Any, groups: np.ndarray | None) -> dict[str, np.ndarray]:
    """Choose what ``fit`` is to be given besides X and y.

    Parameters
    ----------
    estimator : estimator
        Of scikit-learn.
    groups : ndarray or None
        Of the windows that it is fitted on.

    Returns
    -------
    dict of str to ndarray
        The groups, if metadata routing is enabled and the estimator requests them.
    """
    if groups is None or not get_config()["enable_metadata_routing"]:
        return {}
    names = get_routing_for_object(estimator).consumes("fit", ["groups"])
    return dict.fromkeys(names, groups)


def embed_without_labels(
    estimator: Any, X_train: Any, X_test: Any, groups: np.ndarray | None
) -> tuple[Any, Any] | None:
    """Fit a pipeline's transformers without labels, and transform the windows.

    Parameters
    ----------
    estimator : estimator
        Any; a clone is fitted.
    X_train, X_test : object
        The windows.
    groups : ndarray or None
        Of the training windows, for transformers that request them.

    Returns
    -------
    tuple of (object, object) or None
        Training and test windows as the last step sees them. None if the estimator is no
        pipeline, if a transformer requires labels, or if the pipeline itself has an
        attribute ``accepts_unlabeled``, which decides how it is fitted.
    """
    if not isinstance(estimator, Pipeline) or hasattr(estimator, "accepts_unlabeled"):
        return None
    steps = [step for _, step in estimator.steps[:-1]]
    transformers = [step for step in steps if step not in (None, "passthrough")]
    if not transformers:
        return X_train, X_test
    if any(get_tags(step).target_tags.required for step in transformers):
        return None
    fitted = clone(estimator[:-1])
    try:
        Z_train = fitted.fit_transform(X_train, **requested(fitted, groups))
    except ValueError as error:
        # Some that require y, such as SelectKBest, have no tag for it.
        if "requires y to be passed" in str(error):
            return None
        raise
    return Z_train, fitted.transform(X_test)
