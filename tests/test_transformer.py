"""The estimator's own contract: output, state, errors, training."""

import copy
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import make_windows
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import pairwise_distances
from sklearn.utils._param_validation import InvalidParameterError
from skorch.callbacks import Callback, Checkpoint, EarlyStopping
from torch import nn

from sklearn_crossl import CroSSLTransformer, _batches
from sklearn_crossl._pretraining_net import EPOCHS
from sklearn_crossl._summary import fitting
from sklearn_crossl.aggregators import SetAggregator
from sklearn_crossl.encoders import TCNEncoder
from sklearn_crossl.objectives import VICReg

MODALITIES = {"acc": slice(0, 3), "pulse": 3}


def make(**params):
    small = {"max_epochs": 2, "batch_size": 16, "random_state": 0}
    return CroSSLTransformer(**{"modalities": MODALITIES, **small, **params})


def same_state(first, second):
    """Compare fitted attributes, arrays to the bit."""
    left, right = (
        {k: v for k, v in vars(m).items() if k.endswith("_") or k == "_learnt"}
        for m in (first, second)
    )
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_equal(_plain(left[name]), _plain(right[name]))


def _plain(value):
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if k != "dur"}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return str(value) if hasattr(value, "get_params") else value


# Output


@pytest.mark.parametrize(
    ("output", "n_features"),
    [("joint", 640), ("global", 256), ("modalities", 512), ("all", 1152)],
)
def test_output_and_its_names(X, output, n_features):
    model = make(output=output).fit(X)
    assert model.transform(X).shape == (len(X), n_features)
    names = model.get_feature_names_out()
    assert len(names) == len(set(names)) == n_features
    parts = {"global": ["global"], "modalities": ["acc", "pulse"]}
    parts["joint"] = ["learnt", "summary"]
    parts["all"] = parts["joint"] + parts["modalities"]
    assert list(dict.fromkeys(n.split("_")[1] for n in names)) == parts[output]


def test_feature_names_as_documented(X):
    names = make(output="all").fit(X).get_feature_names_out()
    assert names[0] == "crossl_learnt_000"
    assert "crossl_acc_017" in names


def test_modalities_named_like_parts_of_the_embedding(X):
    modalities = {"summary": slice(0, 3), "learnt": 3}
    model = make(modalities=modalities, output="all").fit(X)
    names = model.get_feature_names_out()
    assert len(names) == len(set(names)) == model.transform(X).shape[1]
    assert {"crossl_summary_000", "crossl_summary_code_000"} <= set(names)


def test_columns_of_a_frame_are_modalities_and_not_channels(X):
    frame = pd.DataFrame({"acc": list(X[:, :3]), "pulse": list(X[:, 3]), "age": 1.0})
    columns = ColumnTransformer(
        [
            ("crossl", make(modalities=None), ["acc", "pulse"]),
            ("rest", "passthrough", [2]),
        ]
    ).set_output(transform="pandas")
    Z = columns.fit_transform(frame)
    assert list(Z.columns) == list(columns.get_feature_names_out())
    assert {"crossl__crossl_learnt_000", "rest__age"} <= set(Z.columns)


@pytest.mark.parametrize("value", [1e25, 9.97e36])
def test_a_huge_value_does_not_spoil_its_window(X, value):
    model = make().fit(X)
    spoilt = X.astype(np.float32)
    spoilt[:, 0, 5] = value
    distances = pairwise_distances(model.transform(spoilt), model.transform(X))
    assert (distances.argmin(axis=1) == np.arange(len(X))).all()


def test_all_is_both_side_by_side(X):
    model = make(output="all").fit(X)
    everything = model.transform(X)
    parts = [model.set_params(output=o).transform(X) for o in ("joint", "modalities")]
    np.testing.assert_array_equal(everything, np.hstack(parts))
    Z = model.set_params(output="global").transform(X)
    weights = model._learnt["weights"]
    learnt = (Z - weights["summary.learnt.mean"]) @ weights["summary.learnt.axes"]
    np.testing.assert_allclose(everything[:, :128], learnt, rtol=1e-3, atol=1e-4)


def test_without_a_summary_the_joint_embedding_is_the_global_one(X):
    model = make(summary_size=0).fit(X)
    assert model.summary_size_ == 0
    Z = model.transform(X)
    np.testing.assert_array_equal(model.set_params(output="global").transform(X), Z)
    names = model.get_feature_names_out()
    assert len(names) == Z.shape[1] == 256
    assert names[-1] == "crossl_global_255"


def test_a_joint_embedding_tells_what_a_missing_modality_would_have_shown():
    """The second sensor is a copy of the first, so that nothing is lost with it."""
    rng = np.random.default_rng(0)
    phase = rng.uniform(0, 2 * np.pi, size=(120, 1, 1))
    X = np.sin(phase + rng.uniform(0.1, 1, size=(120, 1, 1)) * np.arange(40))
    X = np.repeat(X + 0.1 * rng.normal(size=X.shape), 2, axis=1)
    model = make(modalities=[1, 1], summary_size=64, max_epochs=3).fit(X)
    half = X.copy()
    half[:, 1] = np.nan
    Z, Z_half = model.transform(X), model.transform(half)
    left_out = np.square(Z_half - Z).sum(0) / np.square(Z - Z.mean(0)).sum(0)
    assert np.median(left_out[:64]) < 0.25
    assert np.median(left_out[64:]) < 0.25


