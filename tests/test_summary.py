"""Fixed features and their completion, against literal forms of their definitions."""

from itertools import combinations, pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_crossl._summary.features import FixedFeatures
from sklearn_crossl._summary.kernels import RandomKernels
from sklearn_crossl._summary.learnt import EmbeddingPCA
from sklearn_crossl._summary.noise_whitening import NoiseWhitening
from sklearn_crossl._summary.probabilistic_pca import ProbabilisticPCA
from sklearn_crossl._summary.statistics import band_edges, distribution, spectrum


def windows(n=6, n_channels=2, n_timepoints=40, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, n_channels, n_timepoints, generator=generator)


def make_kernels(n_channels, n_timepoints):
    torch.manual_seed(0)
    return RandomKernels(n_channels, n_timepoints, n_modalities=2)


# Random kernels


def literal_proportions(x, kernels, counted=None):
    """Share of positions at which each dilated convolution exceeds each bias.

    Of every other kernel the positions at which it fits into the window, if these are
    half of all or more.
    """
    x, weight, bias = (t.double().numpy() for t in (x, kernels.weight, kernels.bias))
    n, n_channels, n_timepoints = x.shape
    positions = range(0, n_timepoints, kernels.stride)
    everywhere = [t for t in positions if counted is None or t in counted]
    features = []
    for index, dilation in enumerate(kernels.dilations):
        reach = 4 * dilation
        inside = [t for t in everywhere if reach <= t < n_timepoints - reach]
        for biases in bias[index]:
            for kernel, (w, b) in enumerate(zip(weight[index], biases, strict=True)):
                fits = kernel % 2 == index % 2 and len(inside) >= len(everywhere) / 2
                above = []
                for t in inside if fits else everywhere:
                    value = np.zeros(n)
                    for k in range(9):
                        at = t + (k - 4) * dilation
                        if 0 <= at < n_timepoints:
                            for c in range(n_channels):
                                value += x[:, c, at] * w[c, k]
                    above.append(np.clip((value - b) / 0.1 + 0.5, 0, 1))
                features.append(np.mean(above, axis=0))
    return np.stack(features, axis=1)


@pytest.mark.parametrize(
    ("n_channels", "n_timepoints"), [(2, 40), (1, 9), (1, 1), (3, 300), (12, 20)]
)
def test_proportions(n_channels, n_timepoints):
    x = windows(2, n_channels, n_timepoints)
    kernels = make_kernels(n_channels, n_timepoints)
    kernels.fit(x)
    got = kernels(x)
    assert got.shape == (2, kernels.n_features)
    np.testing.assert_allclose(got, literal_proportions(x, kernels), atol=2e-5)


def test_the_kernels_are_those_of_minirocket():
    kernels = make_kernels(4, 100)
    assert kernels.dilations == [1, 2, 4, 8]
    rows = [tuple(2.0 if i in c else -1.0 for i in range(9)) for c in chosen_places()]
    for weight in kernels.weight:
        used = weight.abs().sum(-1) > 0  # (84, channels)
        assert used.any(1).all()
        assert [
            tuple(w[u][0].tolist()) for w, u in zip(weight, used, strict=True)
        ] == rows
    assert kernels.weight.sum(-1).abs().max() == 0  # blind to a constant


def chosen_places():
    return list(combinations(range(9), 3))


def test_biases_are_those_of_windows_without_their_padding():
    x = windows(10, 2, 40)
    padded = torch.nn.functional.pad(x, (0, 60))
    present = torch.arange(100).expand_as(padded) < 40
    kernels, again = make_kernels(2, 40), make_kernels(2, 40)
    again.load_state_dict(kernels.state_dict())
    torch.manual_seed(0)
    kernels.fit(x)
    torch.manual_seed(0)
    again.fit(padded, present)
    torch.testing.assert_close(again.bias, kernels.bias, rtol=1e-5, atol=1e-5)


def test_biases_are_spread_over_the_distribution():
    x = windows(64, 2, 100)
    kernels = make_kernels(2, 100)
    kernels.fit(x)
    shares = kernels(x).mean(0)
    assert shares.min() < 0.05
    assert shares.max() > 0.95
    assert abs(float(shares.mean()) - 0.5) < 0.02


def test_more_modalities_have_fewer_features_each():
    sizes = [RandomKernels(3, 128, n).n_features for n in (1, 5, 10, 40)]
    assert sizes == [1008, 1008, 672, 336]


# Statistics


