"""Attributes by which scikit-learn checks later input, and names of outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_feature_names, _check_feature_names_in

from ._input import InputForm


def feature_attributes(X: Any, form: InputForm) -> dict[str, Any]:
    """Collect ``n_features_in_`` and, of a data frame, ``feature_names_in_``."""
    if not _has_columns(form):
        return {"n_features_in_": form.n_channels}
    assert form.array_shape is not None
    record = BaseEstimator()  # takes the attribute that scikit-learn sets
    _check_feature_names(record, X, reset=True)
    return {**vars(record), "n_features_in_": form.array_shape[0]}


def feature_attributes_of(fitted: BaseEstimator) -> dict[str, Any]:
    """Collect ``n_features_in_`` and ``feature_names_in_``, if a fitted one has them."""
    names = ("n_features_in_", "feature_names_in_")
    return {name: getattr(fitted, name) for name in names if hasattr(fitted, name)}


def check_names(estimator: BaseEstimator, X: Any, form: InputForm) -> None:
    """Check an array's column names against those seen in fit."""
    if _has_columns(form):
        _check_feature_names(estimator, X, reset=False)


def check_input_names(estimator: BaseEstimator, names: Any, form: InputForm) -> None:
    """Check names of an array's columns against those of fit; skip named modalities."""
    if _has_columns(form):
        _check_feature_names_in(estimator, names, generate_names=False)


def unit_names(prefix: str, sizes: Sequence[tuple[str, int]]) -> np.ndarray:
    """Name the units of each part, such as ``crossl_acc_017``."""
    names = [
        f"{prefix}_{part}_{unit:03d}" for part, size in sizes for unit in range(size)
    ]
    return np.asarray(names, dtype=object)


def _has_columns(form: InputForm) -> bool:
    """Return whether X was a single array, whose columns scikit-learn can check."""
    return form.array_shape is not None and not form.unequal