def test_the_summary_of_the_most_windows_is_kept():
    X, _ = make_windows(60)
    model = make()
    axes = [
        model.partial_fit(X[:n])._learnt["weights"]["summary.pca.axes"]
        for n in (20, 40, 10, 60)
    ]
    same = [np.array_equal(a, b) for a, b in pairwise(axes)]
    assert same == [False, True, False]


@pytest.mark.parametrize(
    ("n_windows", "epochs"), [(40, 100), (1280, 50), (3200, 20), (10**6, 20)]
)
def test_automatic_epochs_make_enough_steps(n_windows, epochs):
    assert EPOCHS.resolve("auto", n_windows, batch_size=128) == epochs


def test_epochs_are_automatic_by_default(X):
    model = make(max_epochs="auto", batch_size=2, summary_size=0).fit(X[:44])
    assert model.n_iter_ == EPOCHS.resolve("auto", 44, 2) == 23
    assert make(max_epochs=np.int64(3)).fit(X).n_iter_ == 3


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, int])
def test_dtype(X, dtype):
    X = (10 * X).astype(dtype)
    Z = make().fit(X).transform(X)
    assert Z.dtype == (np.float64 if dtype == np.float64 else np.float32)


def test_fit_transform_equals_fit_then_transform(X):
    np.testing.assert_array_equal(make().fit_transform(X), make().fit(X).transform(X))


@pytest.mark.parametrize("aggregator", ["set", "mlp", "attention"])
@pytest.mark.parametrize("missing", [False, True])
def test_transform_does_not_depend_on_batch_or_order(aggregator, missing):
    X, _ = make_windows(300)
    if missing:
        X[::3, 3] = np.nan
        X[1::7, :3] = np.nan
    model = make(aggregator=aggregator, output="all", max_epochs=1, missing="nan").fit(
        X[np.isfinite(X).all(axis=2).any(axis=1)]
    )
    Z = model.transform(X)
    one_by_one = np.vstack([model.transform(x[None]) for x in X[:40]])
    np.testing.assert_allclose(one_by_one, Z[:40], atol=1e-6, rtol=1e-6)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(model.transform(X[order]), Z[order], atol=1e-6, rtol=1e-6)


def test_labels_are_ignored(windows):
    X, y = windows
    same_state(make().fit(X, y), make().fit(X))


def test_untouched_input(X):
    before = X.copy()
    X.flags.writeable = False
    make().fit(X).transform(X)
    np.testing.assert_array_equal(X, before)


def test_two_activities_are_told_apart_better_than_chance():
    from sklearn.linear_model import LogisticRegression

    X, y = make_windows(200)
    model = make(max_epochs=10).fit(X)
    Z = model.transform(X)
    labelled = np.arange(6)
    accuracy = LogisticRegression().fit(Z[labelled], y[labelled]).score(Z, y)
    assert accuracy > 0.8


# Reproducibility


@pytest.mark.parametrize("masking", ["spatial", "random", "temporal"])
def test_same_seed_same_bits(X, masking):
    same_state(make(masking=masking).fit(X), make(masking=masking).fit(X))


def test_another_seed_other_weights(X):
    first, second = (make(random_state=seed).fit(X).transform(X) for seed in (0, 1))
    assert not np.allclose(first, second)


def test_global_generators_are_untouched(X):
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002 - the global generator is what is tested
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    model = make().fit(X)
    del model._network
    model.transform(X)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


# Training


def test_history(X):
    model = make(max_epochs=3).fit(X)
    assert model.n_iter_ == len(model.history_) == 3
    assert [row["epoch"] for row in model.history_] == [1, 2, 3]
    for row in model.history_:
        assert {"train_loss", "invariance", "variance", "covariance"} < set(row)
        weighted = 25 * (row["invariance"] + row["variance"]) + 0.5 * row["covariance"]
        assert row["train_loss"] == pytest.approx(weighted, rel=1e-4)
        assert 1 <= row["effective_rank"] <= len(X)
        assert row["dur"] > 0


def test_training_lowers_the_loss():
    X, _ = make_windows(200)
    history = make(max_epochs=12).fit(X).history_
    assert history[-1]["train_loss"] < 0.8 * history[0]["train_loss"]


def test_partial_fit_goes_on(X):
    model = make()
    for epochs in (1, 2, 3):
        assert model.partial_fit(X) is model
        assert model.n_iter_ == epochs
    assert [row["epoch"] for row in model.history_] == [1, 2, 3]


def test_partial_fit_standardises_by_all_windows_seen(X):
    model = make().partial_fit(X[:10]).partial_fit(10 * X[10:])
    seen = np.concatenate([X[:10], 10 * X[10:]])[:, :3]
    np.testing.assert_allclose(model.scale_["acc"], seen.std(axis=(0, 2)), rtol=1e-4)


