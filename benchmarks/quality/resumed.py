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
    The file's columns are kept; a new file has ``columns``, or those of the first task.
    """
    for task in tasks:
        is_new = not path.exists()
        there = pd.DataFrame()
        if not is_new:
            there = pd.read_csv(path, dtype=str, keep_default_na=False)
        if _has(there, task):
            continue
        print(*task.values(), sep=", ", flush=True)
        measured = [{**task, **row} for row in measure(**task)]
        rows = pd.DataFrame(measured, dtype=object)  # whole numbers stay whole in gaps
        known = list(there.columns) or columns
        if known:
            unknown = set(rows) - set(known)
            if unknown:
                raise ValueError(f"{path} has no column {unknown}; measure to another.")
            rows = rows.reindex(columns=known)
        rows.to_csv(path, mode="a", header=is_new, index=False, lineterminator="\n")


def _has(there: pd.DataFrame, task: Row) -> bool:
    if there.empty:
        return False
    same = [there[name] == str(value) for name, value in task.items()]
    return bool(pd.concat(same, axis=1).all(axis=1).any())
