"""Draw points coloured by classes or by a quantity."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import type_of_target

from ._plotting import COLORS, MARKERS


def is_continuous(y: ArrayLike, continuous: bool | None) -> bool:
    """Say whether y is a quantity.

    Parameters
    ----------
    y : array-like of shape (n_points,)
        Classes or numbers.
    continuous : bool or None
        What the user says.

    Returns
    -------
    bool
        By what y holds, if the user did not say.
    """
    return type_of_target(y) == "continuous" if continuous is None else continuous


def draw_quantity(
    ax: Any, points: np.ndarray, y: ArrayLike, y_name: str | None, style: dict[str, Any]
) -> Any:
    """Draw points coloured by a quantity, and a colour bar.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    points : ndarray of shape (n_points, 2)
        The points.
    y : array-like of shape (n_points,)
        The quantity.
    y_name : str or None
        What the colour bar is called.
    style : dict
        Passed to ``Axes.scatter``.

    Returns
    -------
    PathCollection
        The points.
    """
    scatter = ax.scatter(*points.T, c=column_or_1d(y), **style)
    bar = ax.figure.colorbar(scatter, ax=ax, label=y_name or "y")
    bar.solids.set_alpha(1)
    return scatter


def draw_classes(
    ax: Any, points: np.ndarray, y: ArrayLike, y_name: str | None, style: dict[str, Any]
) -> list[Any]:
    """Draw one class after the other, each of its own colour and marker.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    points : ndarray of shape (n_points, 2)
        The points.
    y : array-like of shape (n_points,)
        The classes.
    y_name : str or None
        Title of the legend.
    style : dict
        Passed to ``Axes.scatter``.

    Returns
    -------
    list of PathCollection
        The points of each class.
    """
    labels = column_or_1d(y)
    classes = np.unique(labels)
    scatters = []
    for i, label in enumerate(classes):
        looks = {
            "color": COLORS[i % len(COLORS)],
            "marker": MARKERS[(i + i // len(COLORS)) % len(MARKERS)],
        }
        some = points[labels == label]
        scatters.append(ax.scatter(*some.T, label=str(label), **{**looks, **style}))
    longest = max(len(str(label)) for label in classes)
    n_columns = int(np.clip(60 // (longest + 5), 1, len(classes)))
    place: dict[str, Any] = {"bbox_to_anchor": (0, 1), "loc": "lower left"}
    if len(classes) > 3 * n_columns:  # rather beside than high above
        n_columns = -(-len(classes) // 18)
        place = {"bbox_to_anchor": (1, 1), "loc": "upper left"}
    legend = ax.legend(title=y_name, ncols=n_columns, frameon=False, **place)
    for handle in legend.legend_handles:
        handle.set(alpha=1, sizes=[30])
    return scatters
