"""The network with a head, its loss, what is frozen and when."""

import numpy as np
import pytest
import torch
from conftest import make_windows
from scipy.special import log_softmax
from skorch.callbacks import Callback
from torch import nn

from sklearn_crossl import (
    CroSSLClassifier,
    CroSSLRegressor,
    CroSSLTransformer,
    _supervised,
)
from sklearn_crossl._finetuning import EPOCHS, FineTunedNetwork, FineTuningNet, outputs
from sklearn_crossl._finetuning_data import gather
from sklearn_crossl._labelled import LabelledBatches
from sklearn_crossl._persistence import module_to_arrays
from sklearn_crossl.encoders import TCNEncoder

CPU = torch.device("cpu")
MODALITIES = {"acc": slice(0, 3), "pulse": 3}
X, Y = make_windows()


class Watch(Callback):
    """Keeps the weights after each epoch, the batches and their losses."""

    weights: list = []
    losses: list = []
    batches: list = []

    def on_train_begin(self, net, **kwargs):
        Watch.weights[:] = [module_to_arrays(net.module_)]
        Watch.losses.clear()
        Watch.batches.clear()

    def on_batch_begin(self, net, batch, training, **kwargs):
        Watch.batches.append(batch[0])

    def on_batch_end(self, net, loss, **kwargs):
        Watch.losses.append(loss.item())

    def on_epoch_end(self, net, **kwargs):
        Watch.weights.append(module_to_arrays(net.module_))


class Normed(nn.Module):
    """A user's encoder with statistics of its own."""

    def __init__(self, n_channels):
        super().__init__()
        self.conv = nn.Conv1d(n_channels, 6, 5)
        self.norm = nn.BatchNorm1d(6)

    def forward(self, x):
        return self.norm(self.conv(x)).relu().mean(-1)


class NormedFuse(nn.Module):
    def __init__(self, n_modalities, code_size):
        super().__init__()
        self.norm = nn.BatchNorm1d(code_size)

    def forward(self, codes, keep):
        x = (codes * keep).sum(-2)
        return self.norm(x.flatten(0, -2)).unflatten(0, x.shape[:-1])


def pretrain(**params):
    small = {"encoder": TCNEncoder(widths=(8, 8), kernel_sizes=(5, 3)), "max_epochs": 1}
    params = {**small, "summary_size": 16, "random_state": 0, **params}
    return CroSSLTransformer(MODALITIES, **params).fit(X)


@pytest.fixture(scope="module")
def pretrained():
    return pretrain()


def make(pretrained, estimator=CroSSLClassifier, **params):
    small = {"max_epochs": 10, "random_state": 0, "callbacks": [Watch]}
    return estimator(pretrained=pretrained, **{**small, **params})


def parts_that_changed(before, after):
    differ = [name for name in before if not np.array_equal(before[name], after[name])]
    return {name.split(".")[0] for name in differ}


@pytest.mark.parametrize(
    ("freeze", "learn"),
    [
        ("all", {"head"}),
        ("encoder", {"head", "aggregator"}),
        (None, {"head", "aggregator", "encoders"}),
    ],
)
@pytest.mark.parametrize("gradual_unfreezing", [False, True])
def test_what_is_frozen_stays_to_the_bit(pretrained, freeze, learn, gradual_unfreezing):
    model = make(pretrained, freeze=freeze, gradual_unfreezing=gradual_unfreezing)
    model.fit(X, Y)
    of_transformer = pretrained._learnt["weights"]
    kept = {n: w for n, w in model._weights.items() if not n.startswith("head.")}
    assert parts_that_changed(kept, of_transformer) == learn - {"head"}
    assert parts_that_changed(model._weights, Watch.weights[0]) == learn


def test_head_first_then_aggregator_then_encoders(pretrained):
    make(pretrained).fit(X, Y)
    changed = [parts_that_changed(Watch.weights[0], w) for w in Watch.weights[1:]]
    assert changed[:2] == [{"head"}] * 2
    assert changed[2:4] == [{"head", "aggregator"}] * 2
    assert changed[4:] == [{"head", "aggregator", "encoders"}] * 6