def test_partial_fit_keeps_the_optimizer_and_the_head(X):
    model = make().partial_fit(X)
    assert any(name.endswith(".exp_avg") for name in model._learnt["optimizer"])
    assert any(
        name.startswith("objective.") for name in model._learnt["training_weights"]
    )
    resumed = copy.deepcopy(model).partial_fit(X)
    steps = [a for n, a in resumed._learnt["optimizer"].items() if n.endswith(".step")]
    assert set(map(float, steps)) == {6.0}  # two epochs of three batches


def test_partial_fit_does_not_repeat_its_masks(X):
    model = make(lr=1e-12, weight_decay=0.0)
    losses = [model.partial_fit(X).history_[-1]["invariance"] for _ in range(2)]
    assert losses[0] != losses[1]


def test_plain_fit_throws_the_head_away(X):
    learnt = make().fit(X)._learnt
    assert learnt["training_weights"] == learnt["optimizer"] == {}
    assert not any(name.startswith("objective.") for name in learnt["weights"])


def test_warm_start(X):
    model = make(warm_start=True).fit(X)
    before = model.history_[-1]["train_loss"]
    model.fit(X)
    assert model.n_iter_ == 4
    assert model.history_[2]["train_loss"] < before * 1.1
    assert make().fit(X).fit(X).n_iter_ == 2


def test_training_goes_on_after_a_plain_fit(X):
    model = make().fit(X)
    assert model.partial_fit(X).n_iter_ == 3
    assert model.set_params(warm_start=True).fit(X).n_iter_ == 5


def test_warm_start_with_another_network_is_refused(X):
    model = make(warm_start=True).fit(X)
    Z = model.transform(X)
    model.set_params(encoder=TCNEncoder(widths=(8, 8, 8)))
    with pytest.raises(ValueError, match="training cannot go on from it"):
        model.fit(X)
    np.testing.assert_array_equal(model.transform(X), Z)


CHANGES = {
    "encoder": TCNEncoder(widths=(8, 8, 8)),
    "aggregator": "mlp",
    "summary_size": 64,
    "summary_size and no more": 0,
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("warm_start", [False, True])
def test_training_does_not_go_on_with_another_network(X, name, warm_start):
    sizes = {"summary_size": 32 if CHANGES[name] == 0 else 0}
    model = make(warm_start=warm_start, **sizes).fit(X)
    before = copy.deepcopy(model)
    model.set_params(**{name.split()[0]: CHANGES[name]})
    with pytest.raises(ValueError, match="Keep encoder, aggregator and summary_size"):
        model.partial_fit(X)
    same_state(model, before)


def test_a_hidden_layer_is_another_network(X):
    model = make(aggregator=SetAggregator(), summary_size=0).fit(X)
    model.set_params(aggregator__hidden_size=64)
    with pytest.raises(ValueError, match="training cannot go on from it"):
        model.partial_fit(X)


def test_objective_and_optimizer_may_change_after_a_plain_fit_only(X):
    other = {"objective": VICReg(projector=(8,)), "optimizer": "adam"}
    for name, value in other.items():
        first = {"optimizer": "sgd", "summary_size": 0}
        plain, warm = (make(warm_start=w, **first).fit(X) for w in (False, True))
        assert plain.set_params(**{name: value}).partial_fit(X).n_iter_ == 3
        with pytest.raises(ValueError, match="objective and optimizer as they were"):
            warm.set_params(**{name: value}).fit(X)


@pytest.mark.parametrize("modalities", [[1, 3], None, ["acc", "pulse"]])
def test_training_does_not_go_on_with_other_modalities(X, modalities):
    model = make(warm_start=True, summary_size=0).fit(X)
    model.set_params(modalities=modalities)
    for call in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match=r"modalities=.*was fitted on {'acc': \(0"):
            call(X)
    model.set_params(modalities={"acc": [0, 1, 2], "pulse": slice(3, None)})
    assert model.fit(X).n_iter_ == 4


def test_patience_stops_and_takes_the_best_back(X):
    model = make(max_epochs=50, lr=1e-12, lr_schedule="constant", patience=2).fit(X)
    assert 3 <= model.n_iter_ < 50


class Counter(Callback):
    calls = 0

    def on_batch_end(self, net, **kwargs):
        type(self).calls += 1


def test_skorchs_checkpoint_keeps_the_best_epoch(X, tmp_path):
    checkpoint = Checkpoint("train_loss_best", dirname=tmp_path)
    model = make(max_epochs=3, callbacks=[checkpoint]).fit(X)
    assert (tmp_path / "params.pt").exists()
    assert "train_loss_best" not in model.history_[0]


def test_skorch_callbacks_are_passed_through(X):
    Counter.calls = 0
    own = Counter()
    make(callbacks=[own, ("named", Counter)]).fit(X)
    assert Counter.calls == 2 * 2 * 3  # callbacks, epochs, batches
    assert not hasattr(own, "net")