def test_distribution_literally():
    x = windows().double()
    columns = []
    for of_window in x.numpy():
        low_to_high = np.sort(of_window, axis=1)
        places = [round(q * 39) for q in (0, 0.25, 0.5, 0.75, 1)]
        change = np.sqrt(np.square(np.diff(of_window)).mean(1))
        columns.append(
            np.concatenate(
                [
                    of_window.mean(1),
                    np.log(of_window.std(1) + 1e-3),
                    np.log(change + 1e-3),
                    low_to_high[:, places].ravel(),
                ]
            )
        )
    np.testing.assert_allclose(distribution(x).numpy(), columns, rtol=1e-9)


def test_distribution_leaves_gaps_out():
    x = windows().double()
    present = torch.ones_like(x, dtype=torch.bool)
    present[:, 0, 10:25] = False
    present[:, 1, 30:] = False
    values = np.where(present, x, np.nan)
    steps = np.square(np.diff(values))
    expected = [
        np.nanmean(values, -1),
        np.log(np.nanstd(values, -1) + 1e-3),
        np.log(np.sqrt(np.nanmean(steps, -1)) + 1e-3),
        np.stack([np.nanmin(values, -1), np.nanmax(values, -1)], -1).reshape(6, 4),
    ]
    got = distribution(x, present)
    torch.testing.assert_close(got, distribution(x.where(present, 9), present))
    got = torch.cat([got[:, :6], got[:, [6, 10, 11, 15]]], 1).numpy()
    np.testing.assert_allclose(got, np.hstack(expected), rtol=1e-9)


def test_proportions_leave_gaps_out():
    x = windows(4, 2, 60)
    kernels = make_kernels(2, 60)
    kernels.fit(x)
    present = torch.ones_like(x, dtype=torch.bool)
    present[:, :, 20:40] = False
    counted = {t for t in range(60) if not 20 <= t < 40}
    expected = literal_proportions(x, kernels, counted)
    np.testing.assert_allclose(kernels(x, present), expected, atol=2e-5)


def test_proportions_do_not_depend_on_what_comes_after_a_windows_end():
    x = windows(4, 2, 60)
    kernels = make_kernels(2, 60)
    kernels.fit(x)
    present = torch.ones_like(x, dtype=torch.bool)
    present[:, :, 37:] = False
    x = x.where(present, 0)
    short = RandomKernels(2, 60, n_modalities=2)
    short.load_state_dict(kernels.state_dict())
    expected = short(x[..., :37], present[..., :37])
    torch.testing.assert_close(kernels(x, present), expected)


def test_spectrum_literally():
    x = windows().double()
    edges = band_edges(40)
    assert edges[0] == 1
    assert edges[-1] == 21
    expected = np.zeros((6, 2, len(edges) - 1))
    times = np.arange(40)
    for i, j in np.ndindex(6, 2):
        values = x[i, j].numpy() - x[i, j].numpy().mean()
        waves = np.exp(-2j * np.pi * np.outer(np.arange(21), times) / 40)
        power = np.abs(waves @ values) ** 2
        for band in range(len(edges) - 1):
            expected[i, j, band] = power[edges[band] : edges[band + 1]].mean()
    expected = np.log(expected + 1e-3).reshape(6, -1)
    np.testing.assert_allclose(spectrum(x, 40).numpy(), expected, rtol=1e-7)


@pytest.mark.parametrize("with_present", [False, True])
def test_the_spectrum_of_a_longer_window_is_that_of_its_segments(with_present):
    x = windows().double()
    x = x - x.mean(-1, keepdim=True)
    longer = torch.cat([x, 2 * x.flip(-1)], dim=-1)
    present = torch.ones_like(longer, dtype=torch.bool) if with_present else None
    found = spectrum(longer, 40, present).exp() - 1e-3
    of_each = [spectrum(part, 40).exp() - 1e-3 for part in (x, 2 * x.flip(-1))]
    torch.testing.assert_close(found, (of_each[0] + of_each[1]) / 2)


@pytest.mark.parametrize("length", [31, 40, 95])
def test_the_spectrum_is_the_same_whether_it_is_said_that_all_is_there(length):
    x = torch.randn(3, 2, length, dtype=torch.double)
    said = spectrum(x, 40, torch.ones_like(x, dtype=torch.bool))
    torch.testing.assert_close(spectrum(x, 40), said)


@settings(deadline=None, max_examples=25)
@given(length=st.integers(1, 40), seed=st.integers(0, 100))
def test_what_comes_after_a_windows_end_does_not_matter(length, seed):
    torch.manual_seed(seed)
    features = FixedFeatures((2, 40), n_modalities=2)
    x = windows(3, seed=seed)
    features.kernels.fit(x)
    present = torch.zeros(3, 2, 40, dtype=torch.bool)
    present[:, :, :length] = True
    padded = torch.where(present, x, 0)
    alone = features.raw(x[:, :, :length], None)
    torch.testing.assert_close(features.raw(padded, present), alone, atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 7), (2, 8, 8)])
