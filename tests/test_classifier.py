"""The classifier's contract: labels, pretraining, output, state, errors."""

import copy
import pickle
import pickletools

import joblib
import numpy as np
import pytest
import skops.io
import torch
from conftest import make_windows
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import Callback
from skorch.helper import SliceDict

from sklearn_crossl import CroSSLClassifier, CroSSLTransformer, _supervised
from sklearn_crossl._finetuning import FineTuningNet, outputs
from sklearn_crossl._finetuning_data import split
from sklearn_crossl._targets import class_target
from sklearn_crossl.encoders import TCNEncoder
from sklearn_crossl.inspection import (
    TrainingCurveDisplay,
    label_efficiency_curve,
    missing_modality_curve,
)
from sklearn_crossl.semi_supervised import partly_labelled_scorer

MODALITIES = {"acc": slice(0, 3), "pulse": 3}
X, Y = make_windows()
THREE = np.arange(len(Y)) % 3


def brief(modalities=MODALITIES, **params):
    small = {"encoder": TCNEncoder(widths=(8, 8), kernel_sizes=(5, 3)), "max_epochs": 1}
    return CroSSLTransformer(modalities, **{"summary_size": 16, **small, **params})


def make(transformer=None, **params):
    small = {"max_epochs": 2, "random_state": 0}
    given = brief() if transformer is None and "pretrained" not in params else transformer
    return CroSSLClassifier(given, **{**small, **params})


@pytest.fixture(scope="module")
def pretrained():
    return brief(random_state=0).fit(X)


@pytest.fixture(scope="module")
def fitted(pretrained):
    return make(pretrained=pretrained).fit(X, THREE)


def same_weights(first, second):
    return all(np.array_equal(w, second._weights[n]) for n, w in first._weights.items())


# Labels


@pytest.mark.parametrize(
    "names",
    [
        np.array(["walk", "run"]),
        np.array([7, 3]),
        np.array([7, 3], dtype=np.uint8),
        np.array([1.0, 0.0], dtype=np.float32),
        [True, False],
    ],
)
def test_labels_of_any_type_come_back(pretrained, names):
    y = np.asarray(names)[Y]
    model = make(pretrained=pretrained, max_epochs=20).fit(X, y)
    assert model.predict(X).dtype == y.dtype
    assert model.score(X, y) > 0.9


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (np.zeros(48), "y has 1 class"),
        (None, "requires y to be passed"),
        (np.arange(47) % 2, "inconsistent numbers of samples"),
        (np.where(Y, np.inf, 0.0), "infinity"),
        (Y[:, None] * [[1, 1]], "1d array"),
    ],
)
def test_bad_labels_are_refused_before_pretraining_and_lose_nothing(
    y, match, monkeypatch
):
    model = make()
    earlier = make().fit(X, THREE)
    p = earlier.predict_proba(X)
    monkeypatch.setattr(CroSSLTransformer, "fit", lambda *args: pytest.fail("too late"))
    for estimator in (model, earlier):
        with pytest.raises(ValueError, match=match):
            estimator.fit(X, y)
    assert not [name for name in vars(model) if name.endswith("_")]
    np.testing.assert_array_equal(earlier.predict_proba(X), p)


def test_wrong_groups_are_told_before_the_pretraining(monkeypatch):
    monkeypatch.setattr(CroSSLTransformer, "fit", None)
    with pytest.raises(ValueError, match=r"groups has shape \(5,\); expected \(48,\)"):
        make().fit(X, Y, groups=np.zeros(5))
    groups = np.where(np.arange(48) == 7, np.nan, 0)
    with pytest.raises(ValueError, match=r"no value for 1 window\(s\), the first at 7"):
        make().fit(X, Y, groups=groups)


def test_windows_without_labels_are_pretrained_on():
    y = np.where(np.arange(48) < 36, -1, Y)
    model = make().fit(X, np.where(y == -1, -1, y + 1))
    alone = make().fit(X[36:], Y[36:] + 1)
    everything = brief(random_state=0).fit(X)
    np.testing.assert_array_equal(
        model.transformer_.mean_["acc"], everything.mean_["acc"]
    )
    assert not np.array_equal(
        model.transformer_.mean_["acc"], alone.transformer_.mean_["acc"]
    )


