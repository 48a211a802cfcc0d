import numpy as np
import pytest

from sklearn_crossl.inspection import effective_rank


def literal(Z, eps=1e-300):
    """RankMe, equation 1, written out."""
    sigma = np.linalg.svd(Z, compute_uv=False)
    entropy = 0.0
    for s in sigma:
        p = s / sigma.sum() + eps
        entropy -= p * np.log(p)
    return np.exp(entropy)


def test_agrees_with_the_literal_form():
    Z = np.random.default_rng(0).normal(size=(50, 8)) * np.logspace(-5, 5, 8)
    assert effective_rank(Z) == pytest.approx(literal(Z))
    assert effective_rank(Z.T) == pytest.approx(literal(Z))


def test_bounds():
    rng = np.random.default_rng(0)
    assert effective_rank(
        np.outer(rng.normal(size=9), rng.normal(size=5))
    ) == pytest.approx(1)
    orthogonal, _ = np.linalg.qr(rng.normal(size=(9, 5)))
    assert effective_rank(orthogonal) == pytest.approx(5)
    assert effective_rank(np.zeros((4, 3))) == 0


def test_scale_and_order_do_not_matter():
    Z = np.random.default_rng(0).normal(size=(20, 6))
    assert effective_rank(-7 * Z[::-1]) == pytest.approx(effective_rank(Z))


@pytest.mark.parametrize("scale", [1e-170, 1e160])
def test_scales_beyond_the_squares_of_numbers(scale):
    Z = np.random.default_rng(0).normal(size=(50, 6))
    assert effective_rank(scale * Z) == pytest.approx(effective_rank(Z))
