"""InfoNCE against a slow, literal NumPy form of its equation."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_crossl.objectives import InfoNCE, Latents, infonce_loss


def cosine(a, b):
    return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


def oracle(views, temperature):
    """Average the loss of an ordered pair of views over all of them."""
    losses = []
    for A, B in itertools.permutations(views, 2):
        for i, a in enumerate(A):
            scores = [np.exp(cosine(a, b) / temperature) for b in B]
            losses.append(-np.log(scores[i] / sum(scores)))
    return np.mean(losses)


def random_views(n_views, batch, size, seed=0):
    return np.random.default_rng(seed).normal(size=(n_views, batch, size))


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 4), st.integers(2, 9), st.integers(1, 5), st.floats(0.05, 3))
def test_agrees_with_the_oracle(n_views, batch, size, temperature):
    views = random_views(n_views, batch, size)
    found = infonce_loss(torch.from_numpy(views), temperature)
    np.testing.assert_allclose(found, oracle(views, temperature), rtol=1e-6)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_neither_length_nor_rotation_matters(seed, scale):
    views = random_views(3, 6, 4, seed)
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 4)))
    lengths = np.random.default_rng(seed).uniform(0.1, scale + 0.1, size=(3, 6, 1))
    expected = infonce_loss(torch.from_numpy(views), 0.2)
    found = infonce_loss(torch.from_numpy(lengths * views @ rotation), 0.2)
    torch.testing.assert_close(found, expected)


def test_one_embedding_for_all_is_a_guess():
    views = torch.ones(2, 10, 4)
    np.testing.assert_allclose(infonce_loss(views, 0.2), np.log(10), rtol=1e-5)


def test_a_low_temperature_is_stable():
    views = torch.randn(2, 16, 8, generator=torch.Generator().manual_seed(0))
    assert torch.isfinite(infonce_loss(views, 1e-3))


def test_the_head_is_between_embedding_and_loss():
    views = torch.randn(2, 16, 8, generator=torch.Generator().manual_seed(0))
    latents = Latents(views, views, torch.ones(16, 2, dtype=torch.bool))
    torch.manual_seed(0)
    module = InfoNCE(temperature=0.5, projector=(5, 3)).build(8)
    projected = torch.stack(module.projector(views.flatten(0, 1)).chunk(2))
    assert projected.shape == (2, 16, 3)
    torch.testing.assert_close(module(latents)["loss"], infonce_loss(projected, 0.5))


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"temperature": 0}, "'temperature' parameter of InfoNCE .* Got 0"),
        ({"projector": 3}, "'projector' parameter of InfoNCE .* Got 3"),
    ],
)
def test_errors_name_the_parameter(params, match):
    with pytest.raises(ValueError, match=match):
        InfoNCE(**params).build(8)
