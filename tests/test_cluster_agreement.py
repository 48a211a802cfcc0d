"""Agreement of clusters between views, and the score of a transformer."""

import numpy as np
import pytest
import torch
from conftest import make_windows
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score

from sklearn_crossl import CroSSLTransformer, _transformer_score
from sklearn_crossl._augmentation import warp_and_scale
from sklearn_crossl._cluster_agreement import cluster_agreement
from sklearn_crossl._random_state import seeded


def blobs(n=120, n_classes=4, spread=0.3, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    centres = rng.normal(size=(n_classes, 6))
    return centres[y] + spread * rng.normal(size=(n, 6)) + 5, y


def literal(Z, views, n_clusters):
    """One number of clusters, view and window after another."""
    mean = Z.mean(0)
    unit = np.array([(z - mean) / np.linalg.norm(z - mean) for z in Z])
    found = []
    for k in n_clusters:
        if 2 * k > len(Z):
            continue
        k_means = KMeans(k, n_init=1, random_state=0).fit(unit)
        for view in views:
            rows = [i for i, z in enumerate(view) if not np.isnan(z).any()]
            nearest = []
            for i in rows:
                z = (view[i] - mean) / np.linalg.norm(view[i] - mean)
                distances = ((k_means.cluster_centers_ - z) ** 2).sum(1)
                nearest.append(int(distances.argmin()))
            found.append(adjusted_mutual_info_score(k_means.labels_[rows], nearest))
    return np.mean(found)


@pytest.mark.parametrize("n_clusters", [(4, 8, 16, 32, 64), (3,), (2, 5)])
def test_literally(n_clusters):
    Z, _ = blobs()
    rng = np.random.default_rng(1)
    views = np.stack([Z + scale * rng.normal(size=Z.shape) for scale in (0.3, 1.0)])
    views[0, ::5] = np.nan
    found = cluster_agreement(Z, views, n_clusters=n_clusters)
    assert found == pytest.approx(literal(Z, views, n_clusters))


@settings(deadline=None, max_examples=20)
@given(
    n=st.integers(8, 60),
    scale=st.floats(1e-3, 1e3),
    seed=st.integers(0, 99),
)
def test_neither_scale_nor_order_of_views_matters(n, scale, seed):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(n, 3))
    views = Z + 0.5 * rng.normal(size=(2, n, 3))
    found = cluster_agreement(Z, views)
    assert -0.5 < found < 1 + 1e-9
    assert cluster_agreement(Z, views[::-1]) == pytest.approx(found)
    power = 2.0 ** round(np.log2(scale))  # exact, so that k-means rounds alike
    assert cluster_agreement(power * Z, power * views) == pytest.approx(found)
    assert cluster_agreement(Z, [Z, Z]) == pytest.approx(1)


def test_an_offset_does_not_matter():
    Z, _ = blobs()
    views = Z + 0.5 * np.random.default_rng(1).normal(size=(2, *Z.shape))
    moved = cluster_agreement(Z - 7.3, views - 7.3)
    assert moved == pytest.approx(cluster_agreement(Z, views), abs=0.02)


def test_what_views_repeat_counts_and_chance_does_not():
    Z, _ = blobs()
    rng = np.random.default_rng(1)
    noise = rng.normal(size=Z.shape)
    agreements = [cluster_agreement(Z, [Z + s * noise]) for s in (0.0, 0.1, 0.5, 2.0)]
    assert agreements == sorted(agreements, reverse=True)
    shuffled = cluster_agreement(Z, [Z[rng.permutation(len(Z))]])
    assert abs(shuffled) < 0.1


@pytest.mark.parametrize("Z", [np.zeros((20, 3)), np.ones((20, 3)), np.ones((1, 3))])
def test_a_collapsed_embedding_has_none(Z):
    assert cluster_agreement(Z, [Z]) == 0


def test_without_views():
    Z, _ = blobs()
    assert cluster_agreement(Z, np.empty((0, *Z.shape))) == 0
    assert cluster_agreement(Z, []) == 0


def test_infinity():
    Z, _ = blobs()
    with pytest.raises(ValueError, match="views contains infinity"):
        cluster_agreement(Z, [np.where(Z[0, 0] == Z, np.inf, Z)])


def test_views_of_no_windows_do_not_count():
    Z, _ = blobs()
    nothing = np.full_like(Z, np.nan)
    assert cluster_agreement(Z, [Z, nothing]) == pytest.approx(1)
    assert cluster_agreement(Z, [nothing]) == 0


