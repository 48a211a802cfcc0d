"""Which sensor matters: Shapley values and permutation importance of modalities."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import product
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils import Bunch, check_random_state
from sklearn.utils._set_output import _wrap_data_with_container
from sklearn.utils.validation import _num_samples, check_is_fitted
from threadpoolctl import threadpool_limits

from .._encoded import EncodedWindows
from .._supervised import BaseFineTuner
from ..transformer import CroSSLTransformer
from ._find_step import FoundStep, find_step
from ._scoring import chosen_scoring, score_name, single_scorer

__all__ = ["modality_importance"]

_MOST_EXACT = 12  # modalities whose 4,096 subsets are all scored

Value = Callable[[np.ndarray], float]  # of the modalities seen, bool (M,)


def modality_importance(
    estimator: Any,
    X: Any,
    y: ArrayLike,
    *,
    scoring: Any = None,
    n_repeats: int = 5,
    n_permutations: int = 100,
    random_state: Any = None,
) -> Bunch:
    r"""Attribute the score of a fitted estimator to the modalities.

    Each window is encoded once. Scoring a subset of the modalities then costs only the
    fusion in latent space. Other modalities are missing, not replaced by noise or means.

    The Shapley value of a modality is what it adds to the score, averaged over all orders
    in which the modalities could arrive,

    .. math:: \phi_i = \sum_{S \not\ni i} \frac{|S|! (M - |S| - 1)!}{M!}
              (v(S \cup i) - v(S))

    so that the values add up to the score with all modalities minus that with none, for
    which every window has the mean embedding. The permutation importance is how much the
    score falls when one modality is shuffled among the windows. The others are still
    there to make up for it: two sensors with the same information both look unimportant.

    Parameters
    ----------
    estimator : estimator
        Fitted: a :class:`~sklearn_crossl.CroSSLClassifier` or
        :class:`~sklearn_crossl.CroSSLRegressor`, or a pipeline of a
        :class:`~sklearn_crossl.CroSSLTransformer` and a predictor, or a search over one.
    X : array-like of shape (n_windows, n_channels, n_timepoints), or mapping
        Test windows, as the estimator takes them. Modalities may be missing.
    y : array-like of shape (n_windows,)
        What the windows show.
    scoring : str, callable or None, default=None
        A scorer of scikit-learn; None is ``estimator.score`` or, for a search, its own.
    n_repeats : int, default=5
        Shuffles of each modality for the permutation importance.
    n_permutations : int, default=100
        Random orders, each with its reverse, over which the Shapley values are averaged
        if there are more than 12 modalities. For 12 or fewer they are exact.
    random_state : int, RandomState instance or None, default=None
        Determines the shuffles and the orders.

    Returns
    -------
    Bunch
        With these keys:

        modalities : list of str
            The names of the M modalities.
        shapley : ndarray of shape (M,)
            What each adds to the score.
        shapley_std : ndarray of shape (M,)
            Standard error over the orders that were drawn; zero where it is exact.
        permutation : ndarray of shape (M, n_repeats)
            How much the score falls when the modality is shuffled.
        present : bool ndarray of shape (n_subsets, M)
            The subsets that were scored.
        subset_scores : ndarray of shape (n_subsets,)
            The score of each.
        full_score, empty_score : float
            The score with all modalities, and with none.
        score_name : str
            What the scores are.

    Raises
    ------
    TypeError
        If there is no CroSSL estimator in ``estimator``.
    ValueError
        If X and y differ in length, a window has no modality at all, or a number of
        repeats is below one.

    See Also
    --------
    ModalityImportanceDisplay : The figure.
    missing_modality_curve : Scores as sensors are taken away from X itself.

    References
    ----------
    Shapley, "A value for n-person games", Contributions to the Theory of Games II, 1953.
    Castro, Gomez, Tejada, "Polynomial calculation of the Shapley value based on
    sampling", Computers & Operations Research 36(5), 2009.
    Breiman, "Random Forests", Machine Learning 45, 2001, section 10 (permutation).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_crossl import CroSSLTransformer
    >>> from sklearn_crossl.inspection import modality_importance
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(60, 2, 16)), np.arange(60) % 2
    >>> X[:, 1] += 3 * y[:, None]  # the second sensor tells the classes apart
    >>> embedder = CroSSLTransformer({"acc": 0, "eda": 1}, max_epochs=1, random_state=0)
    >>> model = make_pipeline(embedder, LogisticRegression()).fit(X[:40], y[:40])
    >>> result = modality_importance(model, X[40:], y[40:], random_state=0)
    >>> result.modalities[result.shapley.argmax()]
    'eda'
    """
    for name, number in (("n_repeats", n_repeats), ("n_permutations", n_permutations)):
        if number < 1:
            raise ValueError(f"{name}={number!r}; expected 1 or more.")
    if hasattr(estimator, "refit"):  # a search, which has no step before it is fitted
        check_is_fitted(estimator)
    found, predictor = _step_and_predictor(estimator)
    step = found.step
    windows = EncodedWindows.of(step, found.until_step(X))
    if _num_samples(y) != len(windows.observed):
        n_windows = len(windows.observed)
        raise ValueError(f"X has {n_windows} windows, but y has {_num_samples(y)}.")
    scoring = chosen_scoring(estimator, scoring)
    scorer = single_scorer(predictor, scoring)
    random = check_random_state(random_state)
    # Idle threads of a predictor's BLAS keep spinning and slow the next fusion.
    with threadpool_limits(1, user_api="blas"):
        result = _importances(
            windows,
            lambda outputs: float(scorer(predictor, _in_its_container(step, outputs), y)),
            n_repeats,
            n_permutations,
            random,
        )
    names = list(step.modalities_)
    return Bunch(modalities=names, **result, score_name=score_name(estimator, scoring))


def _importances(
    windows: EncodedWindows,
    score: Callable[[np.ndarray], float],
    n_repeats: int,
    n_permutations: int,
    random: np.random.RandomState,
) -> dict[str, Any]:
    """Compute both kinds of importance from the score of what was fused."""
    n_windows, n_modalities = windows.observed.shape
    value, scores = _cached(lambda seen: score(windows.fuse(seen)))
    if n_modalities <= _MOST_EXACT:
        shapley = _exact(value, n_modalities)
        error = np.zeros(n_modalities)
    else:
        shapley, error = _sampled(value, n_modalities, n_permutations, random)
    everything = np.ones(n_modalities, dtype=bool)
    permutation = np.empty((n_modalities, n_repeats))
    for i, repeat in product(range(n_modalities), range(n_repeats)):
        shuffled = windows.permuted(i, random.permutation(n_windows)).fuse(everything)
        permutation[i, repeat] = value(everything) - score(shuffled)
    return {
        "shapley": shapley,
        "shapley_std": error,
        "permutation": permutation,
        "full_score": value(everything),
        "empty_score": value(~everything),
        "present": np.array(list(scores)),
        "subset_scores": np.array(list(scores.values())),
    }


def _step_and_predictor(estimator: Any) -> tuple[FoundStep, Any]:
    """Find an estimator's CroSSL step, and the part that predicts from its output."""
    found = find_step(estimator, CroSSLTransformer)
    if found is not None and found.after:
        return found, make_pipeline(*found.after)
    found = find_step(estimator, BaseFineTuner)
    if found is not None and not found.after:
        predictor = copy.copy(found.step)
        predictor._outputs = _identity
        return found, predictor
    raise TypeError(
        f"{_described(estimator)} has no CroSSL estimator whose modalities could be told "
        "apart; pass a fitted CroSSLClassifier, CroSSLRegressor, or a pipeline of a "
        "CroSSLTransformer and a predictor."
    )