NAMES = ["epoch_timer", "good_weights", "lr_schedule", "effective_rank", "early_stopping"]


@pytest.mark.parametrize("name", [*NAMES, "progress_bar", "scikit_learn"])
def test_callbacks_may_have_any_name(X, name):
    Counter.calls = 0
    params = {"patience": 5, "verbose": 1, "summary_size": 0}
    make(callbacks=[(name, Counter())], **params).fit(X)
    assert Counter.calls == 2 * 3


@pytest.mark.parametrize("bad", [1, "EpochTimer", int, ("timer", 1), (Counter, "timer")])
def test_what_is_no_callback_is_told(X, bad):
    with pytest.raises(TypeError, match=r"callbacks has .*; expected objects or subcl"):
        make(callbacks=[Counter, bad]).fit(X)


class Interrupt(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_batch_begin(self, net, **kwargs):
        if len(net.history) == self.epoch:
            raise KeyboardInterrupt


@pytest.mark.parametrize("epoch", [1, 3])
def test_keyboard_interrupt_leaves_a_usable_model(X, epoch):
    model = make(max_epochs=5, callbacks=[Interrupt(epoch)])
    with pytest.warns(ConvergenceWarning, match=f"interrupted in epoch {epoch}"):
        model.fit(X)
    assert model.n_iter_ == epoch - 1
    assert np.isfinite(model.transform(X)).all()


class Stop(Callback):
    def __init__(self, event):
        self.event = event

    def initialize(self):
        setattr(self, self.event, self.stop)
        return self

    def stop(self, net, **kwargs):
        if len(net.history) == 2:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("event", "n_epochs"),
    [("on_epoch_begin", 1), ("on_batch_end", 1), ("on_epoch_end", 2)],
)
def test_an_interrupt_is_told_wherever_it_comes_from(X, event, n_epochs):
    model = make(max_epochs=5, summary_size=0, callbacks=[Stop(event)])
    with pytest.warns(ConvergenceWarning, match="interrupted in epoch 2"):
        model.fit(X)
    assert model.n_iter_ == n_epochs


def test_early_stopping_of_skorch_is_no_interrupt(X):
    rule = EarlyStopping("train_loss", patience=2)
    params = {"lr": 1e-12, "lr_schedule": "constant", "summary_size": 0}
    assert 3 <= make(max_epochs=50, callbacks=[rule], **params).fit(X).n_iter_ < 50


