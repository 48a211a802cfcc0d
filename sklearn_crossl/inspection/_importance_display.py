"""The figure of modality importance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._importance import modality_importance
from ._plotting import COLORS, merge_style, one_panel, pyplot

__all__ = ["ModalityImportanceDisplay"]


class ModalityImportanceDisplay:
    """Figure of what each modality adds to a score.

    Bars show Shapley values, points how much the score falls when a modality is shuffled.

    It is recommended to use :meth:`from_estimator`.

    Parameters
    ----------
    modalities : sequence of str
        The names of the M modalities.
    shapley : array-like of shape (M,)
        What each adds to the score.
    permutation : array-like of shape (M, n_repeats), default=None
        How much the score falls when the modality is shuffled; None draws no points.
    shapley_std : array-like of shape (M,), default=None
        Standard errors of ``shapley``; drawn where they are above zero.
    score_name : str, default="score"
        Name of the score on the axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure.
    bars_ : matplotlib BarContainer
        The Shapley values, the largest on top.
    points_ : list of matplotlib Line2D
        The permutation importances of each modality, in the order of the bars.

    See Also
    --------
    modality_importance : The values.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn_crossl.inspection import ModalityImportanceDisplay
    >>> display = ModalityImportanceDisplay(
    ...     modalities=["acc", "eda"], shapley=[0.5, 0.1], score_name="accuracy"
    ... ).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['acc', 'eda']
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        modalities: Sequence[str],
        shapley: ArrayLike,
        permutation: ArrayLike | None = None,
        shapley_std: ArrayLike | None = None,
        score_name: str = "score",
    ):
        self.modalities = modalities
        self.shapley = shapley
        self.permutation = permutation
        self.shapley_std = shapley_std
        self.score_name = score_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        scoring: Any = None,
        n_repeats: int = 5,
        n_permutations: int = 100,
        random_state: Any = None,
        ax: Any = None,
        bar_kw: dict[str, Any] | None = None,
    ) -> ModalityImportanceDisplay:
        """Attribute the score of a fitted estimator to the modalities, and draw that.

        Parameters
        ----------
        estimator : estimator
            As in :func:`modality_importance`.
        X : array-like of shape (n_windows, n_channels, n_timepoints), or mapping
            Test windows.
        y : array-like of shape (n_windows,)
            What the windows show.
        scoring : str, callable or None, default=None
            A score of scikit-learn; None is ``estimator.score``.
        n_repeats : int, default=5
            Shuffles of each modality.
        n_permutations : int, default=100
            Orders drawn where there are more than 12 modalities.
        random_state : int, RandomState instance or None, default=None
            Determines the shuffles and the orders.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        bar_kw : dict, default=None
            Passed to ``Axes.barh``.

        Returns
        -------
        ModalityImportanceDisplay
            The figure, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            As :func:`modality_importance` does.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sklearn_crossl import CroSSLClassifier, CroSSLTransformer
        >>> from sklearn_crossl.inspection import ModalityImportanceDisplay
        >>> X, y = np.random.default_rng(0).normal(size=(40, 2, 16)), np.arange(40) % 2
        >>> transformer = CroSSLTransformer(max_epochs=1, summary_size=16)
        >>> model = CroSSLClassifier(transformer, max_epochs=2, random_state=0)
        >>> display = ModalityImportanceDisplay.from_estimator(
        ...     model.fit(X, y), X, y, random_state=0
        ... )
        >>> display.score_name
        'accuracy'
        >>> plt.close(display.figure_)
        """
        pyplot()  # before the scores, which take time
        result = modality_importance(
            estimator,
            X,
            y,
            scoring=scoring,
            n_repeats=n_repeats,
            n_permutations=n_permutations,
            random_state=random_state,
        )
        names = ("modalities", "shapley", "permutation", "shapley_std", "score_name")
        shown = {name: result[name] for name in names}
        return cls(**shown).plot(ax=ax, bar_kw=bar_kw)

    def plot(
        self, ax: Any = None, *, bar_kw: dict[str, Any] | None = None
    ) -> ModalityImportanceDisplay:
        """Draw the figure.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        bar_kw : dict, default=None
            Passed to ``Axes.barh``.

        Returns
        -------
        ModalityImportanceDisplay
            This object.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        shapley = np.asarray(self.shapley, dtype=float)
        order = np.argsort(-shapley, kind="stable")
        self.ax_ = ax = one_panel(ax, (6, 1.6 + 0.35 * len(order)))
        self.figure_ = ax.figure
        style: dict[str, Any] = {"color": COLORS[0], "height": 0.6}
        if self.shapley_std is not None:
            errors = np.asarray(self.shapley_std, dtype=float)[order]
            style["xerr"] = errors if (errors > 0).any() else None
        style = merge_style({**style, "label": "Shapley value"}, bar_kw, "bar")
        places = np.arange(len(order))
        self.bars_ = ax.barh(places, shapley[order], **style)
        self.points_: list[Any] = []
        if self.permutation is not None:
            falls = np.asarray(self.permutation, dtype=float)[order]
            dots = {"color": COLORS[1], "marker": "o", "ms": 5, "mec": "w", "ls": ""}
            for place, of_one in zip(places, falls, strict=True):
                label = "" if self.points_ else "fall when shuffled"
                at = np.full(len(of_one), place)
                self.points_ += ax.plot(of_one, at, label=label, **dots)
        names = [self.modalities[i] for i in order]
        ax.set(yticks=places, yticklabels=names, xlabel=f"part in the {self.score_name}")
        ax.invert_yaxis()
        ax.axvline(0, color="0.3", linewidth=0.8)
        ax.grid(color="0.9", axis="x")
        ax.set_axisbelow(True)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="y", length=0)
        if self.points_:
            ax.legend(bbox_to_anchor=(0, 1), loc="lower left", ncols=2, frameon=False)
        return self
