"""Importance of modalities, against literal forms of its definitions."""

from itertools import permutations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import make_windows
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_crossl import CroSSLClassifier, CroSSLRegressor, CroSSLTransformer
from sklearn_crossl.inspection import ModalityImportanceDisplay, modality_importance
from sklearn_crossl.inspection import _importance as module

SMALL = CroSSLTransformer([1] * 4, max_epochs=1, summary_size=16, random_state=0)
X, Y = make_windows(60)
X_TEST, Y_TEST = make_windows(40, seed=1)


@pytest.fixture(scope="module")
def pipeline():
    model = make_pipeline(SMALL, StandardScaler(), LogisticRegression(max_iter=200))
    return model.fit(X, Y)


def literal_shapley(value, n):
    """Mean over all orders of what each adds as it arrives."""
    totals = np.zeros(n)
    orders = list(permutations(range(n)))
    for order in orders:
        seen = np.zeros(n, dtype=bool)
        for i in order:
            before = value(seen)
            seen[i] = True
            totals[i] += value(seen) - before
    return totals / len(orders)


def test_shapley_values_literally(pipeline):
    """By windows that really lack the modalities, transformed for each subset anew."""

    def value(seen):
        if not seen.any():
            Z = pipeline[:1].transform(X_TEST)
            Z = np.tile(Z.mean(axis=0), (len(Z), 1))
        else:
            Z = pipeline[:1].transform(np.where(seen[:, None], X_TEST, np.nan))
        p = pipeline[1:].predict_proba(Z)
        return np.log(p[np.arange(len(p)), Y_TEST]).mean()

    result = modality_importance(pipeline, X_TEST, Y_TEST, scoring="neg_log_loss")
    np.testing.assert_allclose(result.shapley, literal_shapley(value, 4), atol=1e-4)
    np.testing.assert_allclose(
        result.shapley.sum(), result.full_score - result.empty_score, atol=1e-6
    )
    assert result.full_score == pytest.approx(value(np.ones(4, dtype=bool)), abs=1e-5)
    assert not result.shapley_std.any()
    assert len(result.present) == len(result.subset_scores) == 16
    scores = dict(zip(map(tuple, result.present), result.subset_scores, strict=True))
    assert scores[True, False, False, False] == pytest.approx(
        value(np.array([True, False, False, False])), abs=1e-4
    )


def test_drawn_orders_come_close_and_add_up(pipeline, monkeypatch):
    exact = modality_importance(pipeline, X_TEST, Y_TEST, scoring="neg_log_loss")
    monkeypatch.setattr(module, "_MOST_EXACT", 3)
    drawn = modality_importance(
        pipeline,
        X_TEST,
        Y_TEST,
        scoring="neg_log_loss",
        n_permutations=200,
        random_state=0,
    )
    error = np.abs(drawn.shapley - exact.shapley)
    assert (error < 4 * drawn.shapley_std + 1e-9).all()
    assert (drawn.shapley_std > 0).any()
    np.testing.assert_allclose(
        drawn.shapley.sum(), drawn.full_score - drawn.empty_score, atol=1e-6
    )


def test_permutation_is_the_fall_of_the_score(pipeline):
    result = modality_importance(pipeline, X_TEST, Y_TEST, n_repeats=2, random_state=3)
    random = np.random.RandomState(3)
    for i in range(4):
        for repeat in range(2):
            mixed = X_TEST.copy()
            mixed[:, i] = X_TEST[random.permutation(len(X_TEST)), i]
            fall = result.full_score - pipeline.score(mixed, Y_TEST)
            assert result.permutation[i, repeat] == pytest.approx(fall)


def test_every_kind_of_estimator():
    classifier = CroSSLClassifier(SMALL, max_epochs=3, random_state=0)
    regressor = CroSSLRegressor(SMALL, max_epochs=3, random_state=0)
    grid = {"crossltransformer__masking_ratio": [0.5]}
    pipeline = make_pipeline(SMALL, LogisticRegression())
    estimators = {
        "accuracy": classifier.fit(X, Y),
        "R²": regressor.fit(X, X[:, 0].std(axis=1)),
        "neg log loss": GridSearchCV(pipeline, grid, cv=2).fit(X, Y),
        "f1 macro": make_pipeline(FunctionTransformer(), classifier).fit(X, Y),
    }
    scorings = {"neg log loss": "neg_log_loss", "f1 macro": "f1_macro"}
    for name, estimator in estimators.items():
        y = X_TEST[:, 0].std(axis=1) if name == "R²" else Y_TEST
        scoring = scorings.get(name)
        result = modality_importance(estimator, X_TEST, y, scoring=scoring, n_repeats=1)
        assert result.modalities == [f"modality{i}" for i in range(4)]
        if scoring is None:
            assert result.full_score == pytest.approx(
                estimator.score(X_TEST, y), abs=1e-5
            )
            assert result.score_name == name