class Spoil(Callback):
    """Makes the weights NaN in an epoch, as an exploding step would."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_batch_begin(self, net, **kwargs):
        if len(net.history) == self.epoch:
            with torch.no_grad():
                next(net.module_.parameters()).fill_(torch.nan)


def test_a_nan_loss_keeps_the_last_good_weights(X):
    model = make(max_epochs=5, callbacks=[Spoil(3)])
    match = r"NaN or infinite in epoch 3.*lower lr \(now 0.001\)"
    with pytest.warns(ConvergenceWarning, match=match):
        model.fit(X)
    assert model.n_iter_ == 2
    assert np.isfinite(model.transform(X)).all()


@pytest.mark.parametrize(
    ("callback", "said"), [(Spoil(4), "The weights of epoch"), (Interrupt(4), "of epoch")]
)
def test_with_patience_the_best_weights_are_kept_and_named(X, callback, said):
    params = {"lr": 1e-9, "lr_schedule": "constant", "patience": 9, "max_epochs": 9}
    model = make(callbacks=[callback], **params)
    with pytest.warns(ConvergenceWarning) as caught:
        model.fit(X)
    losses = [epoch["train_loss"] for epoch in model.history_]
    assert len(losses) == 3
    assert f"{said} {1 + int(np.argmin(losses))}" in str(caught[0].message)


def test_a_nan_loss_at_once_is_an_error_and_loses_nothing(X):
    model = make(callbacks=[Spoil(1)])
    with pytest.raises(ValueError, match="in epoch 1.*nothing was learnt"):
        model.fit(X)
    assert not hasattr(model, "modalities_")
    model.set_params(callbacks=None).partial_fit(X)
    Z = model.transform(X)
    model.set_params(callbacks=[Spoil(1)])
    with pytest.raises(ValueError, match="the estimator is as before"):
        model.partial_fit(X)
    np.testing.assert_array_equal(model.transform(X), Z)


@pytest.mark.parametrize("params", [{"lr": 1e30}, {"lr": 1e30, "optimizer": "sgd"}])
def test_a_last_step_that_diverges_is_an_error(X, params):
    model = make(max_epochs=1, batch_size=48, **params)
    with pytest.raises(ValueError, match="infinite in epoch 1.*nothing was learnt"):
        model.fit(X)


def test_progress_bar(X, capsys):
    make(verbose=1).fit(X)
    assert "2/2" in capsys.readouterr().err
    make().fit(X)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


@pytest.mark.parametrize("precision", ["auto", "fp32", "bf16"])
def test_precision(X, precision):
    Z = make(precision=precision).fit(X).transform(X)
    assert Z.dtype == np.float32
    assert np.isfinite(Z).all()


def test_compiled_encoders_learn_the_same(X, monkeypatch):
    expected = make().fit(X).transform(X)
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))
    Z = make(compile=True).fit(X).transform(X)
    np.testing.assert_allclose(Z, expected, atol=1e-3)


def test_where_nothing_can_be_compiled_training_goes_on(X, monkeypatch):
    def fail(*args):
        raise RuntimeError("no C++ compiler")

    expected = make().fit(X).transform(X)
    monkeypatch.setattr(torch, "compile", lambda function: fail)
    with pytest.warns(RuntimeWarning, match="no C.. compiler.*goes on without") as caught:
        Z = make(compile=True).fit(X).transform(X)
    assert len(caught) == 1
    np.testing.assert_array_equal(Z, expected)


CLASSES = ["RMSprop", "Adagrad", "Adadelta", "ASGD", "Adafactor", "NAdam"]


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", *CLASSES])
def test_optimizers(X, name):
    optimizer = getattr(torch.optim, name) if name in CLASSES else name
    model = make(optimizer=optimizer, lr=1e-4, summary_size=0).fit(X)
    assert model.n_iter_ == 2


class Settings(Callback):
    def on_batch_begin(self, net, **kwargs):
        group = net.optimizer_.param_groups[0]
        momentum = group["betas"][0] if "betas" in group else group["momentum"]
        net.history.record_batch("momentum", momentum)

    def on_epoch_end(self, net, **kwargs):
        net.history.record("momenta", net.history[-1, "batches", :, "momentum"])


class Heavy(torch.optim.SGD):
    def __init__(self, params, lr, weight_decay):
        super().__init__(params, lr, momentum=0.5, weight_decay=weight_decay)


@pytest.mark.parametrize(
    ("optimizer", "momenta"),
    [("adamw", (0.85, 0.95)), (Heavy, (0.85, 0.95)), ("sgd", (0, 0))],
)
def test_only_momentum_that_there_is_goes_with_the_learning_rate(X, optimizer, momenta):
    params = {"max_epochs": 4, "lr": 1e-4, "summary_size": 0}
    model = make(optimizer=optimizer, callbacks=[Settings()], **params).fit(X)
    seen = np.concatenate([row["momenta"] for row in model.history_])
    assert (seen.min(), seen.max()) == pytest.approx(momenta, abs=0.01)


def test_the_published_configuration_runs_as_such(X):
    model = CroSSLTransformer.from_paper(MODALITIES, max_epochs=2, random_state=0).fit(X)
    assert model.code_size_ == 96
    assert model.embedding_size_ == 32
    assert (model.lr, model.batch_size, model.patience) == (1e-4, 8, 5)
    objective = model.objective_
    coefficients = (objective.invariance, objective.variance, objective.covariance)
    assert coefficients == (10, 10, 100)
    assert "effective_rank" in model.history_[0]


# Stages


class Pool(nn.Module):
    def __init__(self, n_channels):
        super().__init__()
        self.linear = nn.Linear(n_channels, 5)

    def forward(self, x):
        return self.linear(x.mean(-1))


class Fuse(nn.Module):
    def __init__(self, n_modalities, code_size):
        super().__init__()
        self.linear = nn.Linear(code_size, 7)

    def forward(self, codes, keep):
        return self.linear((codes * keep).sum(-2))


class Pull(nn.Module):
    def __init__(self, embedding_size):
        super().__init__()

    def forward(self, latents):
        return (latents.views[0] - latents.views[1]).square().mean()


class Bare(nn.Module):
    def __init__(self, *sizes):
        super().__init__()

    def forward(self, *args):
        return torch.zeros(3)


def test_users_own_modules(X):
    model = make(encoder=Pool, aggregator=Fuse, objective=Pull, output="all").fit(X)
    assert model.transform(X).shape == (len(X), 7 + 512 + 2 * 5)
    assert clone(model).fit(X).n_iter_ == 2


def test_an_encoder_that_cannot_read_a_modality_is_told():
    class Recurrent(nn.Module):
        def __init__(self, n_channels):
            super().__init__()
            self.gru = nn.GRU(n_channels, 4)

        def forward(self, x):
            return self.gru(x.transpose(1, 2))[0].mean(1)

    X = {"image": np.zeros((9, 1, 8, 8))}
    match = (
        r"Recurrent was given \(2, 1, 8, 8\) \(batch, channels, height, width\) and fa"
    )
    with pytest.raises(ValueError, match=match):
        CroSSLTransformer(encoder=Recurrent).fit(X)


@pytest.mark.parametrize("stage", ["encoder", "aggregator"])
def test_users_modules_with_the_wrong_output_are_told(X, stage):
    with pytest.raises(ValueError, match=r"Bare was given .* and returned \(3,\)"):
        make(**{stage: Bare}).fit(X)


def test_users_objective_with_the_wrong_output_is_told(X):
    class Wrong(Pull):
        def forward(self, latents):
            return {"total": latents.views.sum()}

    with pytest.raises(ValueError, match="Wrong returned .*; .*'loss'"):
        make(objective=Wrong).fit(X)


def test_stage_parameters_are_reachable(X):
    model = make(encoder=TCNEncoder(), objective=VICReg())
    assert model.get_params()["encoder__stride"] == 2
    model.set_params(encoder__widths=(4, 6, 8), objective__projector=None).fit(X)
    assert model.code_size_ == 16
    assert model.encoder_ is not model.encoder


# Missing modalities


def test_missing_modalities_in_fit_and_transform(X):
    X[:7, 3] = np.nan
    X[7:12, :3] = np.nan
    model = make(output="all").fit(X)
    Z = model.transform(X)
    assert np.isfinite(Z).all()
    pulse = [n.startswith("crossl_pulse") for n in model.get_feature_names_out()]
    mean = np.tile(Z[7:, pulse].mean(axis=0), (7, 1))
    np.testing.assert_allclose(Z[:7, pulse], mean, atol=1e-5)


def test_what_a_missing_modality_would_have_been_does_not_matter(X):
    model = make().fit(X)
    X[:, 3] = np.nan
    reference = model.transform(X)
    assert not np.allclose(reference, model.transform(np.nan_to_num(X)))
    assert np.isfinite(reference).all()


def test_windows_without_any_modality(X):
    X[[2, 5]] = np.nan
    with pytest.raises(ValueError, match=r"missing \(all NaN\) in 2 window.*rows 2, 5"):
        make().fit(X)
    model = make().fit(np.nan_to_num(X))
    with pytest.raises(ValueError, match=r"rows 2, 5.*missing='nan'"):
        model.transform(X)
    Z = model.set_params(missing="nan").transform(X)
    assert np.isnan(Z[[2, 5]]).all()
    assert np.isfinite(np.delete(Z, [2, 5], axis=0)).all()
    assert 0 < model.score(X) < 1
    nothing = np.full_like(X, np.nan)
    assert np.isnan(model.transform(nothing)).all()
    with pytest.raises(ValueError, match="No window of X has any modality"):
        model.score(nothing)


def test_a_modality_missing_everywhere_is_refused_in_fit(X):
    X[:, 3] = np.nan
    with pytest.raises(ValueError, match="'pulse' is missing .* from every window"):
        make().fit(X)
    assert make().partial_fit(X).n_iter_ == 1  # later calls may bring it


# Bad input


@pytest.mark.parametrize(
    ("params", "error", "match"),
    [
        ({"encoder": "tcm"}, ValueError, "'encoder' parameter .*'tcn'.* Got 'tcm'"),
        ({"aggregator": "sum"}, ValueError, "'aggregator' .*'attention'.* Got 'sum'"),
        ({"objective": "mse"}, ValueError, "'objective' parameter .*'vicreg'"),
        ({"masking": "time"}, ValueError, "'masking' .*'temporal'.* Got 'time'"),
        ({"encoder": int}, TypeError, "int is a class but no torch.nn.Module"),
        ({"masking_ratio": 1.0}, ValueError, "masking_ratio"),
        ({"masking_ratio": (0.5, 1.0)}, ValueError, "1 would hide everything"),
        ({"n_views": 1}, ValueError, "'n_views'"),
        ({"device": "toaster"}, ValueError, "device='toaster' cannot be used"),
        ({"batch_size": 1}, ValueError, "'batch_size'"),
        ({"encoder": TCNEncoder(stride=0)}, ValueError, "'stride' parameter of TCNEnc"),
        ({"modalities": {"a": 9}}, ValueError, r"'a' names channel\(s\) \[9\]"),
    ],
)
def test_bad_parameters(X, params, error, match):
    with pytest.raises(error, match=match):
        make(**params).fit(X)


def spoilt(X, index, value):
    X = X.astype(np.float64)
    X[index] = value
    return X


BAD_INPUT = {
    "1-D": (lambda X: X[0, 0], ValueError, "Expected 2D array, got 1D array"),
    "4-D": (lambda X: X[..., None], ValueError, "X has 4 dimensions"),
    "one window": (lambda X: X[:1], ValueError, "minimum of 2 is required"),
    "no window": (lambda X: X[:0], ValueError, "minimum of 2 is required"),
    "no channel": (lambda X: X[:, :0], ValueError, r"0 feature\(s\)"),
    "no timepoint": (lambda X: X[..., :0], ValueError, r"0 feature\(s\)"),
    "inf": (lambda X: spoilt(X, (3, 3, 4), np.inf), ValueError, "'pulse' contains inf"),
    "strings": (lambda X: X.astype(str).astype(object) + "x", ValueError, "could not"),
    "objects": (lambda X: np.full(X.shape, {}), TypeError, "argument must be a string"),
    "complex": (lambda X: X + 1j, ValueError, "Complex data not supported"),
    "dict": (
        lambda X: {0: X},
        TypeError,
        "names are non-empty strings; got 0|modalities",
    ),
    "2-D, few channels": (lambda X: X[:, 0], ValueError, "X has 1 channel"),
    "other channels": (lambda X: X[:, :3], ValueError, "3 channel"),
}


@pytest.mark.parametrize("name", sorted(BAD_INPUT))
def test_bad_input_is_refused_and_loses_nothing(X, name):
    spoil, error, match = BAD_INPUT[name]
    fresh = make()
    with pytest.raises(error, match=match):
        fresh.fit(spoil(X))
    assert not [key for key in vars(fresh) if key.endswith("_")]
    fitted = make().fit(X)
    before = copy.deepcopy(fitted)
    for method in (fitted.fit, fitted.partial_fit):
        with pytest.raises((ValueError, TypeError)):
            method(spoil(X))
    same_state(fitted, before)
    np.testing.assert_array_equal(fitted.transform(X), before.transform(X))


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda X: X[:, :3], "X has 3 channel.s. of 32 timepoints, .* 4 channel.s."),
        (lambda X: X[..., :30], "X has 4 channel.s. of 30 timepoints"),
        (lambda X: X[:, 0], "X is 2-D, but the estimator was fitted on 3-D"),
        (lambda X: X[:0], "minimum of 1 is required"),
    ],
)
def test_bad_input_to_transform(X, spoil, match):
    model = make().fit(X)
    with pytest.raises(ValueError, match=match):
        model.transform(spoil(X))


def test_fitted_on_2d_refuses_3d(X):
    model = CroSSLTransformer(max_epochs=1).fit(X[:, 0])
    with pytest.raises(ValueError, match="X is 3-D, but the estimator was fitted on 2-D"):
        model.transform(X)


def test_not_fitted(X):
    for call in (make().transform, make().score, make().get_feature_names_out):
        with pytest.raises(NotFittedError):
            call(X)


def test_small_windows_and_few_of_them():
    X = np.random.default_rng(0).normal(size=(3, 2, 1))
    model = CroSSLTransformer(max_epochs=1, batch_size=2, random_state=0).fit(X)
    Z = model.transform(X)
    assert Z.shape == (3, 640)
    assert np.isfinite(Z).all()
    assert len(np.unique(Z.round(5), axis=0)) == 3


def of_unequal_lengths(n_windows=40):
    rng = np.random.default_rng(0)
    return [rng.normal(size=(2, n)).astype("f4") for n in rng.integers(20, 40, n_windows)]


def test_one_long_window_changes_nothing_in_how_others_are_looked_at():
    X, long = of_unequal_lengths(), np.zeros((2, 4096), dtype="f4")
    model = CroSSLTransformer(max_epochs=1, summary_size=8, random_state=0)
    with pytest.warns(UserWarning, match="a window of 4096 timepoints.*nine in ten"):
        with_long = clone(model).fit([*X, long])._fitted_network()
    without = model.fit(X)._fitted_network()
    for network in (with_long, without):
        encoder, features = network.module(network.names[0]), network.summary.features[0]
        assert [layer.conv.stride for layer in encoder.layers] == [(1, 2)] * 3
        assert features.kernels.stride == 1
    assert with_long.summary.features[0].n_features == features.n_features
    assert len(model.transform([*X, long])) == 41


@pytest.mark.parametrize("summary_size", [0, 8])
def test_names_are_unique_whatever_the_modalities_are_called(X, summary_size):
    names = ["summary", "summary_code", "global", "learnt_code"]
    model = make(modalities=dict(zip(names, range(4), strict=True)), output="all")
    model.set_params(max_epochs=1, summary_size=summary_size).set_output(
        transform="pandas"
    )
    assert model.fit_transform(X).columns.is_unique


def test_a_sensor_that_comes_later_is_seen_by_the_summary(X):
    acc = X.copy()
    acc[:, 3] = np.nan
    model = make(summary_size=8).partial_fit(acc).partial_fit(X[:-1])
    pulse = X.copy()
    pulse[:, :3] = np.nan
    assert model.transform(pulse).std(axis=0).min() > 0.01
    axes = model._learnt["weights"]["summary.pca.axes"]
    means = model._learnt["code_means"][1]
    assert means.any()
    learnt = model.partial_fit(acc)._learnt
    np.testing.assert_array_equal(learnt["weights"]["summary.pca.axes"], axes)
    np.testing.assert_array_equal(learnt["code_means"][1], means)


class Largest(nn.Module):
    """A user's encoder that cannot do with no windows."""

    def __init__(self, n_channels):
        super().__init__()
        self.conv = nn.Conv1d(n_channels, 6, 3)

    def forward(self, x):
        return self.conv(x).amax(-1).view(x.size(0), -1)