def test_features_of_the_smallest_windows_and_of_images(shape):
    features = FixedFeatures(shape, n_modalities=1)
    x = torch.randn(5, *shape)
    features.fit(features.raw(x, None))
    values = features.standardize(features.raw(x, None))
    assert values.shape == (5, features.n_features)
    assert torch.isfinite(values).all()


def test_blocks_weigh_as_much_however_many_features_they_have():
    features = FixedFeatures((3, 100), n_modalities=1)
    x = windows(200, 3, 100)
    features.kernels.fit(x)
    raw = features.raw(x, None)
    features.fit(raw)
    energy = features.standardize(raw).square().mean(0)
    n_kernels = features.kernels.n_features
    parts = [float(p.sum()) for p in (energy[:n_kernels], energy[n_kernels:])]
    np.testing.assert_allclose(parts, [4, 1], rtol=0.05)


# ProbabilisticPCA


def literal_expectation(x, axes, variance, noise, sizes, observed):
    """Posterior mean of the components, scaled so that complete windows keep theirs."""
    result = np.zeros((len(x), axes.shape[1]))
    edges = np.cumsum([0, *sizes])
    for i, has in enumerate(observed):
        rows = [np.arange(a, b) for a, b in pairwise(edges)]
        rows = np.concatenate([r for r, h in zip(rows, has, strict=True) if h])
        known = axes[rows]
        precision = known.T @ known / noise + np.diag(1 / variance)
        mean = np.linalg.solve(precision, known.T @ x[i, rows] / noise)
        result[i] = mean * (1 + noise / variance)
    return result


def fitted_completion(n=200, rank=4, size=6, sizes=(10, 8, 5)):
    generator = torch.Generator().manual_seed(1)
    latent = torch.randn(n, rank, generator=generator, dtype=torch.float64)
    mixing = torch.randn(rank, sum(sizes), generator=generator, dtype=torch.float64)
    x = latent @ mixing
    x += 0.1 * torch.randn(x.shape, generator=generator, dtype=torch.float64)
    torch.manual_seed(0)
    completion = ProbabilisticPCA(sizes, size).double()
    completion.fit(x, torch.ones(n, len(sizes), dtype=torch.bool))
    return completion, x


def test_expected_components_literally():
    completion, x = fitted_completion()
    observed = torch.tensor([[1, 1, 1], [0, 1, 1], [1, 0, 0], [0, 1, 0]]).bool()
    x = x[:4] * completion._spread(observed)
    expected = literal_expectation(
        x.numpy(),
        completion.axes.numpy(),
        completion.variance.numpy(),
        float(completion.noise),
        completion.sizes,
        observed.numpy(),
    )
    got = completion.components(completion.project(x), observed).numpy()
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-8)


def test_complete_windows_are_projected_on_the_principal_components():
    completion, x = fitted_completion()
    observed = torch.ones(len(x), 3, dtype=torch.bool)
    components = completion.components(completion.project(x), observed)
    _, values, axes = np.linalg.svd(x.numpy(), full_matrices=False)
    expected = np.abs(x.numpy() @ axes[:4].T)
    np.testing.assert_allclose(components[:, :4].abs().numpy(), expected, rtol=1e-4)
    np.testing.assert_allclose(
        completion.variance[:4].numpy(), values[:4] ** 2 / len(x), rtol=1e-6
    )


def test_training_windows_may_lack_modalities():
    completion, x = fitted_completion()
    generator = torch.Generator().manual_seed(2)
    observed = torch.rand(len(x), 3, generator=generator) < 0.7
    observed[:, 0] |= ~observed.any(1)
    torch.manual_seed(0)
    partly = ProbabilisticPCA(completion.sizes, 6).double()
    partly.fit(x * partly._spread(observed), observed)
    whole, found = completion.axes[:, :4], partly.axes[:, :4]
    # The cosines of the angles between the two spaces
    assert torch.linalg.svdvals(whole.T @ found).min() > 0.98


def test_fewer_windows_than_components():
    torch.manual_seed(0)
    completion = ProbabilisticPCA([20, 10], 64)
    x = torch.randn(5, 30)
    completion.fit(x, torch.ones(5, 2, dtype=torch.bool))
    observed = torch.tensor([[1, 1], [1, 0], [0, 1], [1, 1], [1, 1]]).bool()
    projections = completion.project(x * completion._spread(observed))
    components = completion.components(projections, observed)
    assert components.shape == (5, 64)
    assert torch.isfinite(components).all()


# Scaling by what changes within a window


