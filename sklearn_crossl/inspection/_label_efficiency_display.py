"""The figure of scores over the number of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._label_efficiency import label_efficiency_curve
from ._plotting import COLORS, MARKERS, draw_band, merge_style, one_panel, pyplot

__all__ = ["LabelEfficiencyDisplay"]


class LabelEfficiencyDisplay:
    """Figure of classifiers' scores over the number of labelled training windows.

    It is recommended to use :meth:`from_estimator`.

    Parameters
    ----------
    scores : array-like of shape (n_methods, n_fractions, n_splits, n_draws)
        Scores on the test windows.
    n_labels : array-like of shape (n_fractions,)
        Mean number of labelled training windows.
    names : sequence of str
        The methods.
    score_name : str, default="score"
        What the axis calls the score.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.
    lines_ : list of matplotlib Line2D
        One line for each method.

    See Also
    --------
    label_efficiency_curve : The numbers alone.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn_crossl.inspection import LabelEfficiencyDisplay
    >>> display = LabelEfficiencyDisplay(
    ...     scores=[[[[0.6, 0.7], [0.5, 0.6]], [[0.9, 0.9], [0.8, 0.8]]]],
    ...     n_labels=[4, 400],
    ...     names=["CroSSL"],
    ...     score_name="accuracy",
    ... ).plot()
    >>> display.lines_[0].get_ydata().round(2).tolist()
    [0.6, 0.85]
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        scores: ArrayLike,
        n_labels: ArrayLike,
        names: Sequence[str],
        score_name: str = "score",
    ):
        self.scores = scores
        self.n_labels = n_labels
        self.names = names
        self.score_name = score_name

    @classmethod
    def from_estimator(
        cls,
        estimators: Any,
        X: Any,
        y: ArrayLike,
        *,
        groups: ArrayLike | None = None,
        fractions: Sequence[float] = (0.01, 0.05, 0.1, 1.0),
        test_size: float = 0.3,
        n_splits: int = 3,
        n_draws: int = 3,
        scoring: Any = None,
        random_state: Any = None,
        ax: Any = None,
        line_kw: dict[str, Any] | None = None,
    ) -> LabelEfficiencyDisplay:
        """Fit and score the estimators and draw the figure.

        Parameters
        ----------
        estimators : estimator or mapping of str to estimator
            Classifiers, by the names that the legend shows; how each is trained, see
            :func:`label_efficiency_curve`.
        X : array-like of shape (n_windows, ...), or mapping of str to array-like
            The windows.
        y : array-like of shape (n_windows,)
            All labels, of which parts are shown to the estimators.
        groups : array-like of shape (n_windows,), default=None
            Such as the subjects: no group is on both sides of a split.
        fractions : sequence of float or int, default=(0.01, 0.05, 0.1, 1.0)
            How much is labelled: shares, or numbers of windows of each class.
        test_size : float, default=0.3
            Share of the windows, or of the groups, that are tested on.
        n_splits : int, default=3
            Random splits into training and test windows.
        n_draws : int, default=3
            Random choices of the labelled windows within each split.
        scoring : str, callable or None, default=None
            A score of scikit-learn; None is the estimator's own ``score``.
        random_state : int, RandomState instance or None, default=None
            Determines splits and labels.
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        line_kw : dict, default=None
            Passed to ``Axes.plot``.

        Returns
        -------
        LabelEfficiencyDisplay
            The figure, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, ValueError
            As :func:`label_efficiency_curve` does.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklearn_crossl.inspection import LabelEfficiencyDisplay
        >>> rng = np.random.default_rng(0)
        >>> y = np.arange(100) % 2
        >>> X = rng.normal(size=(100, 5)) + y[:, None]
        >>> display = LabelEfficiencyDisplay.from_estimator(
        ...     LogisticRegression(), X, y, fractions=[0.1, 1.0], random_state=0
        ... )
        >>> display.ax_.get_xlabel()
        'labelled training windows'
        >>> plt.close(display.figure_)
        """
        pyplot()  # before the fits, which take time
        result = label_efficiency_curve(
            estimators,
            X,
            y,
            groups=groups,
            fractions=fractions,
            test_size=test_size,
            n_splits=n_splits,
            n_draws=n_draws,
            scoring=scoring,
            random_state=random_state,
        )
        del result["fractions"]
        return cls(**result).plot(ax=ax, line_kw=line_kw)

    def plot(
        self, ax: Any = None, *, line_kw: dict[str, Any] | None = None
    ) -> LabelEfficiencyDisplay:
        """Draw the figure: mean scores, in bands of ± one standard deviation over splits.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        line_kw : dict, default=None
            Passed to ``Axes.plot``.

        Returns
        -------
        LabelEfficiencyDisplay
            This object.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_ = ax = one_panel(ax)
        self.figure_ = ax.figure
        n_labels = np.asarray(self.n_labels, dtype=float)
        order = np.argsort(n_labels)
        of_splits = np.asarray(self.scores, dtype=float).mean(axis=3)[:, order]
        self.lines_ = []
        for i, (name, scores) in enumerate(zip(self.names, of_splits, strict=True)):
            mean, std = scores.mean(axis=1), scores.std(axis=1)
            defaults = {
                "color": COLORS[i % len(COLORS)],
                "marker": MARKERS[i % len(MARKERS)],
                "label": name,
            }
            style = merge_style(defaults, line_kw, "line")
            line = draw_band(ax, n_labels[order], mean, std, **style)
            self.lines_.append(line)
        ax.set(
            xscale="log",
            xlabel="labelled training windows",
            ylabel=f"{self.score_name} (mean ± std of {of_splits.shape[2]} splits)",
        )
        ticks = _apart(n_labels[order])
        ax.set_xticks(ticks, [f"{n:.0f}" for n in ticks])
        ax.minorticks_off()
        ax.grid(color="0.9")
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend()
        return self


def _apart(numbers: np.ndarray) -> list[float]:
    """Choose those of ascending numbers whose labels fit on a logarithmic axis."""
    room = 0.06 * np.log(numbers[-1] / numbers[0])
    chosen = [float(numbers[0])]
    for number in numbers[1:]:
        if np.log(number / chosen[-1]) > room:
            chosen.append(float(number))
    return chosen