def test_an_encoder_is_never_given_no_windows(X):
    X = X.copy()
    X[4:, 3] = np.nan  # most batches are without a pulse
    model = make(encoder=Largest, batch_size=8, summary_size=0).fit(X)
    Z = model.transform(X)
    np.testing.assert_array_equal(model.transform(X[4:]), Z[4:])
    np.testing.assert_array_equal(model.transform(X[:4]), Z[:4])


@pytest.mark.parametrize(
    ("optimizer", "wrong"),
    [
        (dict, r"optimizer=dict is a class but no torch\.optim"),
        (torch.optim.LBFGS, "optimizer=LBFGS does not take weight_decay"),
    ],
)
def test_an_optimizer_that_cannot_be_used(X, optimizer, wrong):
    with pytest.raises(TypeError, match=wrong):
        make(optimizer=optimizer).fit(X)


class Named(torch.optim.AdamW):
    def __init__(self, params, **options):
        super().__init__(params, **options)


def test_an_optimizer_that_takes_anything(X):
    assert make(optimizer=Named, summary_size=0).fit(X).n_iter_ == 2


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_rare_sensor_is_seen_by_the_summary(tmp_path, on_disk, monkeypatch):
    monkeypatch.setattr(fitting, "_MOST_WINDOWS", 50)
    monkeypatch.setattr(fitting, "_ROWS", 50)
    monkeypatch.setattr(fitting, "_BYTES", 0)
    X = np.random.default_rng(0).normal(size=(300, 2, 16)).astype(np.float32)
    rare = np.array([1, 3, 7, 8])
    pulse = X[rare]
    pulse[:, 0] = np.nan
    X[np.setdiff1d(np.arange(300), rare), 1] = np.nan
    if on_disk:
        np.save(tmp_path / "X.npy", X)
        X = np.load(tmp_path / "X.npy", mmap_mode="r")
        monkeypatch.setattr(_batches, "CHUNK_BYTES", 2**12)
    model = make(modalities=None, max_epochs=1, summary_size=8).fit(X)
    assert model.transform(pulse)[:, -8:].std(axis=0).max() > 0.01


