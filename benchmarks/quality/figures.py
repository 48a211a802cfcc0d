"""Figures of the scores: by the number of labels, and average ranks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from .heads import SELF_TRAINING
from .protocols import LABELS
from .scores import OURS, RIDGE, means, ranks, variants


def plot_ranks(frame: pd.DataFrame, labels: str, folder: Path) -> None:
    """Draw the average ranks on a line, as critical-difference diagrams do."""
    plt = _pyplot()
    scores = means(frame, labels)
    ranked = ranks(scores.drop(columns=variants(scores)))
    if ranked.empty:
        return
    average = ranked.mean().sort_values()
    figure, axes = plt.subplots(figsize=(6, 0.35 * len(average) + 1), layout="tight")
    axes.hlines(range(len(average)), 1, average, color="0.8", zorder=0)
    axes.scatter(average, range(len(average)), color="C0")
    for dataset in ranked.index:
        places = ranked.loc[dataset, average.index]
        axes.scatter(places, range(len(average)), s=12, color="0.5", zorder=1)
    axes.set(
        yticks=range(len(average)),
        yticklabels=[f"{name} ({rank:.1f})" for name, rank in average.items()],
        xlabel=f"rank, {labels} (large: mean of the sets)",
    )
    axes.invert_yaxis()
    name = labels.replace(" ", "_").replace("%", "percent")
    figure.savefig(folder / f"ranks_{name}.png", dpi=150)
    plt.close(figure)


def plot_labels(frame: pd.DataFrame, folder: Path) -> None:
    """Draw the mean over all sets against the share of labels, of the eight best.

    Of ours with changes two are drawn: under the ridge classifier, and self-trained.
    """
    plt = _pyplot()
    columns = {labels: means(frame, labels) for labels in LABELS}
    columns = {k: v.groupby("dataset").mean() for k, v in columns.items() if not v.empty}
    curves = pd.DataFrame({k: v.mean(skipna=False) for k, v in columns.items()}).dropna()
    if OURS not in curves.index:
        return
    drawn = (OURS + RIDGE, f"{OURS}, subjects, {SELF_TRAINING}")
    apart = [name for name in variants(curves.T) if name not in drawn]
    curves = curves.drop(index=apart)
    order = curves.mean(axis=1).sort_values(ascending=False).index
    colors = ("#0072B2", "#56B4E9", "#009E73", "#D55E00", "#E69F00", "#CC79A7")
    colors += ("#999999", "#000000")
    figure, axes = plt.subplots(figsize=(6.4, 5.0), layout="constrained")
    for name, color, marker in zip(order, colors, "osD^vPX*", strict=False):
        axes.plot(
            curves.columns, curves.loc[name], color=color, marker=marker, label=name
        )
    axes.set(xlabel="labelled training windows", ylabel="macro-F1, mean over the sets")
    axes.grid(axis="y", color="0.9")
    figure.legend(loc="outside lower center", frameon=False, ncols=2)
    figure.savefig(folder / "labels.png", dpi=150)
    plt.close(figure)


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt
