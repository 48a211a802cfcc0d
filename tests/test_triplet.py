"""Triplet against a slow, literal NumPy form of its equation."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_crossl.objectives import Latents, Triplet, triplet_loss


def cosine(a, b):
    return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


def oracle(views, margin, negatives):
    """Average the loss of an ordered pair of views over all of them."""
    losses = []
    for A, B in itertools.permutations(views, 2):
        for i, a in enumerate(A):
            others = [b for j, b in enumerate(B) if j != i]
            hinges = [max(0, margin - cosine(a, B[i]) + cosine(a, b)) for b in others]
            of_window = max if negatives == "hardest" else np.mean
            losses.append(of_window(hinges))
    return np.mean(losses)


def random_views(n_views, batch, size, seed=0):
    return np.random.default_rng(seed).normal(size=(n_views, batch, size))


@settings(deadline=None, max_examples=40)
@given(
    st.integers(2, 4),
    st.integers(2, 9),
    st.integers(1, 5),
    st.floats(0.01, 2),
    st.sampled_from(["all", "hardest"]),
)
def test_agrees_with_the_oracle(n_views, batch, size, margin, negatives):
    views = random_views(n_views, batch, size)
    found = triplet_loss(torch.from_numpy(views), margin, negatives)
    expected = oracle(views, margin, negatives)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_neither_length_nor_rotation_matters(seed, scale):
    views = random_views(3, 6, 4, seed)
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(4, 4)))
    lengths = np.random.default_rng(seed).uniform(0.1, scale + 0.1, size=(3, 6, 1))
    expected = triplet_loss(torch.from_numpy(views), 0.2)
    found = triplet_loss(torch.from_numpy(lengths * views @ rotation), 0.2)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("negatives", ["all", "hardest"])
def test_one_embedding_for_all_costs_the_margin(negatives):
    np.testing.assert_allclose(triplet_loss(torch.ones(2, 10, 4), 0.3, negatives), 0.3)


def test_what_is_further_than_the_margin_is_left_alone():
    """Cosines of 1 to itself and of 0.6 to the other window: 0.4 apart."""
    window = torch.tensor([[1.0, 0.0], [0.6, 0.8]])
    views = torch.stack([window, window]).requires_grad_()
    loss = triplet_loss(views, 0.39)
    loss.backward()
    assert loss.item() == 0
    assert (views.grad == 0).all()
    np.testing.assert_allclose(triplet_loss(views.detach(), 0.5), 0.1, rtol=1e-5)


def test_the_head_is_between_embedding_and_loss():
    views = torch.randn(2, 16, 8, generator=torch.Generator().manual_seed(0))
    latents = Latents(views, views, torch.ones(16, 2, dtype=torch.bool))
    torch.manual_seed(0)
    module = Triplet(margin=0.5, negatives="hardest", projector=(5, 3)).build(8)
    projected = torch.stack(module.projector(views.flatten(0, 1)).chunk(2))
    expected = triplet_loss(projected, 0.5, "hardest")
    torch.testing.assert_close(module(latents)["loss"], expected)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"margin": 0}, "'margin' parameter of Triplet .* Got 0"),
        ({"margin": 2.1}, "'margin' parameter of Triplet .* Got 2.1"),
        ({"negatives": "near"}, "'negatives' parameter of Triplet .* Got 'near'"),
        ({"projector": 3}, "'projector' parameter of Triplet .* Got 3"),
    ],
)
def test_errors_name_the_parameter(params, match):
    with pytest.raises(ValueError, match=match):
        Triplet(**params).build(8)


def test_other_negatives_are_refused():
    with pytest.raises(ValueError, match="negatives='hardset'; expected"):
        triplet_loss(torch.eye(4).expand(2, 4, 4), 0.2, "hardset")
