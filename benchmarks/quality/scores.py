"""The results as tables of scores, and ranks of the methods."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .heads import SELF_TRAINING

OURS = "CroSSLTransformer"
RIDGE = ", ridge"  # of a method that has a logistic regression as well
SECOND = ("ridge", SELF_TRAINING)  # linear models of one that has logistic regression
SCRATCH = "CroSSLClassifier, from scratch"
CLASSIFIER = "CroSSLClassifier"


def read(results: Path) -> pd.DataFrame:
    """Read the results, a method with several linear models as several methods."""
    frame = pd.read_csv(results, keep_default_na=False)
    heads = frame.groupby("method")["head"]
    several = heads.transform(lambda of_method: "logistic" in set(of_method))
    for head in SECOND:
        frame.loc[several & (frame["head"] == head), "method"] += f", {head}"
    return frame


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


def variants(scores: pd.DataFrame) -> list[str]:
    """List the rows to show separately: changed methods, and second linear models."""
    changed = (f"{OURS}, ", "published, ")
    second = tuple(f", {head}" for head in SECOND)
    return [m for m in scores if m.startswith(changed) or m.endswith(second)]
