"""The group, such as the subject, of each window."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._missing_values import is_missing, label_array


def group_numbers(groups: Any, n_windows: int) -> np.ndarray:
    """Assign numbers from 0 to the groups, such as subjects; int (n_windows,).

    Raises ValueError unless each window has a group.
    """
    values = label_array(groups)
    if values.shape != (n_windows,):
        raise ValueError(
            f"groups has shape {values.shape}; expected ({n_windows},), one entry for "
            "each window, such as its subject."
        )
    absent = [is_missing(group) for group in values.tolist()]
    if any(absent):
        raise ValueError(
            f"groups has no value for {sum(absent)} window(s), the first at "
            f"{absent.index(True)}; leave these windows out, or give them a group."
        )
    try:
        return np.unique(values, return_inverse=True)[1]
    except TypeError as error:
        kinds = sorted({type(g).__name__ for g in values.tolist()})
        raise ValueError(
            f"groups mixes {' and '.join(kinds)}; give them as one type."
        ) from error
