"""Targets of labelled windows, and which windows are labelled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import column_or_1d, compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight
from torch import Tensor
from torch.nn.functional import cross_entropy

from ._missing_values import is_missing, target_array
from ._warnings import warn

Loss = Callable[[Tensor, Tensor], Tensor]  # outputs (n, n_outputs), target (n,) -> (n,)

# The strings that -1, NaN, None and NA become in an array of strings.
_MARKS = {"-1", "nan", "None", "<NA>"}
_TARGET_LOGIT = 2.0  # the logit of a window's class, and of others with the opposite sign


class Target(NamedTuple):
    """Targets and weights of the labelled windows."""

    labelled: np.ndarray  # which windows have a label, bool (n_windows,)
    values: np.ndarray  # (n_labelled,)
    outputs: np.ndarray  # targets of a ridge regression, (n_labelled, n_outputs)
    weight: np.ndarray  # (n_labelled,)
    loss: Loss
    attributes: dict[str, Any]  # fitted ones
    importance: np.ndarray  # the part of weight from sample_weight, (n_labelled,)

    @property
    def n_outputs(self) -> int:
        """Classes, or one."""
        return self.outputs.shape[1]


def check_y_given(estimator: Any, y: Any) -> None:
    """Raise ValueError if y was left out."""
    if y is None:
        name = type(estimator).__name__
        raise ValueError(f"{name} requires y to be passed, but the target y is None.")


def read_classes(y: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read class labels; -1, NaN, None and a mask say that a window has none.

    Returns which windows have a label, (n_windows,); the classes, sorted; and the
    position of each label among them, (n_labelled,).
    """
    if np.ma.isMaskedArray(y):
        y = y.astype(object).filled(np.nan)
    if isinstance(y, (list, tuple)):
        y = np.array(y, dtype=object)  # else NaN among strings becomes one of them
    y = column_or_1d(y, warn=True)
    _warn_of_marks(y)
    labelled = _has_class(y)
    labels = y[labelled].tolist()
    if len({isinstance(label, str) for label in labels}) > 1:
        raise ValueError(
            f"y mixes strings with other labels, {sorted(map(repr, set(labels)))[:5]}; "
            "give labels of one type, and -1, NaN or None where there is none."
        )
    of_labelled = np.asarray(labels) if y.dtype == object else y[labelled]
    check_classification_targets(of_labelled)
    classes, index = np.unique(of_labelled, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(
            f"y has {len(classes)} class, {classes.tolist()}; a classifier needs two at "
            "least. -1, NaN and None mark windows without a label."
        )
    return labelled, classes, index


def class_target(
    y: Any, class_weight: Any, label_smoothing: float, sample_weight: Any = None
) -> Target:
    """Read class labels and their weights."""
    labelled, classes, index = read_classes(y)
    labelled, kept, importance = _apply_sample_weight(labelled, sample_weight)
    index = index[kept]
    sure = np.full((len(index), len(classes)), -_TARGET_LOGIT, dtype=np.float32)
    sure[np.arange(len(index)), index] = _TARGET_LOGIT
    return Target(
        labelled=labelled,
        values=index,
        outputs=sure,
        weight=_class_weights(classes, index, class_weight) * importance,
        loss=partial(cross_entropy, reduction="none", label_smoothing=label_smoothing),
        attributes={"classes_": classes},
        importance=importance,
    )


def continuous_target(y: Any, sample_weight: Any = None) -> Target:
    """Read targets and standardise them; NaN and a mask say that a window has none."""
    y = column_or_1d(target_array(y), warn=True)
    if np.isinf(y).any():
        raise ValueError("Input y contains infinity; give finite targets, or NaN.")
    labelled = ~np.isnan(y)
    if not labelled.any():
        raise ValueError("y is NaN throughout; give at least one window a target.")
    labelled, _, importance = _apply_sample_weight(labelled, sample_weight)
    values = y[labelled]
    with np.errstate(over="ignore"):
        mean = np.average(values, weights=importance)
        scale = np.sqrt(np.average((values - mean) ** 2, weights=importance)) or 1.0
    if not np.isfinite(scale):
        raise ValueError(
            f"y has values up to {np.abs(values).max():g}, too large to standardise; "
            "scale it down."
        )
    standardised = ((values - mean) / scale).astype(np.float32)
    return Target(
        labelled=labelled,
        values=standardised,
        outputs=standardised[:, None],
        weight=importance,
        loss=_squared_error,
        attributes={"target_mean_": float(mean), "target_scale_": float(scale)},
        importance=importance,
    )


def _apply_sample_weight(
    labelled: np.ndarray, sample_weight: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Apply the user's sample weights; a label with weight zero counts as no label.

    Only relative weights matter. Returns which windows have a label that counts,
    (n_windows,); which of the labels count, (n_labelled,); and their weights,
    (n_counting,).
    """
    n_windows = len(labelled)
    if sample_weight is None:
        n_labelled = int(labelled.sum())
        return labelled, np.ones(n_labelled, bool), np.ones(n_labelled, np.float32)
    given: np.ndarray = _check_sample_weight(
        sample_weight, np.empty(n_windows), ensure_non_negative=True
    )
    if not given[labelled].any():
        raise ValueError("sample_weight is zero for every window that has a label.")
    relative = (given / given[labelled].max()).astype(np.float32)
    counts = labelled & (relative > 0)
    importance = relative[counts] / relative[counts].mean()
    return counts, counts[labelled], importance


def _class_weights(
    classes: np.ndarray, index: np.ndarray, class_weight: Any
) -> np.ndarray:
    """Compute the class weight of each window, (n,); a class may have no windows."""
    there = np.unique(index)
    weight = np.ones(len(classes), dtype=np.float32)
    weight[there] = compute_class_weight(
        class_weight, classes=classes[there], y=classes[index]
    )
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight[there].any()):
        raise ValueError(
            f"class_weight={class_weight!r}; expected finite weights, none negative and "
            "not all zero for windows that count."
        )
    return weight[index]


def _warn_of_marks(y: np.ndarray) -> None:
    """Warn if markers of unlabelled windows have become strings."""
    marks = sorted(_MARKS.intersection(y.tolist())) if y.dtype.kind in "UST" else []
    if marks:
        warn(
            f"y is an array of strings, so {' and '.join(map(repr, marks))} are classes. "
            "If they should mean that a window has no label, give y as a list, or as an "
            "array of objects, with None instead.",
        )


def _has_class(y: np.ndarray) -> np.ndarray:
    """Return which windows have a label; if 1 is the only other, -1 is a label."""
    labels = [None if is_missing(label) else label for label in y.tolist()]
    if any(label in (np.inf, -np.inf) for label in labels):
        raise ValueError("Input y contains infinity; labels are finite, or NaN for none.")
    absent = np.array([label is None for label in labels], dtype=bool)
    marked = np.array([label == -1 for label in labels], dtype=bool)
    if marked.any() and set(y[~(absent | marked)].tolist()) == {1}:
        warn(
            "y has no labels but -1 and 1, so -1 is taken for a class. If -1 marks "
            "windows without a label, there is only one class, which is not enough; NaN "
            "marks them clearly. If -1 is a class, rename it to avoid this warning.",
        )
        marked[:] = False
    return ~(absent | marked)


def _squared_error(outputs: Tensor, target: Tensor) -> Tensor:
    return (outputs.squeeze(-1) - target).square()


def labels_at(position: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Look up labels by their position among the classes; position -1 means no label.

    For no label the result is -1 if the classes are numbers other than -1, else None.
    """
    nothing: Any
    if classes.dtype.kind in "iuf" and -1 not in classes.tolist():
        signed = np.int64 if classes.dtype.kind == "u" else classes.dtype
        labels, nothing = classes.astype(np.result_type(signed, np.int8)), -1
    else:
        labels, nothing = classes.astype(object), None
    return np.where(position < 0, nothing, labels[position])
