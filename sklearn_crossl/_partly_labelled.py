"""Scores of partly labelled windows, computed on those that have a label."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.base import is_regressor
from sklearn.metrics import get_scorer
from sklearn.utils import column_or_1d
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import check_is_fitted

from ._missing_values import is_missing, label_array, target_array
from ._rows import check_same_length, take_windows

__all__ = ["partly_labelled_scorer"]


class NoLabelsError(ValueError):
    """No window has a label."""


class PartlyLabelledMixin:
    """Makes a classifier's or regressor's score leave out windows without a label."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Compute the accuracy, or R² of a regressor, on the windows that have a label.

        Parameters
        ----------
        X : object of n_windows rows
            As in ``fit``.
        y : array-like of shape (n_windows,)
            Classes; -1, NaN or None where there is no label, unless -1 is a class. For a
            regressor targets; NaN where there is none.
        sample_weight : array-like of shape (n_windows,), default=None
            How much each window counts.

        Returns
        -------
        float
            The accuracy or the coefficient of determination.

        Raises
        ------
        ValueError
            If no window has a label.
        """
        check_is_fitted(self)
        known = _labelled_part(self, X, y, sample_weight)
        return super().score(*known)  # type: ignore[misc]


def partly_labelled_scorer(scoring: Any) -> Any:
    """Make a scorer that leaves out windows without a label.

    scikit-learn's own scorers treat -1 as a class and do not accept NaN. The ``score`` of
    :class:`~sklearn_crossl.CroSSLClassifier` and its relatives already does the same.

    Parameters
    ----------
    scoring : str or callable
        The name of one of scikit-learn's scorers, such as ``"f1_macro"``, or a scorer.

    Returns
    -------
    callable
        A scorer for ``cross_val_score`` and searches, called with a fitted estimator, X
        and y. In y, -1, NaN and None mark windows without a label, except that -1 is a
        label if it is in the estimator's ``classes_``. For regressors, only NaN does.

    Raises
    ------
    TypeError, ValueError
        If scikit-learn has no such scorer; when called, if no window has a label.

    See Also
    --------
    sklearn.metrics.get_scorer : What turns names into scorers.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_crossl.semi_supervised import partly_labelled_scorer
    >>> X, y = np.array([[0.0], [1.0], [0.1], [0.9]]), np.array([0, 1, 0, -1])
    >>> model = LogisticRegression().fit(X[:2], y[:2])
    >>> partly_labelled_scorer("f1_macro")(model, X, y)
    1.0
    """
    scorer = get_scorer(scoring)
    if scorer is None:
        raise TypeError(
            'scoring=None; expected a scorer or its name, such as "f1_macro".'
        )
    return _PartlyLabelledScorer(scorer)


class _PartlyLabelledScorer:
    """Calls a scorer with the windows that have a label; it can be pickled."""

    def __init__(self, scorer: Any):
        self.scorer = copy.deepcopy(scorer)  # set_score_request must not change it

    def __repr__(self) -> str:
        return f"partly_labelled_scorer({self.scorer!r})"

    def __call__(
        self, estimator: Any, X: Any, y: Any, sample_weight: Any = None
    ) -> float:
        X, y, weight = _labelled_part(estimator, X, y, sample_weight)
        weighed = {} if weight is None else {"sample_weight": weight}
        return float(self.scorer(estimator, X, y, **weighed))

    @property
    def _score_func(self) -> Any:
        """What figures name the score by, as of scikit-learn's scorers."""
        return getattr(self.scorer, "_score_func", self.scorer)

    def set_score_request(self, **requests: Any) -> _PartlyLabelledScorer:
        """Set which metadata the scorer requests, as for scikit-learn's scorers."""
        self.scorer.set_score_request(**requests)
        return self

    def get_metadata_routing(self) -> Any:
        """Say which metadata the scorer requests."""
        return get_routing_for_object(self.scorer)


def _has_label(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return which windows have a label; -1 is not a label unless it is a class."""
    unlabelled = [] if -1 in classes.tolist() else [-1]
    known = [not is_missing(of) and of not in unlabelled for of in y.tolist()]
    return np.array(known, dtype=bool)


def _labelled_part(
    estimator: Any, X: Any, y: Any, weight: Any
) -> tuple[Any, np.ndarray, Any]:
    """Take the windows of which y is known."""
    if is_regressor(estimator):
        y = column_or_1d(target_array(y))
        known = ~np.isnan(y)
    else:
        y = column_or_1d(label_array(y))
        known = _has_label(y, getattr(estimator, "classes_", np.empty(0)))
    if not known.any():
        raise NoLabelsError(f"None of {len(y)} windows has a label to score by.")
    by_modality = getattr(estimator, "_names_modalities", False)  # if X is a list
    check_same_length(X, by_modality, y=y, sample_weight=weight)
    if not known.all():
        rows = np.flatnonzero(known)
        X, y = take_windows(X, rows, by_modality), y[rows]
        weight = None if weight is None else np.asarray(weight)[rows]
    if y.dtype == object:
        y = np.asarray(y.tolist())  # predictions are not of objects
    return X, y, weight
