from itertools import combinations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from skorch.helper import SliceDict

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.inspection import missing_modality_curve
from sklearn_crossl.inspection._missing_modality import _order_of_removal
from sklearn_crossl.semi_supervised import partly_labelled_scorer

CHANNELS = {"acc": (0, 1), "gyro": (2,), "pulse": (3, 4)}


class FirstSeen(ClassifierMixin, BaseEstimator):
    """Each channel that is no NaN votes by its sign; keeps what it is shown."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.seen_ = []
        return self

    def predict(self, X):
        self.seen_.append(X)
        with np.errstate(all="ignore"):
            votes = np.sign(np.nansum(X, axis=2)).sum(axis=1)
        return (votes > 0).astype(int)


def make(n_windows=60, n_channels=5, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n_windows) % 2
    X = rng.normal(size=(n_windows, n_channels, 4))
    return X + 0.5 * (2 * y[:, None, None] - 1), y


@pytest.fixture
def fitted():
    X, y = make()
    return FirstSeen().fit(X, y), X, y


def curve(fitted, **parameters):
    parameters = {"modalities": CHANNELS, "random_state": 0, **parameters}
    return missing_modality_curve(*fitted, **parameters)


def scores_of(result):
    """The score of each subset, by the names that it has."""
    return {
        tuple(np.array(result.modalities)[kept]): score
        for kept, score in zip(result.present, result.subset_scores, strict=True)
    }


def test_steps_that_may_reorder_channels_ask_for_those_of_x():
    X, y = make()
    turned = FunctionTransformer(lambda X: X[:, ::-1])
    embedder = CroSSLTransformer({"last": 0, "rest": slice(1, 5)}, max_epochs=1)
    pipeline = make_pipeline(turned, embedder, LogisticRegression(max_iter=1000))
    pipeline.fit(X, y)
    with pytest.raises(ValueError, match="Steps before CroSSLTransformer may select"):
        missing_modality_curve(pipeline, X, y)
    of_x = {"rest": slice(0, 4), "last": 4}
    result = missing_modality_curve(pipeline, X, y, modalities=of_x, random_state=0)
    alone = X.copy()
    alone[:, :4] = np.nan
    assert scores_of(result)["last",] == pipeline.score(alone, y)
    of_rest = missing_modality_curve(pipeline[1:], X[:, ::-1], y, random_state=0)
    assert scores_of(of_rest)["last",] == scores_of(result)["last",]


def test_subset_scores_agree_with_brute_force(fitted):
    estimator, X, y = fitted
    result = curve(fitted)
    assert result.modalities == list(CHANNELS)
    expected = {}
    for size in (1, 2, 3):
        for names in combinations(CHANNELS, size):
            part = np.full_like(X, np.nan)
            for name in names:
                part[:, CHANNELS[name]] = X[:, CHANNELS[name]]
            expected[names] = estimator.score(part, y)
    found = scores_of(result)
    assert found == expected
    assert len(set(found.values())) > 3
    assert list(result.present.sum(axis=1)) == [1, 1, 1, 2, 2, 2, 3]
    assert list(result.subset_n_windows) == [60] * 7


@pytest.mark.parametrize(("n_modalities", "n_subsets"), [(2, 3), (6, 63), (7, 15)])
def test_many_modalities_are_shown_alone_and_left_out(n_modalities, n_subsets):
    X, y = make(n_channels=n_modalities)
    result = curve(
        (FirstSeen().fit(X, y), X, y),
        modalities=[1] * n_modalities,
        rates=(0.0,),
        n_repeats=1,
    )
    assert result.present.shape == (n_subsets, n_modalities)
    assert len(np.unique(result.present, axis=0)) == n_subsets
    assert result.present.any(axis=1).all()
    assert result.present[-1].all()


def test_the_share_removed_is_exact_and_each_window_keeps_a_modality(fitted):
    estimator, X, y = fitted
    before = X.copy()
    estimator.seen_.clear()
    result = curve(fitted, rates=(0.0, 0.2, 0.5, 0.9), n_repeats=2)
    np.testing.assert_array_equal(X, before)
    # Of 180 pairs, 60 must stay; 0.9 cannot be.
    np.testing.assert_array_equal(result.rates, [0, 36 / 180, 90 / 180, 120 / 180])
    assert result.rate_scores.shape == (4, 2)
    shown = [np.isnan(x[:, [0, 2, 3], 0]) for x in estimator.seen_[7:]]
    assert [gone.sum() for gone in shown] == [0, 36, 90, 120, 36, 90, 120]
    for gone in shown:
        assert not gone.all(axis=1).any()
    for repeat in (shown[1:4], shown[4:]):  # what is missing stays missing
        assert (repeat[0] <= repeat[1]).all()
        assert (repeat[1] <= repeat[2]).all()
    assert (shown[1] != shown[4]).any()
    scores = [estimator.score(x, y) for x in estimator.seen_[7:14]]
    assert list(result.rate_scores.T.ravel()) == [*scores[:4], scores[0], *scores[4:]]


def test_what_x_lacks_is_not_counted(fitted):
    estimator, X, y = fitted
    X[:20, 2:] = np.nan  # a cohort with the first modality alone
    estimator.seen_.clear()
    result = curve((estimator, X, y), rates=(0.25,), n_repeats=1)
    counts = dict(zip(map(tuple, result.present), result.subset_n_windows, strict=True))
    assert counts[True, False, False] == 60
    assert counts[False, True, True] == 40
    assert result.rates == [35 / 140]
    gone = np.isnan(estimator.seen_[-1][:, [0, 2, 3], 0])
    assert gone.sum() == 40 + 35
    assert not gone.all(axis=1).any()


def test_a_subset_that_no_window_has_scores_nan(fitted):
    estimator, X, y = fitted
    X[:, 2] = np.nan
    result = curve((estimator, X, y), n_repeats=1)
    assert result.subset_n_windows[1] == 0
    assert np.isnan(result.subset_scores[1])
    assert np.isfinite(np.delete(result.subset_scores, 1)).all()


def test_same_bits_and_global_generator_untouched(fitted):
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = curve(fitted), curve(fitted)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    np.testing.assert_array_equal(first.rate_scores, second.rate_scores)
    other = curve(fitted, random_state=1)
    assert (first.rate_scores != other.rate_scores).any()


def test_scoring_is_that_of_scikit_learn(fitted):
    assert curve(fitted).score_name == "accuracy"
    result = curve(fitted, scoring="f1_macro")
    assert result.score_name == "f1 macro"

    def my_score(estimator, X, y):
        return len(X)

    result = curve(fitted, scoring=my_score)
    assert result.score_name == "my score"
    assert set(result.subset_scores) == {60}
    with pytest.raises(TypeError, match="several scores"):
        curve(fitted, scoring=["accuracy", "f1_macro"])


@pytest.mark.parametrize("named", [False, True])
def test_a_pipeline_with_crossl_knows_its_modalities(named):
    X, y = make()
    wanted = {"acc": slice(0, 3), "pulse": [3, 4]}
    embedder = CroSSLTransformer(wanted, max_epochs=1, summary_size=0, random_state=0)
    if named:
        X = SliceDict(acc=X[:, :3], pulse=X[:, 3:])
        embedder.set_params(modalities=None)
    pipeline = make_pipeline(embedder, LogisticRegression()).fit(X, y)
    result = missing_modality_curve(pipeline, X, y, n_repeats=2, random_state=0)
    assert result.modalities == ["acc", "pulse"]
    assert list(result.rates) == [0, 0.25, 0.5]
    assert result.subset_scores[-1] == result.rate_scores[0, 0] == pipeline.score(X, y)
    if named:
        alone = pipeline.score({"acc": X["acc"]}, y)
        assert result.subset_scores[0] == alone


def test_errors(fitted):
    estimator, X, y = fitted
    with pytest.raises(ValueError, match=r"rates=0.5; expected"):
        curve(fitted, rates=0.5)
    with pytest.raises(ValueError, match=r"rates=\(1.0,\); expected"):
        curve(fitted, rates=(1.0,))
    with pytest.raises(ValueError, match="n_repeats=0"):
        curve(fitted, n_repeats=0)
    with pytest.raises(ValueError, match="'X': 60, 'y': 59"):
        curve((estimator, X, y[1:]))
    with pytest.raises(ValueError, match="no windows to score"):
        curve((estimator, X[:0], y[:0]))
    with pytest.raises(ValueError, match="Pass `modalities`"):
        curve(fitted, modalities=None)


def test_a_subset_whose_windows_have_no_label_has_no_score(fitted):
    estimator, X, y = fitted
    X, labelled = X.copy(), np.arange(60) < 20
    X[np.ix_(labelled, CHANNELS["pulse"])] = np.nan  # no pulse where there is a label
    partly = np.where(labelled, y, -1)
    scorer = partly_labelled_scorer("accuracy")
    result = curve((estimator, X, partly), scoring=scorer)
    alone = {
        tuple(np.array(result.modalities)[present]): score
        for present, score in zip(result.present, result.subset_scores, strict=True)
    }
    assert np.isnan(alone.pop(("pulse",)))
    assert np.isfinite(list(alone.values())).all()


def test_any_modality_of_a_window_may_be_the_one_that_stays():
    observed = np.ones((3000, 3), dtype=bool)
    observed[1500:, 0] = False
    order = _order_of_removal(observed, np.random.RandomState(0))
    stays = observed.copy()
    stays.flat[order] = False
    assert (stays.sum(axis=1) == 1).all()
    np.testing.assert_allclose(stays[:1500].mean(axis=0), 1 / 3, atol=0.05)
    np.testing.assert_allclose(stays[1500:].mean(axis=0), [0, 0.5, 0.5], atol=0.05)
