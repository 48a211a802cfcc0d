"""COCOA against a slow, literal NumPy form of its equation."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.objectives import COCOA, Latents, cocoa_loss


def cosine(a, b):
    return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


def oracle(codes, observed, temperature):
    losses = []
    for i, has in enumerate(observed):
        of_window = np.flatnonzero(has)
        if len(of_window) < 2:
            continue
        positive = negative = 0.0
        for m in of_window:
            for other in of_window:
                if other != m:
                    s = cosine(codes[i, m], codes[i, other])
                    positive += np.exp(s / temperature)
            unlike = [
                np.exp(cosine(codes[i, m], codes[j, m]) / temperature)
                for j in range(len(codes))
                if j != i and observed[j, m]
            ]
            negative += np.mean(unlike) if unlike else 0.0
        losses.append(-np.log(positive / (positive + negative)))
    return np.mean(losses) if losses else 0.0


def draw(batch, n_modalities, size, share, seed=0):
    rng = np.random.default_rng(seed)
    observed = rng.random((batch, n_modalities)) < share
    return rng.normal(size=(batch, n_modalities, size)), observed


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 7),
    st.integers(2, 4),
    st.integers(1, 5),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.floats(0.05, 3),
)
def test_agrees_with_the_oracle(batch, n_modalities, size, share, temperature):
    codes, observed = draw(batch, n_modalities, size, share)
    found = cocoa_loss(*map(torch.from_numpy, (codes, observed)), temperature)
    expected = oracle(codes, observed, temperature)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_codes_of_several_views_are_averaged():
    codes, observed = draw(6, 3, 4, 0.7)
    other, _ = draw(6, 3, 4, 0.7, seed=1)
    found = cocoa_loss(*map(torch.from_numpy, (np.stack([codes, other]), observed)), 0.1)
    expected = [oracle(x, observed, 0.1) for x in (codes, other)]
    np.testing.assert_allclose(found, np.mean(expected))


def test_one_code_for_all_is_a_guess():
    """Six ordered pairs of modalities, and the means of three modalities."""
    codes, observed = torch.ones(10, 3, 4), torch.ones(10, 3, dtype=torch.bool)
    np.testing.assert_allclose(
        cocoa_loss(codes, observed, 0.1), np.log(1 + 3 / 6), rtol=1e-5
    )


def test_a_low_temperature_is_stable():
    codes, observed = draw(16, 3, 8, 0.8)
    codes = torch.from_numpy(codes).float().requires_grad_()
    loss = cocoa_loss(codes, torch.from_numpy(observed), 1e-3)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(codes.grad).all()


def test_a_batch_without_two_modalities_has_no_gradient():
    codes = torch.randn(5, 2, 4, requires_grad=True)
    observed = torch.tensor([[True, False]]).expand(5, 2)
    cocoa_loss(codes, observed, 0.1).backward()
    assert not codes.grad.any()


def test_one_modality_is_an_error():
    codes, observed = torch.randn(8, 1, 4), torch.ones(8, 1, dtype=torch.bool)
    with pytest.raises(ValueError, match="the windows have one"):
        COCOA().build(4)(Latents(codes[None, :, 0], codes, observed))


def test_errors_name_the_parameter():
    with pytest.raises(ValueError, match="'temperature' parameter of COCOA .* Got 0"):
        COCOA(temperature=0).build(8)


def test_windows_of_one_sensor_are_an_error():
    X = np.random.default_rng(0).normal(size=(20, 1, 32))
    model = CroSSLTransformer([1], objective="cocoa", summary_size=0, max_epochs=1)
    with pytest.raises(ValueError, match="Pass `modalities` to part the channels"):
        model.fit(X)
