"""The temperature, and the folds that it is learnt from."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import log_softmax

from sklearn_crossl import _calibration
from sklearn_crossl._calibration import folds, learn_temperature, temperature
from sklearn_crossl._targets import class_target


@pytest.mark.parametrize("scale", [0.2, 1.0, 7.0])
def test_temperature_against_a_grid(scale):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(200, 3))
    target = (logits + rng.gumbel(size=logits.shape)).argmax(1)  # what they say is true
    grid = np.geomspace(0.02, 50, 4001)
    share = np.full((200, 3), 1 / 202 / 3)
    share[np.arange(200), target] += 1 - 1 / 202
    losses = [-(share * log_softmax(scale * logits / t, axis=1)).sum() for t in grid]
    found = temperature(scale * logits, target)
    assert found == pytest.approx(grid[np.argmin(losses)], rel=0.01)
    assert found == pytest.approx(scale, rel=0.35)


def test_nobody_is_quite_sure():
    target = np.arange(30) % 3
    logits = np.eye(3)[target]
    p = np.exp(log_softmax(logits / temperature(logits, target), axis=1)).max(1)
    assert 0.9 < p.min() <= p.max() < 0.995


def test_folds_test_every_window_once():
    target = np.arange(30) % 3
    parts = folds(target, None, 0)
    tested = np.sort(np.concatenate([test for _, test in parts]))
    np.testing.assert_array_equal(tested, np.arange(30))
    for training, test in parts:
        assert not set(training) & set(test)


@pytest.mark.parametrize("seed", range(5))
def test_folds_keep_groups_apart_and_test_known_classes_only(seed):
    rng = np.random.default_rng(seed)
    groups = rng.integers(5, size=40)
    target = rng.integers(3, size=40)
    target[groups == 0] = 3  # a class of one group
    parts = folds(target, groups, seed)
    assert parts
    for training, test in parts:
        assert not set(groups[training]) & set(groups[test])
        assert set(target[test]) <= set(target[training])


def test_few_labels():
    assert folds(np.array([0, 0, 0, 1]), None, 0) == []
    assert len(folds(np.array([0, 0, 0, 1, 1]), None, 0)) == 2
    one_group = np.zeros(6)
    assert len(folds(np.array([0, 1] * 3), one_group, 0)) == 3  # so they are not kept


def test_two_groups_make_two_folds():
    groups = np.repeat([0, 1], 20)
    parts = folds(np.arange(40) % 2, groups, 0)
    assert len(parts) == 2
    for training, test in parts:
        assert not set(groups[training]) & set(groups[test])


def test_windows_of_weight_two_are_windows_that_come_twice():
    rng = np.random.default_rng(0)
    logits, target = rng.normal(size=(60, 3)), rng.integers(3, size=60)
    weight = rng.integers(0, 3, size=60)
    rows = np.repeat(np.arange(60), weight)
    once = temperature(logits, target, weight)
    assert once == pytest.approx(temperature(logits[rows], target[rows]), rel=0.05)


def learn(monkeypatch, target, groups=None):
    """Learn from logits that are made up; say what told them of which windows."""
    told, surer = [], 1 + 3 * (target.values == 0)[:, None]  # of one class
    logits = np.random.default_rng(0).normal(size=(len(target.values), 3))
    logits += 1.5 * surer * np.eye(3)[target.values]

    def outputs(network, rows, device):
        told.append((network, rows))
        return logits[rows]

    def train_head(rows):
        return SimpleNamespace(module_=rows, diverged_=None, interrupted_=False)

    monkeypatch.setattr(_calibration, "outputs", outputs)
    data = SimpleNamespace(
        target=target, groups=groups, device=None, choose=lambda rows: rows
    )
    found = learn_temperature(data, "tuned on all", None, train_head)
    return found, logits, told


def test_each_fold_is_told_by_a_head_that_knows_neither_it_nor_its_groups(monkeypatch):
    groups = np.arange(60) // 10
    target = class_target(np.arange(60) % 3, None, 0.0)
    _, _, told = learn(monkeypatch, target, groups)
    assert len(told) == 3
    for trained_on, rows in told:
        assert not isinstance(trained_on, str)
        assert not set(groups[trained_on]) & set(groups[rows])


def test_the_temperature_is_by_the_users_weights_and_not_by_those_of_classes(monkeypatch):
    y, weight = np.arange(60) % 3, np.random.default_rng(1).uniform(0.1, 3, 60)
    target = class_target(y, {0: 50.0}, 0.0, weight)
    found, logits, _ = learn(monkeypatch, target)
    assert found == pytest.approx(temperature(logits, y, weight), rel=1e-3)
