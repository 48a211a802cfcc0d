"""The figure of an embedding."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_array, column_or_1d

from .._missing_values import label_array
from ._observed import embedding_of, observed_by, pattern_names
from ._plotting import COLORS, merge_style, one_panel, pyplot
from ._points import draw_absent, draw_classes, draw_quantity, has_value, is_continuous
from ._reduction import reduce_to_plane

__all__ = ["EmbeddingDisplay"]


class EmbeddingDisplay:
    """Figure of an embedding: a point for each window.

    It is recommended to use :meth:`from_estimator` or :meth:`from_embedding`.

    Parameters
    ----------
    points : array-like of shape (n_windows, 2)
        Where the windows lie.
    y : array-like of shape (n_windows,), default=None
        What to colour them by: classes or numbers.
    y_name : str, default=None
        Title of the legend or label of the colour bar.
    axis_names : tuple of two str, default=("", "")
        What the axes are.
    continuous : bool, default=None
        Whether y is a quantity, shown by a colour bar, or stands for classes. None takes
        numbers that are not all whole for a quantity.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.
    scatters_ : list of matplotlib PathCollection
        The points, by class if y has classes.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn_crossl.inspection import EmbeddingDisplay
    >>> points = [[0.0, 1.0], [1.0, 0.0], [0.2, 0.8]]
    >>> display = EmbeddingDisplay(points, y=["sit", "walk", "sit"]).plot()
    >>> [text.get_text() for text in display.ax_.get_legend().get_texts()]
    ['sit', 'walk']
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        points: ArrayLike,
        *,
        y: ArrayLike | None = None,
        y_name: str | None = None,
        axis_names: tuple[str, str] = ("", ""),
        continuous: bool | None = None,
    ):
        self.points = points
        self.y = y
        self.y_name = y_name
        self.axis_names = axis_names
        self.continuous = continuous

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        y: ArrayLike | None = None,
        color: str = "y",
        method: str = "pca",
        y_name: str | None = None,
        continuous: bool | None = None,
        random_state: Any = None,
        ax: Any = None,
        scatter_kw: dict[str, Any] | None = None,
    ) -> EmbeddingDisplay:
        """Embed windows and draw the figure.

        Parameters
        ----------
        estimator : estimator
            A fitted transformer, or a fitted pipeline or search that contains one. Of a
            pipeline, all steps before its predictor are used.
        X : array-like of shape (n_windows, [n_channels,] n_timepoints), or mapping
            Windows, in any form that the estimator takes.
        y : array-like of shape (n_windows,), default=None
            What to colour the points by: activities, subjects, or a quantity. Points
            whose y is NaN or None are grey. None gives all one colour.
        color : {"y", "missing"}, default="y"
            "missing" colours the points by the modalities that the fitted
            CroSSLTransformer finds in each window, in place of y.
        method : {"pca", "tsne", "umap"}, default="pca"
            How to reduce the embedding to two dimensions. "pca" is a projection, so that
            distances are meaningful; "umap" needs umap-learn.
        y_name : str, default=None
            Title of the legend or label of the colour bar.
        continuous : bool, default=None
            Whether y is a quantity, shown by a colour bar, or stands for classes. None
            takes numbers that are not all whole for a quantity.
        random_state : int, RandomState instance or None, default=None
            Of "tsne" and "umap".
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        scatter_kw : dict, default=None
            Passed to ``Axes.scatter``.

        Returns
        -------
        EmbeddingDisplay
            The figure, drawn.

        Raises
        ------
        ImportError
            If matplotlib, or umap-learn with "umap", is not installed.
        TypeError
            If the estimator does not embed.
        ValueError
            If ``color`` or ``method`` is unknown, or if ``color="missing"`` is combined
            with y or with an estimator that contains no CroSSLTransformer.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sklearn_crossl import CroSSLTransformer
        >>> from sklearn_crossl.inspection import EmbeddingDisplay
        >>> X = np.random.default_rng(0).normal(size=(40, 3, 16))
        >>> X[:9, 2] = np.nan  # nine windows have no pulse
        >>> embedder = CroSSLTransformer(
        ...     {"acc": [0, 1], "pulse": 2}, max_epochs=1, summary_size=0, random_state=0
        ... )
        >>> display = EmbeddingDisplay.from_estimator(
        ...     embedder.fit(X), X, color="missing"
        ... )
        >>> [text.get_text() for text in display.ax_.get_legend().get_texts()]
        ['all', 'only acc']
        >>> plt.close(display.figure_)
        """
        pyplot()  # before the embedding, which takes time
        if color not in ("y", "missing"):
            raise ValueError(f"color={color!r}; expected 'y' or 'missing'.")
        if color == "missing":
            y, y_name = _missing_patterns(estimator, X, y), y_name or "modalities"
        return cls.from_embedding(
            embedding_of(estimator, X),
            y=y,
            method=method,
            y_name=y_name,
            continuous=continuous,
            random_state=random_state,
            ax=ax,
            scatter_kw=scatter_kw,
        )

    @classmethod
    def from_embedding(
        cls,
        Z: ArrayLike,
        *,
        y: ArrayLike | None = None,
        method: str = "pca",
        y_name: str | None = None,
        continuous: bool | None = None,
        random_state: Any = None,
        ax: Any = None,
        scatter_kw: dict[str, Any] | None = None,
    ) -> EmbeddingDisplay:
        """Draw the figure of an embedding.

        Parameters
        ----------
        Z : array-like of shape (n_windows, n_features)
            The embedding. Windows with NaN, which have no modality, are left out.
        y : array-like of shape (n_windows,), default=None
            What to colour the points by; None gives them one colour.
        method : {"pca", "tsne", "umap"}, default="pca"
            How to bring the embedding to two dimensions.
        y_name : str, default=None
            Title of the legend or label of the colour bar.
        continuous : bool, default=None
            Whether y is a quantity or stands for classes; None infers it from y.
        random_state : int, RandomState instance or None, default=None
            Of "tsne" and "umap".
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        scatter_kw : dict, default=None
            Passed to ``Axes.scatter``.

        Returns
        -------
        EmbeddingDisplay
            The figure, drawn.

        Raises
        ------
        ImportError
            If matplotlib, or umap-learn with "umap", is not installed.
        ValueError
            If ``method`` is unknown, Z is too small, or y has another length.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sklearn_crossl.inspection import EmbeddingDisplay
        >>> Z = np.random.default_rng(0).normal(size=(30, 5))
        >>> display = EmbeddingDisplay.from_embedding(Z, y=Z[:, 0], y_name="speed (m/s)")
        >>> len(display.scatters_)
        1
        >>> plt.close(display.figure_)
        """
        pyplot()
        Z = np.asarray(check_array(Z, dtype=np.float64, ensure_all_finite="allow-nan"))
        colors = None if y is None else column_or_1d(label_array(y))
        if colors is not None and len(colors) != len(Z):
            raise ValueError(
                f"The embedding has {len(Z)} windows, but y has {len(colors)}."
            )
        whole = ~np.isnan(Z).any(axis=1)
        points, axis_names = reduce_to_plane(Z[whole], method, random_state)
        display = cls(
            points,
            y=None if colors is None else colors[whole],
            y_name=y_name,
            axis_names=axis_names,
            continuous=continuous,
        )
        return display.plot(ax=ax, scatter_kw=scatter_kw)

    def plot(
        self, ax: Any = None, *, scatter_kw: dict[str, Any] | None = None
    ) -> EmbeddingDisplay:
        """Draw the figure.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        scatter_kw : dict, default=None
            Passed to ``Axes.scatter``.

        Returns
        -------
        EmbeddingDisplay
            This object.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_ = ax = one_panel(ax)
        self.figure_ = ax.figure
        points = np.asarray(self.points)
        y = None if self.y is None else column_or_1d(label_array(self.y))
        size = float(np.clip(12000 / max(len(points), 1), 6, 30))  # many overlap
        defaults = {"s": size, "alpha": 0.8, "linewidth": 0}
        style = merge_style(defaults, scatter_kw, "points")
        known = has_value(y) if y is not None else np.zeros(len(points), dtype=bool)
        if y is None or not known.any():
            self.scatters_ = [ax.scatter(*points.T, **{"color": COLORS[0], **style})]
        else:
            if not known.all():
                draw_absent(ax, points[~known], style)
            points, y = points[known], y[known]
            draw = draw_quantity if is_continuous(y, self.continuous) else draw_classes
            self.scatters_ = draw(ax, points, y, self.y_name, style)
        ax.set(xlabel=self.axis_names[0], ylabel=self.axis_names[1], xticks=[], yticks=[])
        return self


def _missing_patterns(estimator: Any, X: Any, y: Any) -> np.ndarray:
    if y is not None:
        raise ValueError("color='missing' takes the place of y; leave y out.")
    found = observed_by(estimator, X)
    if found is None:
        raise ValueError(
            f"color='missing' needs a fitted CroSSLTransformer, or a pipeline with one, "
            f"to tell what is missing; got {type(estimator).__name__}."
        )
    return pattern_names(*found)
