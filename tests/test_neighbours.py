"""What like windows differ in, literally, and what it does to an embedding."""

import numpy as np
import pytest
import torch
from conftest import make_windows
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from sklearn_crossl import CroSSLClassifier, CroSSLTransformer
from sklearn_crossl._summary.neighbours import near_windows, neighbour_covariance
from sklearn_crossl.datasets import make_multimodal_series


def nearest(similarities, among, share):
    """A share of all windows, one at least, of those among which they are to be."""
    order = sorted(among, key=lambda j: -similarities[j])
    order = order[: max(1, round(share * len(similarities)))]
    return [j for j in order if similarities[j] > -np.inf]


def literal(similarity, groups):
    """A hundredth of all or, of other groups, those of a fiftieth that are mutual."""
    n = len(similarity)
    near = np.zeros((n, n), dtype=bool)
    for i in range(n):
        if groups is None:
            near[i, nearest(similarity[i], range(n), 0.01)] = True
        else:
            others = [j for j in range(n) if groups[j] != groups[i]]
            near[i, nearest(similarity[i], others, 0.02)] = True
    return near if groups is None else near & near.T


@settings(deadline=None, max_examples=25)
@given(
    n=st.integers(1, 160),
    n_groups=st.integers(0, 4),
    share=st.floats(0, 1),
    seed=st.integers(0, 999),
)
def test_which_are_near_and_what_they_differ_in_literally(n, n_groups, share, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    similarity = np.where(rng.random((n, n)) < share, -np.inf, rng.random((n, n)))
    groups = rng.integers(n_groups, size=n) if n_groups else None
    near = near_windows(torch.from_numpy(similarity), groups)
    np.testing.assert_array_equal(near.numpy(), literal(similarity, groups))
    expected, pairs = np.zeros((3, 3)), np.argwhere(near.numpy())
    for i, j in pairs:
        expected += np.outer(x[i] - x[j], x[i] - x[j]) / 2 / len(pairs)
    got = neighbour_covariance(torch.from_numpy(x), near)
    np.testing.assert_allclose(got.numpy(), expected, atol=1e-12)


# Of the estimators


@pytest.fixture(scope="module")
def people():
    """Eight people, each of whom wears two sensors a little differently."""
    data = make_multimodal_series(
        n_subjects=8,
        minutes=3,
        modalities=["wrist_acc", "ankle_acc"],
        rates={"wrist_acc": 16, "ankle_acc": 16},
        random_state=0,
    )
    return data.data, data.target, data.groups


def summary_of(model, X):
    """Units that take no training."""
    return model.transform(X)[:, 128:]


def between(Z, labels):
    """Share of the variance that is between the means of labels."""
    means = np.stack([Z[labels == label].mean(0) for label in labels])
    return means.var(0).sum() / Z.var(0).sum()


def make():
    return CroSSLTransformer(max_epochs=1, random_state=0)


def test_people_differ_less_where_it_is_known_whose_windows_are(people):
    X, y, groups = people
    apart = [summary_of(make()._initialize(X, g), X) for g in (None, groups)]
    by_person, by_class = ([between(Z, of) for Z in apart] for of in (groups, y))
    assert by_person[1] < 0.75 * by_person[0]
    assert by_class[1] > 0.95 * by_class[0]


def test_the_names_of_groups_do_not_matter_and_one_group_is_none():
    X, _ = make_windows()
    groups = np.arange(48) // 12
    names = np.array(["Ada", "Ben", "Cem", "Dee"])
    given = [groups, names[groups], names[groups].astype(object), list(groups)]
    first, *rest = [summary_of(make()._initialize(X, g), X) for g in given]
    for other in rest:
        np.testing.assert_array_equal(other, first)
    none, one = (summary_of(make()._initialize(X, g), X) for g in (None, groups * 0))
    np.testing.assert_array_equal(one, none)
    assert not np.allclose(first, none)


def test_groups_of_the_wrong_shape_leave_what_was_fitted():
    X, _ = make_windows()
    model = make().fit(X)
    Z = model.transform(X)
    for groups in (np.zeros(5), np.zeros((48, 1)), "Ada"):
        with pytest.raises(ValueError, match=r"groups has shape .*; expected \(48,\)"):
            model.fit(X, groups=groups)
        with pytest.raises(ValueError, match="groups has shape"):
            model.partial_fit(X, groups=groups)
    np.testing.assert_array_equal(model.transform(X), Z)
    with pytest.raises(ValueError, match="groups has shape"):
        clone(model).fit(X, groups=np.zeros(5))


def test_partial_fit_takes_the_groups_of_its_windows():
    X, _ = make_windows()
    groups = np.arange(48) // 12
    Z = [summary_of(make().partial_fit(X, groups=g), X) for g in (None, groups)]
    np.testing.assert_array_equal(Z[1], summary_of(make().fit(X, groups=groups), X))
    assert not np.allclose(*Z)


@pytest.mark.parametrize("pretrain", [True, False])
def test_the_classifier_hands_groups_on(pretrain):
    X, y = make_windows()
    groups = np.arange(48) // 12
    params = {"pretrain": pretrain, "max_epochs": 1, "random_state": 0}
    model = CroSSLClassifier(make(), **params).fit(X, y, groups=groups)
    expected = summary_of(make()._initialize(X, groups), X)
    np.testing.assert_array_equal(summary_of(model.transformer_, X), expected)
    assert not np.allclose(expected, summary_of(make()._initialize(X), X))
