"""Cross-modal retrieval: which windows of one sensor go with those of another."""

from __future__ import annotations

from copy import copy
from numbers import Integral
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import Bunch

from .._device import own_settings
from .._encoded import EncodedWindows
from ..transformer import CroSSLTransformer
from ._find_step import find_step

__all__ = ["recall_at_k", "retrieve"]


def retrieve(
    estimator: Any,
    X: Any,
    query: str,
    target: str,
    *,
    X_target: Any = None,
    n_neighbors: int = 10,
) -> Bunch:
    """Find the windows of one modality that match windows of another.

    Queries are embedded from their query modality alone, and candidates from their target
    modality alone. The joint embedding, which is used whatever the transformer's
    ``output``, is an estimate for the complete window, so that the two can be compared by
    cosine similarity. What is found for a query does not depend on the other queries.

    Parameters
    ----------
    estimator : estimator
        A fitted :class:`~sklearn_crossl.CroSSLTransformer`, or a pipeline with one, or a
        search or meta-estimator over these. With ``summary_size=0`` retrieval is worse:
        it uses the global embedding minus the embedding of the mean code.
    X : array-like of shape (n_windows, n_channels, n_timepoints), or mapping
        Windows with the query modality.
    query, target : str
        Names of modalities, as in the transformer's ``modalities_``.
    X_target : array-like or mapping, default=None
        Windows with the target modality to choose from; None is X itself.
    n_neighbors : int, default=10
        How many to find for each query.

    Returns
    -------
    Bunch
        With these keys:

        indices : int ndarray of shape (n_queries, n_neighbors)
            Rows of ``X_target``, the most similar first.
        similarities : ndarray of shape (n_queries, n_neighbors)
            Cosines, in [-1, 1].
        queries, candidates : int ndarray
            Rows of X that have the query modality, and of ``X_target`` that have the
            target modality: the others are left out.

    Raises
    ------
    NotFittedError
        If the CroSSLTransformer in ``estimator`` is not fitted.
    TypeError
        If there is none.
    ValueError
        If a modality is unknown, no window has it, or there are fewer candidates than
        ``n_neighbors``.

    See Also
    --------
    recall_at_k : How often the right one is found.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_crossl import CroSSLTransformer
    >>> from sklearn_crossl.inspection import retrieve
    >>> rng = np.random.default_rng(0)
    >>> level = rng.normal(size=(60, 1, 1))  # what both sensors see
    >>> X = {name: level + 0.1 * rng.normal(size=(60, 1, 16)) for name in ("eda", "ecg")}
    >>> embedder = CroSSLTransformer(max_epochs=1, random_state=0).fit(X)
    >>> retrieve(embedder, X, "eda", "ecg", n_neighbors=3).indices.shape
    (60, 3)
    """
    found = find_step(getattr(estimator, "estimator_", estimator), CroSSLTransformer)
    if found is None:
        raise TypeError(
            f"{type(estimator).__name__} is no fitted CroSSLTransformer, nor a pipeline "
            "with one; pass one, such as the `transformer_` of a CroSSLClassifier."
        )
    transformer = copy(found.step)
    transformer.output = "joint"
    names = list(transformer.modalities_)
    for name in (query, target):
        if name not in names:
            raise ValueError(f"Unknown modality {name!r}; fitted were {names}.")
    X = found.until_step(X)
    X_target = X if X_target is None else found.until_step(X_target)
    asked, queries = _alone(transformer, X, names.index(query))
    known, candidates = _alone(transformer, X_target, names.index(target))
    if not isinstance(n_neighbors, Integral) or not 1 <= n_neighbors <= len(candidates):
        raise ValueError(
            f"n_neighbors={n_neighbors!r}; expected 1 to {len(candidates)}, the windows "
            f"that have {target!r}."
        )
    index = NearestNeighbors(n_neighbors=n_neighbors, metric="cosine").fit(known)
    distances, nearest = index.kneighbors(asked)  # (n_queries, n_neighbors)
    return Bunch(
        indices=candidates[nearest],
        similarities=1 - distances,
        queries=queries,
        candidates=candidates,
    )


def recall_at_k(indices: ArrayLike, relevant: ArrayLike, k: int) -> float:
    """Compute how often the right window is among the first k.

    Parameters
    ----------
    indices : array-like of int of shape (n_queries, n_neighbors)
        What :func:`retrieve` found.
    relevant : array-like of int of shape (n_queries,)
        The right row for each query: its own, if X is searched for its own windows.
    k : int
        How many of the first results count.

    Returns
    -------
    float
        The share of queries, in [0, 1].

    Raises
    ------
    ValueError
        If the shapes do not fit, there is no query, or k is not in 1 to ``n_neighbors``.

    Examples
    --------
    >>> from sklearn_crossl.inspection import recall_at_k
    >>> recall_at_k([[0, 1], [2, 1]], [0, 1], k=1)
    0.5
    """
    found, right = np.asarray(indices), np.asarray(relevant)
    if found.ndim != 2 or right.shape != found.shape[:1]:
        raise ValueError(
            f"indices has shape {found.shape} and relevant {right.shape}; expected "
            "(n_queries, n_neighbors) and (n_queries,)."
        )
    if not len(found):
        raise ValueError("indices has no query; give one at least.")
    if not isinstance(k, Integral) or not 1 <= k <= found.shape[1]:
        raise ValueError(f"k={k!r}; expected 1 to {found.shape[1]}.")
    return float((found[:, :k] == right[:, None]).any(axis=1).mean())


def _alone(transformer: Any, X: Any, index: int) -> tuple[np.ndarray, np.ndarray]:
    """Embed the windows that have a modality by it alone, to unit length."""
    windows = transformer._read(X)
    rows = np.flatnonzero(windows.observed[:, index])
    if not len(rows):
        name = list(transformer.modalities_)[index]
        raise ValueError(f"No window has the modality {name!r}.")
    encoded = EncodedWindows.of_rows(transformer, windows, rows)
    seen = np.arange(windows.observed.shape[1]) == index
    Z = encoded.fuse(seen) - _middle(encoded, seen)
    length = np.linalg.norm(Z, axis=1, keepdims=True)
    return Z / np.maximum(length, np.finfo(Z.dtype).tiny), rows


def _middle(windows: EncodedWindows, seen: np.ndarray) -> np.ndarray | float:
    """Embed a modality's mean code; zero with a summary, whose output is centred."""
    network, codes = windows.network, windows.code_means[None]  # (1, M, code_size)
    if network.summary is not None:
        return 0.0
    keep = torch.from_numpy(seen).to(codes.device)[None, :, None]
    with own_settings(codes.device, inference=True):
        return network.aggregator(codes, keep)[0].cpu().numpy()
