"""GMC against a slow, literal NumPy form of its equation."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_crossl.objectives import GMC, Latents, gmc_loss


def cosine(a, b):
    return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


def oracle(views, codes, observed, temperature):
    """The loss of one view after the other, modality by modality, row by row."""
    codes = codes if codes.ndim == 4 else [codes] * len(views)
    losses = []
    for view, of_view in zip(views, codes, strict=True):
        loss = 0.0
        for m in range(observed.shape[1]):
            windows = np.flatnonzero(observed[:, m])
            rows = [*view[windows], *of_view[windows, m]]
            of_rows = []
            for i, row in enumerate(rows):
                partner = (i + len(windows)) % len(rows)
                s = np.exp([cosine(row, other) / temperature for other in rows])
                of_rows.append(-np.log(s[partner] / np.delete(s, i).sum()))
            loss += np.mean(of_rows) if of_rows else 0.0
        losses.append(loss)
    return np.mean(losses)


def draw(n_views, batch, n_modalities, size, share=1.0, seed=0):
    rng = np.random.default_rng(seed)
    views = rng.normal(size=(n_views, batch, size))
    codes = rng.normal(size=(batch, n_modalities, size))
    return views, codes, rng.random((batch, n_modalities)) < share


def found(views, codes, observed, temperature):
    return gmc_loss(*map(torch.from_numpy, (views, codes, observed)), temperature)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 3),
    st.integers(1, 6),
    st.integers(1, 3),
    st.integers(1, 5),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.floats(0.05, 3),
)
def test_agrees_with_the_oracle(n_views, batch, n_modalities, size, share, temperature):
    given = draw(n_views, batch, n_modalities, size, share)
    expected = oracle(*given, temperature)
    np.testing.assert_allclose(found(*given, temperature), expected, rtol=1e-6, atol=1e-9)


def test_codes_of_each_view():
    views, codes, observed = draw(2, 5, 3, 4, 0.7)
    codes = np.stack([codes, draw(2, 5, 3, 4, seed=1)[1]])
    expected = oracle(views, codes, observed, 0.1)
    np.testing.assert_allclose(found(views, codes, observed, 0.1), expected)


def test_one_embedding_for_all_is_a_guess():
    """Of each of three modalities among all rows but itself."""
    views, codes = torch.ones(2, 10, 4), torch.ones(10, 3, 4)
    loss = gmc_loss(views, codes, torch.ones(10, 3, dtype=torch.bool), 0.2)
    np.testing.assert_allclose(loss, 3 * np.log(19), rtol=1e-5)


def test_a_low_temperature_is_stable():
    views, codes, observed = map(torch.from_numpy, draw(2, 16, 3, 8, 0.5))
    codes = codes.float().requires_grad_()
    loss = gmc_loss(views.float(), codes, observed, 1e-3)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(codes.grad).all()


def test_the_head_is_shared_after_one_layer_each():
    torch.manual_seed(0)
    module = GMC(projector=(6, 5, 3)).build(embedding_size=8, code_size=4)
    views, codes = torch.randn(2, 7, 8), torch.randn(7, 3, 4)
    observed = torch.ones(7, 3, dtype=torch.bool)
    weights = {n: p.detach().double().numpy() for n, p in module.named_parameters()}

    def head(x, first):
        x = x.double().numpy() @ weights[f"{first}.weight"].T + weights[f"{first}.bias"]
        for layer in (1, 3):
            w, b = weights[f"shared.{layer}.weight"], weights[f"shared.{layer}.bias"]
            x = np.maximum(x, 0) @ w.T + b
        return x

    expected = oracle(head(views, "view_layer"), head(codes, "code_layer"), observed, 0.1)
    loss = module(Latents(views, codes, observed))["loss"].detach()
    np.testing.assert_allclose(loss, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"temperature": 0}, "'temperature' parameter of GMC .* Got 0"),
        ({"projector": 3}, "'projector' parameter of GMC .* Got 3"),
        ({"projector": ()}, "'projector' parameter of GMC is empty"),
    ],
)
def test_errors_name_the_parameter(params, match):
    with pytest.raises(ValueError, match=match):
        GMC(**params).build(8)


def test_the_temperature_is_that_of_the_parameter():
    torch.manual_seed(0)
    module = GMC(temperature=2.0, projector=(6,)).build(embedding_size=8, code_size=4)
    views, codes = torch.randn(2, 7, 8), torch.randn(7, 3, 4)
    observed = torch.ones(7, 3, dtype=torch.bool)
    expected = gmc_loss(module.view_layer(views), module.code_layer(codes), observed, 2.0)
    loss = module(Latents(views, codes, observed))["loss"]
    torch.testing.assert_close(loss, expected)
