"""The regressor: a continuous target, otherwise as the classifier."""

import pickle

import numpy as np
import pytest
from conftest import make_windows
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import r2_score
from sklearn.model_selection import cross_val_score

from sklearn_crossl import CroSSLRegressor, CroSSLTransformer
from sklearn_crossl.encoders import TCNEncoder
from sklearn_crossl.inspection import missing_modality_curve

MODALITIES = {"acc": slice(0, 3), "pulse": 3}


def make_problem(n_windows=90):
    """Windows that are louder the larger their target, which is far from zero."""
    X, _ = make_windows(n_windows)
    loudness = np.random.default_rng(1).uniform(0, 2, n_windows)
    return X * np.exp(loudness)[:, None, None], 1000 + 50 * loudness


X, Y = make_problem()


def make(pretrained, **params):
    return CroSSLRegressor(
        pretrained=pretrained, **{"max_epochs": 5, "random_state": 0, **params}
    )


@pytest.fixture(scope="module")
def pretrained():
    encoder = TCNEncoder(widths=(8, 8), kernel_sizes=(5, 3))
    params = {"encoder": encoder, "max_epochs": 2, "summary_size": 16}
    return CroSSLTransformer(MODALITIES, random_state=0, **params).fit(X)


def test_a_large_mean_does_not_round_predictions(pretrained):
    far = make(pretrained).fit(X, Y + 1e9)
    predicted = far.predict(X)
    np.testing.assert_allclose(
        predicted - 1e9, make(pretrained).fit(X, Y).predict(X), atol=1e-3
    )
    assert len(np.unique(predicted)) == len(X)


def test_an_easy_problem_in_the_units_of_y(pretrained):
    model = make(pretrained, max_epochs=60).fit(X[:60], Y[:60])
    predicted = model.predict(X[60:])
    assert predicted.shape == (30,)
    assert r2_score(Y[60:], predicted) == pytest.approx(model.score(X[60:], Y[60:]))
    assert model.score(X[60:], Y[60:]) > 0.7
    halved = make(pretrained, max_epochs=60).fit(X[:60], Y[:60] / 1000 - 7)
    np.testing.assert_allclose(
        halved.predict(X) * 1000 + 7000, model.predict(X), rtol=1e-3
    )


def test_a_constant_target(pretrained):
    model = make(pretrained).fit(X, np.full(len(X), 7.0))
    np.testing.assert_allclose(model.predict(X), 7, atol=0.5)


def test_windows_without_a_target_are_left_out(pretrained):
    y = np.where(np.arange(90) < 60, np.nan, Y)
    model = make(pretrained).fit(X, y)
    alone = make(pretrained).fit(X[60:], Y[60:])
    np.testing.assert_array_equal(model.predict(X), alone.predict(X))
    assert model.target_mean_ == pytest.approx(Y[60:].mean())


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (np.full(90, np.nan), "y is NaN throughout"),
        (np.where(Y > 1050, np.inf, Y), "infinity"),
        (None, "requires y to be passed"),
        (Y[:-1], "inconsistent numbers of samples"),
    ],
)
def test_bad_targets_lose_nothing(pretrained, y, match):
    fresh, fitted = make(pretrained), make(pretrained).fit(X, Y)
    before = fitted.predict(X)
    for model in (fresh, fitted):
        with pytest.raises(ValueError, match=match):
            model.fit(X, y)
    with pytest.raises(NotFittedError):
        fresh.predict(X)
    np.testing.assert_array_equal(fitted.predict(X), before)


def test_no_targets_to_score_by(pretrained):
    with pytest.raises(ValueError, match="y should be a 1d array"):
        make(pretrained).fit(X, Y).score(X, None)


def test_early_stopping(pretrained):
    y = np.random.default_rng(0).permutation(Y)
    params = {"early_stopping": True, "patience": 2, "max_epochs": 60, "head_lr": 0.1}
    model = make(pretrained, **params).fit(X, y, groups=np.arange(90) // 10)
    losses = [row["valid_loss"] for row in model.history_]
    assert model.n_iter_ == np.argmin(losses) + 1 + 2 < 60


def test_a_last_step_that_diverges_is_not_kept(pretrained):
    params = {"batch_size": 90, "gradual_unfreezing": False}
    model = make(pretrained, lr=1e10, max_epochs=3, **params)
    with pytest.warns(ConvergenceWarning, match="epoch 3.*weights of epoch 2 are kept"):
        model.fit(X, Y)
    assert len(model.history_) == model.n_iter_ == 2
    assert np.isfinite(model.predict(X)).all()


def test_reproducible_and_persistent(pretrained):
    model = make(pretrained).fit(X, Y)
    expected = model.predict(X)
    for other in (pickle.loads(pickle.dumps(model)), clone(model).fit(X, Y)):
        np.testing.assert_array_equal(other.predict(X), expected)


def test_sensors_may_be_missing(pretrained):
    model = make(pretrained, max_epochs=60).fit(X, Y)
    half = X.copy()
    half[:, 3] = np.nan
    assert model.score(half, Y) > 0.5
    curve = missing_modality_curve(model, X, Y, random_state=0)
    assert np.isfinite(curve.subset_scores).all()


def test_cross_validation(pretrained):
    scores = cross_val_score(make(pretrained, max_epochs=30), X, Y, cv=2)
    half = len(X) // 2  # as KFold parts them
    model = make(pretrained, max_epochs=30).fit(X[:half], Y[:half])
    assert scores[1] == model.score(X[half:], Y[half:])
    assert (scores > 0.5).all()


def test_a_target_that_weighs_nothing_is_none(pretrained):
    weight = np.ones(len(Y))
    weight[:3] = 0
    odd, partly = np.where(weight, Y, 1e9), np.where(weight, Y, np.nan)
    weighed = make(pretrained).fit(X, odd, sample_weight=weight)
    without = make(pretrained).fit(X, partly)
    assert weighed.target_mean_ == pytest.approx(without.target_mean_)
    assert weighed.target_scale_ == pytest.approx(without.target_scale_)
    np.testing.assert_allclose(weighed.predict(X), without.predict(X), rtol=1e-5)


def test_targets_are_standardised_by_weight(pretrained):
    weight = np.random.default_rng(0).uniform(0.1, 2, len(Y))
    model = make(pretrained, max_epochs=1).fit(X, Y, sample_weight=weight)
    mean = np.average(Y, weights=weight)
    assert model.target_mean_ == pytest.approx(mean)
    spread = np.sqrt(np.average((Y - mean) ** 2, weights=weight))
    assert model.target_scale_ == pytest.approx(spread)


def test_targets_too_large_to_standardise(pretrained):
    with pytest.raises(ValueError, match="too large to standardise; scale it down"):
        make(pretrained).fit(X, Y * 1e160)