def test_a_search_is_scored_by_its_own_score():
    pipeline = make_pipeline(SMALL, LogisticRegression())
    grid = {"logisticregression__C": [1.0]}
    f1 = make_scorer(f1_score, average="macro")
    both = {"accuracy": "accuracy", "f1_macro": f1}
    for scoring in ("f1_macro", ["accuracy", "f1_macro"], both):
        refit = True if isinstance(scoring, str) else "f1_macro"
        search = GridSearchCV(pipeline, grid, cv=2, scoring=scoring, refit=refit)
        search.fit(X, Y)
        result = modality_importance(search, X_TEST, Y_TEST, n_repeats=1)
        assert result.full_score == pytest.approx(search.score(X_TEST, Y_TEST))
        assert result.score_name in ("f1 macro", "f1 score")
    for scoring, refit in (
        (["accuracy", "f1_macro"], lambda results: 0),
        (lambda model, X, y: {"one": model.score(X, y)}, "one"),
    ):
        search = GridSearchCV(pipeline, grid, cv=2, scoring=scoring, refit=refit)
        result = modality_importance(search.fit(X, Y), X_TEST, Y_TEST, n_repeats=1)
        assert result.score_name == "accuracy"
    with pytest.raises(NotFittedError):
        modality_importance(GridSearchCV(pipeline, grid), X_TEST, Y_TEST)


def test_pipelines_in_pipelines_and_data_frames_between_the_steps():
    embedder = clone(SMALL).set_output(transform="pandas")
    names = embedder.fit(X).get_feature_names_out()
    some = ColumnTransformer([("some", StandardScaler(), list(names[:9]))])
    model = make_pipeline(make_pipeline(embedder, some), LogisticRegression())
    model.fit(X, Y)
    result = modality_importance(model, X_TEST, Y_TEST, n_repeats=1)
    assert result.full_score == pytest.approx(model.score(X_TEST, Y_TEST))


def test_an_int_gives_the_same_bits_and_generators_are_left_alone(pipeline):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    results = [
        modality_importance(pipeline, X_TEST, Y_TEST, random_state=0) for _ in range(2)
    ]
    np.testing.assert_array_equal(results[0].permutation, results[1].permutation)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_errors(pipeline):
    with pytest.raises(TypeError, match="LogisticRegression has no CroSSL estimator"):
        modality_importance(LogisticRegression().fit(X[:, 0], Y), X_TEST[:, 0], Y_TEST)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:, 0], Y)
    with pytest.raises(TypeError, match="Pipeline of StandardScaler, LogisticReg"):
        modality_importance(model, X_TEST[:, 0], Y_TEST)
    with pytest.raises(ValueError, match="X has 40 windows, but y has 39"):
        modality_importance(pipeline, X_TEST, Y_TEST[1:])
    with pytest.raises(ValueError, match="n_repeats=0"):
        modality_importance(pipeline, X_TEST, Y_TEST, n_repeats=0)


def test_display(pipeline):
    display = ModalityImportanceDisplay.from_estimator(
        pipeline, X_TEST, Y_TEST, scoring="neg_log_loss", random_state=0
    )
    values = [bar.get_width() for bar in display.bars_]
    assert values == sorted(values, reverse=True)
    assert display.ax_.get_xlabel() == "part in the negative log loss"
    order = np.argsort(-np.asarray(display.shapley), kind="stable")
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == [f"modality{i}" for i in order]
    for line, i in zip(display.points_, order, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), display.permutation[i])
    _, ax = plt.subplots()
    again = ModalityImportanceDisplay(
        modalities=["a", "b"], shapley=[0.1, 0.4], shapley_std=[0.1, 0.0]
    ).plot(ax=ax, bar_kw={"color": "k"})
    assert again.ax_ is ax
    assert not again.points_
    assert again.bars_.errorbar is not None
    plt.close("all")


def test_drawn_orders_literally():
    """Each is taken from both ends, and the error is that of a mean."""
    worth = np.random.default_rng(0).normal(size=(2, 2, 2, 2))

    def value(seen):
        return worth[tuple(seen.astype(int))]

    mean, error = module._sampled(value, 4, 6, np.random.RandomState(3))
    random, gains = np.random.RandomState(3), np.zeros((6, 4))
    for of_order in gains:
        order = random.permutation(4)
        for arriving in (order, order[::-1]):
            seen = np.zeros(4, dtype=bool)
            for i in arriving:
                before = value(seen)
                seen[i] = True
                of_order[i] += (value(seen) - before) / 2
    np.testing.assert_allclose(mean, gains.mean(axis=0))
    np.testing.assert_allclose(error, gains.std(axis=0, ddof=1) / np.sqrt(6))