@pytest.mark.parametrize("n_clusters", [(), (0, 4), (2.5,)])
def test_numbers_of_clusters(n_clusters):
    Z, _ = blobs()
    with pytest.raises(ValueError, match=r"n_clusters=.*expected positive numbers"):
        cluster_agreement(Z, [Z], n_clusters=n_clusters)


@pytest.mark.parametrize("views", [np.ones((120, 6)), np.ones((2, 119, 6))])
def test_shapes(views):
    with pytest.raises(
        ValueError, match=r"views has shape .*expected \(n_views, 120, 6\)"
    ):
        cluster_agreement(blobs()[0], views)


def windows_by_hand(model, X, modalities):
    """The views of the score, each embedded by ``transform``."""
    mean = np.concatenate(list(model.mean_.values()))[:, None]
    scale = np.concatenate(list(model.scale_.values()))[:, None]
    views = []
    for channels in modalities.values():
        alone = np.full_like(X, np.nan)
        alone[:, channels] = X[:, channels]
        views.append(model.transform(alone))
    standard = (X - mean) / scale
    for seed in (0, 1):
        with seeded(seed, torch.device("cpu")):
            draws = torch.rand(len(X), 2)
            parts = [standard[:, channels] for channels in modalities.values()]
            again = np.concatenate(
                [warp_and_scale(torch.from_numpy(x), None, draws)[0] for x in parts],
                axis=1,
            )
        views.append(model.transform(again * scale + mean))
    return np.stack(views)


@pytest.mark.parametrize("output", ["joint", "global", "modalities", "all"])
def test_the_score_is_that_of_sensors_alone_and_augmented_copies(output):
    X, _ = make_windows(80)
    modalities = {"acc": [0, 1, 2], "pulse": [3]}
    model = CroSSLTransformer(
        modalities, max_epochs=2, summary_size=16, output=output, random_state=0
    ).fit(X)
    views = windows_by_hand(model, X, modalities)
    Z = model.transform(X)
    expected = (cluster_agreement(Z, views[:2]) + cluster_agreement(Z, views[2:])) / 2
    assert model.score(X) == pytest.approx(expected, abs=0.02)
    assert model.score(X) == model.score(X)


def test_a_sensor_alone_is_no_view_of_a_window_that_has_no_other(monkeypatch):
    X, _ = make_windows(60)
    X[:20, 3] = np.nan
    X[20:25, :3] = np.nan
    X[25] = np.nan
    model = CroSSLTransformer(
        {"acc": slice(0, 3), "pulse": 3}, max_epochs=1, summary_size=8, missing="nan"
    ).fit(np.delete(X, 25, axis=0))
    given = []
    monkeypatch.setattr(
        _transformer_score,
        "cluster_agreement",
        lambda Z, views: given.append((Z, views)) or 0.5,
    )
    assert model.score(X) == 0.5
    (Z, sensors), (_, again) = given
    assert len(Z) == 59
    there = ~np.isnan(sensors).any(axis=2)
    assert there.sum(axis=1).tolist() == [34, 34]
    assert not there[:, :25].any()
    assert again.shape == (2, *Z.shape)
    assert not np.isnan(again).any()


def test_many_windows_are_sampled_evenly(monkeypatch):
    monkeypatch.setattr(_transformer_score, "_MOST_WINDOWS", 20)
    X, _ = make_windows(60)
    model = CroSSLTransformer(max_epochs=1, summary_size=8, random_state=0).fit(X)
    rows = np.linspace(0, 59, 20).astype(int)
    assert model.score(X) == model.score(X[rows])


def test_an_embedding_that_learnt_scores_higher_than_before():
    X, _ = make_windows(120)
    params = {"summary_size": 0, "output": "global", "random_state": 0}
    model = CroSSLTransformer([3, 1], max_epochs=30, **params)
    before = clone(model)._initialize(X).score(X)
    assert model.fit(X).score(X) > before + 0.05


def test_of_too_few_windows_the_fewest_clusters_are_asked_for():
    Z, _ = blobs(n=7)
    views = Z + 0.5 * np.random.default_rng(1).normal(size=(3, *Z.shape))
    found = cluster_agreement(Z, views, n_clusters=(64, 4))
    assert found == cluster_agreement(Z, views, n_clusters=(4,))
    assert found != cluster_agreement(Z, views, n_clusters=(64,))