@pytest.mark.parametrize(
    ("params", "epochs"),
    [
        ({}, 6),
        ({"gradual_unfreezing": False}, 10),
        ({"freeze": "encoder"}, 0),
        ({"freeze": "all"}, 0),
    ],
)
def test_encoders_run_once_they_learn(pretrained, params, epochs, monkeypatch):
    calls = []
    encode = FineTunedNetwork.encode

    def spy(self, *args, **kwargs):
        if self.training:
            calls.append(args)
        return encode(self, *args, **kwargs)

    monkeypatch.setattr(FineTunedNetwork, "encode", spy)
    make(pretrained, **params).fit(X, Y)
    assert len(Watch.batches) % 10 == 0
    assert len(calls) == len(Watch.batches) // 10 * epochs


@pytest.mark.parametrize(
    ("freeze", "move"),
    [(None, {"encoders", "aggregator"}), ("encoder", {"aggregator"}), ("all", set())],
)
def test_what_is_frozen_keeps_its_statistics(freeze, move):
    transformer = pretrain(encoder=Normed, aggregator=NormedFuse)
    model = make(transformer, freeze=freeze, max_epochs=2).fit(X, Y)
    weights = transformer._learnt["weights"]
    statistics = {name: w for name, w in weights.items() if "running" in name}
    assert len(statistics) == 6
    assert parts_that_changed(statistics, model._weights) == move


def test_before_training_all_classes_are_equally_likely(pretrained):
    y = np.arange(len(Y)) % 3
    make(pretrained, max_epochs=1, label_smoothing=0.0).fit(X, y)
    assert Watch.losses[0] == pytest.approx(np.log(3))


def test_no_window_without_a_label_is_in_the_loss(pretrained):
    y = np.where(np.arange(len(Y)) < 30, -1, Y + 5)
    model = make(pretrained, modality_dropout=0.0, max_epochs=1).fit(X, y)
    seen = [b.windows().inputs["pulse"].numpy() for b in Watch.batches]
    seen = np.concatenate(seen)[:, 0]
    expected = (X[30:, 3] - pretrained.mean_["pulse"]) / pretrained.scale_["pulse"]
    order = np.lexsort(seen.T), np.lexsort(expected.T)
    np.testing.assert_allclose(seen[order[0]], expected[order[1]], atol=1e-5)
    np.testing.assert_array_equal(model.classes_, [5, 6])


@pytest.mark.parametrize("estimator", [CroSSLClassifier, CroSSLRegressor])
def test_the_loss_is_the_weighted_mean_over_views(pretrained, estimator, monkeypatch):
    found = []
    infer = FineTuningNet.infer

    def checked(self, x, **fit_params):
        torch.manual_seed(len(found))  # the same units are dropped twice
        outputs = self.module_(x, None).detach().double().numpy()
        torch.manual_seed(len(found))
        result = infer(self, x, **fit_params)
        target, weight = x.target.numpy(), x.weight.numpy()
        losses = []
        for view in outputs:
            if estimator is CroSSLRegressor:
                of_view = (view[:, 0] - target) ** 2
            else:
                share = 0.8 * np.eye(3)[target] + 0.2 / 3
                of_view = -(share * log_softmax(view, axis=1)).sum(1)
            losses.append(of_view * weight)
        found.append((result["loss"].item(), np.mean(losses), len(outputs)))
        return result

    monkeypatch.setattr(FineTuningNet, "infer", checked)
    params = {"max_epochs": 3, "batch_size": 20, "early_stopping": True}
    if estimator is CroSSLClassifier:
        params |= {"label_smoothing": 0.2, "class_weight": {0: 3.0}}
    make(pretrained, estimator, callbacks=None, **params).fit(X, np.arange(len(X)) % 3)
    assert {n_views for *_, n_views in found} == {1, 2}
    for loss, expected, _ in found:
        assert loss == pytest.approx(expected, rel=1e-4)


