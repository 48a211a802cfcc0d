"""Tables and figures from the results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from .figures import plot_labels, plot_ranks
from .protocols import LABELS, SEEDS
from .recordings import UNSEEN
from .scores import CLASSIFIER, OURS, RIDGE, SCRATCH, means, ranks, read, variants


def write_report(results: Path, folder: Path) -> None:
    """Write ``report.md``, ``fine_tuning.md``, ``unseen.md`` and figures."""
    if not results.exists():
        return
    everything = read(results)
    new = everything["dataset"].isin(UNSEEN)
    (folder / "unseen.md").write_text(unseen(everything[new]))
    everything = everything[~new]
    (folder / "fine_tuning.md").write_text(fine_tuning(everything))
    frame = everything[~everything["method"].str.startswith(CLASSIFIER)]
    parts = [_labels(frame, labels) for labels in LABELS]
    parts += [_penalty(frame), _missing(frame), _seconds(frame)]
    (folder / "report.md").write_text("\n\n".join(part for part in parts if part) + "\n")
    for labels in ("3 per class", "1 %"):
        plot_ranks(frame, labels, folder)
    plot_labels(frame, folder)


def fine_tuning(frame: pd.DataFrame) -> str:
    """Compare the fine-tuned classifier with methods that ran on all of its splits."""
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
        table(title, scores.groupby("dataset").mean(), names)
        for title, scores in tables.items()
        if not scores.empty
    ]
    return "\n\n".join([*texts, *_seeds(everything), *_pretraining(everything)])


def _seeds(frame: pd.DataFrame) -> list[str]:
    """Average over seeds, on the splits that all methods with several seeds have."""
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
    parts = [rows.pivot_table(**columns) for rows in (ran, named)]
    scores = pd.concat(parts, axis=1)
    title = f"Macro-F1, all labels, mean over {1 + len(SEEDS)} seeds and each of them"
    return [table(title, scores, list(scores))]


def _pretraining(frame: pd.DataFrame) -> list[str]:
    """Compare the classifier with itself from scratch, on the splits that both ran on."""
    texts, names = [], [CLASSIFIER, SCRATCH]
    for labels in LABELS:
        scores = means(frame, labels).reindex(columns=names).dropna()
        if len(scores):
            title = f"Macro-F1 with and without pretraining, labels: {labels}"
            texts.append(table(title, scores.groupby("dataset").mean(), names))
    return texts


def _lost(frame: pd.DataFrame) -> pd.DataFrame:
    """Compute what is lost on average as each modality is removed at test."""
    return means(frame, "100 %") - _one_missing(frame)


def _one_missing(frame: pd.DataFrame) -> pd.DataFrame:
    """Average over the modalities removed at test, one at a time, with all labels."""
    alone = frame[frame["measure"].str.startswith("100 % without")]
    return alone[alone["protocol"] == "labels"].pivot_table(
        values="value", index=["dataset", "split"], columns="method"
    )


def table(title: str, scores: pd.DataFrame, names: list[str]) -> str:
    """Write a row for each method, with its mean where it ran on all sets."""
    lines = [f"## {title}", "", _head(scores.index, "mean")]
    for name in [name for name in names if name in scores]:
        cells = [_cell(value) for value in scores[name]]
        mean = _cell(scores[name].mean(skipna=False))
        lines.append(f"| {name} | {' | '.join(cells)} | {mean} |")
    return "\n".join(lines)


def unseen(frame: pd.DataFrame) -> str:
    """Compare methods on sets that no default was chosen on, with a table for each."""
    columns = {labels: means(frame, labels) for labels in LABELS}
    columns["one missing"] = _one_missing(frame)
    columns["half missing"] = means(frame, "100 % half missing")
    texts = []
    for name in frame["dataset"].unique():
        of_set = {title: scores.loc[name] for title, scores in columns.items()}
        mean = pd.DataFrame({title: scores.mean() for title, scores in of_set.items()})
        spread = pd.DataFrame({title: scores.std() for title, scores in of_set.items()})
        order = mean[list(LABELS)].mean(axis=1).sort_values(ascending=False).index
        lines = [f"## {name}", "", _head(mean.columns)]
        for method in order:
            pairs = zip(mean.loc[method], spread.loc[method], strict=True)
            cells = [_cell(value, width) for value, width in pairs]
            lines.append(f"| {method} | {' | '.join(cells)} |")
        texts.append("\n".join(lines))
    return "\n\n".join(texts)


def _labels(frame: pd.DataFrame, labels: str) -> str:
    scores = means(frame, labels)
    if scores.empty or OURS not in scores:
        return ""
    mean = scores.groupby("dataset").mean()
    spread = scores.groupby("dataset").std()
    apart = variants(scores)
    ranked = ranks(scores.drop(columns=apart)).mean()
    order = ranked.sort_values().index
    if OURS + RIDGE in scores:
        others = [name for name in apart if name != OURS + RIDGE]
        instead = ranks(scores.drop(columns=[OURS, *others])).mean()
        ranked[OURS + RIDGE] = instead[OURS + RIDGE]
    lines = [f"## Macro-F1, labels: {labels}", "", _head(mean.index, "mean", "rank")]
    for method in [*order, *apart]:
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


def _penalty(frame: pd.DataFrame) -> str:
    """Show scores with all labels and a penalty chosen on training subjects."""
    scores = means(frame, "100 %", "penalty").groupby("dataset").mean()
    if scores.empty:
        return ""
    title = "Macro-F1, all labels, penalty chosen on training subjects"
    return table(title, scores, list(scores))


def _missing(frame: pd.DataFrame) -> str:
    """Show how much is lost if sensors are missing, with all labels."""
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


def _head(datasets: pd.Index, *more: str) -> str:
    columns = ["method", *datasets, *more]
    return f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}"


def _cell(value: float, spread: float = float("nan"), bold: bool = False) -> str:
    if np.isnan(value):
        return ""
    text = f"{value:.3f}" if np.isnan(spread) else f"{value:.3f} ± {spread:.3f}"
    return f"**{text}**" if bold else text
