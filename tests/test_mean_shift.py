"""A step towards the nearest training windows, against its equation."""

import numpy as np
import pytest
import torch
from conftest import make_windows

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl._persistence import arrays_to_module, module_to_arrays
from sklearn_crossl._summary import fitting
from sklearn_crossl._summary.mean_shift import MeanShift


def fitted(x):
    shift = MeanShift(x.shape[1]).to(x.dtype)
    shift.fit(x)
    return shift


def points(n, size=6, seed=0):
    return torch.randn(n, size, generator=torch.Generator().manual_seed(seed)).double()


def literal(x, training):
    """Mean of a point and its 15 nearest, by the cosine of the angle to each.

    The 15 weigh no more than the point. Angles are those between projections on the first
    128 right singular vectors.
    """
    axes = np.linalg.svd(training)[2][:128]
    moved = []
    for a in x:
        pairs = [(axes @ a, axes @ b) for b in training]
        cosines = [p @ q / np.linalg.norm(p) / np.linalg.norm(q) for p, q in pairs]
        others = [i for i, cosine in enumerate(cosines) if cosine <= 1 - 1e-4]
        nearest = sorted(others, key=lambda i: -cosines[i])[:15]
        weights = [np.exp((cosines[i] - 1) / 0.3) for i in nearest]
        if sum(weights) > 1:
            weights = [weight / sum(weights) for weight in weights]
        total = a.copy()
        for i, weight in zip(nearest, weights, strict=True):
            total += weight * training[i]
        moved.append(total / (1 + sum(weights)))
    return np.array(moved)


@pytest.mark.parametrize(("n_training", "size"), [(1, 6), (4, 6), (50, 6), (200, 140)])
def test_the_step_literally(n_training, size):
    training, x = points(n_training, size), points(7, size, seed=1)
    shift = fitted(training).double()
    expected = literal(x.numpy(), training.numpy())
    np.testing.assert_allclose(shift(x) / shift.scale, expected, rtol=1e-6)
    own = literal(training.numpy(), training.numpy())
    np.testing.assert_allclose(shift(training) / shift.scale, own, rtol=1e-6)


def test_units_of_training_windows_vary_by_one():
    training = 3 * points(200)
    variance = fitted(training)(training).var(0, correction=0).mean()
    np.testing.assert_allclose(variance, 1, rtol=1e-6)


def test_what_is_peculiar_to_a_window_averages_out():
    centres = 5 * torch.eye(6).double()
    training = (centres[:, None] + points(180).view(6, 30, 6)).flatten(0, 1)
    new = (centres[:, None] + points(60, seed=1).view(6, 10, 6)).flatten(0, 1)
    shift = fitted(training)
    moved = (shift(new) / shift.scale).view(6, 10, 6)
    before = (new.view(6, 10, 6) - centres[:, None]).square().mean()
    assert (moved - centres[:, None]).square().mean() < before / 2


def test_a_window_far_from_all_others_stays():
    training = 1 + 0.1 * points(50)
    shift = fitted(training)
    alone = -torch.ones(1, 6).double()
    torch.testing.assert_close(shift(alone) / shift.scale, alone, atol=0.05, rtol=0)


def test_neighbours_weigh_no_more_than_the_window():
    training = 1 + 0.1 * points(50)
    shift = fitted(training)
    moved = shift(2 * torch.ones(1, 6).double()) / shift.scale
    torch.testing.assert_close(moved, 1.5 * torch.ones(1, 6).double(), atol=0.1, rtol=0)


def test_training_windows_are_loaded_again():
    shift = fitted(points(50))
    again = MeanShift(6).double()
    arrays_to_module(module_to_arrays(shift), again)
    x = points(5, seed=1)
    torch.testing.assert_close(again(x), shift(x))


@pytest.mark.parametrize(("most", "kept"), [(20, 20), (100, 60)])
def test_no_more_training_windows_are_kept_than_are_needed(most, kept, monkeypatch):
    monkeypatch.setattr(fitting, "_MOST_KEPT", most)
    embedder = CroSSLTransformer([3, 1], max_epochs=1, summary_size=16, random_state=0)
    network = embedder.fit(make_windows(60)[0])._fitted_network()
    shift = network.summary.mean_shift
    assert shift.neighbours.shape == (kept, 16)
    torch.testing.assert_close(shift.directions.norm(dim=1), torch.ones(kept))


def test_before_fit_and_without_values_nothing_moves():
    x = points(3)
    torch.testing.assert_close(MeanShift(6)(x), x)
    shift = fitted(torch.zeros(4, 6))
    assert (shift(torch.zeros(2, 6)) == 0).all()
