"""The score that a curve shows, and its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import check_scoring
from sklearn.pipeline import Pipeline


def single_scorer(estimator: Any, scoring: Any) -> Callable[..., float]:
    """Get the scorer of an estimator.

    Parameters
    ----------
    estimator : estimator
        What is scored.
    scoring : str, callable or None
        As in scikit-learn; None is ``estimator.score``.

    Returns
    -------
    callable
        Called with the estimator, X and y.

    Raises
    ------
    TypeError
        If ``scoring`` asks for several scores.
    """
    if isinstance(scoring, (list, tuple, set, dict)):
        raise TypeError(
            f"scoring={scoring!r} asks for several scores; a curve shows one: pass its "
            "name, such as 'f1_macro', or a callable."
        )
    return check_scoring(estimator, scoring)


def chosen_scoring(estimator: Any, scoring: Any) -> Any:
    """Return the user's scoring or, if there is none, that which a search selects by.

    Parameters
    ----------
    estimator : estimator
        What is scored.
    scoring : str, callable or None
        As in :func:`single_scorer`.

    Returns
    -------
    str, callable or None
        None if nobody chose: it is ``estimator.score``.
    """
    if isinstance(estimator, Pipeline):
        return chosen_scoring(estimator[-1], scoring)
    if scoring is not None or not hasattr(estimator, "refit"):
        return scoring
    chosen, refit = getattr(estimator, "scoring", None), estimator.refit
    if not isinstance(refit, str):  # True, or a callable that weighs several scores
        is_one = isinstance(chosen, str) or (callable(chosen) and refit is True)
        return chosen if is_one else None
    if isinstance(chosen, dict):
        return chosen[refit]
    return refit if isinstance(chosen, (list, tuple, set)) else None


def score_name(estimator: Any, scoring: Any) -> str:
    """Name the score, as an axis does.

    Parameters
    ----------
    estimator : estimator
        What is scored.
    scoring : str, callable or None
        As in :func:`single_scorer`.

    Returns
    -------
    str
        Such as "f1 macro"; "accuracy" or "R²" where nobody chose.
    """
    scoring = chosen_scoring(estimator, scoring)
    if isinstance(scoring, str):
        return scoring.replace("neg_", "negative_", 1).replace("_", " ")
    if scoring is None:
        if is_classifier(estimator):
            return "accuracy"
        return "R²" if is_regressor(estimator) else "score"
    function = getattr(scoring, "_score_func", scoring)  # of make_scorer
    return str(getattr(function, "__name__", "score")).replace("_", " ")
