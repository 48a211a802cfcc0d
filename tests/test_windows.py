"""What is observed of windows, and what is refused."""

import numpy as np
import pytest

from sklearn_crossl import _windows
from sklearn_crossl._sources import InMemory, Unequal
from sklearn_crossl._windows import Windows

CHANNELS = {"acc": (0, 1), "heart": (3,), "mixed": (4, 2)}


def data():
    return np.random.default_rng(0).normal(size=(6, 5, 7))


def windows_of(X, max_missing=1.0):
    whole = InMemory(X)
    sources = {name: whole.channels(indices) for name, indices in CHANNELS.items()}
    return Windows.of(sources, max_missing, CHANNELS)


def test_windows_hold_the_channels_in_order():
    X = data()
    windows = windows_of(X)
    assert len(windows) == 6
    assert windows.shapes == {"acc": (2, 7), "heart": (1, 7), "mixed": (2, 7)}
    np.testing.assert_array_equal(windows.data["mixed"].take(slice(None)), X[:, [4, 2]])
    assert windows.observed.all()
    assert not windows.incomplete.any()
    assert np.shares_memory(windows.data["acc"].values, X)


@pytest.mark.parametrize("block_bytes", [1, 300, 2**20])
def test_what_is_missing_and_what_is_there_in_part(monkeypatch, block_bytes):
    monkeypatch.setattr(_windows, "_BLOCK_BYTES", block_bytes)
    X = data()
    X[1, :2] = np.nan  # whole
    X[4, 3] = np.nan
    X[2, 1, 3:5] = np.nan  # 2 of 14 values
    X[5, 0, 1:] = np.nan  # 6 of 14
    X[3, [4, 2], 3:] = np.nan  # 8 of 14
    expected = np.ones((6, 3), dtype=bool)
    expected[1, 0] = expected[4, 1] = False
    windows = windows_of(X)
    np.testing.assert_array_equal(windows.observed, expected)
    assert np.argwhere(windows.incomplete).tolist() == [[2, 0], [3, 2], [5, 0]]
    windows = windows_of(X, max_missing=0.5)
    expected[3, 2] = False
    np.testing.assert_array_equal(windows.observed, expected)
    assert np.argwhere(windows.incomplete).tolist() == [[2, 0], [5, 0]]
    assert not windows_of(X, max_missing=0.0).incomplete.any()


def test_the_share_that_may_be_missing_is_included():
    X = data()[:, :, :6]
    X[0, :2, :3] = np.nan
    assert windows_of(X, max_missing=0.5).observed.all()


@pytest.mark.parametrize("n_missing", range(1, 10))
def test_the_share_that_may_be_missing_is_included_whatever_its_rounding(n_missing):
    X = np.zeros((2, 5, 5))
    X[0, :2].flat[:n_missing] = np.nan
    windows = windows_of(X, max_missing=n_missing / 10)
    assert windows.observed.all()
    assert windows_of(X, max_missing=(n_missing - 0.1) / 10).observed[0, 0] == 0


def test_a_window_without_a_whole_modality_keeps_its_parts():
    X = data()
    X[0] = np.nan
    X[1] = np.nan
    X[0, 0, 2] = X[0, 4, :3] = 0.0
    windows = windows_of(X, max_missing=0.5)
    assert windows.observed[:2].tolist() == [[True, False, True], [False] * 3]


def test_padding_is_not_missing():
    rng = np.random.default_rng(0)
    lengths = [4, 20, 5, 0]
    source = Unequal([rng.normal(size=(2, n)) for n in lengths], 2)
    windows = Windows.of({"a": source}, max_missing=0.0)
    assert windows.observed[:, 0].tolist() == [True, True, True, False]
    # 4 is read as 4, 20 as 24, 5 as 6.
    assert windows.incomplete[:, 0].tolist() == [False, True, True, False]


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity_is_refused_with_its_place(value):
    X = data()
    X[2, 4, 3] = value
    with pytest.raises(ValueError, match=r"'mixed' contains infinity: 1 .* 2, channel 4"):
        windows_of(X)


def test_unused_channels_are_not_looked_at():
    X = data()
    X[0, 2, 0] = np.inf
    whole = InMemory(X)
    assert Windows.of({"acc": whole.channels((0, 1))}).observed.all()


def test_large_finite_values_are_no_infinity():
    X = np.full((3, 1, 4), np.finfo(np.float32).max, dtype=np.float32)
    assert Windows.of({"a": InMemory(X)}).observed.all()
