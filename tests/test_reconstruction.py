"""Reconstruction against slow, literal NumPy forms of its equations."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.objectives import (
    Latents,
    Reconstruction,
    log_spectrum,
    reconstruction_loss,
)


def spectrum_oracle(window):
    """Mean and log power of one window (n_channels, n_timepoints), channel by channel."""
    numbers = []
    n = window.shape[1]
    for channel in window:
        x = channel - channel.mean()
        powers = []
        for k in range(1, n // 2 + 1):
            wave = np.exp(-2j * np.pi * k * np.arange(n) / n)
            powers.append(abs((x * wave).sum()) ** 2 / n)
        numbers += [channel.mean(), *np.log(1e-3 + np.array(powers))]
    return np.array(numbers)


def loss_oracle(predicted, targets, observed):
    """One modality after the other, window by window."""
    losses = []
    for m, (guess, target) in enumerate(zip(predicted, targets, strict=True)):
        windows = np.flatnonzero(observed[:, m])
        if not len(windows):
            continue
        mean, variance = target[windows].mean(0), target[windows].var(0)
        errors = [
            np.mean((view[i] - (target[i] - mean) / np.sqrt(variance + 1e-4)) ** 2)
            for view in guess
            for i in windows
        ]
        losses.append(np.mean(errors))
    return np.mean(losses) if losses else 0.0


@pytest.mark.parametrize("n_timepoints", [1, 2, 9, 64, 127])
def test_spectrum_agrees_with_the_oracle(n_timepoints):
    x = np.random.default_rng(0).normal(size=(4, 3, n_timepoints))
    expected = [spectrum_oracle(window) for window in x]
    found = log_spectrum(torch.from_numpy(x))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_many_frequencies_are_averaged_to_bands():
    x = np.random.default_rng(0).normal(size=(3, 1, 256))
    power = np.exp([spectrum_oracle(window)[1:] for window in x]) - 1e-3
    expected = np.log(1e-3 + power.reshape(3, 64, 2).mean(2))
    found = log_spectrum(torch.from_numpy(x))[:, 1:]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_spectrum_of_an_image():
    """Sums of waves over both axes, the second one's frequencies up to the half."""
    image = np.random.default_rng(0).normal(size=(3, 4))
    i, j = np.arange(3)[:, None], np.arange(4)
    powers = []
    for k in range(3):
        for m in range(3):
            wave = np.exp(-2j * np.pi * (k * i / 3 + m * j / 4))
            powers.append(abs(((image - image.mean()) * wave).sum()) ** 2 / 12)
    expected = [image.mean(), *np.log(1e-3 + np.array(powers))]
    found = log_spectrum(torch.from_numpy(image)[None, None])[0]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("shape", "n_targets"),
    [((2, 128), 2 * 65), ((2, 1500), 2 * 65), ((3, 30, 20), 3 * 65), ((1, 4, 4), 13)],
)
def test_number_of_targets(shape, n_targets):
    assert log_spectrum(torch.randn(2, *shape)).shape == (2, n_targets)


@pytest.mark.parametrize("n_timepoints", [50, 200])
def test_a_series_that_ends_early_is_described_without_what_follows(n_timepoints):
    """By the same frequencies as longer ones, whatever it was padded to."""
    x = np.random.default_rng(0).normal(size=(2, 3, 40))
    x[1, :, 25:] = 0
    lengths = torch.tensor([40, 25])
    expected = []
    for window, n in zip(x, lengths, strict=True):
        numbers = []
        for channel in window:
            centred = channel[:n] - channel[:n].mean()
            power = np.abs(np.fft.rfft(centred, n_timepoints)[1:]) ** 2 / n.item()
            bands = (
                power
                if len(power) <= 64
                else [  # neighbours, which may overlap
                    power[k * len(power) // 64 : -(-(k + 1) * len(power) // 64)].mean()
                    for k in range(64)
                ]
            )
            numbers += [channel[:n].mean(), *np.log(1e-3 + np.array(bands))]
        expected.append(numbers)
    found = log_spectrum(torch.from_numpy(x), n_timepoints, lengths)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
    padded = torch.from_numpy(np.pad(x, ((0, 0), (0, 0), (0, 9))))
    torch.testing.assert_close(log_spectrum(padded, n_timepoints, lengths), found)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 49), st.integers(0, 1000))
def test_spectrum_does_not_tell_when(shift, seed):
    x = np.random.default_rng(seed).normal(size=(2, 3, 50))
    found = log_spectrum(torch.from_numpy(np.roll(x, shift, axis=2)))
    torch.testing.assert_close(found, log_spectrum(torch.from_numpy(x)))