def test_parameters_that_are_set_after_fit_are_checked(X):
    model = make(max_epochs=1, summary_size=0).fit(X)
    for name in ("missing", "output"):
        model.set_params(**{name: "raise"})
        with pytest.raises(InvalidParameterError, match=name):
            model.transform(X)
        model.set_params(**make().get_params())
    with pytest.raises(InvalidParameterError):
        model.set_params(output="Joint").get_feature_names_out()


class TwiceAtMost(TCNEncoder):
    """Builds networks for training, and no more for embedding."""

    n_built = 0

    def build(self, *args):
        TwiceAtMost.n_built += 1
        if TwiceAtMost.n_built > 2:
            raise MemoryError
        return super().build(*args)


def test_nothing_is_fitted_if_the_network_cannot_be_made_again(X, monkeypatch):
    monkeypatch.setattr(TwiceAtMost, "n_built", 0)
    model = make(encoder=TwiceAtMost(), max_epochs=1, summary_size=0)
    with pytest.raises(MemoryError):
        model.fit(X)
    with pytest.raises(NotFittedError):
        model.transform(X)


@pytest.mark.parametrize("kind", ["list", "read-only"])
def test_where_an_embedding_cannot_be_written(X, kind):
    model = make(max_epochs=1, summary_size=0).fit(X)
    out = np.empty((len(X), model.embedding_size_), np.float32)
    out.flags.writeable = False
    with pytest.raises(ValueError, match=f"out is (a )?{kind}"):
        model.transform(X, out=out if kind == "read-only" else out.tolist())


