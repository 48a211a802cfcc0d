import numpy as np
import pandas as pd
import pytest
from conftest import hdf5_group, zarr_group
from sklearn import config_context
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from skorch.helper import SliceDict

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.inspection import label_efficiency_curve


class Recorder(BaseEstimator):
    """Keeps what each clone is fitted on."""

    calls: list = []

    def __init__(self, log="default"):
        self.log = log

    def fit(self, X, y=None):
        Recorder.calls.append((self.log, X, y))
        self.fitted_ = True
        return self


class Embedder(TransformerMixin, Recorder):
    def transform(self, X):
        Recorder.calls.append((f"{self.log} transforms", X, None))
        x = X["a"] if hasattr(X, "keys") or getattr(X, "dtype", None).names else X
        return np.asarray(x).reshape(len(x), -1)


class Classifier(ClassifierMixin, Recorder):
    def fit(self, X, y=None):
        self.classes_ = np.unique(y)
        return super().fit(X, y)

    def predict(self, X):
        return np.full(len(X), self.classes_[-1])


class SemiSupervised(Classifier):
    accepts_unlabeled = True


@pytest.fixture(autouse=True)
def calls():
    Recorder.calls.clear()
    return Recorder.calls


def make(n_windows=90):
    """Windows that hold their own row number, of three classes of unequal size."""
    y = np.repeat([0, 1, 2], [n_windows // 2, n_windows // 3, n_windows // 6])
    X = np.arange(n_windows, dtype=float)[:, None, None] * np.ones((1, 2, 3))
    return X, np.random.default_rng(0).permutation(y)


def rows_of(X):
    return np.asarray(X).reshape(len(X), -1)[:, 0].astype(int)


def named(calls, log):
    return [(X, y) for name, X, y in calls if name == log]


def test_shapes_names_and_numbers():
    X, y = make()
    methods = {"a": Classifier(), "b": Classifier()}
    fractions = [1, 3, 0.1, 0.5, 1.0]
    result = label_efficiency_curve(
        methods, X, y, fractions=fractions, n_splits=2, n_draws=4, random_state=0
    )
    assert result.names == ["a", "b"]
    assert result.scores.shape == (2, 5, 2, 4)
    assert result.fractions == fractions
    assert result.score_name == "accuracy"
    # 63 training windows: 31, 21 and 11 of the classes
    assert list(result.n_labels) == [3, 9, 3 + 2 + 1, 16 + 10 + 6, 63]
    np.testing.assert_array_equal(result.scores[0], result.scores[1])
    assert label_efficiency_curve(Classifier(), X, y).names == ["Classifier"]


def test_others_see_the_labelled_windows_alone_and_the_same_ones(calls):
    X, y = make()
    methods = {"a": Classifier("a"), "b": Classifier("b")}
    label_efficiency_curve(
        methods, X, y, fractions=[1, 5], n_splits=2, n_draws=2, random_state=0
    )
    assert len(named(calls, "a")) == 2 * 2 * 2
    for (X_a, y_a), (X_b, y_b) in zip(named(calls, "a"), named(calls, "b"), strict=True):
        np.testing.assert_array_equal(X_a, X_b)
        np.testing.assert_array_equal(y_a, y[rows_of(X_a)])
        np.testing.assert_array_equal(y_a, y_b)
    counts = [np.bincount(y).tolist() for _, y in named(calls, "a")]
    assert counts == [[1] * 3, [1] * 3, [5] * 3, [5] * 3] * 2
    rows = [set(rows_of(X)) for X, _ in named(calls, "a")]
    assert rows[0] != rows[1]  # another draw
    assert rows[0] < rows[2]  # fewer labels are among more
    assert rows[1] < rows[3]


def test_a_pipelines_transformers_learn_once_from_all_training_windows(calls):
    X, y = make()
    pipeline = make_pipeline(Embedder("embed"), Classifier("classify"))
    label_efficiency_curve(
        pipeline, X, y, fractions=[1, 0.5], n_splits=2, n_draws=3, random_state=0
    )
    fits = named(calls, "embed")
    assert len(fits) == 2
    transforms = named(calls, "embed transforms")
    assert len(transforms) == 4  # training and test windows, once each
    classified = named(calls, "classify")
    assert len(classified) == 2 * 2 * 3
    for split, (X_fit, y_fit) in enumerate(fits):
        assert y_fit is None
        train = set(rows_of(X_fit))
        test = set(rows_of(transforms[2 * split + 1][0]))
        assert len(train) == 63
        assert train | test == set(range(90))
        for Z, y_shown in classified[6 * split : 6 * split + 6]:
            assert set(rows_of(Z)) < train
            np.testing.assert_array_equal(y_shown, y[rows_of(Z)])
    assert not hasattr(pipeline[-1], "classes_")  # clones were fitted


@pytest.mark.parametrize(
    "needs_labels", [SelectKBest(k=2), LinearDiscriminantAnalysis()], ids=repr
)
def test_transformers_that_need_labels_are_fitted_on_labelled_windows(
    calls, needs_labels
):
    X, y = make()
    X = X.reshape(90, -1) + np.random.default_rng(0).normal(size=(90, 6))
    pipeline = make_pipeline(Embedder("embed"), needs_labels, Classifier())
    label_efficiency_curve(
        pipeline, X, y, fractions=[4], n_splits=1, n_draws=2, random_state=0
    )
    assert [len(X) for X, y in named(calls, "embed") if y is not None] == [12, 12]


def test_other_errors_of_a_transformer_are_raised():
    X, y = make()
    X[0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        label_efficiency_curve(make_pipeline(PCA(1), Classifier()), X[:, 0], y)


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_unlabelled_windows_reach_semi_supervised_estimators(calls, in_pipeline):
    X, y = make()
    estimator = SemiSupervised("semi")
    if in_pipeline:
        estimator = make_pipeline(Embedder("embed"), estimator)
    label_efficiency_curve(
        estimator, X, y, fractions=[2, 1.0], n_splits=1, n_draws=2, random_state=0
    )
    fits = named(calls, "semi")
    assert [len(X) for X, _ in fits] == [63] * 3  # all labels are drawn once
    assert [(y != -1).sum() for _, y in fits] == [6, 6, 63]
    for X_fit, y_fit in fits:
        known = y_fit != -1
        np.testing.assert_array_equal(y_fit[known], y[rows_of(X_fit)][known])


@pytest.mark.parametrize("first", [[], ["passthrough"]])
def test_a_pipeline_without_transformers_is_its_last_step(calls, first):
    X, y = make()
    pipeline = make_pipeline(*first, SemiSupervised("semi"))
    label_efficiency_curve(
        pipeline, X, y.astype(np.uint8), fractions=[2], n_splits=1, n_draws=1
    )
    ((X_fit, y_fit),) = named(calls, "semi")
    assert len(X_fit) == 63
    assert (y_fit == -1).sum() == 57


@pytest.mark.parametrize("container", [hdf5_group, zarr_group])
def test_windows_on_disk_are_drawn_in_any_order(calls, container):
    X, y = make()
    sampling = {"fractions": [3], "n_splits": 1, "n_draws": 1, "random_state": 0}
    for log, windows in {"disk": container({"a": X}), "memory": {"a": X}}.items():
        label_efficiency_curve(
            Classifier(log), windows, y, scoring=lambda *args: 0.0, **sampling
        )
    ((X_disk, _),), ((X_memory, _),) = named(calls, "disk"), named(calls, "memory")
    np.testing.assert_array_equal(X_disk["a"], X_memory["a"])


def test_an_instance_may_say_that_it_accepts_unlabelled_windows(calls):
    X, y = make()
    pipeline = Pipeline([("embed", Embedder("embed")), ("classify", Classifier())])
    pipeline.accepts_unlabeled = True
    label_efficiency_curve(pipeline, X, y, fractions=[2], n_splits=1, n_draws=1)
    ((X_fit, y_fit),) = named(calls, "default")
    assert len(X_fit) == 63
    assert (y_fit == -1).sum() == 57
    assert len(named(calls, "embed")) == 1


def test_labels_that_cannot_be_told_from_unlabelled():
    X, y = make()
    for labels in (np.array(["sit", "walk", "run"])[y], y - 1):
        with pytest.raises(ValueError, match="'SemiSupervised' takes -1.*LabelEncoder"):
            label_efficiency_curve(SemiSupervised(), X, labels)
        assert label_efficiency_curve(Classifier(), X, labels).scores.shape[0] == 1


def test_groups_are_never_on_both_sides(calls):
    X, y = make()
    groups = np.arange(90) % 9
    label_efficiency_curve(
        make_pipeline(Embedder("embed"), Classifier()),
        X,
        y,
        groups=groups,
        n_splits=3,
        fractions=[1],
        n_draws=1,
    )
    transforms = named(calls, "embed transforms")
    for (train, _), (test, _) in zip(transforms[::2], transforms[1::2], strict=True):
        assert not set(groups[rows_of(train)]) & set(groups[rows_of(test)])
        assert len(set(groups[rows_of(test)])) == 3


class ToldGroups(Recorder):
    def fit(self, X, y=None, groups=None):
        self.classes_ = np.unique(y)
        Recorder.calls.append((self.log, X, groups))
        return self


class ToldEmbedder(TransformerMixin, ToldGroups):
    def transform(self, X):
        return np.asarray(X).reshape(len(X), -1)


class ToldClassifier(ClassifierMixin, ToldGroups):
    def predict(self, X):
        return np.full(len(X), self.classes_[-1])


class ToldSemiSupervised(ToldClassifier):
    accepts_unlabeled = True


@pytest.mark.parametrize("ask", [True, False])
@pytest.mark.parametrize("last", [ToldClassifier, ToldSemiSupervised])
def test_estimators_that_request_groups_get_those_of_their_windows(calls, last, ask):
    X, y = make()
    groups = np.arange(90) % 9 + 100
    with config_context(enable_metadata_routing=True):
        embed = ToldEmbedder("embed").set_fit_request(groups=ask)
        classify = last("classify").set_fit_request(groups=ask)
        pipeline = make_pipeline(embed, classify)
        options = {"groups": groups, "fractions": [2], "n_draws": 1, "n_splits": 2}
        label_efficiency_curve(pipeline, X, y, **options)
        label_efficiency_curve(classify, X, y, **options)
    assert len(named(calls, "embed")) == 2
    assert len(named(calls, "classify")) == 4
    for _, windows, told in calls:
        if ask:
            np.testing.assert_array_equal(told, groups[rows_of(windows)])
        else:
            assert told is None


@pytest.mark.parametrize("form", ["dict", "SliceDict", "structured", "frame"])
def test_x_may_have_any_form(calls, form):
    X, y = make()
    if form == "structured":
        named_x = np.empty(90, dtype=[("a", float, (2, 3)), ("b", float, (4,))])
        named_x["a"] = X
    elif form == "frame":
        named_x = pd.DataFrame({"a": X[:, 0, 0], "b": 0.0})
    else:
        named_x = {"a": X, "b": np.zeros((90, 4))}
        named_x = SliceDict(**named_x) if form == "SliceDict" else named_x
    label_efficiency_curve(
        make_pipeline(Embedder("embed"), Classifier("classify")),
        named_x,
        y,
        fractions=[3],
        n_splits=1,
        n_draws=1,
        random_state=0,
    )
    ((X_fit, _),) = named(calls, "embed")
    assert type(X_fit) is type(named_x)
    assert len(X_fit["a"]) == len(X_fit["b"]) == 63
    ((Z, y_shown),) = named(calls, "classify")
    np.testing.assert_array_equal(y_shown, y[rows_of(Z)])


def test_crossl_and_its_labels_as_strings():
    rng = np.random.default_rng(0)
    y = np.array(["sit", "walk"])[np.arange(40) % 2]
    X = rng.normal(size=(40, 2, 16)) * (1 + 4 * (y == "walk"))[:, None, None]
    embedder = CroSSLTransformer(max_epochs=1, random_state=0)
    result = label_efficiency_curve(
        make_pipeline(embedder, LogisticRegression()),
        X,
        y,
        fractions=[2, 1.0],
        n_splits=1,
        n_draws=1,
        scoring="f1_macro",
        random_state=0,
    )
    assert result.score_name == "f1 macro"
    assert result.scores[0, 1, 0, 0] > 0.8


def test_same_bits_and_global_generator_untouched():
    X, y = make()
    X = X.reshape(90, -1) + np.random.default_rng(0).normal(size=(90, 6))
    state = np.random.get_state()[1].copy()  # noqa: NPY002 - it is what is tested
    first, second, other = (
        label_efficiency_curve(
            LogisticRegression(max_iter=20, tol=1), X, y, fractions=[2], random_state=seed
        ).scores
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


def test_errors():
    X, y = make()
    for fractions in (0.5, [0.0], [1.5], [0], [-2], [True], ["all"], []):
        with pytest.raises(ValueError, match="fractions="):
            label_efficiency_curve(Classifier(), X, y, fractions=fractions)
    for parameter in ("n_splits", "n_draws"):
        with pytest.raises(ValueError, match=f"{parameter}=0"):
            label_efficiency_curve(Classifier(), X, y, **{parameter: 0})
    with pytest.raises(ValueError, match="'X': 90, 'y': 89"):
        label_efficiency_curve(Classifier(), X, y[1:])
    with pytest.raises(ValueError, match="give modalities by name, in a mapping"):
        label_efficiency_curve(Classifier(), [X, X], y)
    with pytest.raises(ValueError, match="'groups': 3"):
        label_efficiency_curve(Classifier(), X, y, groups=[1, 2, 3])
    with pytest.raises(ValueError, match="estimators is empty"):
        label_efficiency_curve({}, X, y)
    with pytest.raises(ValueError, match="(?i)continuous|unknown label"):
        label_efficiency_curve(Classifier(), X, y + 0.5)
    with pytest.raises(TypeError, match="several scores"):
        label_efficiency_curve(Classifier(), X, y, scoring=["accuracy"])


def test_a_regressor_that_takes_unlabelled_windows_is_given_nan_for_them():
    class Regressor(RegressorMixin, Recorder):
        accepts_unlabeled = True

        def predict(self, X):
            return np.zeros(len(X))

    X, y = make()
    label_efficiency_curve(
        Regressor(), X, y, fractions=[0.5], scoring="r2", random_state=0
    )
    for _, _, given in Recorder.calls:
        known = ~np.isnan(given)
        assert 0 < known.sum() < len(given)
        assert set(given[known]) <= {0, 1, 2}
