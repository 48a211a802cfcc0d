"""Bring an embedding to two dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

METHODS = ("pca", "tsne", "umap")


def reduce_to_plane(
    Z: np.ndarray, method: str, random_state: Any
) -> tuple[np.ndarray, tuple[str, str]]:
    """Bring an embedding to two dimensions.

    Parameters
    ----------
    Z : ndarray of shape (n_windows, n_features)
        The embedding, without NaN.
    method : {"pca", "tsne", "umap"}
        How.
    random_state : int, RandomState instance or None
        Of the last two.

    Returns
    -------
    ndarray of shape (n_windows, 2), tuple of two str
        The points, and what the axes are.

    Raises
    ------
    ImportError
        If umap-learn is needed and not installed.
    ValueError
        If the method is unknown, or Z has too few windows or features.
    """
    if method not in METHODS:
        raise ValueError(f"method={method!r}; expected one of {list(METHODS)}.")
    if min(Z.shape) < 2:
        raise ValueError(
            f"The embedding has shape {Z.shape}; a figure of it needs two windows "
            "without NaN and two features at least."
        )
    if method == "tsne":
        # scikit-learn's default, or the most that few windows allow
        perplexity = min(30, (len(Z) - 1) / 3)
        tsne = TSNE(perplexity=perplexity, random_state=random_state)
        return tsne.fit_transform(Z), ("t-SNE 1", "t-SNE 2")
    if method == "umap":
        return _umap(Z, random_state), ("UMAP 1", "UMAP 2")
    if (Z[0] == Z).all():  # collapsed: no variance to have a share of
        return np.zeros((len(Z), 2)), ("principal component 1", "principal component 2")
    pca = PCA(2, svd_solver="full")
    points = pca.fit_transform(Z)
    first, second = 100 * pca.explained_variance_ratio_
    names = (
        f"principal component 1 ({first:.0f} % of variance)",
        f"principal component 2 ({second:.0f} %)",
    )
    return points, names


def _umap(Z: np.ndarray, random_state: Any) -> np.ndarray:
    try:
        from umap import UMAP  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise ImportError(
            "method='umap' needs umap-learn, which is not installed. Install it by "
            "`pip install umap-learn`, or with this package by "
            "`pip install 'sklearn-crossl[umap]'`; or choose method='tsne'."
        ) from error
    # With a random_state, UMAP uses one job anyway, but with a warning.
    neighbors = min(15, len(Z) - 1)
    reducer = UMAP(n_neighbors=neighbors, random_state=random_state, n_jobs=1)
    return np.asarray(reducer.fit_transform(Z))
