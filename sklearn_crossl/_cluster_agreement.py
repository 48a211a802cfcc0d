"""Cluster agreement: a label-free measure of an embedding, computed from views."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.utils import check_array

__all__ = ["cluster_agreement"]

_A_CLUSTER = 2  # minimum mean number of windows in a cluster


def cluster_agreement(
    Z: ArrayLike, views: ArrayLike, *, n_clusters: Sequence[int] = (4, 8, 16, 32, 64)
) -> float:
    """Measure whether windows stay in their clusters when only part of them is seen.

    Windows are clustered by their embedding, into few clusters and into many. Each view,
    such as that of a single sensor, then assigns every window to the nearest cluster. The
    result is the adjusted mutual information of the two assignments, averaged over views
    and numbers of clusters. A good embedding groups windows in a way that each view
    reproduces. That helps with few labels, each of which stands for the windows near it.

    Parameters
    ----------
    Z : array-like of shape (n_windows, n_features)
        The embedding of whole windows.
    views : array-like of shape (n_views, n_windows, n_features)
        The embedding of what each view sees of the same windows; rows of NaN for windows
        that a view does not have.
    n_clusters : sequence of int, default=(4, 8, 16, 32, 64)
        Numbers of clusters, several since the number of classes is unknown. Those that
        leave fewer than two windows per cluster on average are skipped; if all do, the
        smallest is used.

    Returns
    -------
    float
        One if all views assign every window to its own cluster, about zero if they agree
        only by chance. Zero without views, or if all windows have the same embedding.
        With a few hundred windows it changes by a few hundredths with their order, as
        clusters do.

    Raises
    ------
    ValueError
        If the shapes do not match, or ``n_clusters`` holds other than positive integers.

    See Also
    --------
    effective_rank : Detects a collapsed embedding.
    sklearn_crossl.CroSSLTransformer.score : The measure for a fitted transformer.

    References
    ----------
    Ben-Hur, Elisseeff, Guyon, "A Stability Based Method for Discovering Structure in
    Clustered Data", Pacific Symposium on Biocomputing 2002; here the views are those that
    sensors and augmented copies of a window give.
    Vinh, Epps, Bailey, "Information Theoretic Measures for Clusterings Comparison", JMLR
    11, 2010, section 4 (adjusted mutual information).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_crossl.inspection import cluster_agreement
    >>> rng = np.random.default_rng(0)
    >>> Z = rng.normal(size=(200, 8))
    >>> round(cluster_agreement(Z, [Z]), 6)
    1.0
    >>> noise = rng.normal(size=(200, 8))
    >>> cluster_agreement(Z, [Z + 0.5 * noise]) > cluster_agreement(Z, [Z + noise])
    True
    """
    embedding: np.ndarray = check_array(Z, dtype=np.float64)
    seen = np.asarray(views, dtype=np.float64)
    if not len(seen):
        return 0.0
    if seen.ndim != 3 or seen.shape[1:] != embedding.shape:
        raise ValueError(
            f"views has shape {seen.shape}; expected (n_views, {embedding.shape[0]}, "
            f"{embedding.shape[1]}), as Z has shape {embedding.shape}."
        )
    if not len(n_clusters) or not all(
        isinstance(k, Integral) and k > 0 for k in n_clusters
    ):
        raise ValueError(
            f"n_clusters={n_clusters!r}; expected positive numbers of clusters."
        )
    if np.isinf(seen).any():
        raise ValueError("views contains infinity; rows are finite, or NaN for none.")
    mean = embedding.mean(axis=0)
    directions = _directions(embedding - mean)
    seen_directions = [_directions(view - mean) for view in seen if _has_windows(view)]
    if not seen_directions:
        return 0.0
    enough = [k for k in n_clusters if _A_CLUSTER * k <= len(embedding)]
    numbers = enough or [min(n_clusters)]
    found = [_agreement(directions, seen_directions, k) for k in numbers]
    return float(np.mean(found))


def _has_windows(view: np.ndarray) -> bool:
    return not bool(np.isnan(view).any(axis=1).all())


def _directions(Z: np.ndarray) -> np.ndarray:
    """Scale rows to unit length; zeros stay."""
    length = np.linalg.norm(Z, axis=1, keepdims=True)
    return np.divide(Z, length, out=Z.copy(), where=length > 0)


def _agreement(Z: np.ndarray, views: Sequence[np.ndarray], n_clusters: int) -> float:
    """Average the agreement of clusters over views."""
    k_means = KMeans(min(n_clusters, len(Z)), n_init=1, random_state=0)
    with warnings.catch_warnings():  # fewer windows that differ than clusters
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels = k_means.fit_predict(Z)
    if len(set(labels)) == 1:
        return 0.0
    of_views = []
    for view in views:
        rows = np.flatnonzero(~np.isnan(view).any(axis=1))
        of_view = k_means.predict(view[rows])
        of_views.append(adjusted_mutual_info_score(labels[rows], of_view))
    return float(np.mean(of_views))
