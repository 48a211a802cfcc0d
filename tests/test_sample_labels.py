"""Labels of the moments of recordings."""

import numpy as np
import pandas as pd
import pytest

from sklearn_crossl._sample_labels import join_labels, majority, read_labels

NAN = float("nan")


@pytest.mark.parametrize(
    ("labels", "values", "codes"),
    [
        (["b", "a", "b"], ["a", "b"], [1, 0, 1]),
        (["b", NAN, "a"], ["a", "b", None], [1, 2, 0]),
        (["b", None, NAN], ["b", None], [0, 1, 1]),
        (np.array([NAN, None], dtype=object), [None], [0, 0]),
        ([2, 1, 2], [1, 2], [1, 0, 1]),
        ([2, None, 1], [1, 2, None], [1, 2, 0]),
        (pd.Series(["b", pd.NA, "a"], dtype="string"), ["a", "b", None], [1, 2, 0]),
        (pd.Series(["b", None, "a"], dtype="category"), ["a", "b", None], [1, 2, 0]),
        (np.ma.array(["b", "x", "a"], mask=[0, 1, 0]), ["a", "b", None], [1, 2, 0]),
        ([], [], []),
    ],
)
def test_labels_are_numbered_and_what_is_missing_comes_last(labels, values, codes):
    (got,) = read_labels(labels, 1, single=True)
    assert got.values.tolist() == values
    assert got.codes.tolist() == codes


@pytest.mark.parametrize(
    "labels",
    [np.array([2.0, NAN, 1.0, NAN]), np.ma.array([2, -9, 1, -9], mask=[0, 1, 0, 1])],
)
def test_nan_among_numbers_is_one_of_them(labels):
    (got,) = read_labels(labels, 1, single=True)
    np.testing.assert_array_equal(got.values, [1, 2, NAN])
    assert got.codes.tolist() == [1, 2, 0, 2]


def test_labels_of_a_single_recording_may_come_in_a_list():
    (alone,) = read_labels(np.array([1, 0]), 1, single=True)
    (listed,) = read_labels([np.array([1, 0])], 1, single=True)
    assert listed.codes.tolist() == alone.codes.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("labels", "n_recordings", "match"),
    [
        (np.zeros((9, 1)), 1, r"labels of recording 0 have shape \(9, 1\); expected"),
        (pd.DataFrame({"label": [1, 2]}), 1, r"recording 0 have shape \(2, 1\)"),
        ([np.zeros(9), 1], 2, r"labels of recording 1 have shape \(\); expected"),
        ([np.zeros(9), np.zeros(9)], 1, "labels has 2 entries for 1 recording"),
        (np.array(["a", 1, None], dtype=object), 1, r"mix the types \['int', 'str'\]"),
        (np.linspace(0, 1, 2000), 1, "recording 0 have 2000 different values; expected"),
        ([*range(2000), None], 1, "have 2000 different values.*as one more modality"),
    ],
)
def test_bad_labels(labels, n_recordings, match):
    with pytest.raises(ValueError, match=match):
        read_labels(labels, n_recordings, single=n_recordings == 1)


def test_the_first_of_the_commonest_labels_wins():
    codes = np.array([[0, 0, 1], [2, 1, 1], [2, 0, 2]])
    best, share = majority(codes, 3)
    assert best.tolist() == [0, 1, 2]
    np.testing.assert_allclose(share, 2 / 3)
    assert majority(np.array([[1, 0]]), 2)[0].tolist() == [0]
    assert [len(x) for x in majority(codes[:0], 0)] == [0, 0]


def test_nan_stays_nan_beside_strings():
    joined = join_labels([np.array(["a"]), np.array([NAN]), np.array([], dtype=float)])
    assert joined[0] == "a"
    assert np.isnan(joined[1])
    assert join_labels([np.array(["a"]), np.array([])]).dtype.kind == "U"
    assert join_labels([np.array([1]), np.array([NAN])]).dtype == np.float64
    assert join_labels([np.array([1]), np.array([], dtype=object)]).dtype.kind == "i"
    assert join_labels([np.array([], dtype=int)]).shape == (0,)
    with pytest.raises(ValueError, match="strings in some recordings and not in others"):
        join_labels([np.array(["a"]), np.array([1])])
