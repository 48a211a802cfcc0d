"""Scores of a fitted estimator when modalities are missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import Bunch, _safe_indexing, check_random_state

from .._partly_labelled import NoLabelsError
from .._rows import check_same_length, take_windows
from ._removal import Channels, modality_channels, observed_in, without
from ._scoring import score_name, single_scorer

__all__ = ["missing_modality_curve"]

_MOST_FOR_ALL_SUBSETS = 6  # 63 of them


def missing_modality_curve(
    estimator: Any,
    X: Any,
    y: ArrayLike,
    *,
    modalities: Any = None,
    rates: Sequence[float] = (0.0, 0.25, 0.5, 0.75),
    n_repeats: int = 5,
    scoring: Any = None,
    random_state: Any = None,
) -> Bunch:
    """Score a fitted estimator with modalities removed from X.

    Modalities are removed in two ways. First as a whole, as when a sensor is not worn:
    the estimator is scored with each subset of the modalities. Second at random, as when
    sensors fail: it is scored with growing shares of the (window, modality) pairs
    removed, while every window keeps at least one modality. Removed values become NaN,
    which the estimator must accept. Nothing is fitted.

    Parameters
    ----------
    estimator : estimator
        Fitted, such as a pipeline of a :class:`~sklearn_crossl.CroSSLTransformer` and a
        classifier.
    X : array-like of shape (n_windows, n_channels, n_timepoints), or mapping
        Test windows; or what names its modalities: a mapping, a structured array or a
        data frame whose cells hold arrays. Copies of it are held in memory.
    y : array-like of shape (n_windows,)
        What the windows show; None if the scorer needs none.
    modalities : mapping, sequence of int, sequence of str or None, default=None
        The modalities, as in :class:`~sklearn_crossl.CroSSLTransformer`: which channels
        of an array they have, or their names. None takes them from the estimator, if it
        is or contains a fitted CroSSLTransformer.
    rates : sequence of float, default=(0.0, 0.25, 0.5, 0.75)
        Shares of the (window, modality) pairs to take away, in [0, 1). Every window
        keeps a modality; larger rates are reduced to the highest that is possible.
    n_repeats : int, default=5
        Random removals at each rate. Within one repeat, what is missing at a rate is
        missing at higher ones too.
    scoring : str, callable or None, default=None
        A score of scikit-learn; None is ``estimator.score``.
    random_state : int, RandomState instance or None, default=None
        Determines what is removed.

    Returns
    -------
    Bunch
        With these keys:

        modalities : list of str
            The names of the M modalities.
        present : bool ndarray of shape (n_subsets, M)
            Which modalities each subset has: all subsets if M is at most 6; else each
            modality alone, all but each one, and all. Sorted by size, the full set last.
        subset_scores : ndarray of shape (n_subsets,)
            The score with these alone; NaN if no window has any of them.
        subset_n_windows : ndarray of shape (n_subsets,)
            How many windows were scored: those that have at least one of these.
        rates : ndarray of shape (n_rates,)
            The exact shares of X's pairs that were removed.
        rate_scores : ndarray of shape (n_rates, n_repeats)
            The scores after random removal.
        score_name : str
            What the scores are.

    Raises
    ------
    TypeError
        If X or ``modalities`` has the wrong form, or ``scoring`` asks for several scores.
    ValueError
        If it is not known which channels belong to which modality, there is just one, X
        and y differ in length, a rate is not in [0, 1), or ``n_repeats`` is below one.

    See Also
    --------
    MissingModalityDisplay : The figure.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from sklearn_crossl.inspection import missing_modality_curve
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(60, 3, 8)), np.arange(60) % 2
    >>> X[:, 2] += 2 * y[:, None]  # the pulse tells the classes apart
    >>> means = FunctionTransformer(lambda X: X.mean(axis=2))
    >>> classifier = make_pipeline(means, HistGradientBoostingClassifier(max_iter=5))
    >>> result = missing_modality_curve(
    ...     classifier.fit(X, y), X, y, modalities={"acc": [0, 1], "pulse": 2}
    ... )
    >>> for present, score in zip(result.present, result.subset_scores):
    ...     print(present, score)
    [ True False] 0.5
    [False  True] 1.0
    [ True  True] 1.0
    """
    _check_parameters(rates, n_repeats)
    n_windows = check_same_length(X, y=y)
    if not n_windows:
        raise ValueError("X has no windows to score.")
    channels = modality_channels(estimator, X, modalities)
    observed = observed_in(X, channels)
    scorer = single_scorer(estimator, scoring)

    def score(X: Any, rows: np.ndarray) -> float:
        some = y if y is None or len(rows) == n_windows else _safe_indexing(y, rows)
        X = X if len(rows) == n_windows else take_windows(X, rows)
        return float(scorer(estimator, X, some))

    present = _subsets(len(channels))
    subset_scores, counts = _score_subsets(score, X, channels, observed, present)
    possible, rate_scores = _score_rates(
        score, X, channels, observed, rates, n_repeats, random_state
    )
    return Bunch(
        modalities=list(channels),
        present=present,
        subset_scores=subset_scores,
        subset_n_windows=counts,
        rates=possible,
        rate_scores=rate_scores,
        score_name=score_name(estimator, scoring),
    )


def _check_parameters(rates: Sequence[float], n_repeats: int) -> None:
    if np.ndim(rates) != 1 or not len(rates) or not all(0 <= rate < 1 for rate in rates):
        raise ValueError(f"rates={rates!r}; expected shares in [0, 1), one at least.")
    if n_repeats < 1:
        raise ValueError(f"n_repeats={n_repeats!r}; expected 1 or more.")


def _subsets(n_modalities: int) -> np.ndarray:
    """List subsets, small ones first and those of one size by their first modality."""
    everything = np.ones((1, n_modalities), dtype=bool)
    if n_modalities > _MOST_FOR_ALL_SUBSETS:
        alone = np.eye(n_modalities, dtype=bool)
        return np.vstack([alone, ~alone[::-1], everything])
    subsets = list(product([True, False], repeat=n_modalities))
    return np.array(sorted(subsets[:-1], key=sum))


def _score_subsets(
    score: Callable[[Any, np.ndarray], float],
    X: Any,
    channels: Channels,
    observed: np.ndarray,
    present: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    scores = np.full(len(present), np.nan)
    counts = np.zeros(len(present), dtype=int)
    for i, kept in enumerate(present):
        rows = np.flatnonzero((observed & kept).any(axis=1))
        counts[i] = len(rows)
        if len(rows):
            removed = np.broadcast_to(~kept, observed.shape)
            with suppress(NoLabelsError):
                scores[i] = score(without(X, channels, removed), rows)
    return scores, counts


def _score_rates(
    score: Callable[[Any, np.ndarray], float],
    X: Any,
    channels: Channels,
    observed: np.ndarray,
    rates: Sequence[float],
    n_repeats: int,
    random_state: Any,
) -> tuple[np.ndarray, np.ndarray]:
    random = check_random_state(random_state)
    rows = np.arange(len(observed))
    pairs = int(observed.sum())
    n_removable = pairs - int(observed.any(axis=1).sum())
    counts = np.unique([min(round(rate * pairs), n_removable) for rate in rates])
    scores = np.empty((len(counts), n_repeats))
    for repeat in range(n_repeats):
        order = _order_of_removal(observed, random)
        for i, count in enumerate(counts):
            if count == 0 and repeat:
                scores[i, repeat] = scores[i, 0]  # nothing removed: always the same
                continue
            removed = np.zeros(observed.shape, dtype=bool)
            removed.flat[order[:count]] = True
            scores[i, repeat] = score(without(X, channels, removed), rows)
    return counts / max(pairs, 1), scores


def _order_of_removal(observed: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """Shuffle the removable pairs: all except one of each window, which stays."""
    stays = np.where(observed, random.uniform(size=observed.shape), -1).argmax(axis=1)
    removable = observed.copy()
    removable[np.arange(len(observed)), stays] = False
    return random.permutation(np.flatnonzero(removable))