class Decay(Callback):
    def on_epoch_end(self, net, **kwargs):
        net.history.record("decay", net.optimizer_.param_groups[0]["weight_decay"])


def test_the_weight_decay_is_that_of_the_parameter(X):
    model = make(weight_decay=0.3, callbacks=[Decay()]).fit(X)
    assert [row["decay"] for row in model.history_] == [0.3, 0.3]


class EpochCounter(Callback):
    calls = 0

    def on_epoch_end(self, net, **kwargs):
        type(self).calls += 1


def test_callbacks_are_told_of_the_epoch_that_patience_ends(X):
    EpochCounter.calls = 0
    params = {"lr": 1e-12, "lr_schedule": "constant", "patience": 2}
    model = make(max_epochs=50, callbacks=[EpochCounter], **params).fit(X)
    assert EpochCounter.calls == model.n_iter_ < 50


def test_nothing_is_dropped_in_transform(X):
    model = make(encoder=TCNEncoder(dropout=0.5), output="all").fit(X)
    np.testing.assert_array_equal(model.transform(X), model.transform(X))


def test_the_learnt_part_of_complete_windows_is_of_their_embedding(X):
    model = make().fit(X)
    new, _ = make_windows(seed=1)
    joint = model.transform(new)
    z = torch.from_numpy(model.set_params(output="global").transform(new))
    learnt = model._fitted_network().summary.learnt(z)
    np.testing.assert_allclose(joint[:, : learnt.shape[1]], learnt, atol=1e-4)


def test_the_learnt_part_is_fitted_to_the_embedding_without_dropout(X):
    encoder = TCNEncoder(dropout=0.5)
    model = make(encoder=encoder, output="global")._initialize(X)
    middle = model._fitted_network().summary.learnt.mean
    np.testing.assert_allclose(middle, model.transform(X).mean(axis=0), atol=1e-4)