def test_the_head_does_not_read_units_that_are_dropped(pretrained):
    model = make(pretrained, max_epochs=1, dropout=0.9).fit(X, Y)
    network = model._new_network(pretrained, 2, None).train()
    network.head.linear.weight.data.fill_(1.0)
    batch, _ = next(iter(LabelledBatches(_dataset(model), 48, CPU)))
    assert not torch.equal(network(batch), network(batch))
    network.eval()
    assert torch.equal(network(batch), network(batch))


def _dataset(model):
    windows = model.transformer_._read(X)
    target = model._encode(Y, None)
    data = gather(windows, model.transformer_, target, None, 0.0)
    return data.choose(np.arange(len(Y)))


@pytest.mark.parametrize(
    ("n_windows", "epochs"), [(10, 300), (64, 300), (65, 150), (10**6, 10)]
)
def test_automatic_epochs(n_windows, epochs):
    assert EPOCHS.resolve("auto", n_windows, 64) == epochs


class Rates(Callback):
    """Keeps the optimizer's settings of the head and of the rest, step by step."""

    lr: dict = {}
    weight_decay: set = set()

    def on_batch_begin(self, net, batch, training, **kwargs):
        of_head = {id(p) for p in net.module_.head.parameters()}
        for group in net.optimizer_.param_groups:
            part = "head" if id(group["params"][0]) in of_head else "rest"
            Rates.lr.setdefault(part, []).append(group["lr"])
            Rates.weight_decay.add(group["weight_decay"])


def test_head_and_rest_have_rates_of_their_own_and_the_decay_asked_for(pretrained):
    Rates.lr.clear()
    Rates.weight_decay.clear()
    rates = {"lr": 1e-5, "head_lr": 1e-2, "weight_decay": 0.3}
    make(pretrained, max_epochs=40, callbacks=[Rates], **rates).fit(X, Y)
    assert max(Rates.lr["head"]) == pytest.approx(1e-2, rel=0.05)
    assert max(Rates.lr["rest"]) == pytest.approx(1e-5, rel=0.05)
    assert Rates.weight_decay == {0.3}


def test_outputs_are_those_of_a_network_in_use(pretrained):
    model = make(pretrained, max_epochs=1, dropout=0.9, calibrate=False).fit(X, Y)
    network = model._new_network(pretrained, 2, None)
    network.head.linear.weight.data.fill_(1.0)
    windows = _dataset(model)
    batch, _ = next(iter(LabelledBatches(windows, 48, CPU)))
    with torch.no_grad():
        expected = network.eval()(batch)[0]
    found = outputs(network.train(), windows, CPU)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_encoders_learn_in_the_precision_of_the_transformer(monkeypatch):
    seen, infer = set(), FineTuningNet.infer

    def spy(self, x, **fit_params):
        seen.add(self.autocast)
        return infer(self, x, **fit_params)

    monkeypatch.setattr(FineTuningNet, "infer", spy)
    make(pretrain(precision="bf16"), max_epochs=1).fit(X, Y)
    assert seen == {torch.bfloat16}


def test_the_map_of_features_is_fitted_with_the_weights_of_the_loss(
    pretrained, monkeypatch
):
    seen, fit = [], FineTunedNetwork.fit_ridge

    def spy(self, x, target, weight):
        seen.append(weight)
        fit(self, x, target, weight)

    monkeypatch.setattr(FineTunedNetwork, "fit_ridge", spy)
    params = {"class_weight": {0: 3.0}, "calibrate": False, "max_epochs": 1}
    make(pretrained, **params).fit(X, Y, sample_weight=1 + Y)
    share = np.where(Y == 0, 3.0, 2.0)
    np.testing.assert_allclose(seen[0] / seen[0].mean(), share / share.mean(), rtol=1e-6)


def test_automatic_epochs_count_the_windows_that_are_trained_on(pretrained, monkeypatch):
    seen, train = [], _supervised.fine_tune

    def brief(*args, max_epochs, **kwargs):
        seen.append(max_epochs)
        return train(*args, max_epochs=1, **kwargs)

    monkeypatch.setattr(_supervised, "fine_tune", brief)
    held_out = {"early_stopping": True, "validation_fraction": 0.5}
    make(pretrained, max_epochs="auto", batch_size=16, **held_out).fit(X, Y)
    assert seen == [150]  # two steps an epoch make 300, and not three
