import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_crossl._standardization import channel_moments, standardize
from sklearn_crossl.modalities import to_windows


def windows_of(X):
    return to_windows(X, {"a": (0, 1), "b": (2,)})


def test_moments_are_those_of_the_observed_windows():
    rng = np.random.default_rng(0)
    X = rng.normal(3, 2, size=(3000, 3, 5))  # more than a block
    X[::3, :2] = np.nan
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
    data = standardize(
        windows,
        {name: m.mean for name, m in moments.items()},
        {name: m.scale for name, m in moments.items()},
    )
    for values in data.values():
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


def test_values_that_overflow_are_refused():
    X = np.random.default_rng(0).normal(size=(4, 3, 5)) * 1e200
    with pytest.raises(ValueError, match="'a' has values too large to standardise"):
        channel_moments(windows_of(X))
