"""Tables and figures from the results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .protocols import LABELS, SEEDS

OURS = "CroSSLTransformer"
RIDGE = ", ridge"  # of a method that has a logistic regression as well
SCRATCH = "CroSSLClassifier, from scratch"
CLASSIFIER = "CroSSLClassifier"


def write_report(results: Path, folder: Path) -> None:
    """Write ``report.md``, ``fine_tuning.md`` and figures from ``results.csv``."""
    if not results.exists():
        return
    everything = read(results)
    (folder / "fine_tuning.md").write_text(fine_tuning(everything))
    frame = everything[~everything["method"].str.startswith(CLASSIFIER)]
    parts = [_labels(frame, labels) for labels in LABELS]
    parts += [_missing(frame), _seconds(frame)]
    (folder / "report.md").write_text("\n\n".join(part for part in parts if part) + "\n")
    for labels in ("3 per class", "1 %"):
        plot_ranks(frame, labels, folder)
    plot_labels(frame, folder)


def read(results: Path) -> pd.DataFrame:
    """Read the results, a method with several linear models as several methods."""
    frame = pd.read_csv(results, keep_default_na=False)
    heads = frame.groupby("method")["head"]
    several = heads.transform(lambda of_method: "logistic" in set(of_method))
    frame.loc[several & (frame["head"] == "ridge"), "method"] += RIDGE
    return frame


def fine_tuning(frame: pd.DataFrame) -> str:
    """Compare the fine-tuned classifier with what ran on all splits where it did."""
    everything = frame
    names = [m for m in frame["method"].unique() if m.startswith(CLASSIFIER)]
    names = [name for name in names if name != SCRATCH]
    names += [OURS, OURS + RIDGE, "MiniRocket", "features", "supervised network"]
    ran = frame[frame["method"] == CLASSIFIER][["dataset", "split"]].drop_duplicates()
    frame = frame[frame["method"].isin(names)].merge(ran)
    n_splits = frame.groupby(["dataset", "method"])["split"].transform("nunique")
    frame = frame[n_splits == frame["dataset"].map(ran.groupby("dataset").size())]
    titles = {labels: f"Macro-F1, labels: {labels}" for labels in LABELS}
    for labels in LABELS:
        measure = f"{labels} calibration error"
        titles[measure] = f"Expected calibration error, labels: {labels}"
    titles["100 % half missing"] = "Macro-F1, all labels, half of the pairs removed"
    tables = {title: means(frame, measure) for measure, title in titles.items()}
    tables["Loss when one modality is removed at test, all labels"] = _lost(frame)
    tables["Seconds of training with all labels, pretraining apart"] = means(
        frame, "seconds of classifier"
    )
    texts = [
        _table(title, scores.groupby("dataset").mean(), names)
        for title, scores in tables.items()
        if not scores.empty
    ]
    return "\n\n".join([*texts, *_seeds(everything), *_pretraining(everything)])


def _seeds(frame: pd.DataFrame) -> list[str]:
    """Average over seeds, on the splits where all that have several have them."""
    chosen = frame[
        (frame["measure"] == "100 %") & frame["protocol"].isin(["labels", "seeds"])
    ]
    by_split = chosen.groupby(["dataset", "split", "method"])["value"]
    several = by_split.mean()[by_split.size() == 1 + len(SEEDS)].unstack("method")
    common = several.dropna()
    if common.empty:
        return []
    ran = chosen[chosen["method"].isin(common.columns)]
    ran = ran.merge(common.index.to_frame(index=False))
    named = ran.assign(method=ran["method"] + ", seed " + ran["draw"].astype(str))
    columns = {"values": "value", "index": "dataset", "columns": "method"}
    scores = [rows.pivot_table(**columns) for rows in (ran, named)]
    table = pd.concat(scores, axis=1)
    title = f"Macro-F1, all labels, mean over {1 + len(SEEDS)} seeds and each of them"
    return [_table(title, table, list(table))]


def _pretraining(frame: pd.DataFrame) -> list[str]:
    """Compare the classifier with itself from scratch, on the splits that both ran on."""
    texts, names = [], [CLASSIFIER, SCRATCH]
    for labels in LABELS:
        scores = means(frame, labels).reindex(columns=names).dropna()
        if len(scores):
            title = f"Macro-F1 with and without pretraining, labels: {labels}"
            texts.append(_table(title, scores.groupby("dataset").mean(), names))
    return texts


def _lost(frame: pd.DataFrame) -> pd.DataFrame:
    """Compute what is lost on average as each modality is removed at test."""
    alone = frame[frame["measure"].str.startswith("100 % without")]
    alone = alone[alone["protocol"] == "labels"].pivot_table(
        values="value", index=["dataset", "split"], columns="method"
    )
    return means(frame, "100 %") - alone


def _table(title: str, scores: pd.DataFrame, names: list[str]) -> str:
    """Write a row for each method, with its mean where it ran on all sets."""
    lines = [f"## {title}", "", _head(scores.index, "mean")]
    for name in [name for name in names if name in scores]:
        cells = [_cell(value) for value in scores[name]]
        mean = _cell(scores[name].mean(skipna=False))
        lines.append(f"| {name} | {' | '.join(cells)} | {mean} |")
    return "\n".join(lines)


def means(frame: pd.DataFrame, measure: str, protocol: str = "labels") -> pd.DataFrame:
    """Average over draws: a row for each data set and split, a column a method."""
    chosen = frame[(frame["measure"] == measure) & (frame["protocol"] == protocol)]
    return chosen.pivot_table(
        values="value", index=["dataset", "split"], columns="method"
    )


def ranks(scores: pd.DataFrame) -> pd.DataFrame:
    """Rank the methods that ran on a data set by their mean over splits, 1 the best.

    Only splits that all of them have count, so that all are judged by the same ones.
    """
    rows = {}
    for dataset, of_set in scores.groupby("dataset"):
        common = of_set.dropna(axis=1, how="all").dropna()
        rows[dataset] = common.mean().round(3).rank(ascending=False)
    return pd.DataFrame(rows).T.reindex(columns=scores.columns)


def _labels(frame: pd.DataFrame, labels: str) -> str:
    scores = means(frame, labels)
    if scores.empty or OURS not in scores:
        return ""
    mean = scores.groupby("dataset").mean()
    spread = scores.groupby("dataset").std()
    variants = _variants(scores)
    ranked = ranks(scores.drop(columns=variants)).mean()
    order = ranked.sort_values().index
    if OURS + RIDGE in scores:
        others = [name for name in variants if name != OURS + RIDGE]
        instead = ranks(scores.drop(columns=[OURS, *others])).mean()
        ranked[OURS + RIDGE] = instead[OURS + RIDGE]
    lines = [f"## Macro-F1, labels: {labels}", "", _head(mean.index, "mean", "rank")]
    for method in [*order, *variants]:
        cells = []
        for dataset in mean.index:
            value, width = mean.loc[dataset, method], spread.loc[dataset, method]
            ours = method.startswith(OURS)
            beats = not ours and round(value, 3) > round(mean.loc[dataset, OURS], 3)
            cells.append(_cell(value, width, bold=beats))
        average = _cell(mean[method].mean(skipna=False))
        rank = f"{ranked[method]:.2f}" if method in ranked else ""
        lines.append(f"| {method} | {' | '.join(cells)} | {average} | {rank} |")
    return "\n".join(lines)


def _variants(scores: pd.DataFrame) -> list[str]:
    """Name the rows apart: the default with changes, and second linear models."""
    return [m for m in scores if m.startswith(f"{OURS}, ") or m.endswith(RIDGE)]


def _missing(frame: pd.DataFrame) -> str:
    """Tell what is lost where sensors are missing, with all labels."""
    lost = _lost(frame).groupby("dataset").mean()
    if lost.empty:
        return ""
    half = means(frame, "100 % half missing").groupby("dataset").mean()
    both = means(frame, "100 % half missing in training and test", "missing")
    both = both.groupby("dataset").mean()
    lines = []
    titles = {
        "mean loss when one modality is removed at test": lost,
        "macro-F1, half of the pairs removed at test": half,
        "macro-F1, half of the pairs removed in training and test": both,
    }
    for title, values in titles.items():
        if values.empty:
            continue
        lines += [f"## All labels, {title}", "", _head(values.index)]
        for method in values:
            cells = [_cell(value) for value in values[method]]
            lines.append(f"| {method} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def _seconds(frame: pd.DataFrame) -> str:
    lines = []
    titles = {
        "fit": "Seconds of fit",
        "transform": "Seconds of transforming the training windows",
        "classifier": "Seconds of the classifier with all labels",
    }
    for what, title in titles.items():
        seconds = means(frame, f"seconds of {what}").groupby("dataset").mean()
        if seconds.empty:
            continue
        lines += [f"## {title}, mean over splits", "", _head(seconds.index)]
        for method in seconds:
            cells = ["" if np.isnan(s) else f"{s:.1f}" for s in seconds[method]]
            lines.append(f"| {method} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def plot_labels(frame: pd.DataFrame, folder: Path) -> None:
    """Draw the mean over all sets against the share of labels, of the eight best.

    A second linear model is drawn of ours alone.
    """
    plt = _pyplot()
    columns = {labels: means(frame, labels) for labels in LABELS}
    columns = {k: v.groupby("dataset").mean() for k, v in columns.items() if not v.empty}
    curves = pd.DataFrame({k: v.mean(skipna=False) for k, v in columns.items()}).dropna()
    if OURS not in curves.index:
        return
    second = [m for m in curves.index if m.endswith(RIDGE) and m != OURS + RIDGE]
    curves = curves.drop(index=second)
    order = curves.mean(axis=1).sort_values(ascending=False).index
    colors = ("#0072B2", "#56B4E9", "#009E73", "#D55E00", "#E69F00", "#CC79A7")
    colors += ("#999999", "#000000")
    figure, axes = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
    for name, color, marker in zip(order, colors, "osD^vPX*", strict=False):
        axes.plot(
            curves.columns, curves.loc[name], color=color, marker=marker, label=name
        )
    axes.set(xlabel="labelled training windows", ylabel="macro-F1, mean over the sets")
    axes.grid(axis="y", color="0.9")
    figure.legend(loc="outside right center", frameon=False)
    figure.savefig(folder / "labels.png", dpi=150)
    plt.close(figure)


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def plot_ranks(frame: pd.DataFrame, labels: str, folder: Path) -> None:
    """Draw the average ranks on a line, as critical-difference diagrams do."""
    plt = _pyplot()
    scores = means(frame, labels)
    ranked = ranks(scores.drop(columns=_variants(scores)))
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


def _head(datasets: pd.Index, *more: str) -> str:
    columns = ["method", *datasets, *more]
    return f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}"


def _cell(value: float, spread: float = float("nan"), bold: bool = False) -> str:
    if np.isnan(value):
        return ""
    text = f"{value:.3f}" if np.isnan(spread) else f"{value:.3f} ± {spread:.3f}"
    return f"**{text}**" if bold else text
