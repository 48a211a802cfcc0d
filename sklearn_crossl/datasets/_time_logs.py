"""The table in which Stress-Predict says when each task began and ended."""

from __future__ import annotations

from datetime import time
from typing import Any

from ._files import Member, damaged_as_oserror

# How the table's headings begin, and what they stand for.
HEADINGS = {
    "baseline": "baseline",
    "question": "baseline",
    "stroop": "stroop",
    "interview": "interview",
    "hypervent": "hyperventilation",
    "relax": "relax",
}


def read_time_logs(member: Member) -> dict[int, list[tuple[str, float, float]]]:
    """Read the times of each subject's tasks.

    Parameters
    ----------
    member : Member
        The file ``Time_logs.xlsx``: headings in the first row, each above two columns,
        start and end; a row for each subject from the third row on.

    Returns
    -------
    dict of int to list of (condition, start, end)
        By subject; start and end are seconds after midnight or noon.

    Raises
    ------
    ImportError
        If openpyxl is not installed.
    OSError
        If the table has no such headings.
    """
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise ImportError(
            "Reading Time_logs.xlsx needs openpyxl: "
            "pip install 'sklearn-crossl[datasets]'."
        ) from error
    with member.open() as file, damaged_as_oserror(member.name):
        workbook = load_workbook(file, read_only=True, data_only=True)
        headings, _, *rows = workbook.worksheets[0].iter_rows(values_only=True)
        workbook.close()
    columns = {
        index: condition
        for index, heading in enumerate(headings)
        for beginning, condition in HEADINGS.items()
        if str(heading).lower().startswith(beginning)
    }
    if set(columns.values()) != set(HEADINGS.values()):
        raise OSError(
            f"{member.name} is not as published: among its headings {headings} some of "
            f"{sorted(set(HEADINGS.values()))} are missing."
        )
    return {
        int(row[0][1:]): [
            (condition, _seconds(row[index]), _seconds(row[index + 1]))
            for index, condition in columns.items()
            if isinstance(row[index], time) and isinstance(row[index + 1], time)
        ]
        for row in rows
        if row[0]
    }


def _seconds(clock: Any) -> float:
    return 3600.0 * clock.hour + 60.0 * clock.minute + clock.second
