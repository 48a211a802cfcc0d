import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_crossl import _windows
from sklearn_crossl._sources import InMemory, Unequal
from sklearn_crossl._standardization import (
    channel_moments,
    check_each_channel_observed,
    standardize,
)
from sklearn_crossl._windows import Windows


def windows_of(X):
    return Windows.of({"a": InMemory(X[:, :2]), "b": InMemory(X[:, 2:])}, 0.5)


def test_moments_are_those_of_what_is_observed(monkeypatch):
    monkeypatch.setattr(_windows, "_BLOCK_BYTES", 10_000)
    rng = np.random.default_rng(0)
    X = rng.normal(3, 2, size=(3000, 3, 5))
    X[::3, :2] = np.nan
    X[1::3, 0, 2:4] = np.nan  # gaps
    moments = channel_moments(windows_of(X))
    np.testing.assert_allclose(moments["a"].mean, np.nanmean(X[:, :2], axis=(0, 2)))
    np.testing.assert_allclose(moments["a"].scale, np.nanstd(X[:, :2], axis=(0, 2)))
    np.testing.assert_allclose(moments["b"].scale, X[:, 2:].std(axis=(0, 2)))


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 19), st.floats(-1e6, 1e6))
def test_merging_parts_equals_the_whole(cut, offset):
    X = offset + np.random.default_rng(0).normal(size=(20, 3, 5))
    whole = channel_moments(windows_of(X))
    parts = channel_moments(windows_of(X[cut:]), channel_moments(windows_of(X[:cut])))
    for name in whole:
        np.testing.assert_allclose(parts[name].mean, whole[name].mean)
        np.testing.assert_allclose(parts[name].scale, whole[name].scale, rtol=1e-6)


def test_standardised_channels_have_mean_zero_and_unit_variance():
    X = np.random.default_rng(0).normal([[[5.0]], [[-2]], [[1e6]]], 3, size=(3, 50, 40))
    windows = windows_of(X.transpose(1, 0, 2))
    moments = channel_moments(windows)
    for name, source in windows.data.items():
        m = moments[name]
        values = standardize(source, np.arange(50), m.mean, m.scale).values
        assert values.dtype == np.float32
        np.testing.assert_allclose(values.mean(axis=(0, 2)), 0, atol=1e-5)
        np.testing.assert_allclose(values.std(axis=(0, 2)), 1, rtol=1e-5)


@pytest.mark.parametrize("value", [0.0, 0.1, -7e8])
def test_a_constant_channel_is_not_divided_by_zero(value):
    X = np.random.default_rng(0).normal(size=(20, 3, 5))
    X[:, 1] = value
    moments = channel_moments(windows_of(X))
    assert moments["a"].scale[1] == 1
    assert moments["a"].scale[0] != 1


@pytest.mark.parametrize(
    ("offset", "spread"),
    [(52.5, 5e-5), (1000, 1e-3), (101325, 0.1), (1e6, 1), (1.7e9, 10)],
)
def test_a_large_offset_is_not_taken_for_a_constant(offset, spread):
    X = np.random.default_rng(0).normal(size=(20, 3, 50))
    X[:, 1] = offset + spread * X[:, 1]
    scale = channel_moments(windows_of(X))["a"].scale[1]
    np.testing.assert_allclose(scale, X[:, 1].std(), rtol=1e-6)


def test_constant_up_to_rounding_is_by_the_precision_of_the_values():
    X = np.full((20, 3, 5), 0.1)
    X[::2] *= 1 + 2e-7  # a digit that float32 hardly has
    assert channel_moments(windows_of(X))["a"].scale[0] != 1
    assert channel_moments(windows_of(X.astype(np.float32)))["a"].scale[0] == 1
    start = channel_moments(windows_of(X.astype(np.float32)))
    assert channel_moments(windows_of(X), start)["a"].scale[0] == 1


def test_a_constant_of_many_windows_is_constant():
    X = np.full((200_000, 3, 1), 0.1)
    X[5, 0] = np.nan
    moments = channel_moments(windows_of(X))
    assert [*moments["a"].scale, *moments["b"].scale] == [1, 1, 1]


def test_values_that_overflow_are_refused():
    X = np.random.default_rng(0).normal(size=(4, 3, 5)) * 1e200
    with pytest.raises(ValueError, match="'a' has values too large to standardise"):
        channel_moments(windows_of(X))


def test_a_window_that_misses_too_much_enters_no_moment():
    X = np.random.default_rng(0).normal(size=(20, 3, 5))
    X[3, :2] = 1e6
    X[3, :2, 1:] = np.nan
    assert channel_moments(windows_of(X))["a"].mean.max() < 1


def test_unequal_lengths_are_standardised_without_their_padding():
    rng = np.random.default_rng(0)
    windows = [rng.normal(4, 3, size=(2, n)) for n in rng.integers(0, 30, 40)]
    source = Unequal(windows, 2)
    moments = channel_moments(Windows.of({"a": source}))["a"]
    together = np.concatenate(windows, axis=1)
    np.testing.assert_allclose(moments.mean, together.mean(1))
    np.testing.assert_allclose(moments.scale, together.std(1))
    standardized = standardize(source, np.array([5, 2]), moments.mean, moments.scale)
    assert len(standardized) == 2
    np.testing.assert_allclose(
        standardized.windows[0],
        (windows[5] - moments.mean[:, None]) / moments.scale[:, None],
        rtol=1e-5,
        atol=1e-6,
    )


def test_images_are_standardised_by_channel():
    X = np.random.default_rng(0).normal([[[5.0]], [[-2]]], 3, size=(50, 2, 6, 4))
    source = InMemory(X)
    m = channel_moments(Windows.of({"a": source}))["a"]
    values = standardize(source, np.arange(50), m.mean, m.scale).values
    np.testing.assert_allclose(values.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(values.std(axis=(0, 2, 3)), 1, rtol=1e-5)


def test_a_channel_that_no_window_has_is_refused():
    X = np.random.default_rng(0).normal(size=(20, 3, 5))
    X[:, 1] = np.nan
    moments = channel_moments(windows_of(X))
    with pytest.raises(ValueError, match=r"'a' has no value in its channel.* \[1\]"):
        check_each_channel_observed(moments)


def test_values_far_beyond_the_rest_are_limited():
    x = np.array([[[0.0, 1e30, -1e30, np.nan, 3.0]]])
    found = standardize(InMemory(x), np.arange(1), np.ones(1), np.full(1, 0.5))
    np.testing.assert_array_equal(
        found.take(np.arange(1))[0, 0], [-2, 1e4, -1e4, np.nan, 4]
    )


@pytest.mark.parametrize(("offset", "spread"), [(1.7e9, 1000), (1e12, 1e5), (1e6, 1)])
def test_a_large_offset_in_single_precision(offset, spread):
    """Rounding may make it constant, but never hundreds of times as wide as others."""
    values = offset + spread * np.random.default_rng(0).normal(size=(200, 3, 5))
    windows = windows_of(values.astype(np.float32))
    moments = channel_moments(windows)["a"]
    x = standardize(windows.data["a"], np.arange(200), moments.mean, moments.scale).values
    assert 0.01 < x.std() < 1.1


def test_a_large_offset_is_subtracted_in_double_precision():
    x = (2**20 + np.arange(200).reshape(20, 2, 5) / 16).astype(np.float32)  # exact
    mean = np.full(2, 2**20 + 1 / 64)  # between two float32
    values = standardize(InMemory(x), np.arange(20), mean, np.ones(2)).values
    np.testing.assert_allclose(values, x.astype(float) - mean[0], atol=1e-6)
