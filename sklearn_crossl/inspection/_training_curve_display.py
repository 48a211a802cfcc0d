"""The figure of a training run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from ._find_step import find_fitted
from ._plotting import COLORS, MARKERS, merge_style, stacked_panels

__all__ = ["TrainingCurveDisplay"]

_NO_LOSSES = ("epoch", "dur", "effective_rank")
_FULL_NAMES = {"train_loss": "training loss", "valid_loss": "validation loss"}
_FEW_EPOCHS = 30  # that markers can be told apart


class TrainingCurveDisplay:
    """Figure of a training run: the loss, its terms, and the effective rank.

    A loss that falls while the effective rank drops towards one indicates a collapse.

    It is recommended to use :meth:`from_estimator`.

    Parameters
    ----------
    history : sequence of mapping
        For each epoch its numbers by name, as in the ``history_`` of
        :class:`~sklearn_crossl.CroSSLTransformer`. All numbers are drawn, except for the
        epoch, the duration and counts of batches.

    Attributes
    ----------
    ax_ : ndarray of matplotlib Axes, of shape (2,) or (1,)
        The losses, and below them the effective rank, if there is one.
    figure_ : matplotlib Figure
        The figure.
    lines_ : dict of str to matplotlib Line2D
        The lines, by their names in the history.

    See Also
    --------
    effective_rank : The measure.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn_crossl.inspection import TrainingCurveDisplay
    >>> history = [
    ...     {"epoch": 1, "train_loss": 20.0, "variance": 0.7, "effective_rank": 9.0},
    ...     {"epoch": 2, "train_loss": 15.0, "variance": 0.5, "effective_rank": 12.0},
    ... ]
    >>> display = TrainingCurveDisplay(history).plot()
    >>> list(display.lines_)
    ['train_loss', 'variance', 'effective_rank']
    >>> plt.close(display.figure_)
    """

    def __init__(self, history: Sequence[Mapping[str, Any]]):
        self.history = history

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, ax: Any = None, line_kw: dict[str, Any] | None = None
    ) -> TrainingCurveDisplay:
        """Draw how an estimator was trained.

        Parameters
        ----------
        estimator : estimator
            With a ``history_``, as a fitted :class:`~sklearn_crossl.CroSSLTransformer`
            has, or a pipeline or search that holds one.
        ax : matplotlib Axes or array-like of Axes, default=None
            Where to draw; see :meth:`plot`.
        line_kw : dict, default=None
            Passed to ``Axes.plot``.

        Returns
        -------
        TrainingCurveDisplay
            The figure, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If nothing in the estimator has a ``history_``.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from sklearn_crossl import CroSSLTransformer
        >>> from sklearn_crossl.inspection import TrainingCurveDisplay
        >>> X = np.random.default_rng(0).normal(size=(40, 3, 16))
        >>> embedder = CroSSLTransformer(max_epochs=2, summary_size=0, random_state=0)
        >>> display = TrainingCurveDisplay.from_estimator(embedder.fit(X))
        >>> list(display.lines_)
        ['train_loss', 'invariance', 'variance', 'covariance', 'effective_rank']
        >>> plt.close(display.figure_)
        """
        trained = find_fitted(estimator, "history_")
        if trained is None:
            raise ValueError(
                f"This {type(estimator).__name__} has no `history_`, nor has a step of "
                "it; pass a fitted CroSSLTransformer or a fitted pipeline with one."
            )
        return cls(trained.history_).plot(ax=ax, line_kw=line_kw)

    def plot(
        self, ax: Any = None, *, line_kw: dict[str, Any] | None = None
    ) -> TrainingCurveDisplay:
        """Draw the figure.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of Axes, default=None
            Where to draw: one to be divided, or as many as there are panels, two with
            the effective rank. None makes a new figure.
        line_kw : dict, default=None
            Passed to ``Axes.plot``.

        Returns
        -------
        TrainingCurveDisplay
            This object.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there is no epoch, or ``ax`` holds another number of axes.
        """
        if not len(self.history):
            raise ValueError("history holds no epoch; fit the estimator first.")
        curves = _curves(self.history)
        rank = {name: curves.pop(name) for name in ["effective_rank"] if name in curves}
        heights = [2.0, 1.0] if rank else [1.0]
        self.ax_ = stacked_panels(ax, heights, (6, 3 + 2 * len(rank)))
        self.figure_ = self.ax_[0].figure
        self.lines_ = _draw(self.ax_[0], curves, line_kw)
        self.ax_[0].set(ylabel="loss and its terms", **_loss_scale(curves))
        if curves:
            longest = max(len(line.get_label()) for line in self.lines_.values())
            self.ax_[0].legend(
                bbox_to_anchor=(0, 1),
                loc="lower left",
                ncols=int(np.clip(72 // (5 + longest), 1, len(curves))),
                columnspacing=1.2,
                handlelength=1.5,
                frameon=False,
            )
        if rank:
            dark = merge_style({"color": "0.2"}, line_kw, "line")
            self.lines_ |= _draw(self.ax_[1], rank, dark)
            self.ax_[1].set(ylabel="effective rank")
            self.ax_[0].tick_params(labelbottom=False)
        self.ax_[-1].set_xlabel("epoch")
        return self


def _curves(history: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Collect the numbers by name; NaN in epochs that lack one."""
    names = dict.fromkeys(
        name
        for row in history
        for name, value in _of_loss(row)
        if isinstance(value, Real) and not isinstance(value, (bool, np.bool_))
    )
    wanted = [
        name
        for name in names
        if name == "effective_rank"
        or not (name in _NO_LOSSES or name.endswith("_count") or name.startswith("event"))
    ]
    return {
        name: np.array([row.get(name, np.nan) for row in history], dtype=float)
        for name in wanted
    }


def _of_loss(row: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Leave out what callbacks recorded after the batches, such as learning rates."""
    items = list(row.items())
    counts = [i for i, (name, _) in enumerate(items) if name.endswith("_batch_count")]
    if not counts:
        return items
    wanted = {"effective_rank", *_FULL_NAMES}
    later = [item for item in items[counts[-1] :] if item[0] in wanted]
    return items[: counts[-1]] + later


def _loss_scale(curves: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Choose a logarithmic axis where terms of different size would hide each other."""
    values = np.concatenate([*curves.values(), np.empty(0)])
    values = values[np.isfinite(values)]
    spread = len(values) and values.min() > 0 and values.max() / values.min() > 10
    return {"yscale": "log"} if spread else {}


def _draw(
    ax: Any, curves: Mapping[str, np.ndarray], line_kw: dict[str, Any] | None
) -> dict[str, Any]:
    """Draw curves over the epochs."""
    lines = {}
    for i, (name, values) in enumerate(curves.items()):
        label = _FULL_NAMES.get(name, name.replace("_", " "))
        defaults = {"label": label, "color": COLORS[i % len(COLORS)], "markersize": 4}
        if len(values) <= _FEW_EPOCHS:
            defaults["marker"] = MARKERS[i % len(MARKERS)]
        epochs = np.arange(1, len(values) + 1)
        (lines[name],) = ax.plot(epochs, values, **merge_style(defaults, line_kw, "line"))
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(color="0.9")
    ax.spines[["top", "right"]].set_visible(False)
    return lines
