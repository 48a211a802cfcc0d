"""Scores of partly labelled windows, whatever says that there is no label."""

import functools
import pickle

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score, f1_score, make_scorer, r2_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

from sklearn_crossl._partly_labelled import (
    PartlyLabelledMixin,
    partly_labelled_scorer,
)

X = np.arange(12.0)[:, None]


class Threshold(PartlyLabelledMixin, ClassifierMixin, BaseEstimator):
    """Knows two classes by the first feature."""

    def __init__(self, names=(0, 1), at=6.5):
        self.names = names
        self.at = at

    def fit(self, X, y):
        self.classes_ = np.array(self.names)
        return self

    def predict(self, X):
        return self.classes_[(X[:, 0] >= self.at).astype(int)]


class Half(PartlyLabelledMixin, RegressorMixin, BaseEstimator):
    """Says half of the first feature."""

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def predict(self, X):
        return X[:, 0] / 2


@pytest.mark.parametrize("scorer", [None, partly_labelled_scorer("accuracy")])
def test_lengths_that_differ_are_told(scorer):
    model, y = Threshold().fit(X, None), np.array([0, -1] * 6)
    score = model.score if scorer is None else functools.partial(scorer, model)
    weights = np.ones(11), np.ones(13)
    with pytest.raises(ValueError, match="number of windows: {'X': 12, 'y': 9}"):
        score(X, y[:9])
    with pytest.raises(ValueError, match="number of windows: {'X': 9, 'y': 12}"):
        score(X[:9], y)
    for weight in weights:
        with pytest.raises(ValueError, match=f"'sample_weight': {len(weight)}"):
            score(X, y, sample_weight=weight)
    with pytest.raises(ValueError, match="number of windows"):
        Half().fit(X, None).score(X, np.array([np.nan, *range(8)]))


@pytest.mark.parametrize("nothing", [-1, np.nan, None])
def test_windows_without_a_label_are_left_out(nothing):
    y = (X[:, 0] >= 6).astype(int)
    known = np.arange(12) % 3 != 0
    partly = np.where(known, y, nothing)
    weight = np.linspace(1, 2, 12)
    model = Threshold(at=7.5).fit(X, y)
    right = accuracy_score(y[known], model.predict(X[known]), sample_weight=weight[known])
    assert model.score(X, partly, weight) == right < 1
    assert model.score(X, y) == accuracy_score(y, model.predict(X))


def test_windows_in_a_mapping_and_names():
    class OfMapping(Threshold):
        def predict(self, X):
            return super().predict(X["acc"])

    y = np.where(X[:, 0] >= 6, "run", "walk").astype(object)
    y[:2] = None
    model = OfMapping(names=("walk", "run"), at=5.5).fit(X, y)
    assert model.score({"acc": X}, y) == 1


def test_minus_one_counts_where_it_is_a_class():
    y = np.where(X[:, 0] >= 6, 1, -1)
    model = Threshold(names=(-1, 1), at=3.5).fit(X, y)
    assert model.score(X, y) == accuracy_score(y, model.predict(X)) < 1


def test_targets():
    y = X[:, 0] / 2 + np.tile([0.1, -0.2], 6)
    known = np.arange(12) % 4 != 0
    partly = np.where(known, y, np.nan)
    assert Half().fit(X, y).score(X, partly) == r2_score(y[known], X[known, 0] / 2)


def test_cross_validation_and_searches():
    y = np.where(X[:, 0] >= 6, "run", "walk").astype(object)
    y[::4] = None
    model = Threshold(names=("walk", "run"), at=5.5)
    assert cross_val_score(model, X, y, cv=KFold(3)).tolist() == [1, 1, 1]
    search = GridSearchCV(model, {"at": [2.5, 5.5]}, cv=KFold(3)).fit(X, y)
    assert search.best_params_ == {"at": 5.5}


