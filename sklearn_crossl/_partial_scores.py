"""Scores of partly labelled windows: those of the ones that have a label."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_is_fitted

from ._absent import is_nothing, label_array
from ._rows import take_windows


class PartlyLabelledClassifierMixin(ClassifierMixin):
    """A classifier whose score leaves out windows without a label."""

    classes_: np.ndarray

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Compute the accuracy on the windows that have a label.

        Parameters
        ----------
        X : object of n_windows rows
            As in ``fit``.
        y : array-like of shape (n_windows,)
            Classes; -1, NaN or None where there is no label, unless -1 is a class.
        sample_weight : array-like of shape (n_windows,), default=None
            How much each window counts.

        Returns
        -------
        float
            The accuracy.

        Raises
        ------
        ValueError
            If no window has a label.
        """
        check_is_fitted(self)
        y = column_or_1d(label_array(y))
        unlabelled = [] if -1 in self.classes_.tolist() else [-1]
        known = [not is_nothing(of) and of not in unlabelled for of in y.tolist()]
        return super().score(*_known_rows(X, y, sample_weight, np.array(known, bool)))


class PartlyLabelledRegressorMixin(RegressorMixin):
    """A regressor whose score leaves out windows without a target."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Compute R² on the windows that have a target.

        Parameters
        ----------
        X : object of n_windows rows
            As in ``fit``.
        y : array-like of shape (n_windows,)
            Targets; NaN where there is none.
        sample_weight : array-like of shape (n_windows,), default=None
            How much each window counts.

        Returns
        -------
        float
            The coefficient of determination.

        Raises
        ------
        ValueError
            If no window has a target.
        """
        check_is_fitted(self)
        y = column_or_1d(label_array(y), dtype=np.float64)
        return super().score(*_known_rows(X, y, sample_weight, ~np.isnan(y)))


def _known_rows(
    X: Any, y: np.ndarray, weight: Any, known: np.ndarray
) -> tuple[Any, np.ndarray, Any]:
    """Take the windows of which y is known."""
    if known.all():
        return X, y, weight
    if not known.any():
        raise ValueError(f"None of {len(y)} windows has a label to score by.")
    rows = np.flatnonzero(known)
    y = np.asarray(y[rows].tolist())  # no longer of objects, as predictions are not
    return take_windows(X, rows), y, None if weight is None else np.asarray(weight)[rows]