def test_pretrain_false_keeps_the_summary_and_skips_the_epochs():
    model = make(pretrain=False).fit(X, Y)
    assert model.transformer_.n_iter_ == 0
    assert model.n_iter_ == 2
    assert model.transformer_._learnt["weights"]["summary.n_windows"] == 48


# A transformer that is fitted already


def test_a_pretrained_transformer_is_used_and_not_changed(pretrained):
    Z = pretrained.transform(X)
    state = pickle.dumps(pretrained)
    model = make(pretrained=pretrained).fit(X, Y)
    assert pickle.dumps(pretrained) == state
    np.testing.assert_array_equal(pretrained.transform(X), Z)
    np.testing.assert_array_equal(model.transformer_.transform(X), Z)


def test_fitting_the_given_transformer_again_does_not_matter(pretrained):
    given = copy.deepcopy(pretrained)
    model = make(pretrained=given).fit(X, Y)
    p = model.predict_proba(X)
    given.fit(X[:20] * 3)
    given.partial_fit(X)
    model = pickle.loads(pickle.dumps(model))  # so the network is built anew
    np.testing.assert_array_equal(model.predict_proba(X), p)


def test_clones_keep_what_is_pretrained(pretrained):
    copied = clone(make(pretrained=pretrained))
    Z = pretrained.transform(X)
    np.testing.assert_array_equal(copied.pretrained.transform(X), Z)
    copied.set_params(pretrained__output="global")
    assert pretrained.output == "joint"


def test_model_selection_keeps_what_is_pretrained(pretrained, monkeypatch):
    monkeypatch.setattr(CroSSLTransformer, "fit", lambda *args: pytest.fail("fitted"))
    model = make(pretrained=pretrained)
    scores = cross_val_score(model, X, Y, cv=2)
    search = GridSearchCV(model, {"freeze": [None, "all"]}, cv=2).fit(X, Y)
    assert search.cv_results_["mean_test_score"][0] == scores.mean()
    assert search.best_estimator_.pretrained is not pretrained


def test_grid_search_over_the_pretraining():
    grid = {"transformer__masking_ratio": [0.3, (0.1, 0.9)]}
    search = GridSearchCV(make(), grid, cv=2).fit(X, Y)
    assert search.best_estimator_.transformer_.masking_ratio in [0.3, (0.1, 0.9)]


def test_one_that_is_not_fitted_is_told():
    with pytest.raises(NotFittedError, match="pretrained is not fitted; fit it, or pass"):
        make(pretrained=brief()).fit(X, Y)


def test_windows_must_be_those_of_the_pretrained(pretrained):
    with pytest.raises(ValueError, match="4 channel.s. of 30 timepoints"):
        make(pretrained=pretrained).fit(X[..., :30], Y)
    spoilt = X.copy()
    spoilt[3] = np.nan
    with pytest.raises(ValueError, match="rows 3. Leave them out"):
        make(pretrained=pretrained).fit(spoilt, Y)


# Training


def test_class_weights_move_predictions(pretrained):
    rare = np.where(np.arange(48) % 6 == 0, 1, 0)  # not to be told from the windows
    share = {
        weight: make(pretrained=pretrained, class_weight=weight, max_epochs=10)
        .fit(X, rare)
        .predict_proba(X)[:, 1]
        .mean()
        for weight in (None, "balanced")
    }
    assert share[None] < share["balanced"] - 0.1


