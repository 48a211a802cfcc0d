"""What the displays share: matplotlib, where it is installed, colours and panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

#: Okabe and Ito's palette, which colour-blind people can tell apart; the dark ones first.
COLORS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#F0E442",
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def pyplot() -> Any:
    """Import matplotlib when a figure is asked for.

    Returns
    -------
    module
        ``matplotlib.pyplot``.

    Raises
    ------
    ImportError
        If matplotlib is not installed, with the command that does.
    """
    try:
        import matplotlib  # noqa: F401
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "Figures need matplotlib, which is not installed. Install it by "
            "`pip install matplotlib`, or with this package by "
            "`pip install 'sklearn-crossl[plot]'`."
        ) from error
    return plt


def merge_style(
    defaults: dict[str, Any], given: dict[str, Any] | None, kind: str
) -> dict[str, Any]:
    """Override defaults by the user's keywords, including short names such as ``lw``.

    Parameters
    ----------
    defaults : dict
        Keywords for everything that the user leaves out.
    given : dict or None
        The user's.
    kind : {"line", "bar", "points"}
        What they are for.

    Returns
    -------
    dict
        By their full names.
    """
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.collections import PathCollection
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    artists = {"line": Line2D, "bar": Rectangle, "points": PathCollection}
    known = normalize_kwargs(given or {}, artists[kind])
    if "c" in known:  # of ``scatter``, where it is not another name of ``color``
        known["color"] = known.pop("c")
    return {**defaults, **known}


def one_panel(ax: Any, figsize: tuple[float, float] = (6, 4)) -> Any:
    """Give the axes to draw on.

    Parameters
    ----------
    ax : matplotlib Axes or None
        The user's.
    figsize : tuple of float, default=(6, 4)
        Inches of a new figure.

    Returns
    -------
    matplotlib Axes
        The user's, or those of a new figure.

    Raises
    ------
    TypeError
        If ``ax`` is not a single Axes, such as an array of several.
    """
    plt = pyplot()
    if ax is not None and not hasattr(ax, "get_figure"):
        raise TypeError(f"ax is a {type(ax).__name__}; expected one matplotlib Axes.")
    if ax is None:
        _, ax = plt.subplots(figsize=figsize, layout="constrained")
    return ax


def stacked_panels(
    ax: Any, heights: Sequence[float], figsize: tuple[float, float]
) -> np.ndarray:
    """Give axes to draw on, one above the other.

    Parameters
    ----------
    ax : matplotlib Axes, array-like of Axes, or None
        One is divided; several are taken as they are; None makes a new figure.
    heights : sequence of float
        How high the panels are in relation to each other.
    figsize : tuple of float
        Inches of a new figure.

    Returns
    -------
    ndarray of Axes of shape (len(heights),)
        The panels from top to bottom.

    Raises
    ------
    ValueError
        If several axes are given, but not as many as needed, or if one is given that is
        not part of a grid and so cannot be divided.
    """
    plt = pyplot()
    if ax is None:
        figure = plt.figure(figsize=figsize, layout="constrained")
        grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    elif hasattr(ax, "get_subplotspec"):
        if ax.get_subplotspec() is None:
            raise ValueError(
                f"ax is not part of a grid and cannot be divided; pass {len(heights)} "
                "axes, or one made by plt.subplots()."
            )
        ax.set_axis_off()
        figure = ax.figure
        shape = (len(heights), 1)
        grid = ax.get_subplotspec().subgridspec(*shape, height_ratios=heights)
    else:
        axes = np.asarray(ax, dtype=object).ravel()
        if len(axes) != len(heights):
            raise ValueError(
                f"ax holds {len(axes)} axes; expected one to be divided, or "
                f"{len(heights)}."
            )
        return axes
    panels = np.empty(len(heights), dtype=object)
    panels[:] = [figure.add_subplot(grid[i, 0]) for i in range(len(heights))]
    return panels


def draw_band(ax: Any, x: Any, mean: np.ndarray, std: np.ndarray, **line_kw: Any) -> Any:
    """Draw a line in a band of one standard deviation up and down.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    x, mean, std : ndarray of shape (n_points,)
        The line and half the width of the band.
    **line_kw : dict
        Passed to ``ax.plot``.

    Returns
    -------
    Line2D
        The line.
    """
    (line,) = ax.plot(x, mean, **line_kw)
    color = line.get_color()
    ax.fill_between(x, mean - std, mean + std, color=color, alpha=0.2, linewidth=0)
    return line
