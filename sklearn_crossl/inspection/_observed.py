"""What a fitted pipeline computes from X: its embedding, and the modalities observed."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from ..transformer import CroSSLTransformer
from ._find_step import find_step


def embedding_of(estimator: Any, X: Any) -> np.ndarray:
    """Embed windows.

    Parameters
    ----------
    estimator : estimator
        A fitted transformer, a pipeline of them, with or without a predictor at its end,
        or a search over these.
    X : object
        Windows.

    Returns
    -------
    ndarray of shape (n_windows, n_features)
        The last transformer's output.

    Raises
    ------
    TypeError
        If nothing in it has ``transform``.
    """
    estimator = getattr(estimator, "best_estimator_", estimator)
    if isinstance(estimator, Pipeline) and not _transforms(estimator[-1]):
        before, last = estimator[:-1], estimator[-1]
        last = getattr(last, "best_estimator_", last)
        if isinstance(last, Pipeline):
            return embedding_of(last, before.transform(X) if len(before) else X)
        estimator = before if len(before) else last
    if not _transforms(estimator):
        raise TypeError(
            f"{type(estimator).__name__} has no `transform`; pass a fitted transformer, "
            "such as CroSSLTransformer, or a pipeline with one."
        )
    return np.asarray(estimator.transform(X))


def observed_by(estimator: Any, X: Any) -> tuple[list[str], np.ndarray] | None:
    """Return which modalities a fitted CroSSLTransformer finds in each window.

    Parameters
    ----------
    estimator : estimator
        One, or a pipeline or search that holds one.
    X : object
        Windows, as the whole pipeline takes them.

    Returns
    -------
    tuple of list of str and bool ndarray of shape (n_windows, M), or None
        The modalities and which are there; None if there is no CroSSLTransformer.
    """
    found = find_step(estimator, CroSSLTransformer)
    if found is None:
        return None
    windows = found.step._read(found.until_step(X))
    return list(windows.data), windows.observed


def pattern_names(modalities: list[str], observed: np.ndarray) -> np.ndarray:
    """Describe each window by the modalities that it has or, if fewer, that it lacks.

    Parameters
    ----------
    modalities : list of str
        All names.
    observed : bool ndarray of shape (n_windows, M)
        What each window has.

    Returns
    -------
    ndarray of str of shape (n_windows,)
        Such as "all", "only acc" and "without EDA, EMG".
    """
    patterns, pattern_of = np.unique(observed, axis=0, return_inverse=True)
    names = np.array([_pattern_name(modalities, row) for row in patterns])
    return names[pattern_of.ravel()]


def _pattern_name(modalities: list[str], seen: np.ndarray) -> str:
    has = [name for name, there in zip(modalities, seen, strict=True) if there]
    lacks = [name for name in modalities if name not in has]
    if not lacks:
        return "all"
    if len(lacks) < len(has):
        return f"without {', '.join(lacks)}"
    return f"only {', '.join(has)}" if has else "none"


def _transforms(estimator: Any) -> bool:
    return estimator == "passthrough" or hasattr(estimator, "transform")
