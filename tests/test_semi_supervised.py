"""Self-training by group: which windows get labels, and what comes of it."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.svm import SVC

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.inspection import label_efficiency_curve
from sklearn_crossl.semi_supervised import GroupSelfTrainingClassifier

CLASSES = 3


def people(n_people=6, n_windows=30, seed=0):
    """Windows' features, classes and people, who differ in where they are."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n_people), n_windows)
    y = np.tile(np.arange(CLASSES), n_people * n_windows // CLASSES)
    X = 3 * np.eye(4)[y] + rng.normal(size=(n_people, 4))[person]
    return X + 0.5 * rng.normal(size=X.shape), y, person


def partly(y, rows, fill=-1):
    known = np.full_like(y, fill)
    known[rows] = y[rows]
    return known


def by_hand(X, y, person, share, n_rounds, max_weight):
    """Do the same in loops, a window and a class at a time."""
    known = [i for i in range(len(y)) if y[i] != -1]
    classes = sorted({y[i] for i in known})
    of_given = [sum(y[i] == c for i in known) / len(known) for c in classes]
    label = {i: y[i] for i in known}
    fitted = LogisticRegression().fit(X[known], y[known])
    for step in range(1, n_rounds + 1):
        label = {i: y[i] for i in known}
        p = {i: fitted.predict_proba(X[[i]])[0] for i in range(len(y))}
        p = drawn_by_hand(p, of_given, max_weight)
        for who in sorted(set(person)):
            theirs = {i: p[i] for i in p if person[i] == who}
            drawn = drawn_by_hand(theirs, of_given, max_weight)
            for k, c in enumerate(classes):
                those = [i for i in drawn if i not in known and np.argmax(drawn[i]) == k]
                those.sort(key=lambda i, k=k, drawn=drawn: -drawn[i][k])
                number = int(np.ceil(share * step / n_rounds * len(those)))
                label.update(dict.fromkeys(those[:number], c))
        rows = sorted(label)
        fitted = LogisticRegression().fit(X[rows], [label[i] for i in rows])
    return [label.get(i, -1) for i in range(len(y))], fitted.predict_proba(X)


def drawn_by_hand(p, shares, max_weight):
    weight = [1.0] * len(shares)
    for _ in range(20):
        weight = reweighed(weight, list(p.values()), shares, max_weight)
    return {i: weighed(row, weight) for i, row in p.items()}


def weighed(row, weight):
    products = [w * v for w, v in zip(weight, row, strict=True)]
    return [product / sum(products) for product in products]


def reweighed(weight, rows, shares, max_weight):
    found = []
    for k, share in enumerate(shares):
        mean = sum(weighed(row, weight)[k] for row in rows) / len(rows)
        found.append(weight[k] * share / mean)
    middle = sorted(found)[len(found) // 2]  # of an odd number
    return [min(max(w / middle, 1 / max_weight), max_weight) for w in found]


@pytest.mark.parametrize(
    ("share", "n_rounds", "max_weight"), [(0.3, 1, 4.0), (0.6, 2, 1.2), (1.0, 3, 1.0)]
)
def test_it_does_what_the_loops_do(share, n_rounds, max_weight):
    X, y, person = people()
    known = partly(y, [0, 1, 2, 4, 33, 40])
    model = GroupSelfTrainingClassifier(
        LogisticRegression(), share=share, n_rounds=n_rounds, max_weight=max_weight
    ).fit(X, known, groups=person)
    label, p = by_hand(X, known, person, share, n_rounds, max_weight)
    np.testing.assert_array_equal(model.transduction_, label)
    np.testing.assert_allclose(model.predict_proba(X), p, atol=1e-8)


def test_given_labels_stay_and_every_person_gets_some():
    X, y, person = people()
    rows = np.array([0, 1, 2])
    model = GroupSelfTrainingClassifier(LogisticRegression())
    model.fit(X, partly(y, rows), groups=person)
    np.testing.assert_array_equal(model.transduction_[rows], y[rows])
    labelled = model.transduction_ >= 0
    assert all(0.5 < labelled[person == who].mean() < 0.75 for who in set(person))


def test_it_beats_what_knows_no_labels_of_others_or_no_groups():
    scores = {"groups": [], "one group": [], "scikit-learn's": [], "supervised": []}
    for seed in range(8):
        X, y, person = people(seed=seed)
        known = partly(y, np.arange(6))
        model = GroupSelfTrainingClassifier(LogisticRegression())
        peers = {
            "groups": clone(model).fit(X, known, groups=person),
            "one group": clone(model).fit(X, known),
            "scikit-learn's": SelfTrainingClassifier(LogisticRegression()).fit(X, known),
            "supervised": LogisticRegression().fit(X[:6], y[:6]),
        }
        for name, fitted in peers.items():
            scores[name].append(fitted.score(X, y))
    mean = {name: np.mean(values) for name, values in scores.items()}
    assert mean.pop("groups") > max(mean.values())


def test_without_groups_all_are_of_one():
    X, y, _ = people()
    known = partly(y, np.arange(6))
    fitted = [
        GroupSelfTrainingClassifier(LogisticRegression()).fit(X, known, groups)
        for groups in (None, np.full(len(y), "anybody"))
    ]
    np.testing.assert_array_equal(*[model.transduction_ for model in fitted])


def test_with_all_labels_it_is_the_estimator():
    X, y, person = people()
    model = GroupSelfTrainingClassifier(LogisticRegression()).fit(X, y, person)
    plain = LogisticRegression().fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    np.testing.assert_array_equal(model.decision_function(X), plain.decision_function(X))
    np.testing.assert_array_equal(model.predict_log_proba(X), plain.predict_log_proba(X))


def test_the_order_of_windows_does_not_matter():
    X, y, person = people()
    known, order = partly(y, np.arange(6)), np.random.default_rng(0).permutation(len(y))
    model = GroupSelfTrainingClassifier(LogisticRegression(tol=1e-8))
    first = clone(model).fit(X, known, person)
    second = clone(model).fit(X[order], known[order], person[order])
    np.testing.assert_array_equal(first.transduction_[order], second.transduction_)
    np.testing.assert_allclose(first.predict_proba(X), second.predict_proba(X), atol=1e-4)


def test_classes_with_names():
    X, y, person = people()
    names = np.array(["lying", "sitting", "walking"], dtype=object)[y]
    names[6:] = None
    model = GroupSelfTrainingClassifier(LogisticRegression()).fit(X, names, person)
    assert model.classes_.tolist() == ["lying", "sitting", "walking"]
    assert set(model.predict(X)) == set(model.classes_)
    known = partly(y, np.arange(6))
    numbers = clone(model).fit(X, known, person).transduction_
    expected = [None if of < 0 else model.classes_[of] for of in numbers]
    assert model.transduction_.tolist() == expected
    assert set(expected) == {*model.classes_, None}


@pytest.mark.filterwarnings("ignore:y has no labels but -1 and 1")
@pytest.mark.parametrize(
    ("names", "absent", "nothing"), [([1, 2, 3], -1, -1), ([-1, 1, 1], np.nan, None)]
)
def test_what_was_labelled_is_called_as_in_y(names, absent, nothing):
    X, y, person = people()
    names = np.array(names)
    known = np.where(np.arange(len(y)) < 6, names[y], absent)
    model = GroupSelfTrainingClassifier(LogisticRegression()).fit(X, known, person)
    found = model.transduction_.tolist()
    assert found[:6] == names[y[:6]].tolist()
    assert set(found) == {*names.tolist(), nothing}


def test_windows_in_a_mapping_through_a_pipeline():
    X, y, person = people()
    windows = {"acc": X[:, :2, None] + np.zeros(24), "heart": X[:, 2:, None] * np.ones(8)}
    pipeline = make_pipeline(
        CroSSLTransformer(max_epochs=1, summary_size=16, random_state=0),
        StandardScaler(),
        LogisticRegression(),
    )
    model = GroupSelfTrainingClassifier(pipeline)
    model.fit(windows, partly(y, np.arange(30)), person)
    assert model.predict_proba(windows).shape == (len(y), CLASSES)
    assert model.score(windows, y) > 0.5


def test_over_the_number_of_labels_it_sees_all_windows_and_their_groups():
    X, y, person = people(n_people=8)
    model = GroupSelfTrainingClassifier(LogisticRegression())
    with config_context(enable_metadata_routing=True):
        told = clone(model).set_fit_request(groups=True)
        methods = {"told": make_pipeline(StandardScaler(), told)}
        methods["alone"] = make_pipeline(StandardScaler(), LogisticRegression())
        curve = label_efficiency_curve(
            methods, X, y, groups=person, fractions=[2], n_splits=3, random_state=0
        )
    means = curve.scores.mean(axis=(1, 2, 3))
    assert means[curve.names.index("told")] > means[curve.names.index("alone")]


class TakesGroups(LogisticRegression):
    """A classifier that wants to know whose windows it is fitted on."""

    def fit(self, X, y, groups=None):
        self.groups_ = groups
        return super().fit(X, y)


def test_an_estimator_gets_the_groups_that_it_requests():
    X, y, person = people()
    known = partly(y, np.arange(30))
    with config_context(enable_metadata_routing=True):
        inner = TakesGroups().set_fit_request(groups=True)
        model = GroupSelfTrainingClassifier(inner).fit(X, known, groups=person)
        unset = GroupSelfTrainingClassifier(TakesGroups())
        with pytest.raises(UnsetMetadataPassedError, match="groups"):
            unset.fit(X, known, groups=person)
    labelled = model.transduction_ >= 0
    np.testing.assert_array_equal(model.estimator_.groups_, person[labelled])


def test_an_estimator_gets_weights_of_its_windows():
    X, y, person = people()
    known, weight = partly(y, np.arange(30)), np.where(y == 0, 5.0, 1.0)
    with config_context(enable_metadata_routing=True):
        inner = LogisticRegression().set_fit_request(sample_weight=True)
        model = GroupSelfTrainingClassifier(inner, n_rounds=1)
        weighed = model.fit(X, known, person, sample_weight=weight)
        rows = weighed.transduction_ >= 0
        label = weighed.transduction_[rows]
        alone = clone(inner).fit(X[rows], label, sample_weight=weight[rows])
    np.testing.assert_array_equal(weighed.estimator_.coef_, alone.coef_)


def test_metadata_without_routing():
    X, y, person = people()
    model = GroupSelfTrainingClassifier(LogisticRegression())
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(X, y, person, sample_weight=np.ones(len(y)))


def test_no_label_at_all():
    X, y, _ = people()
    with pytest.raises(ValueError, match="y has 0 class"):
        GroupSelfTrainingClassifier(LogisticRegression()).fit(X, np.full(len(y), -1))


def test_lengths_differ():
    X, y, person = people()
    model = GroupSelfTrainingClassifier(LogisticRegression())
    with pytest.raises(ValueError, match=r"groups has shape \(\d+,\); expected"):
        model.fit(X, y, groups=person[:-1])
    with pytest.raises(ValueError, match="differ in their number of windows"):
        model.fit(X, y[:-1])


@pytest.mark.parametrize("estimator", [RidgeClassifier(), SVC()])
def test_an_estimator_without_probabilities(estimator):
    X, y, _ = people()
    with pytest.raises(ValueError, match="predict_proba"):
        GroupSelfTrainingClassifier(estimator).fit(X, y)


@pytest.mark.parametrize(
    "params", [{"share": 0.0}, {"share": 1.1}, {"n_rounds": 0}, {"max_weight": 0.5}]
)
def test_parameters_out_of_range(params):
    X, y, _ = people()
    with pytest.raises(ValueError, match=next(iter(params))):
        GroupSelfTrainingClassifier(LogisticRegression(), **params).fit(X, y)


def test_a_failed_fit_leaves_what_was_fitted():
    X, y, person = people()
    model = GroupSelfTrainingClassifier(LogisticRegression())
    with pytest.raises(NotFittedError):
        model.predict(X)
    model.fit(X, partly(y, np.arange(6)), person)
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full_like(X, np.nan), y)
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_metadata_beside_a_plain_dict():
    X, y, person = people()
    windows = {"acc": X[:, :2, None] + np.zeros(8), "heart": X[:, 2:, None] * np.ones(8)}
    embedder = CroSSLTransformer(max_epochs=1, summary_size=4, random_state=0)
    with config_context(enable_metadata_routing=True):
        told = embedder.set_fit_request(groups=True)
        model = GroupSelfTrainingClassifier(make_pipeline(told, LogisticRegression()))
        model.fit(windows, partly(y, np.arange(30)), groups=person)
    assert (model.transduction_ >= 0).sum() > 30


def test_y_is_asked_for():
    with pytest.raises(ValueError, match="requires y to be passed"):
        GroupSelfTrainingClassifier(LogisticRegression()).fit(people()[0], None)
