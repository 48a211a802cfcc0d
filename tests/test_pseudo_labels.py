"""Which windows get a label: classes drawn towards shares, the most confident chosen."""

from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_crossl._pseudo_labels import most_confident, rescale_to_priors

CLASSES = 3

PROBABILITIES = arrays(
    float,
    st.tuples(st.integers(1, 12), st.just(CLASSES)),
    elements=st.floats(0.05, 1),
).map(lambda x: x / x.sum(axis=1, keepdims=True))


@given(p=PROBABILITIES, max_weight=st.floats(1, 1e6))
def test_drawn_probabilities_remain_such(p, max_weight):
    shares = np.array([0.5, 0.3, 0.2])
    drawn = rescale_to_priors(p, shares, max_weight)
    np.testing.assert_allclose(drawn.sum(axis=1), 1)
    np.testing.assert_allclose(rescale_to_priors(p, shares, 1.0), p)
    odds = (drawn[:, 0] / drawn[:, 1]) / (p[:, 0] / p[:, 1])
    np.testing.assert_allclose(odds, odds[0])  # a class weighs the same in all windows
    limit = max_weight**2 * (1 + 1e-9)
    assert 1 / limit <= odds[0] <= limit


def test_drawn_far_enough_the_shares_are_right():
    p = np.random.default_rng(0).dirichlet([1, 2, 4], size=50)
    shares = np.array([0.5, 0.3, 0.2])
    mean = rescale_to_priors(p, shares, 1e6).mean(axis=0)
    np.testing.assert_allclose(mean, shares, atol=1e-3)
    nearer = rescale_to_priors(p, shares, 2.0).mean(axis=0)
    assert np.all(np.abs(nearer - shares) < np.abs(p.mean(axis=0) - shares))


def test_what_is_certain_stays_so():
    p = np.array([[1.0, 0.0], [1.0, 0.0], [0.6, 0.4]])
    drawn = rescale_to_priors(p, np.array([0.1, 0.9]), 100.0)
    np.testing.assert_array_equal(drawn[:2], p[:2])
    assert drawn[2, 1] > 0.4


@given(p=PROBABILITIES, share=st.floats(0.01, 1))
def test_so_many_of_each_class_and_the_surest(p, share):
    rows = most_confident(p, share)
    assert len(set(rows)) == len(rows)
    best, sure = p.argmax(axis=1), p.max(axis=1)
    for index in range(CLASSES):
        chosen = rows[best[rows] == index]
        others = np.setdiff1d(np.flatnonzero(best == index), chosen)
        n = len(chosen) + len(others)
        assert len(chosen) == min(n, max(1, np.ceil(share * n - 1e-9)))
        if len(chosen) and len(others):
            assert sure[chosen].min() >= sure[others].max()


@pytest.mark.parametrize(("share", "n"), [("0.07", 100), ("0.14", 50), ("0.28", 25)])
def test_a_share_is_not_one_too_many_by_rounding(share, n):
    rows = most_confident(np.tile([0.9, 0.1], (n, 1)), float(share))
    assert len(rows) == ceil(Fraction(share) * n)


def test_of_the_smallest_share_one_window_is_chosen():
    p = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    assert most_confident(p, 1e-12).tolist() == [0, 1]
