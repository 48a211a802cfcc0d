"""Draw points coloured by classes or by a quantity."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.multiclass import type_of_target

from .._missing_values import is_missing
from ._plotting import COLORS, MARKERS

_OF_QUANTITIES = ("cmap", "norm", "vmin", "vmax", "plotnonfinite")


def is_continuous(y: ArrayLike, continuous: bool | None) -> bool:
    """Return whether y is a quantity.

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
    if continuous is not None:
        return continuous
    return type_of_target(np.asarray(y).tolist()) == "continuous"  # objects by value


def has_value(y: np.ndarray) -> np.ndarray:
    """Say which points have a class or quantity.

    Parameters
    ----------
    y : ndarray of shape (n_points,)
        Classes or numbers.

    Returns
    -------
    bool ndarray of shape (n_points,)
        False where there is NaN, NA or None.
    """
    return np.array([not is_missing(value) for value in y.tolist()], dtype=bool)


def draw_absent(ax: Any, points: np.ndarray, style: dict[str, Any]) -> Any:
    """Draw points without a class or quantity, small and grey, behind the others.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    points : ndarray of shape (n_points, 2)
        The points.
    style : dict
        Passed to ``Axes.scatter``.

    Returns
    -------
    PathCollection
        The points.
    """
    fixed = {"color": "0.8", "marker": ".", "label": "none", "zorder": 0.9}
    others = {name: value for name, value in style.items() if name not in _OF_QUANTITIES}
    return ax.scatter(*points.T, **{**others, **fixed})


def draw_quantity(
    ax: Any, points: np.ndarray, y: np.ndarray, y_name: str | None, style: dict[str, Any]
) -> list[Any]:
    """Draw points coloured by a quantity, and a colour bar.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    points : ndarray of shape (n_points, 2)
        The points.
    y : ndarray of shape (n_points,)
        The quantity.
    y_name : str or None
        What the colour bar is called.
    style : dict
        Passed to ``Axes.scatter``.

    Returns
    -------
    list of PathCollection
        The points, at once.
    """
    if "color" in style:
        raise ValueError(
            f"scatter_kw gives the color {style['color']!r}, but points are coloured by "
            "y; leave one of them out."
        )
    scatter = ax.scatter(*points.T, c=y.astype(float), **style)
    bar = ax.figure.colorbar(scatter, ax=ax, label=y_name or "y")
    bar.solids.set_alpha(1)
    return [scatter]


def draw_classes(
    ax: Any, points: np.ndarray, y: np.ndarray, y_name: str | None, style: dict[str, Any]
) -> list[Any]:
    """Draw one class after the other, each of its own colour and marker.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    points : ndarray of shape (n_points, 2)
        The points.
    y : ndarray of shape (n_points,)
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
    try:
        classes = np.unique(y)
    except TypeError as error:
        types = sorted({type(label).__name__ for label in y.tolist()})
        raise TypeError(f"y mixes the types {types}; give labels of one.") from error
    scatters = []
    for i, label in enumerate(classes):
        defaults = {
            "color": COLORS[i % len(COLORS)],
            "marker": MARKERS[(i + i // len(COLORS)) % len(MARKERS)],
            "label": str(label),
        }
        some = points[y == label]
        scatters.append(ax.scatter(*some.T, **{**defaults, **style}))
    longest = max(len(str(label)) for label in classes)
    n_columns = int(np.clip(60 // (longest + 5), 1, len(classes)))
    place: dict[str, Any] = {"bbox_to_anchor": (0, 1), "loc": "lower left"}
    if len(classes) > 3 * n_columns:  # a tall legend fits better beside than above
        n_columns = -(-len(classes) // 18)
        place = {"bbox_to_anchor": (1, 1), "loc": "upper left"}
    legend = ax.legend(title=y_name, ncols=n_columns, frameon=False, **place)
    for handle in legend.legend_handles:
        handle.set(alpha=1, sizes=[30])
    return scatters
