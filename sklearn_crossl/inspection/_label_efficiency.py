"""Scores of estimators as a function of the number of labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.model_selection import GroupShuffleSplit, StratifiedShuffleSplit
from sklearn.utils import Bunch, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from .._rows import check_same_length, take_windows
from ._scoring import score_name, single_scorer
from ._split_evaluator import SplitEvaluator

__all__ = ["label_efficiency_curve"]


def label_efficiency_curve(
    estimators: Any,
    X: Any,
    y: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    fractions: Sequence[float] = (0.01, 0.05, 0.1, 1.0),
    test_size: float = 0.3,
    n_splits: int = 3,
    n_draws: int = 3,
    scoring: Any = None,
    random_state: Any = None,
) -> Bunch:
    """Score classifiers that are given the labels of some of their training windows.

    All training windows of a split are available, but only some labels. What needs no
    labels may learn from all windows: if a pipeline's transformers do not require y, they
    are fitted without it on all training windows, once for each split, and the last step
    is fitted on the labelled ones. An estimator whose attribute ``accepts_unlabeled`` is
    true gets all training windows, with y = -1 where there is no label. Any other
    estimator is fitted on the labelled windows alone. All methods see the same splits and
    the same labels.

    Parameters
    ----------
    estimators : estimator or mapping of str to estimator
        Classifiers, by the names that a legend shows. They are cloned.
    X : array-like of shape (n_windows, ...), or mapping of str to array-like
        The windows, in any form that the estimators take: an array, a mapping of names
        to arrays, a structured array or a data frame.
    y : array-like of shape (n_windows,)
        All labels, of which parts are shown to the estimators.
    groups : array-like of shape (n_windows,), default=None
        Such as the subjects: no group is on both sides of a split. None splits by class.
        With metadata routing enabled, estimators that request groups are fitted with
        those of their windows.
    fractions : sequence of float or int, default=(0.01, 0.05, 0.1, 1.0)
        How much is labelled. A float in (0, 1] is a share of each class's training
        windows, at least one window. An int is a number of windows of each class, or all
        if it has fewer. Larger shares include the windows of smaller ones.
    test_size : float, default=0.3
        Share of the windows, or of the groups, to test on.
    n_splits : int, default=3
        Random splits into training and test windows.
    n_draws : int, default=3
        Random choices of the labelled windows within each split. Where all windows are
        labelled there is one, whose score is repeated.
    scoring : str, callable or None, default=None
        A score of scikit-learn; None is the estimator's own ``score``.
    random_state : int, RandomState instance or None, default=None
        Determines splits and labels; the estimators have their own.

    Returns
    -------
    Bunch
        With these keys:

        names : list of str
            The methods.
        scores : ndarray of shape (n_methods, n_fractions, n_splits, n_draws)
            Their scores on the test windows.
        n_labels : ndarray of shape (n_fractions,)
            The mean number of labelled windows.
        fractions : list of float or int
            As given.
        score_name : str
            What the scores are.

    Raises
    ------
    TypeError
        If ``scoring`` asks for several scores.
    ValueError
        If X, y and groups differ in length, y holds no classes, a parameter is out of
        range, or y cannot be told from -1 for an estimator with ``accepts_unlabeled``.

    See Also
    --------
    LabelEfficiencyDisplay : The figure.
    sklearn.model_selection.learning_curve : Leaves out windows and not only labels.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.decomposition import PCA
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_crossl.inspection import label_efficiency_curve
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(100) % 2
    >>> X = rng.normal(size=(100, 20)) + y[:, None]
    >>> methods = {
    ...     "PCA of all windows": make_pipeline(PCA(2), LogisticRegression()),
    ...     "labelled ones only": LogisticRegression(),
    ... }
    >>> result = label_efficiency_curve(
    ...     methods, X, y, fractions=[1, 0.5, 1.0], random_state=0
    ... )
    >>> result.scores.shape
    (2, 3, 3, 3)
    >>> result.n_labels.tolist()
    [2.0, 36.0, 70.0]
    """
    methods = _check_methods(estimators)
    labels = _check_data(X, y, groups)
    _check_parameters(fractions, n_splits, n_draws)
    scorers = {name: single_scorer(method, scoring) for name, method in methods.items()}
    random = check_random_state(random_state)
    shape = (len(fractions), n_splits, n_draws)
    scores = np.empty((len(methods), *shape))
    known = None if groups is None else np.asarray(groups)
    n_labels = np.empty(shape)
    splits = _splits(labels, groups, test_size, n_splits, random)
    for split, (train, test) in enumerate(splits):
        draws = [_order(labels[train], random) for _ in range(n_draws)]
        shown = [[_labelled(order, f) for order in draws] for f in fractions]
        n_labels[:, split] = [[len(rows) for rows in of_draws] for of_draws in shown]
        parts = take_windows(X, train), labels[train], take_windows(X, test)
        of_train = None if known is None else known[train]
        for method, (name, estimator) in enumerate(methods.items()):
            fitted = SplitEvaluator(name, estimator, *parts, of_train)
            for i, of_draws in enumerate(shown):
                scores[method, i, split] = _score_draws(
                    fitted, of_draws, labels[test], scorers[name]
                )
    first = next(iter(methods.values()))
    return Bunch(
        names=list(methods),
        scores=scores,
        n_labels=n_labels.mean(axis=(1, 2)),
        fractions=list(fractions),
        score_name=score_name(first, scoring),
    )


def _score_draws(
    fitted: SplitEvaluator, draws: list[np.ndarray], y_test: np.ndarray, scorer: Any
) -> list[float]:
    """Score one method for each draw of labels; once if each draw shows all labels."""
    if len(draws[0]) == fitted.n_windows:
        return [fitted.score(draws[0], y_test, scorer)] * len(draws)
    return [fitted.score(rows, y_test, scorer) for rows in draws]


def _check_methods(estimators: Any) -> dict[str, Any]:
    if not isinstance(estimators, Mapping):
        return {type(estimators).__name__: estimators}
    if not estimators:
        raise ValueError("estimators is empty; pass one estimator, or names to several.")
    return dict(estimators)


def _check_data(X: Any, y: ArrayLike, groups: ArrayLike | None) -> np.ndarray:
    labels = column_or_1d(y)
    check_same_length(X, y=labels, groups=groups)
    check_classification_targets(labels)
    return labels


def _check_parameters(fractions: Sequence[float], n_splits: int, n_draws: int) -> None:
    if np.ndim(fractions) != 1:
        raise ValueError(f"fractions={fractions!r}; expected a list, such as [0.1, 1.0].")
    for fraction in fractions:
        is_number = isinstance(fraction, Integral) and not isinstance(fraction, bool)
        is_count = is_number and fraction >= 1
        is_real = isinstance(fraction, Real) and not isinstance(fraction, Integral)
        if not (is_count or (is_real and 0 < fraction <= 1)):
            raise ValueError(
                f"fractions={fractions!r} has {fraction!r}; expected floats in (0, 1], "
                "shares of the training windows, or ints, windows of each class."
            )
    if not len(fractions) or n_splits < 1 or n_draws < 1:
        raise ValueError(
            f"fractions={fractions!r}, n_splits={n_splits!r}, n_draws={n_draws!r}; "
            "expected one at least of each."
        )


def _splits(
    y: np.ndarray,
    groups: ArrayLike | None,
    test_size: float,
    n_splits: int,
    random: np.random.RandomState,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    splitter = StratifiedShuffleSplit if groups is None else GroupShuffleSplit
    cv = splitter(n_splits, test_size=test_size, random_state=random.randint(2**31 - 1))
    yield from cv.split(np.zeros(len(y)), y, groups)


def _order(y: np.ndarray, random: np.random.RandomState) -> list[np.ndarray]:
    """Shuffle the windows of each class: those in front are labelled first."""
    return [random.permutation(np.flatnonzero(y == label)) for label in np.unique(y)]


def _labelled(order: list[np.ndarray], fraction: float) -> np.ndarray:
    """List which windows are labelled, in their own order."""
    if isinstance(fraction, Integral):
        counts = [int(fraction)] * len(order)
    else:
        counts = [max(1, round(fraction * len(rows))) for rows in order]
    chosen = [rows[:count] for rows, count in zip(order, counts, strict=True)]
    return np.sort(np.concatenate(chosen))
