"""Results in a file that grows: what stands there is not measured again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

Row = dict[str, Any]


def measure_missing(
    path: Path,
    tasks: Iterable[Row],
    measure: Callable[..., Iterable[Row]],
    columns: Sequence[str] | None = None,
) -> None:
    """Measure the tasks that a CSV file lacks; each appends its rows once it is done.

    A task's items are the arguments of ``measure`` and the first columns of its rows.
    All columns are those of the first task unless they are given.
    """
    for task in tasks:
        there = pd.read_csv(path, dtype=str) if path.exists() else pd.DataFrame()
        if _has(there, task):
            continue
        print(*task.values(), sep=", ", flush=True)
        measured = [{**task, **row} for row in measure(**task)]
        rows = pd.DataFrame(measured, dtype=object)  # whole numbers stay whole in gaps
        known = list(there.columns) or columns
        if known:
            rows = rows.reindex(columns=known)
        rows.to_csv(path, mode="a", header=there.empty, index=False, lineterminator="\n")


def _has(there: pd.DataFrame, task: Row) -> bool:
    if there.empty:
        return False
    same = [there[name] == str(value) for name, value in task.items()]
    return bool(pd.concat(same, axis=1).all(axis=1).any())
