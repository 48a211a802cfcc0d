"""Results that are appended to a file; what it contains is not measured again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

Row = dict[str, Any]


def measure_and_report(
    folder: Path,
    name: str,
    tasks: Sequence[Row],
    measure: Callable[..., Iterable[Row]],
    report: Callable[[pd.DataFrame], str],
) -> None:
    """Measure what ``NAME.csv`` in a folder lacks, and write ``NAME.md`` from it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.csv"
    measure_missing(path, tasks, measure)
    (folder / f"{name}.md").write_text(report(pd.read_csv(path)))


def measure_missing(
    path: Path,
    tasks: Sequence[Row],
    measure: Callable[..., Iterable[Row]],
    columns: Sequence[str] | None = None,
) -> None:
    """Measure the tasks that a CSV file lacks; each appends its rows once it is done.

    A task's items are the arguments of ``measure`` and the first columns of its rows.
    The file's columns are kept; a new file has ``columns``, or those of the first task.
    """
    is_new, done = not path.exists(), set()
    if tasks and not is_new:
        there = pd.read_csv(path, dtype=str, keep_default_na=False)
        done = set(there[list(tasks[0])].itertuples(index=False, name=None))
        columns = list(there)
    for task in tasks:
        key = tuple(map(str, task.values()))
        if key in done:
            continue
        print(*key, sep=", ", flush=True)
        measured = [{**task, **row} for row in measure(**task)]
        rows = pd.DataFrame(measured, dtype=object)  # whole numbers stay whole in gaps
        columns = columns or list(rows)
        unknown = set(rows) - set(columns)
        if unknown:
            raise ValueError(f"{path} has no column {unknown}; measure to another.")
        rows = rows.reindex(columns=columns)
        rows.to_csv(path, mode="a", header=is_new, index=False, lineterminator="\n")
        is_new = False
        done.add(key)