def test_early_stopping_by_groups(pretrained, monkeypatch):
    groups = np.arange(48) // 8
    spied = []
    train = _supervised.BaseFineTuner._train

    def spy(self, data, training, held_out, *args, **kwargs):
        spied.append((data.groups[training], data.groups[held_out]))
        return train(self, data, training, held_out, *args, **kwargs)

    monkeypatch.setattr(_supervised.BaseFineTuner, "_train", spy)
    y = np.random.default_rng(0).permutation(Y)  # nothing to learn: the loss rises
    params = {"early_stopping": True, "max_epochs": 60, "patience": 3, "head_lr": 0.1}
    model = make(pretrained=pretrained, **params).fit(X, y, groups)
    (training, held_out), *others = spied
    assert not others  # the temperature is learnt from the windows held out
    assert not set(training) & set(held_out)
    assert set(training) | set(held_out) == set(groups)
    losses = [row["valid_loss"] for row in model.history_]
    assert model.n_iter_ == len(losses) == np.argmin(losses) + 1 + 3 < 60
    assert model.temperature_ != 1


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.integers(0, 4), min_size=6, max_size=40),
    st.sampled_from([None, 2, 3, 7]),
    st.floats(0.05, 0.95),
    st.integers(0, 100),
)
def test_what_is_held_out_leaves_each_class_something(y, n_groups, fraction, seed):
    _, values = np.unique(y, return_inverse=True)
    if len(set(y)) < 2:
        return
    groups = None if n_groups is None else np.arange(len(y)) * n_groups // len(y)
    target = class_target(values, None, 0.0)
    units = np.arange(len(y)) if groups is None else groups
    try:
        rows = split(target, groups, fraction, np.random.RandomState(seed))
    except ValueError:
        for unit in np.unique(units):  # there is none that could be held out
            assert set(values[units != unit]) < set(values)
        return
    training, held_out = rows
    np.testing.assert_array_equal(np.sort(np.concatenate(rows)), np.arange(len(y)))
    assert not set(units[training]) & set(units[held_out])
    assert set(values[training]) == set(values)
    n_held_out = len(set(units[held_out]))
    assert 1 <= n_held_out <= np.ceil(fraction * len(set(units)))


def test_what_cannot_be_held_out_is_told_before_the_pretraining(monkeypatch):
    monkeypatch.setattr(CroSSLTransformer, "fit", None)
    model = make(early_stopping=True)
    for groups, match in (
        (np.zeros(48), "any of 1 groups"),
        (Y, "any of 2 groups"),  # each class is of a group of its own
    ):
        with pytest.raises(ValueError, match=match):
            model.fit(X, Y, groups=groups)
    y = np.where(np.arange(48) < 4, np.arange(48), -1)
    with pytest.raises(ValueError, match="any of 4 windows"):
        model.fit(X, y)
    with pytest.raises(TypeError, match="pretrained is a StandardScaler; expected"):
        make(pretrained=FrozenEstimator(StandardScaler())).fit(X, Y)


def test_a_search_over_pretrained_ones(pretrained):
    other = clone(pretrained).set_params(masking_ratio=0.9).fit(X)
    grid = {"pretrained": [FrozenEstimator(pretrained), FrozenEstimator(other)]}
    search = GridSearchCV(make(max_epochs=1), grid, cv=2).fit(X, Y)
    expected = make(max_epochs=1, **search.best_params_).fit(X, Y)
    plain = make(max_epochs=1, pretrained=search.best_params_["pretrained"].estimator)
    p = search.best_estimator_.predict_proba(X)
    np.testing.assert_array_equal(expected.predict_proba(X), p)
    np.testing.assert_array_equal(plain.fit(X, Y).predict_proba(X), p)


def test_early_stopping_goes_back_to_the_best(pretrained, monkeypatch):
    kept = []
    train = _supervised.BaseFineTuner._train

    def spy(self, data, training, held_out, *args, **kwargs):
        net = train(self, data, training, held_out, *args, **kwargs)
        windows = data.choose(held_out)
        logits = torch.from_numpy(outputs(net.module_, windows, data.device))
        target = torch.from_numpy(data.target.values[held_out])
        kept.append(float(data.target.loss(logits, target).mean()))
        return net

    monkeypatch.setattr(_supervised.BaseFineTuner, "_train", spy)
    y = np.random.default_rng(0).permutation(Y)
    params = {"early_stopping": True, "max_epochs": 60, "patience": 3, "head_lr": 0.1}
    model = make(pretrained=pretrained, **params).fit(X, y)
    best = min(row["valid_loss"] for row in model.history_)
    assert kept[0] == pytest.approx(best, rel=1e-4)