@pytest.mark.parametrize("told", [True, False])
def test_scaling_literally(told):
    generator = torch.Generator().manual_seed(0)
    mixing = torch.randn(5, 5, generator=generator, dtype=torch.float64)
    differences = torch.randn(300, 5, generator=generator, dtype=torch.float64) @ mixing
    torch.manual_seed(0)
    scaling = NoiseWhitening(5).double()
    variance = np.array([9.0, 4.0, 1.0, 0.5, 0.1])
    between = torch.randn(5, 9, generator=generator, dtype=torch.float64)
    between = between @ between.T
    scaling.fit(differences, torch.from_numpy(variance), between if told else None)
    within = np.zeros((5, 5))
    for d in differences.numpy():
        within += np.outer(d, d) / 2 / 300
    within += 0.3 * between.numpy() * told
    values, axes = np.linalg.eigh(within)
    expected = axes @ np.diag((values + values.mean()) ** -0.5) @ axes.T
    expected /= np.sqrt(np.mean(np.diag(expected @ np.diag(variance) @ expected)))
    rotation = scaling.rotation.numpy()
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(5), atol=1e-6)
    got = scaling(torch.eye(5, dtype=torch.float64)).numpy() @ rotation.T
    np.testing.assert_allclose(got, expected, rtol=1e-4)


def test_units_have_about_the_same_variance_and_keep_the_components_weights():
    torch.manual_seed(0)
    components = torch.randn(500, 40) * torch.logspace(0, -2, 40)
    scaling = NoiseWhitening(40)
    scaling.fit(0.1 * torch.randn(500, 40), components.var(0))
    units = scaling(components)
    assert units.var(0).max() / units.var(0).min() < 40
    np.testing.assert_allclose(units.var(0).mean(), 1, rtol=0.05)
    spread = torch.linalg.svdvals(units - units.mean(0))
    assert spread[0] / spread[-1] > 50  # as of the components


def test_windows_in_which_nothing_changes_scale_all_alike():
    scaling = NoiseWhitening(4)
    scaling.fit(torch.zeros(10, 4), torch.ones(4))
    values = torch.linalg.svdvals(scaling.matrix)
    torch.testing.assert_close(values, values[:1].expand(4))


# What is kept of the learnt embedding


def test_the_learnt_part_are_the_first_principal_components():
    torch.manual_seed(0)
    part = EmbeddingPCA(200, 8)
    z = (torch.randn(400, 150) @ torch.randn(150, 200)) * torch.rand(200) + 3
    part.fit(z, torch.randn(400, 8))
    learnt = part(z).numpy()
    scaled = ((z - z.mean(0)) / z.std(0, correction=0)).numpy()
    values, axes = np.linalg.eigh(scaled.T @ scaled)
    projected = scaled @ axes[:, np.argsort(-values)[:128]]
    projected /= np.sqrt(projected.var(0).mean())
    assert learnt.shape == (400, 128)
    assert abs(learnt.var(0).mean() - 1) < 1e-3
    # the same up to a rotation
    np.testing.assert_allclose(learnt @ learnt.T, projected @ projected.T, atol=0.05)


def test_the_learnt_part_is_predicted_where_it_depends_linearly():
    torch.manual_seed(0)
    part = EmbeddingPCA(3, 8)
    components = torch.randn(400, 8) * torch.linspace(1, 3, 8)
    z = components @ torch.randn(8, 3) + 5
    part.fit(z, components)
    learnt = part(z)
    error = (part.predict(components) - learnt).square().mean()
    assert error / learnt.square().mean() < 1e-3


def test_kernels_see_few_channels_more_often_than_many_and_each_as_often():
    kernels = make_kernels(12, 100)
    used = (kernels.weight.abs().sum(-1) > 0).flatten(0, 1)  # (kernels, channels)
    numbers = used.sum(-1)
    assert set(numbers.tolist()) == set(range(1, 10))
    shares = [float((numbers == n).float().mean()) for n in (1, 2)]
    np.testing.assert_allclose(shares, np.log10([2, 3 / 2]), atol=0.08)
    of_channel = used.float().mean(0)
    assert of_channel.min() > 0.6 * of_channel.max()


def test_no_feature_is_further_than_five_deviations():
    features = FixedFeatures((2, 40), n_modalities=1)
    raw = features.raw(windows(50), None)
    features.fit(raw)
    for far in (1e6, -1e6):
        limited = features.standardize(raw + far) / features.weight
        varies = features.scale.isfinite()
        assert (limited[:, varies] == 5 * np.sign(far)).all()


def test_the_noise_is_thrice_what_the_components_leave_out():
    completion, x = fitted_completion(size=4)
    left_out = (x.square().sum() / len(x) - completion.variance.sum()) / x.shape[1]
    assert float(completion.noise) == pytest.approx(3 * float(left_out), rel=1e-6)