def test_white_noise_has_power_one():
    x = torch.randn(2000, 1, 64, generator=torch.Generator().manual_seed(0))
    power = log_spectrum(x)[:, 1:-1].exp().mean(0)  # the last one is real
    np.testing.assert_allclose(power, 1, atol=0.15)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 3),
    st.integers(1, 6),
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.integers(0, 1000),
)
def test_loss_agrees_with_the_oracle(n_views, batch, sizes, share, seed):
    rng = np.random.default_rng(seed)
    predicted = [rng.normal(size=(n_views, batch, size)) for size in sizes]
    targets = [rng.normal(size=(batch, size)) for size in sizes]
    observed = rng.random((batch, len(sizes))) < share
    found = reconstruction_loss(
        [torch.from_numpy(x) for x in predicted],
        [torch.from_numpy(x) for x in targets],
        torch.from_numpy(observed),
    )
    expected = loss_oracle(predicted, targets, observed)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_targets_of_a_missing_modality_do_not_matter():
    generator = torch.Generator().manual_seed(0)
    predicted = [torch.randn(2, 6, 3, generator=generator)]
    target = torch.randn(6, 3, generator=generator)
    observed = torch.arange(6)[:, None] % 2 == 0
    spoilt = torch.where(observed, target, torch.nan)
    found = reconstruction_loss(predicted, [spoilt], observed)
    torch.testing.assert_close(found, reconstruction_loss(predicted, [target], observed))


def test_the_decoder_is_between_embedding_and_prediction():
    torch.manual_seed(0)
    module = Reconstruction(decoder=(5,)).build(8, 4, [(2, 16), (1, 9)])
    views, codes = torch.randn(2, 7, 8), torch.randn(7, 2, 4)
    inputs = torch.randn(7, 2, 16), torch.randn(7, 1, 9)
    observed = torch.rand(7, 2) < 0.7
    linear, norm, _, last = module.decoder
    x = linear(views.flatten(0, 1))
    x = (x - x.mean(0)) / (x.var(0, correction=0) + norm.eps).sqrt()
    predicted = last(x.relu()).unflatten(0, (2, 7)).detach()
    targets = [[spectrum_oracle(w) for w in x.double().numpy()] for x in inputs]
    expected = loss_oracle(
        [part.double().numpy() for part in predicted.split([18, 5], -1)],
        [np.array(target) for target in targets],
        observed.numpy(),
    )
    loss = module(Latents(views, codes, observed, inputs=inputs))["loss"].detach()
    np.testing.assert_allclose(loss, expected, rtol=1e-4)


def test_a_linear_decoder():
    module = Reconstruction(decoder=()).build(8, 4, [(2, 16)])
    assert [type(layer) for layer in module.decoder] == [torch.nn.Linear]


def test_errors_name_the_parameter():
    with pytest.raises(ValueError, match="'decoder' parameter of .* Got 3"):
        Reconstruction(decoder=3).build(8, 4, [(2, 16)])
    with pytest.raises(ValueError, match=r"pass build\(\.\.\., shapes="):
        Reconstruction().build(8, 4)


def test_of_rates_and_images():
    rng = np.random.default_rng(0)
    X = {"acc": rng.normal(size=(24, 3, 40)), "eda": rng.normal(size=(24, 1, 8))}
    images = {**X, "camera": rng.normal(size=(24, 1, 12, 10))}
    images["camera"][::3] = np.nan
    params = {"objective": "reconstruction", "max_epochs": 20, "random_state": 0}
    for windows in (X, images):
        model = CroSSLTransformer(**params).fit(windows)
        assert np.isfinite(model.transform(windows)).all()
        assert model.history_[-1]["train_loss"] < 0.9 * model.history_[0]["train_loss"]


def test_of_windows_of_unequal_length():
    rng = np.random.default_rng(0)
    windows = [rng.normal(size=(4, n)) for n in rng.integers(20, 50, size=30)]
    params = {"objective": "reconstruction", "max_epochs": 20, "random_state": 0}
    model = CroSSLTransformer([3, 1], **params).fit(windows)
    assert model.history_[-1]["train_loss"] < 0.9 * model.history_[0]["train_loss"]


def test_what_follows_a_windows_end_is_no_target():
    torch.manual_seed(0)
    module = Reconstruction().build(8, 4, [(2, 30)])
    views, observed = torch.randn(2, 5, 8), torch.ones(5, 1, dtype=torch.bool)
    lengths = torch.tensor([30, 20, 9, 30, 12])
    x = torch.randn(5, 2, 30) * (torch.arange(30) < lengths[:, None, None])
    given = Latents(views, torch.randn(5, 1, 4), observed, (x,), (lengths,))
    predicted = [module.decoder(views.flatten(0, 1)).unflatten(0, (2, 5))]
    targets = [log_spectrum(x, 30, lengths)]
    expected = reconstruction_loss(predicted, targets, observed)
    torch.testing.assert_close(module(given)["loss"], expected)