def test_held_out_windows_calibrate_the_network_as_it_is_tuned(pretrained):
    """Not the codes of the pretrained encoders, which others have replaced."""
    params = {"early_stopping": True, "max_epochs": 30, "lr": 0.03, "patience": 30}
    params |= {"gradual_unfreezing": False, "validation_fraction": 0.5}
    held_out = np.arange(48) >= 24
    model = make(pretrained=pretrained, **params)
    with pytest.MonkeyPatch.context() as patch:
        rows = np.flatnonzero(~held_out), np.flatnonzero(held_out)
        patch.setattr(_supervised, "split", lambda *args: rows)
        model.fit(X, THREE)
    logits = model.decision_function(X[held_out]) * model.temperature_
    target, at = THREE[held_out], np.arange(24)
    share = np.full(logits.shape, 1 / 26 / 3)
    share[at, target] += 25 / 26
    grid = np.geomspace(0.02, 50, 4001)
    losses = [-(share * log_softmax(logits / t, axis=1)).sum() for t in grid]
    assert model.temperature_ == pytest.approx(grid[np.argmin(losses)], rel=0.02)


def test_without_calibration_the_temperature_is_one(pretrained):
    assert make(pretrained=pretrained, calibrate=False).fit(X, Y).temperature_ == 1
    single = np.where(np.arange(48) == 0, 2, Y)
    assert make(pretrained=pretrained).fit(X, single).temperature_ == 1
    assert make(pretrained=pretrained).fit(X, Y).temperature_ != 1


@pytest.mark.parametrize("name", ["good_weights", "lr_schedule", "unfreeze_encoders"])
def test_callbacks_may_have_any_name(pretrained, name):
    make(pretrained=pretrained, callbacks=[(name, Callback())]).fit(X, Y)


def test_what_is_no_callback_is_told_before_pretraining(monkeypatch):
    monkeypatch.setattr(CroSSLTransformer, "fit", None)
    with pytest.raises(TypeError, match="callbacks has 1; expected"):
        make(brief(), callbacks=[1]).fit(X, Y)


class Interrupt(Callback):
    def on_batch_begin(self, net, **kwargs):
        if len(net.history) == 3:
            raise KeyboardInterrupt


def test_keyboard_interrupt_leaves_a_usable_model(pretrained):
    model = make(pretrained=pretrained, max_epochs=9, callbacks=[Interrupt()])
    with pytest.warns(ConvergenceWarning, match="interrupted in epoch 3"):
        model.fit(X, Y)
    assert model.n_iter_ == len(model.history_) == 2
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize("loss", [np.nan, None])
def test_a_fold_of_calibration_that_does_not_end_is_told(pretrained, monkeypatch, loss):
    infer = FineTuningNet.infer

    def spoilt(self, x, **params):
        if any(p.requires_grad for p in self.module_.encoders.parameters()):
            return infer(self, x, **params)
        if loss is None:
            raise KeyboardInterrupt
        return {"loss": loss * infer(self, x, **params)["loss"]}

    monkeypatch.setattr(FineTuningNet, "infer", spoilt)
    model = make(pretrained=pretrained, gradual_unfreezing=False)
    with pytest.warns(ConvergenceWarning, match="calibration was interrupted or div"):
        model.fit(X, Y)
    assert model.temperature_ == 1


