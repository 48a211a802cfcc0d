"""Which windows have a label, and what is to be learnt of them."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import log_softmax

from sklearn_crossl._targets import class_target, continuous_target, labels_at

NAN = float("nan")


def objects(*labels):
    return np.array(labels, dtype=object)


@pytest.mark.parametrize(
    ("y", "classes", "labelled"),
    [
        (["b", "a", "b"], ["a", "b"], [1, 1, 1]),
        (["b", "a", NAN], ["a", "b"], [1, 1, 0]),
        (objects("b", "a", None, -1, NAN), ["a", "b"], [1, 1, 0, 0, 0]),
        (["a", "b", "-1"], ["-1", "a", "b"], [1, 1, 1]),
        (np.array([3, 1, -1]), [1, 3], [1, 1, 0]),
        (np.array([0.0, NAN, 1.0, -1.0]), [0, 1], [1, 0, 1, 0]),
        (objects(0, 1, None, -1), [0, 1], [1, 1, 0, 0]),
        ([True, False, None], [False, True], [1, 1, 0]),
        (np.ma.array([1, 2, 3], mask=[0, 0, 1]), [1, 2], [1, 1, 0]),
        (np.ma.array(["a", "b", "c"], mask=[0, 0, 1]), ["a", "b"], [1, 1, 0]),
        (np.ma.array([[1], [2], [3]], mask=[[0], [0], [1]])[:, 0], [1, 2], [1, 1, 0]),
        (np.ma.array([1, 2, -1]), [1, 2], [1, 1, 0]),
        (pd.Series(["a", "b", pd.NA], dtype="string"), ["a", "b"], [1, 1, 0]),
        (pd.Series([1, 2, pd.NA], dtype="Int64"), [1, 2], [1, 1, 0]),
        (pd.Series(["a", "b", None], dtype="category"), ["a", "b"], [1, 1, 0]),
    ],
)
def test_labels(y, classes, labelled):
    target = class_target(y, None, 0.1)
    np.testing.assert_array_equal(target.labelled, np.array(labelled, dtype=bool))
    np.testing.assert_array_equal(target.attributes["classes_"], classes)
    said = target.attributes["classes_"][target.values]
    np.testing.assert_array_equal(said, np.array(list(y), object)[target.labelled])
    assert target.n_outputs == len(classes)


@pytest.mark.parametrize(
    ("y", "labelled"), [([-1, 1, -1], [1, 1, 1]), ([-1, 1, None], [1, 1, 0])]
)
def test_minus_one_beside_one_alone_is_a_class_with_a_warning(y, labelled):
    with pytest.warns(UserWarning, match="no labels but -1 and 1.*taken for a class"):
        target = class_target(y, None, 0.1)
    assert target.attributes["classes_"].tolist() == [-1, 1]
    assert target.labelled.astype(int).tolist() == labelled


@pytest.mark.parametrize(
    ("y", "match"),
    [
        ([1, 1, 1], "y has 1 class"),
        ([0, -1, -1], r"y has 1 class, \[0\]"),
        (objects("walk", -1, -1), r"y has 1 class, \['walk'\].*two at least"),
        ([None, NAN], "y has 0 class"),
        ([0.0, 1.0, np.inf], "y contains infinity"),
        (np.array([0.0, 1.0, -np.inf]), "y contains infinity"),
        ([0.5, 1.5], "continuous"),
        (objects("a", 1, 2), "mixes strings with other labels"),
    ],
)
def test_bad_labels(y, match):
    with pytest.raises(ValueError, match=match):
        class_target(y, None, 0.1)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1.0, 2: 5.0}])
def test_class_weights(class_weight):
    weight = class_target([0, 0, 0, 2, -1, 1], class_weight, 0.0).weight
    balanced = [5 / 9, 5 / 9, 5 / 9, 5 / 3, 5 / 3]
    expected = balanced if class_weight == "balanced" else [1, 1, 1, 5, 1]
    np.testing.assert_allclose(weight, expected, rtol=1e-6)


def test_the_cross_entropy_is_smoothed():
    target = class_target([0, 1, 2, 1], None, 0.3)
    outputs = np.random.default_rng(0).normal(size=(4, 3))
    share = 0.7 * np.eye(3)[target.values] + 0.3 / 3
    expected = -(share * log_softmax(outputs, axis=1)).sum(1)
    loss = target.loss(torch.from_numpy(outputs), torch.from_numpy(target.values))
    np.testing.assert_allclose(loss, expected)


def test_continuous_targets_are_standardised():
    y = np.array([3.0, NAN, 5.0, 10.0])
    target = continuous_target(y)
    np.testing.assert_array_equal(target.labelled, [True, False, True, True])
    mean, scale = target.attributes["target_mean_"], target.attributes["target_scale_"]
    assert (mean, scale) == pytest.approx((6, np.std([3, 5, 10])))
    np.testing.assert_allclose(target.values * scale + mean, [3, 5, 10], rtol=1e-6)
    outputs = torch.tensor([[1.0], [0.0], [-2.0]])
    loss = target.loss(outputs, torch.tensor([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(loss, [1, 0.25, 9])


def test_masked_targets_are_none():
    y = np.ma.array([3, -9999, 5, 10], mask=[0, 1, 0, 0])
    target = continuous_target(y)
    np.testing.assert_array_equal(target.labelled, [True, False, True, True])
    assert target.attributes["target_mean_"] == pytest.approx(6)


def test_a_constant_target_has_the_scale_one():
    assert continuous_target([4.0, 4.0]).attributes["target_scale_"] == 1


@pytest.mark.parametrize(
    ("y", "match"), [([1.0, np.inf], "infinity"), ([NAN, NAN], "y is NaN throughout")]
)
def test_bad_continuous_targets(y, match):
    with pytest.raises(ValueError, match=match):
        continuous_target(y)


@pytest.mark.parametrize("of_first", [-1.0, np.nan, np.inf])
def test_wrong_class_weights(of_first):
    with pytest.raises(ValueError, match="class_weight=.*; expected finite weights"):
        class_target([0, 0, 1], {0: of_first, 1: 1.0}, 0.0)
    with pytest.raises(ValueError, match="not all zero"):
        class_target([0, 0, 1], {0: 0.0, 1: 0.0}, 0.0)


@pytest.mark.parametrize("nothing", [-1, NAN, None])
def test_marks_that_became_strings_are_classes_with_a_warning(nothing):
    y = np.array(["sit", "walk", "sit"])  # of strings, so that it turns into one of them
    y[2] = nothing
    with pytest.warns(UserWarning, match=f"strings, so '{nothing}' are classes"):
        target = class_target(y, None, 0.1)
    assert target.attributes["classes_"].tolist() == sorted(["sit", "walk", str(nothing)])


def test_what_weighs_nothing_has_no_label():
    y, weight = np.array([2, 0, 1, -1, 1, 0]), np.array([0.0, 1, 2, 3, 0, 3])
    rows = [1, 2, 5]
    target = class_target(y, {0: 1, 1: 2, 2: 3}, 0.1, weight)
    assert np.flatnonzero(target.labelled).tolist() == rows
    assert target.values.tolist() == y[rows].tolist()
    assert target.outputs.argmax(axis=1).tolist() == y[rows].tolist()
    np.testing.assert_allclose(target.importance, weight[rows] / 2)
    np.testing.assert_allclose(target.weight, [0.5, 2, 1.5])
    assert target.n_outputs == 3


def test_targets_that_are_missing_whatever_says_so():
    for nothing in (None, NAN, pd.NA):
        target = continuous_target(objects(1.0, nothing, 3))
        assert target.labelled.tolist() == [True, False, True]
    with pytest.raises(TypeError, match=r"times, timedelta64\[s\]; expected numbers"):
        continuous_target(np.array([1, 2], dtype="timedelta64[s]"))


def test_classes_are_balanced_by_the_labels_that_count():
    y, weight = np.array([0, 0, 0, 1, 1, 0]), np.array([1.0, 0, 0, 2, 1, 1])
    target = class_target(y, "balanced", 0.1, weight)
    counting = class_target(y[[0, 3, 4, 5]], "balanced", 0.1, weight[[0, 3, 4, 5]])
    np.testing.assert_array_equal(target.weight, counting.weight)
    np.testing.assert_allclose(target.weight, target.importance)  # two of each


def test_a_class_may_have_no_label_that_counts():
    y, weight = np.array([0, 1, 2, 1]), np.array([0.0, 1, 1, 1])
    target = class_target(y, "balanced", 0.1, weight)
    assert target.attributes["classes_"].tolist() == [0, 1, 2]
    assert target.values.tolist() == [1, 2, 1]
    assert (target.weight > 0).all()
    with pytest.raises(ValueError, match="not all zero for windows that count"):
        class_target(y, {0: 1, 1: 0, 2: 0}, 0.1, weight)


def test_weights_that_round_to_nothing_are_none():
    target = class_target(np.array([0, 1, 0]), None, 0.1, np.array([1.0, 1, 1e-60]))
    assert target.labelled.tolist() == [True, True, False]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint64, np.int32])
def test_labels_that_are_looked_up_stay_whole_numbers(dtype):
    found = labels_at(np.array([0, -1, 1]), np.array([3, 5], dtype))
    assert found.dtype.kind == "i"
    assert found.tolist() == [3, -1, 5]