def test_nothing_to_score_by():
    with pytest.raises(ValueError, match="None of 12 windows has a label"):
        Threshold().fit(X, None).score(X, np.full(12, -1))
    with pytest.raises(ValueError, match="None of 12 windows has a label"):
        Half().fit(X, None).score(X, np.full(12, np.nan))


@pytest.mark.parametrize("model", [Threshold(), Half()])
def test_not_fitted(model):
    with pytest.raises(NotFittedError):
        model.score(X, X[:, 0])


@pytest.mark.parametrize("nothing", [-1, np.nan, None])
def test_any_scorer_leaves_out_windows_without_a_label(nothing):
    y = (X[:, 0] >= 6).astype(int)
    known = np.arange(12) % 3 != 0
    model, weight = Threshold(at=7.5).fit(X, y), np.linspace(1, 2, 12)
    partly = np.where(known, y, nothing)
    scorer = pickle.loads(pickle.dumps(partly_labelled_scorer("f1_macro")))
    said = model.predict(X[known])
    assert scorer(model, X, partly) == f1_score(y[known], said, average="macro")
    assert scorer(model, X, partly, sample_weight=weight) == f1_score(
        y[known], said, average="macro", sample_weight=weight[known]
    )
    scores = cross_val_score(model, X, partly, scoring=scorer, cv=KFold(2))
    assert np.isfinite(scores).all()
    with pytest.raises(ValueError, match="None of 12 windows has a label"):
        scorer(model, X, np.full(12, nothing))
    both = Threshold((-1, 1), at=6).fit(X, y)
    assert scorer(both, X, np.where(y, 1, -1)) == 1  # -1 is a class of this one


def test_any_scorer_of_a_regressor():
    y = np.where(np.arange(12) % 2, X[:, 0] / 2 + 1, np.nan)
    scorer = partly_labelled_scorer("neg_mean_absolute_error")
    assert scorer(Half().fit(X, y), X, y) == -1
    assert "partly_labelled_scorer(make_scorer(" in repr(scorer)
    with pytest.raises(ValueError, match="accurate"):
        partly_labelled_scorer("accurate")


@pytest.mark.parametrize("names", [("walk", "run"), (0, 1), (False, True)])
def test_labels_that_are_objects_though_none_is_missing(names):
    y = np.array(names, dtype=object)[(X[:, 0] >= 6).astype(int)]
    model = Threshold(names, at=7.5).fit(X, y)
    assert model.score(X, y) == 10 / 12
    assert partly_labelled_scorer("accuracy")(model, X, y) == 10 / 12


def test_any_scorer_keeps_the_metadata_that_it_requests():
    y, weight = (X[:, 0] >= 6).astype(int), np.linspace(1, 9, 12)
    model, folds = Threshold(at=7.5), KFold(2, shuffle=True, random_state=0)
    how = {"cv": folds, "params": {"sample_weight": weight}}
    with config_context(enable_metadata_routing=True):
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        expected = cross_val_score(model, X, y, scoring=scorer, **how)
        wrapped = partly_labelled_scorer(scorer)
        np.testing.assert_array_equal(
            cross_val_score(model, X, y, scoring=wrapped, **how), expected
        )
        named = partly_labelled_scorer("accuracy").set_score_request(sample_weight=True)
        np.testing.assert_array_equal(
            cross_val_score(model, X, y, scoring=named, **how), expected
        )
    assert not np.array_equal(expected, cross_val_score(model, X, y, cv=folds))


def test_no_scorer():
    with pytest.raises(TypeError, match="scoring=None; expected a scorer"):
        partly_labelled_scorer(None)


def test_the_scorer_that_is_wrapped_stays_as_it_was():
    scorer = make_scorer(accuracy_score)
    with config_context(enable_metadata_routing=True):
        before = scorer.get_metadata_routing().score.requests
        partly_labelled_scorer(scorer).set_score_request(sample_weight=True)
        assert scorer.get_metadata_routing().score.requests == before
