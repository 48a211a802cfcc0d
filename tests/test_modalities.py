import numpy as np
import pytest

from sklearn_crossl.modalities import resolve_modalities, to_windows


@pytest.mark.parametrize(
    ("modalities", "expected"),
    [
        (None, {"channel0": (0,), "channel1": (1,), "channel2": (2,), "channel3": (3,)}),
        ([3, 1], {"modality0": (0, 1, 2), "modality1": (3,)}),
        (np.array([1, 3]), {"modality0": (0,), "modality1": (1, 2, 3)}),
        ({"a": slice(0, 2), "b": slice(2, None)}, {"a": (0, 1), "b": (2, 3)}),
        ({"a": slice(None, None, 2)}, {"a": (0, 2)}),
        ({"b": [3, 1], "a": 0}, {"b": (3, 1), "a": (0,)}),
        ({"a": np.arange(4)}, {"a": (0, 1, 2, 3)}),
    ],
)
def test_resolves_every_form(modalities, expected):
    resolved = resolve_modalities(modalities, 4)
    assert resolved == expected
    assert list(resolved) == list(expected)


@pytest.mark.parametrize(
    ("modalities", "error", "match"),
    [
        ({"a": slice(0, 2), "b": slice(1, 4)}, ValueError, "Channel 1 belongs to .*'a'"),
        ({"a": [0, 0]}, ValueError, "must not overlap"),
        ({"a": [0, 4]}, ValueError, r"'a' names channel\(s\) \[4\], but X has 4"),
        ({"a": slice(2, 9)}, ValueError, r"'a' names channel\(s\) \[4, 5, 6, 7, 8\]"),
        ({"a": -1}, ValueError, r"'a' names channel\(s\) \[-1\]"),
        ({"a": []}, ValueError, "'a' has no channel"),
        ({"a": slice(2, 2)}, ValueError, "'a' has no channel"),
        ({"a": "012"}, TypeError, "'a' was given '012'"),
        ({"a": [0.5]}, TypeError, "'a' was given the channels"),
        ({"a": True}, TypeError, "'a' was given True"),
        ({0: [0]}, TypeError, "names are non-empty strings; got 0"),
        ({"": [0]}, TypeError, "names are non-empty strings"),
        ({}, ValueError, "names no modality"),
        ([], ValueError, "these sum to 0"),
        ([3, 2], ValueError, "these sum to 5; X has 4"),
        ([4, 0], ValueError, "every modality needs at least one"),
        ([2.0, 2.0], TypeError, "expected None, a mapping"),
        ("ab", TypeError, "expected None, a mapping"),
    ],
)
def test_bad_modalities_are_refused(modalities, error, match):
    with pytest.raises(error, match=match):
        resolve_modalities(modalities, 4)


CHANNELS = {"acc": (0, 1), "heart": (3,), "mixed": (4, 2)}


def data():
    return np.random.default_rng(0).normal(size=(6, 5, 7))


def test_windows_hold_the_channels_in_order():
    X = data()
    windows = to_windows(X, CHANNELS)
    assert len(windows) == 6
    assert windows.shapes == {"acc": (2, 7), "heart": (1, 7), "mixed": (2, 7)}
    np.testing.assert_array_equal(windows.data["mixed"], X[:, [4, 2]])
    assert windows.observed.all()
    assert np.shares_memory(windows.data["acc"], X)


def test_an_all_nan_modality_is_missing():
    X = data()
    X[1, :2] = np.nan
    X[4, 3] = np.nan
    observed = to_windows(X, CHANNELS).observed
    expected = np.ones((6, 3), dtype=bool)
    expected[1, 0] = expected[4, 1] = False
    np.testing.assert_array_equal(observed, expected)


def test_a_gap_is_refused_with_its_place():
    X = data()
    X[2, 1, 3:5] = np.nan
    X[4, 1] = np.nan  # one of two channels
    with pytest.raises(
        ValueError, match=r"'acc' contains NaN in part of a window: 9 value"
    ):
        to_windows(X, CHANNELS)
    with pytest.raises(
        ValueError, match=r"2 window\(s\), the first in window 2, channel 1"
    ):
        to_windows(X, CHANNELS)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity_is_refused_with_its_place(value):
    X = data()
    X[2, 4, 3] = value
    with pytest.raises(ValueError, match=r"'mixed' contains infinity: 1 .* 2, channel 4"):
        to_windows(X, CHANNELS)


def test_unused_channels_are_not_looked_at():
    X = data()
    X[0, 2, 0] = np.inf
    assert to_windows(X, {"acc": (0, 1)}).observed.all()


def test_large_finite_values_are_no_infinity():
    X = np.full((3, 1, 4), np.finfo(np.float32).max, dtype=np.float32)
    assert to_windows(X, {"a": (0,)}).observed.all()


def test_2d_is_one_channel():
    windows = to_windows(np.zeros((4, 9)), {"a": (0,)})
    assert windows.shapes == {"a": (1, 9)}