class Spoil(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_batch_begin(self, net, **kwargs):
        if len(net.history) == self.epoch:
            net.module_.head.linear.bias.data.fill_(torch.nan)


def test_a_loss_that_diverges_at_once_is_an_error_and_loses_nothing(pretrained):
    model = make(pretrained=pretrained, callbacks=[Spoil(1)])
    with pytest.raises(ValueError, match="in epoch 1.*the estimator is as before"):
        model.fit(X, Y)
    with pytest.raises(NotFittedError):
        model.predict(X)
    p = model.set_params(callbacks=None).fit(X, Y).predict_proba(X)
    with pytest.raises(ValueError, match="in epoch 1"):
        model.set_params(callbacks=[Spoil(1)]).fit(X, THREE)
    np.testing.assert_array_equal(model.predict_proba(X), p)


def test_a_loss_that_diverges_later_keeps_the_last_good_weights(pretrained):
    rates = {"lr": 3e-5, "head_lr": 0.02}
    model = make(pretrained=pretrained, max_epochs=5, callbacks=[Spoil(3)], **rates)
    match = r"lower lr or head_lr \(now 3e-05 and 0.02\).*weights of epoch 2 are kept"
    with pytest.warns(ConvergenceWarning, match=match):
        model.fit(X, Y)
    assert model.n_iter_ == 2
    assert np.isfinite(model.predict_proba(X)).all()


def test_bad_modality_dropout_is_named(pretrained):
    with pytest.raises(ValueError, match=r"modality_dropout=\(0.5, 1.0\); expected"):
        make(pretrained=pretrained, modality_dropout=(0.5, 1.0)).fit(X, Y)


# Output


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities(pretrained, n_classes):
    model = make(pretrained=pretrained).fit(X, np.arange(48) % n_classes)
    p, logits = model.predict_proba(X), model.decision_function(X)
    assert p.shape == (48, n_classes)
    if n_classes == 2:
        assert logits.shape == (48,)
        logits = np.stack([0 * logits, logits], axis=1)
    np.testing.assert_allclose(p, softmax(logits, axis=1), rtol=1e-6)
    np.testing.assert_allclose(p.sum(1), 1, rtol=1e-6)
    np.testing.assert_array_equal(model.predict(X), model.classes_[p.argmax(1)])


def test_a_prediction_depends_on_its_own_window_alone(fitted):
    windows, _ = make_windows(300, seed=1)
    windows[::3, 3] = np.nan
    windows[1::7, :3] = np.nan
    windows[21, 3] = 0.5  # row 21 would have nothing left
    windows = windows[np.isfinite(windows).all(2).any(1)]
    p = fitted.predict_proba(windows)
    order = np.random.default_rng(0).permutation(len(windows))
    np.testing.assert_array_equal(fitted.predict_proba(windows[order]), p[order])
    alone = np.vstack([fitted.predict_proba(x[None]) for x in windows[:30]])
    np.testing.assert_array_equal(alone, p[:30])
    complete = np.isfinite(windows).all((1, 2))
    np.testing.assert_array_equal(fitted.predict_proba(windows[complete]), p[complete])


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_rows_do_not_matter_where_sensors_are_missing(n_classes):
    windows, _ = make_windows(120, seed=1)
    rng = np.random.default_rng(0)
    for sensor in ([0], [1, 2]):
        windows[np.ix_(rng.random(120) < 0.3, sensor)] = np.nan
    y = np.arange(120) % n_classes
    model = make(brief({"a": 0, "b": [1, 2], "pulse": 3})).fit(windows, y)
    order = rng.permutation(120)
    logits = model.decision_function(windows)
    np.testing.assert_array_equal(model.decision_function(windows[order]), logits[order])


def test_without_pretraining_early_stopping_and_callbacks_of_it_are_not_asked():
    class Counts(Callback):
        epochs = 0

        def on_epoch_end(self, net, **kwargs):
            Counts.epochs += 1

    transformer = brief(patience=2, callbacks=[Counts()], verbose=1)
    model = make(transformer, pretrain=False).fit(X, Y)
    assert model.n_iter_ == 2
    assert Counts.epochs == 0


@pytest.mark.parametrize("n_classes", [5, 6, 10])
def test_rows_do_not_matter_with_few_classes(pretrained, n_classes):
    """Products with so few columns are rounded by place, done naively."""
    y = np.arange(len(X)) % n_classes
    model = make(pretrained=pretrained).fit(X, y)
    order = np.random.default_rng(0).permutation(len(X))
    logits = model.decision_function(X)
    np.testing.assert_array_equal(model.decision_function(X[order]), logits[order])


def test_missing_sensors(pretrained):
    spoilt = X.copy()
    spoilt[:7, 3] = np.nan
    spoilt[7:12, :3] = np.nan
    p = make().fit(spoilt, Y).predict_proba(spoilt)
    assert np.isfinite(p).all()
    model = make(pretrained=pretrained).fit(X, Y)
    assert np.isfinite(model.predict_proba(spoilt)).all()
    spoilt[5] = np.nan
    with pytest.raises(ValueError, match="missing .* in 1 window.*rows 5"):
        model.predict(spoilt)


def test_sensors_that_fail_cost_less_with_modality_dropout():
    """Both sensors tell the class, the second more loudly."""
    rng = np.random.default_rng(0)
    y = np.arange(120) % 2
    data = rng.normal(size=(120, 2, 24)) * (1 + y[:, None, None] * [[1.5], [6.0]])
    half = data.copy()
    half[:, 1] = np.nan
    transformer = brief([1, 1]).fit(data)
    scores = [
        CroSSLClassifier(pretrained=transformer, random_state=0, modality_dropout=ratio)
        .set_params(max_epochs=30)
        .fit(data, y)
        .score(half, y)
        for ratio in (0.0, 0.5)
    ]
    assert scores[1] >= max(scores[0], 0.8)


# Forms of input


def test_modalities_of_different_rates():
    rng = np.random.default_rng(0)
    data = {"acc": rng.normal(size=(30, 3, 40)), "ecg": rng.normal(size=(30, 90))}
    y = np.arange(30) % 2
    data["ecg"] += 3 * y[:, None] * np.sin(np.arange(90))
    model = make(brief(None), max_epochs=20).fit(data, y)
    assert model.modalities_ == {"acc": (0, 1, 2), "ecg": (0,)}
    assert model.score(data, y) > 0.9
    assert (model.predict({"ecg": data["ecg"]}) == y).mean() > 0.8
    scores = cross_val_score(make(brief(None)), SliceDict(**data), y, cv=2)
    assert np.isfinite(scores).all()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        make(brief(None)).fit(data, y[:-1])


@pytest.mark.parametrize("data", [X[:, 0], X], ids=["2-D", "3-D"])
def test_channels_without_names(data):
    model = make(brief(None), max_epochs=20).fit(data, Y)
    assert model.n_features_in_ == (32 if data.ndim == 2 else 4)
    assert model.score(data, Y) > 0.8


@pytest.mark.parametrize("freeze", [None, "all"])
def test_without_a_summary(freeze):
    model = make(brief(summary_size=0), freeze=freeze, max_epochs=20).fit(X, Y)
    assert model.score(X, Y) > 0.8
    assert model._weights["head.linear.weight"].shape == (2, 256)


# Reproducibility and persistence


def test_same_seed_same_bits():
    first, second = (make().fit(X, Y) for _ in range(2))
    assert same_weights(first, second)
    assert first.temperature_ == second.temperature_
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert not same_weights(first, make(random_state=1).fit(X, Y))


def test_global_generators_are_untouched():
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002 - the global generator is what is tested
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    model = pickle.loads(pickle.dumps(make().fit(X, Y)))
    model.predict(X)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def round_trip_pickle(model, path):
    return pickle.loads(pickle.dumps(model))


def round_trip_joblib(model, path):
    joblib.dump(model, path / "model.joblib")
    mapped = joblib.load(path / "model.joblib", mmap_mode="r")
    assert any(isinstance(a, np.memmap) for a in mapped._weights.values())
    return mapped


def round_trip_skops(model, path):
    data = skops.io.dumps(model)
    trusted = skops.io.get_untrusted_types(data=data)
    assert all(name.startswith("sklearn_crossl.") for name in trusted)
    return skops.io.loads(data, trusted=trusted)


@pytest.mark.parametrize(
    "round_trip", [round_trip_pickle, round_trip_joblib, round_trip_skops]
)
def test_persistence(fitted, tmp_path, round_trip):
    again = round_trip(fitted, tmp_path)
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert again.history_ == fitted.history_


def test_a_pickle_holds_no_tensor(fitted):
    fitted.predict(X)
    args = [arg for _, arg, _ in pickletools.genops(pickle.dumps(fitted))]
    assert not [a for a in map(str, args) if a.startswith(("torch", "skorch"))]


# Inspection


def test_label_efficiency(pretrained):
    curve = label_efficiency_curve(
        {"fine-tuned": make(pretrained=pretrained)},
        X,
        Y,
        fractions=[4, 1.0],
        n_splits=2,
        n_draws=1,
        random_state=0,
    )
    few, everything = curve.scores[0].reshape(2, -1).mean(axis=1)
    assert everything > 0.8 > np.bincount(Y).max() / len(Y)
    assert few <= everything


def test_training_curve(pretrained):
    model = make(pretrained=pretrained, early_stopping=True).fit(X, Y)
    display = TrainingCurveDisplay.from_estimator(model)
    assert list(display.lines_) == ["train_loss", "valid_loss"]
    display.figure_.clear()


def test_missing_modality(fitted):
    curve = missing_modality_curve(fitted, X, THREE, random_state=0)
    assert curve.modalities == ["acc", "pulse"]
    for seen, score in zip(curve.present, curve.subset_scores, strict=True):
        kept = X.copy()
        for channels, there in zip(MODALITIES.values(), seen, strict=True):
            if not there:
                kept[:, channels] = np.nan
        assert score == fitted.score(kept, THREE)


def test_labels_that_weigh_nothing_are_not_learnt(pretrained):
    wrong = np.arange(len(Y)) % 4 == 0
    y, weight = np.where(wrong, 1 - Y, Y), np.where(wrong, 0.0, 3.0)
    params = {"pretrained": pretrained, "max_epochs": 30, "modality_dropout": 0.0}
    plain = make(**params).fit(X, y).predict_proba(X)[np.arange(len(Y)), Y]
    model = make(**params).fit(X, y, sample_weight=weight)
    assert model.predict_proba(X)[np.arange(len(Y)), Y].mean() > plain.mean()
    again = make(**params).fit(X, y, sample_weight=weight / 3)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_label_that_weighs_nothing_is_none(pretrained, early_stopping):
    groups = np.arange(len(Y)) // 6
    weight = (groups < 3).astype(float)  # of the other groups nothing is held out either
    params = {"pretrained": pretrained, "early_stopping": early_stopping}
    weighed = make(**params).fit(X, Y, groups, sample_weight=weight)
    partly = make(**params).fit(X, np.where(weight > 0, Y, -1), groups)
    assert weighed.temperature_ == pytest.approx(partly.temperature_)
    np.testing.assert_allclose(
        weighed.decision_function(X), partly.decision_function(X), rtol=1e-4, atol=1e-5
    )
    if early_stopping:
        assert min(epoch["valid_loss"] for epoch in weighed.history_) > 0


@pytest.mark.parametrize(
    ("weight", "match"),
    [
        (np.ones(3), "shape"),
        (np.full(len(Y), -1.0), "egative"),
        (np.full(len(Y), np.nan), "NaN"),
        (np.where(np.arange(len(Y)) < 9, 1.0, 0.0), "zero for every window that has"),
    ],
)
def test_sample_weight_is_checked(pretrained, weight, match):
    y = np.where(np.arange(len(Y)) < 9, -1, Y)
    with pytest.raises(ValueError, match=match):
        make(pretrained=pretrained).fit(X, y, sample_weight=weight)


def test_logarithms_of_probabilities(fitted):
    log_p = fitted.predict_log_proba(X)
    np.testing.assert_allclose(np.exp(log_p), fitted.predict_proba(X), rtol=1e-5)
    assert np.isfinite(log_p).all()


def test_a_pretrained_transformer_is_not_to_start_from_random_weights(pretrained):
    with pytest.raises(ValueError, match="pretrain=False; leave one out"):
        make(pretrained=pretrained, pretrain=False).fit(X, Y)


def test_a_list_of_modalities_some_windows_without_a_label():
    y = np.where(np.arange(len(Y)) < 20, Y, -1)
    model = CroSSLClassifier(
        CroSSLTransformer(["acc", "pulse"], max_epochs=1, summary_size=0),
        max_epochs=1,
        random_state=0,
    )
    listed = [X[:, :3], X[:, 3:]]
    model.fit(listed, y)
    expected = model.score([x[:20] for x in listed], y[:20])
    assert model.score(listed, y) == expected
    assert partly_labelled_scorer("accuracy")(model, listed, y) == expected