def _in_its_container(step: Any, outputs: np.ndarray) -> Any:
    """Wrap outputs in the container that ``set_output`` chose for a transformer."""
    if not hasattr(step, "set_output"):
        return outputs
    return _wrap_data_with_container("transform", outputs, outputs, step)


def _identity(outputs: np.ndarray) -> np.ndarray:
    """Return outputs unchanged, in place of a network."""
    return outputs


def _described(estimator: Any) -> str:
    name = type(estimator).__name__
    if isinstance(estimator, Pipeline):
        steps = ", ".join(type(step).__name__ for _, step in estimator.steps)
        return f"{name} of {steps}"
    return name


def _cached(score: Value) -> tuple[Value, dict[tuple[bool, ...], float]]:
    """Cache the scores of subsets; return the cached function and its cache."""
    scores: dict[tuple[bool, ...], float] = {}

    def value(seen: np.ndarray) -> float:
        key = tuple(seen.tolist())
        if key not in scores:
            scores[key] = score(seen)
        return scores[key]

    return value, scores


def _exact(value: Value, n_modalities: int) -> np.ndarray:
    """Compute Shapley values from all subsets."""
    shapley = np.zeros(n_modalities)
    for subset in product([False, True], repeat=n_modalities):
        seen = np.array(subset)
        size = int(seen.sum())
        ways = factorial(size) * factorial(max(n_modalities - size - 1, 0))
        for i in np.flatnonzero(~seen):
            gain = value(seen | (np.arange(n_modalities) == i)) - value(seen)
            shapley[i] += ways / factorial(n_modalities) * gain
    return shapley


def _sampled(
    value: Value, n_modalities: int, n_permutations: int, random: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Estimate Shapley values and their errors from orders and their reverses."""
    gains = np.zeros((n_permutations, n_modalities))
    for of_order in gains:
        order = random.permutation(n_modalities)
        for arriving in (order, order[::-1]):
            seen = np.zeros(n_modalities, dtype=bool)
            for i in arriving:
                before = value(seen)
                seen[i] = True
                of_order[i] += (value(seen) - before) / 2
    spread = gains.std(axis=0, ddof=1) if n_permutations > 1 else np.nan
    return gains.mean(axis=0), spread / np.sqrt(n_permutations) * np.ones(n_modalities)
