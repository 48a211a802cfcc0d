"""The objective against a slow, literal NumPy form of the paper's equations."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_crossl.objectives import Latents, VICReg


def variance(Z, eps=1e-4):
    n, d = Z.shape
    total = 0.0
    for j in range(d):
        mean = sum(Z[:, j]) / n
        var = sum((z - mean) ** 2 for z in Z[:, j]) / (n - 1)
        total += max(0.0, 1 - np.sqrt(var + eps))
    return total / d


def covariance(Z):
    n, d = Z.shape
    mean = Z.mean(axis=0)
    C = sum(np.outer(z - mean, z - mean) for z in Z) / (n - 1)
    return sum(C[i, j] ** 2 for i in range(d) for j in range(d) if i != j) / d


def invariance(A, B):
    return sum(np.mean((a - b) ** 2) for a, b in zip(A, B, strict=True)) / len(A)


def oracle(views, coefficients):
    """Average the two-view loss over all pairs."""
    losses = []
    for A, B in itertools.combinations(views, 2):
        losses.append(
            coefficients[0] * invariance(A, B)
            + coefficients[1] * (variance(A) + variance(B)) / 2
            + coefficients[2] * (covariance(A) + covariance(B))
        )
    return np.mean(losses)


def latents(views):
    views = torch.as_tensor(views)
    observed = torch.ones(views.shape[1], 2, dtype=torch.bool)
    return Latents(views, views, observed)


def random_views(n_views, batch, size, seed=0, scale=1.0):
    return scale * np.random.default_rng(seed).normal(size=(n_views, batch, size))


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 4), st.integers(2, 9), st.integers(1, 5), st.floats(0.1, 3))
def test_agrees_with_the_oracle(n_views, batch, size, scale):
    views = random_views(n_views, batch, size, scale=scale)
    objective = VICReg(25.0, 10.0, 3.0, projector=None).build(size)
    loss = objective(latents(views))["loss"]
    assert float(loss) == pytest.approx(oracle(views, (25.0, 10.0, 3.0)))


def test_terms_are_those_of_the_oracle():
    A, B = random_views(2, 20, 4, scale=0.5)
    terms = VICReg(projector=None).build(4)(latents(np.stack([A, B])))
    assert float(terms["invariance"]) == pytest.approx(invariance(A, B))
    assert float(terms["variance"]) == pytest.approx((variance(A) + variance(B)) / 2)
    assert float(terms["covariance"]) == pytest.approx(covariance(A) + covariance(B))


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e5])
def test_a_unit_of_large_variance_costs_the_others_no_digits(scale):
    A, B = random_views(2, 64, 8)
    A[:, 0], B[:, 0] = scale * A[:, 0], scale * B[:, 0]
    views = torch.tensor(np.stack([A, B]), dtype=torch.float32)
    terms = VICReg(projector=None).build(8)(latents(views))
    expected = covariance(A) + covariance(B)
    assert float(terms["covariance"]) == pytest.approx(expected, rel=1e-3)


def test_symmetric_in_views_and_windows():
    views = random_views(3, 16, 5)
    objective = VICReg(projector=None).build(5)
    expected = float(objective(latents(views))["loss"])
    shuffled = views[[2, 0, 1]][:, np.random.default_rng(1).permutation(16)]
    assert float(objective(latents(shuffled))["loss"]) == pytest.approx(expected)


def test_equal_views_have_no_invariance_loss():
    view = random_views(1, 16, 5)[0]
    terms = VICReg(projector=None).build(5)(latents(np.stack([view, view])))
    assert float(terms["invariance"]) == pytest.approx(0, abs=1e-12)


def test_collapse_costs_variance_and_has_a_finite_gradient():
    views = torch.zeros(2, 8, 4, requires_grad=True)
    terms = VICReg(projector=None).build(4)(latents(views))
    assert float(terms["variance"].detach()) == pytest.approx(0.99)
    terms["loss"].backward()
    assert torch.isfinite(views.grad).all()


def test_the_projector_has_the_widths_asked_for():
    module = VICReg(projector=(16, 24, 8)).build(4)
    widths = [
        layer.out_features for layer in module.projector if hasattr(layer, "out_features")
    ]
    assert widths == [16, 24, 8]
    assert isinstance(module.projector[-1], torch.nn.Linear)


@pytest.mark.parametrize("name", ["invariance", "variance", "covariance"])
def test_negative_coefficients_are_refused(name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of VICReg"):
        VICReg(**{name: -1.0}).build(4)


def test_reconstruction_is_one_more_term():
    views = torch.tensor(random_views(2, 20, 4), dtype=torch.float32)
    given = latents(views)._replace(
        inputs=(torch.randn(20, 2, 16), torch.randn(20, 1, 8))
    )
    module = VICReg(reconstruction=30.0).build(4, 6, [(2, 16), (1, 8)])
    terms = module(given)
    alone, error = module.view_objective(given), module.reconstruction(given)["loss"]
    assert set(terms) == {*alone, "reconstruction"}
    torch.testing.assert_close(terms["reconstruction"], error)
    torch.testing.assert_close(terms["loss"], alone["loss"] + 30 * error)
    with pytest.raises(ValueError, match="'reconstruction' parameter of VICReg"):
        VICReg(reconstruction=-1.0).build(4)
