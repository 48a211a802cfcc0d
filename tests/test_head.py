"""What the head makes of the embedding and of all features."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from sklearn_crossl import CroSSLClassifier, CroSSLRegressor, CroSSLTransformer
from sklearn_crossl._feature_ridge import FeatureRidge
from sklearn_crossl._head import Head
from sklearn_crossl._summary import Summary

SHAPES = {"acc": (2, 32), "pulse": (1, 24)}
SIZES, N_OUTPUTS, N_COMPONENTS = (7, 5), 3, 4


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def fitted_map(rng, n, weight=None):
    x = rng.normal(2, 1, (n, sum(SIZES))).astype("f4")
    target = rng.normal(size=(n, N_OUTPUTS)).astype("f4")
    weight = np.ones(n, "f4") if weight is None else weight
    axes = rng.normal(size=(sum(SIZES), N_COMPONENTS)).astype("f4")
    model = FeatureRidge(SIZES, N_COMPONENTS, N_OUTPUTS)
    model.fit(*map(torch.from_numpy, (x, target, weight, axes)))
    return model, x, target, axes


@pytest.mark.parametrize("n", [1, 2, 9, 12, 13, 60])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_map_is_a_ridge_regression(rng, n, weighted):
    weight = rng.uniform(0, 3, n).astype("f4") if weighted else np.ones(n, "f4")
    model, x, target, _ = fitted_map(rng, n, weight)
    weight = weight * n / weight.sum()
    centred = x - np.average(x, axis=0, weights=weight)
    penalty = 1.6 * np.average((centred**2).sum(1), weights=weight) + 1e-12
    ridge = Ridge(penalty).fit(x.astype("f8"), target, sample_weight=weight)
    new = torch.randn(6, sum(SIZES))
    np.testing.assert_allclose(model(new), ridge.predict(new), rtol=1e-3, atol=1e-4)


def test_modalities_add_up_to_the_map(rng):
    model, x, _, _ = fitted_map(rng, 20)
    x, observed = torch.from_numpy(x), torch.ones(20, 2, dtype=torch.bool)
    components = torch.randn(20, N_COMPONENTS)  # of what nobody needs
    fused = model.fuse(model.by_modality(x), components, observed)
    torch.testing.assert_close(fused, model(x), rtol=1e-4, atol=1e-5)


def test_what_is_missing_is_as_the_components_let_expect(rng):
    model, x, _, axes = fitted_map(rng, 3)
    observed = np.array([[True, True], [False, True], [True, False]])
    components = rng.normal(size=(3, N_COMPONENTS)).astype("f4")
    expected = np.where(observed.repeat(SIZES, axis=1), x, components @ axes.T)
    x[~observed.repeat(SIZES, axis=1)] = 0
    x, components, observed = map(torch.from_numpy, (x, components, observed))
    fused = model.fuse(model.by_modality(x), components, observed)
    torch.testing.assert_close(
        fused, model(torch.from_numpy(expected)), rtol=1e-3, atol=1e-4
    )


def build(summary_size=4):
    torch.manual_seed(0)
    summary = Summary(SHAPES, summary_size, 6) if summary_size else None
    head = Head(6, summary, N_OUTPUTS, dropout=0.0)
    torch.nn.init.normal_(head.linear.weight)
    torch.nn.init.normal_(head.linear.bias)
    return head


def normed(z):
    """Layer normalisation without parameters, literally."""
    variance = ((z - z.mean(-1, keepdim=True)) ** 2).mean(-1, keepdim=True)
    return (z - z.mean(-1, keepdim=True)) / (variance + 1e-5).sqrt()


def test_outputs_are_the_weighted_mean_of_both_maps():
    head = build()
    head.set_ridge_weight(200)
    z, summary, ridge_outputs = torch.randn(5, 6), torch.randn(5, 4), torch.randn(5, 3)
    with torch.no_grad():
        outputs = head(z, summary, ridge_outputs)
        read = torch.cat([normed(z), summary], -1)
        by_embedding = read @ head.linear.weight.T + head.linear.bias
    share = 0.2
    expected = (1 - share) * by_embedding + share * ridge_outputs
    torch.testing.assert_close(outputs, expected)


def test_the_share_of_the_features_grows_with_the_labels():
    head, shares = build(), []
    for n_windows in (1, 90, 800, 10**6):
        head.set_ridge_weight(n_windows)
        shares.append(float(head.ridge_weight))
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(1 / 801)
    assert shares[2] == pytest.approx(0.5)
    assert 0.99 < shares[-1] < 1


def test_without_a_summary_the_embedding_alone_counts():
    head = build(summary_size=0)
    assert head.ridge is None
    z = torch.randn(5, 6)
    with torch.no_grad():
        expected = normed(z) @ head.linear.weight.T + head.linear.bias
        torch.testing.assert_close(head(z, None, None), expected)


def windows(rng, n=60):
    y = np.repeat([0, 1], n // 2)
    X = rng.normal(size=(n, 3, 32))
    X[:, 2] += y[:, None]
    return X, y


@pytest.mark.parametrize("estimator", [CroSSLClassifier, CroSSLRegressor])
def test_the_estimators_read_features_beside_the_embedding(rng, estimator):
    X, y = windows(rng)
    transformer = CroSSLTransformer({"a": slice(0, 2), "b": 2}, max_epochs=1)
    model = estimator(transformer, random_state=0, max_epochs=5).fit(X, y)
    n_outputs = 2 if estimator is CroSSLClassifier else 1
    share = model._weights["head.ridge_weight"]
    assert share == pytest.approx(60 / 860)
    blended = model._outputs(X)
    head = model._fitted_network().head
    head.ridge_weight.fill_(0.0)
    by_embedding = model._outputs(X)
    head.ridge_weight.fill_(1.0)
    ridge_outputs = model._outputs(X)
    np.testing.assert_allclose(
        blended, (1 - share) * by_embedding + share * ridge_outputs, atol=1e-5
    )
    difference = ridge_outputs[:, -1] - (ridge_outputs[:, 0] if n_outputs == 2 else 0)
    assert np.corrcoef(difference, y)[0, 1] > 0.95


def test_the_map_learns_from_training_windows_alone(rng):
    """Not from those that training is stopped by, nor from those without a label."""
    X, y = windows(rng)
    labels = np.where(np.arange(60) % 3 == 0, -1, y + 1)
    groups = np.arange(60) // 10 % 2
    transformer = CroSSLTransformer({"a": slice(0, 2), "b": 2}, max_epochs=1)
    params = {"early_stopping": True, "validation_fraction": 0.5, "max_epochs": 3}
    model = CroSSLClassifier(transformer, random_state=0, **params)
    model.fit(X, labels, groups=groups)
    assert model._weights["head.ridge_weight"] == pytest.approx(20 / 820)


@pytest.mark.parametrize("size", [1, 2])
def test_no_unit_is_normalised_to_nothing(size):
    torch.manual_seed(0)
    head = Head(size, None, 3, 0.0)
    head.linear.weight.data.normal_()
    outputs = head(torch.randn(50, size), None, None)
    assert (outputs.std(0) > 0.1).all()
