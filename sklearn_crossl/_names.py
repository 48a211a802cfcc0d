"""The attributes by which scikit-learn recognises later input."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from ._input import InputForm


def names_and_number(X: Any, form: InputForm) -> dict[str, Any]:
    """Collect ``n_features_in_`` and, of a data frame, ``feature_names_in_``."""
    if form.array_shape is None or form.unequal:
        return {"n_features_in_": form.n_channels}
    record = BaseEstimator()  # takes the attributes that validate_data sets
    validate_data(record, X, skip_check_array=True)
    return vars(record)


def check_names(estimator: BaseEstimator, X: Any, form: InputForm) -> None:
    """Hold an array's column names and number to those of fit."""
    if form.array_shape is not None and not form.unequal:
        validate_data(estimator, X, reset=False, skip_check_array=True)
