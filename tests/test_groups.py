"""Whose each window is."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_crossl._groups import group_numbers


@pytest.mark.parametrize(
    "groups",
    [
        [7, 3, 7, 9],
        np.array(["g", "a", "g", "z"]),
        np.array(["g", "a", "g", "z"], dtype=object),
        pd.Series(["g", "a", "g", "z"], dtype="category"),
        pl.Series([7.5, 3.0, 7.5, 9.0]),
    ],
)
def test_groups_are_numbered_in_order(groups):
    np.testing.assert_array_equal(group_numbers(groups, 4), [1, 0, 1, 2])


@pytest.mark.parametrize(
    "groups",
    [
        [1.0, np.nan, 1.0],
        ["a", None, "b"],
        ["a", np.nan, "b"],
        np.ma.array([1, 2, 3], mask=[0, 1, 0]),
        pd.Series(pd.to_datetime(["2026-01-01", None, "2026-01-02"])),
        pd.Series([1, None, 2], dtype="Int64"),
        pl.Series(["a", None, "b"]),
    ],
)
def test_a_missing_group(groups):
    with pytest.raises(ValueError, match=r"no value for 1 window\(s\), the first at 1"):
        group_numbers(groups, 3)


def test_other_errors():
    with pytest.raises(ValueError, match=r"shape \(2, 1\); expected \(2,\)"):
        group_numbers([[1], [2]], 2)
    with pytest.raises(ValueError, match="groups mixes int and str"):
        group_numbers(np.array([1, "a"], dtype=object), 2)
