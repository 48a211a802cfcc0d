"""The figure of an estimator's scores when modalities are missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._missing_modality import missing_modality_curve
from ._plotting import COLORS, draw_band, merge_style, pyplot, stacked_panels

__all__ = ["MissingModalityDisplay"]

_MOST_BARS_WITH_NUMBERS = 16


class MissingModalityDisplay:
    """Figure of a fitted estimator's scores when modalities are missing.

    Bars show the score with each subset of the modalities; the dots below mark which
    these are. A curve shows the score as (window, modality) pairs are removed at random.

    It is recommended to use :meth:`from_estimator`.

    Parameters
    ----------
    modalities : sequence of str
        Names of the M modalities.
    present : bool array-like of shape (n_subsets, M)
        Which modalities each subset has.
    subset_scores : array-like of shape (n_subsets,)
        The score with each subset.
    rates : array-like of shape (n_rates,)
        Shares of the pairs that were removed.
    rate_scores : array-like of shape (n_rates, n_repeats)
        The scores after each removal.
    score_name : str, default="score"
        What the axes call the score.

    Attributes
    ----------
    ax_ : ndarray of matplotlib Axes, of shape (3,)
        The bars, the dots below them, the curve.
    figure_ : matplotlib Figure
        The figure.
    bars_ : matplotlib BarContainer
        One bar for each subset.
    line_ : matplotlib Line2D
        The curve.

    See Also
    --------
    missing_modality_curve : The numbers alone.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn_crossl.inspection import MissingModalityDisplay
    >>> display = MissingModalityDisplay(
    ...     modalities=["acc", "pulse"],
    ...     present=[[True, False], [False, True], [True, True]],
    ...     subset_scores=[0.8, 0.6, 0.9],
    ...     rates=[0, 0.25, 0.5],
    ...     rate_scores=[[0.9, 0.9], [0.8, 0.84], [0.69, 0.71]],
    ...     score_name="accuracy",
    ... ).plot()
    >>> display.ax_[2].get_ylabel()
    'accuracy'
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        modalities: Sequence[str],
        present: ArrayLike,
        subset_scores: ArrayLike,
        rates: ArrayLike,
        rate_scores: ArrayLike,
        score_name: str = "score",
    ):
        self.modalities = modalities
        self.present = present
        self.subset_scores = subset_scores
        self.rates = rates
        self.rate_scores = rate_scores
        self.score_name = score_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        modalities: Any = None,
        rates: Sequence[float] = (0.0, 0.25, 0.5, 0.75),
        n_repeats: int = 5,
        scoring: Any = None,
        random_state: Any = None,
        ax: Any = None,
        bar_kw: dict[str, Any] | None = None,
        line_kw: dict[str, Any] | None = None,
    ) -> MissingModalityDisplay:
        """Score a fitted estimator and draw the figure.

        Parameters
        ----------
        estimator : estimator
            Fitted.
        X : array-like of shape (n_windows, n_channels, n_timepoints), or mapping
            Test windows; see :func:`missing_modality_curve`.
        y : array-like of shape (n_windows,)
            What the windows show.
        modalities : mapping, sequence of int, sequence of str or None, default=None
            The modalities; None asks the estimator.
        rates : sequence of float, default=(0.0, 0.25, 0.5, 0.75)
            Shares of the (window, modality) pairs to take away.
        n_repeats : int, default=5
            Random removals at each rate.
        scoring : str, callable or None, default=None
            A score of scikit-learn; None is ``estimator.score``.
        random_state : int, RandomState instance or None, default=None
            Determines what is removed.
        ax : matplotlib Axes or array-like of three Axes, default=None
            Where to draw; see :meth:`plot`.
        bar_kw : dict, default=None
            Passed to ``Axes.bar``.
        line_kw : dict, default=None
            Passed to ``Axes.plot`` for the curve.

        Returns
        -------
        MissingModalityDisplay
            The figure, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            As :func:`missing_modality_curve` does.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn_crossl import CroSSLTransformer
        >>> from sklearn_crossl.inspection import MissingModalityDisplay
        >>> X = np.random.default_rng(0).normal(size=(40, 3, 16))
        >>> y = np.arange(40) % 2
        >>> embedder = CroSSLTransformer(
        ...     {"acc": [0, 1], "pulse": 2}, max_epochs=1, summary_size=0, random_state=0
        ... )
        >>> pipeline = make_pipeline(embedder, LogisticRegression()).fit(X, y)
        >>> display = MissingModalityDisplay.from_estimator(
        ...     pipeline, X, y, random_state=0
        ... )
        >>> len(display.bars_)
        3
        >>> plt.close(display.figure_)
        """
        pyplot()  # before the scores, which take time
        result = missing_modality_curve(
            estimator,
            X,
            y,
            modalities=modalities,
            rates=rates,
            n_repeats=n_repeats,
            scoring=scoring,
            random_state=random_state,
        )
        del result["subset_n_windows"]
        return cls(**result).plot(ax=ax, bar_kw=bar_kw, line_kw=line_kw)

    def plot(
        self,
        ax: Any = None,
        *,
        bar_kw: dict[str, Any] | None = None,
        line_kw: dict[str, Any] | None = None,
    ) -> MissingModalityDisplay:
        """Draw the figure.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of three Axes, default=None
            Where to draw. One is divided into three, for the bars, the dots and the
            curve. None makes a new figure.
        bar_kw : dict, default=None
            Passed to ``Axes.bar``.
        line_kw : dict, default=None
            Passed to ``Axes.plot`` for the curve.

        Returns
        -------
        MissingModalityDisplay
            This object.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If ``ax`` holds several axes, but not three.
        """
        height = 0.25 * len(self.modalities) + 0.2  # inches of the dots
        self.ax_ = stacked_panels(ax, [1.9, height, 1.9], (6, 4.6 + height))
        self.figure_ = self.ax_[0].figure
        bars, dots, curve = self.ax_
        self._draw_bars(bars, bar_kw)
        self._draw_dots(dots)
        self._draw_curve(curve, line_kw)
        return self

    def _draw_bars(self, ax: Any, bar_kw: dict[str, Any] | None) -> None:
        scores = np.asarray(self.subset_scores, dtype=float)
        width = min(0.8, len(scores) / 8)  # few bars need not fill the figure
        style = merge_style({"color": COLORS[0], "width": width}, bar_kw, "bar")
        self.bars_ = ax.bar(np.arange(len(scores)), scores, **style)
        if len(scores) <= _MOST_BARS_WITH_NUMBERS:
            labels = ["" if np.isnan(score) else f"{score:.2f}" for score in scores]
            ax.bar_label(self.bars_, labels, padding=2, fontsize="small")
            ax.margins(y=0.15)
        ax.axhline(0, color="0.5", linewidth=0.8)
        ax.set(xlim=(-0.6, len(scores) - 0.4), xticks=[], ylabel=self.score_name)
        ax.set_title("With these modalities alone", loc="left", fontsize="medium")
        ax.spines[["top", "right", "bottom"]].set_visible(False)

    def _draw_dots(self, ax: Any) -> None:
        present = np.asarray(self.present, dtype=bool)
        n_subsets, n_modalities = present.shape
        size = np.clip(180 / n_subsets, 2.5, 8) ** 2  # points, so that columns stay apart
        for row in range(0, n_modalities, 2):
            ax.axhspan(row - 0.5, row + 0.5, color="0.95", linewidth=0)
        for color, chosen in (("0.82", ~present), (COLORS[0], present)):
            ax.scatter(*np.nonzero(chosen), s=size, color=color, zorder=3, linewidth=0)
        for column, kept in enumerate(present):
            rows = np.flatnonzero(kept)
            ax.plot([column] * 2, rows[[0, -1]], color=COLORS[0], linewidth=1.2)
        ax.set(
            xlim=(-0.6, n_subsets - 0.4),
            ylim=(n_modalities - 0.5, -0.5),
            xticks=[],
            yticks=np.arange(n_modalities),
            yticklabels=list(self.modalities),
        )
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)

    def _draw_curve(self, ax: Any, line_kw: dict[str, Any] | None) -> None:
        scores = np.asarray(self.rate_scores, dtype=float)  # (n_rates, n_repeats)
        percent = 100 * np.asarray(self.rates, dtype=float)
        style = merge_style({"color": COLORS[0], "marker": "o"}, line_kw, "line")
        mean, std = scores.mean(axis=1), scores.std(axis=1)
        self.line_ = draw_band(ax, percent, mean, std, **style)
        ax.set(
            xlabel="(window, modality) pairs removed at random (%)",
            ylabel=self.score_name,
        )
        n_repeats = scores.shape[1]
        title = f"With pairs missing at random (mean ± std of {n_repeats})"
        ax.set_title(title, loc="left", fontsize="medium")
        ax.grid(color="0.9")
        ax.spines[["top", "right"]].set_visible(False)
