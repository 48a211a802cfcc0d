import sys
from types import ModuleType, SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from conftest import make_windows
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_crossl import CroSSLClassifier, CroSSLTransformer
from sklearn_crossl.inspection import (
    EmbeddingDisplay,
    LabelEfficiencyDisplay,
    MissingModalityDisplay,
    TrainingCurveDisplay,
    label_efficiency_curve,
    missing_modality_curve,
)
from sklearn_crossl.inspection._scoring import score_name
from sklearn_crossl.semi_supervised import partly_labelled_scorer

MODALITIES = {"acc": slice(0, 3), "pulse": 3}
HISTORY = [
    {
        "epoch": epoch,
        "train_loss": 20.0 / epoch,
        "variance": 0.5,
        "effective_rank": 4.0 + epoch,
        "dur": 0.1,
        "train_batch_count": 3,
        "train_loss_best": True,
    }
    for epoch in (1, 2, 3)
]
MISSING = {
    "modalities": ["acc", "pulse"],
    "present": [[True, False], [False, True], [True, True]],
    "subset_scores": [0.8, np.nan, 0.9],
    "rates": [0, 0.25, 0.5],
    "rate_scores": [[0.9, 0.9], [0.8, 0.9], [0.7, 0.5]],
    "score_name": "f1 macro",
}
LABELS = {
    "scores": np.random.default_rng(0).random((2, 3, 4, 5)),
    "n_labels": [100, 2, 10],
    "names": ["CroSSL", "raw"],
    "score_name": "accuracy",
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def pipeline():
    X, y = make_windows()
    embedder = CroSSLTransformer(MODALITIES, max_epochs=2, summary_size=0, random_state=0)
    return make_pipeline(embedder, StandardScaler(), LogisticRegression()).fit(X, y)


def displays():
    return {
        "missing": MissingModalityDisplay(**MISSING),
        "labels": LabelEfficiencyDisplay(**LABELS),
        "training": TrainingCurveDisplay(HISTORY),
        "embedding": EmbeddingDisplay(np.eye(4, 2), y=["a", "b", "a", "b"]),
    }


@pytest.mark.parametrize("name", displays())
def test_without_matplotlib_the_error_says_what_to_install(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-crossl\[plot\]'"):
        displays()[name].plot()
    # Not only after hours of fitting: nothing here could be fitted or scored.
    for display in (MissingModalityDisplay, LabelEfficiencyDisplay):
        with pytest.raises(ImportError, match="pip install"):
            display.from_estimator(None, None, None)
    with pytest.raises(ImportError, match="pip install"):
        EmbeddingDisplay.from_estimator(None, None)


@pytest.mark.parametrize("name", displays())
def test_plot_makes_a_figure_or_takes_an_axes(name):
    display = displays()[name]
    assert display.plot() is display
    assert isinstance(display.figure_, plt.Figure)
    figure, (ax, other) = plt.subplots(1, 2)
    display.plot(ax=ax)
    assert display.figure_ is figure
    drawn = np.ravel(display.ax_)
    assert other not in drawn
    assert not other.has_data()
    assert all(a.has_data() for a in drawn)


@pytest.mark.parametrize(("name", "n_panels"), [("missing", 3), ("training", 2)])
def test_panels_may_be_given_one_by_one(name, n_panels):
    display = displays()[name]
    _, axes = plt.subplots(1, n_panels)
    display.plot(ax=axes)
    assert isinstance(display.ax_, np.ndarray)
    assert list(display.ax_) == list(axes)
    with pytest.raises(ValueError, match=f"ax holds 5 axes; expected .* {n_panels}"):
        display.plot(ax=plt.subplots(1, 5)[1])
    loose = plt.figure().add_axes((0, 0, 1, 1))
    with pytest.raises(ValueError, match="not part of a grid"):
        display.plot(ax=loose)


def test_missing_modalities_are_drawn_as_they_are():
    display = MissingModalityDisplay(**MISSING).plot(
        bar_kw={"color": "red"}, line_kw={"linestyle": ":"}
    )
    bars, dots, curve = display.ax_
    heights = [bar.get_height() for bar in display.bars_]
    np.testing.assert_array_equal(heights, MISSING["subset_scores"])
    assert display.bars_[0].get_facecolor() == (1, 0, 0, 1)
    assert [t.get_text() for t in bars.texts] == ["0.80", "", "0.90"]
    assert [t.get_text() for t in dots.get_yticklabels()] == ["acc", "pulse"]
    absent, present = (c.get_offsets() for c in dots.collections[:2])
    np.testing.assert_array_equal(absent, [[0, 1], [1, 0]])
    np.testing.assert_array_equal(present, [[0, 0], [1, 1], [2, 0], [2, 1]])
    assert bars.get_ylabel() == curve.get_ylabel() == "f1 macro"
    assert curve.get_xlabel().endswith("(%)")
    np.testing.assert_array_equal(display.line_.get_xdata(), [0, 25, 50])
    np.testing.assert_allclose(display.line_.get_ydata(), [0.9, 0.85, 0.6])
    assert display.line_.get_linestyle() == ":"
    assert bars.get_xlim() == dots.get_xlim()


def test_missing_modalities_from_an_estimator(pipeline):
    X, y = make_windows()
    display = MissingModalityDisplay.from_estimator(pipeline, X, y, random_state=0)
    result = missing_modality_curve(pipeline, X, y, random_state=0)
    np.testing.assert_array_equal(display.subset_scores, result.subset_scores)
    np.testing.assert_array_equal(display.rate_scores, result.rate_scores)
    assert display.modalities == ["acc", "pulse"]
    assert display.ax_[0].get_ylabel() == "accuracy"


def test_label_efficiency_is_drawn_in_order_with_bands_over_splits():
    display = LabelEfficiencyDisplay(**LABELS).plot(line_kw={"linewidth": 3})
    order = [1, 2, 0]
    of_splits = LABELS["scores"].mean(axis=3)
    for i, line in enumerate(display.lines_):
        np.testing.assert_array_equal(line.get_xdata(), [2, 10, 100])
        np.testing.assert_allclose(line.get_ydata(), of_splits[i].mean(axis=1)[order])
        assert line.get_linewidth() == 3
        band = display.ax_.collections[i].get_paths()[0].vertices[:, 1]
        mean, std = of_splits[i].mean(axis=1), of_splits[i].std(axis=1)
        assert band.max() == pytest.approx((mean + std).max())
    ax = display.ax_
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel() == "labelled training windows"
    assert ax.get_ylabel() == "accuracy (mean ± std of 4 splits)"
    assert [t.get_text() for t in ax.get_xticklabels()] == ["2", "10", "100"]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["CroSSL", "raw"]


def test_numbers_of_labels_do_not_overlap():
    parameters = {**LABELS, "scores": np.ones((1, 5, 1, 1)), "names": ["a"]}
    parameters["n_labels"] = [4, 4, 40, 41, 400]
    ax = LabelEfficiencyDisplay(**parameters).plot().ax_
    assert [t.get_text() for t in ax.get_xticklabels()] == ["4", "40", "400"]
    parameters["n_labels"] = [4] * 5
    ax = LabelEfficiencyDisplay(**parameters).plot().ax_
    assert [t.get_text() for t in ax.get_xticklabels()] == ["4"]


def test_label_efficiency_from_estimators():
    X, y = make_windows()
    X = X.reshape(len(X), -1)
    methods = {"a": LogisticRegression(), "b": LogisticRegression(C=0.1)}
    parameters = {"fractions": [1, 1.0], "n_splits": 2, "n_draws": 2, "random_state": 0}
    display = LabelEfficiencyDisplay.from_estimator(
        methods, X, y, scoring="f1_macro", **parameters
    )
    result = label_efficiency_curve(methods, X, y, scoring="f1_macro", **parameters)
    np.testing.assert_array_equal(display.scores, result.scores)
    assert display.names == ["a", "b"]
    assert display.ax_.get_ylabel().startswith("f1 macro")


def test_training_curves_show_all_losses_and_the_rank():
    history = [{**row, "valid_loss": 21.0 / row["epoch"]} for row in HISTORY]
    del history[0]["valid_loss"]
    display = TrainingCurveDisplay(history).plot()
    assert list(display.lines_) == [
        "train_loss",
        "variance",
        "valid_loss",
        "effective_rank",
    ]
    np.testing.assert_array_equal(
        display.lines_["train_loss"].get_ydata(), [20, 10, 20 / 3]
    )
    np.testing.assert_array_equal(
        display.lines_["valid_loss"].get_ydata(), [np.nan, 10.5, 7]
    )
    losses, rank = display.ax_
    assert losses.get_yscale() == "log"  # 0.5 beside 20
    assert losses.get_ylabel() == "loss and its terms"
    assert (rank.get_xlabel(), rank.get_ylabel()) == ("epoch", "effective rank")
    labels = [t.get_text() for t in losses.get_legend().get_texts()]
    assert labels == ["training loss", "variance", "validation loss"]


def test_training_curves_leave_out_what_callbacks_record():
    history = [{**row, "lr": 1e-3 / row["epoch"]} for row in HISTORY]
    lines = TrainingCurveDisplay(history).plot().lines_
    assert list(lines) == ["train_loss", "variance", "effective_rank"]


def test_training_curves_are_not_of_a_template():
    X, y = make_windows()
    transformer = CroSSLTransformer(MODALITIES, max_epochs=1, summary_size=0)
    template = CroSSLClassifier(transformer, max_epochs=3).fit(X, y)
    calibrated = CalibratedClassifierCV(template.set_params(max_epochs=1), cv=2)
    with pytest.raises(ValueError, match="has no `history_`"):
        TrainingCurveDisplay.from_estimator(calibrated.fit(X, y))


def test_a_collapsed_embedding_is_drawn_as_one_point():
    display = EmbeddingDisplay.from_embedding(np.ones((10, 3)))
    assert (display.points == 0).all()
    assert display.ax_.get_xlabel() == "principal component 1"


def test_labels_of_two_types_are_told():
    Z = np.random.default_rng(0).normal(size=(10, 3))
    with pytest.raises(TypeError, match=r"y mixes the types \['int', 'str'\]"):
        EmbeddingDisplay.from_embedding(Z, y=[1, "a"] * 5)


def test_the_score_of_a_search_at_the_end_of_a_pipeline_has_its_name(pipeline):
    search = GridSearchCV(LogisticRegression(), {"C": [1]}, scoring="f1_macro", cv=2)
    assert score_name(make_pipeline(pipeline[0], search), None) == "f1 macro"
    assert score_name(search, partly_labelled_scorer("accuracy")) == "accuracy score"


def test_training_curves_of_other_histories():
    history = [{"train_loss": -1.0}, {"train_loss": -20.0}]
    display = TrainingCurveDisplay(history).plot()
    assert display.ax_.shape == (1,)
    assert display.ax_[0].get_yscale() == "linear"
    with pytest.raises(ValueError, match="no epoch"):
        TrainingCurveDisplay([]).plot()


def test_training_curves_from_whatever_holds_the_transformer(pipeline):
    history = pipeline[0].history_
    search = SimpleNamespace(best_estimator_=pipeline)
    for estimator in (pipeline, pipeline[0], search):
        display = TrainingCurveDisplay.from_estimator(estimator)
        assert display.history is history
        assert len(display.lines_["effective_rank"].get_xdata()) == 2
    with pytest.raises(ValueError, match="LogisticRegression has no `history_`"):
        TrainingCurveDisplay.from_estimator(pipeline[-1])


def test_the_embedding_is_that_before_the_predictor(pipeline):
    X, y = make_windows()
    Z = pipeline[:-1].transform(X)
    expected = EmbeddingDisplay.from_embedding(Z).points
    search = GridSearchCV(pipeline, {"logisticregression__C": [1.0]}, cv=2)
    search.best_estimator_ = pipeline
    for estimator in (pipeline, pipeline[:-1], search):
        display = EmbeddingDisplay.from_estimator(estimator, X, y=y)
        np.testing.assert_allclose(display.points, expected)
    assert display.points.shape == (len(X), 2)
    assert display.ax_.get_xlabel().startswith("principal component 1 (")
    assert display.ax_.get_xlabel().endswith("% of variance)")
    with pytest.raises(TypeError, match="LogisticRegression has no `transform`"):
        EmbeddingDisplay.from_estimator(pipeline[-1], X)


def test_classes_have_a_legend_and_quantities_a_colour_bar():
    Z = np.random.default_rng(0).normal(size=(60, 4))
    few = EmbeddingDisplay.from_embedding(Z, y=np.arange(60) % 3, y_name="activity")
    assert len(few.scatters_) == 3
    assert sum(len(s.get_offsets()) for s in few.scatters_) == 60
    legend = few.ax_.get_legend()
    assert legend.get_title().get_text() == "activity"
    assert [t.get_text() for t in legend.get_texts()] == ["0", "1", "2"]
    many = EmbeddingDisplay.from_embedding(Z, y=np.arange(60) % 40)
    looks = {
        (tuple(s.get_facecolor()[0]), s.get_paths()[0].vertices.tobytes())
        for s in many.scatters_
    }
    assert len(looks) == 40
    many.figure_.draw_without_rendering()
    box = many.ax_.get_legend().get_window_extent()
    assert box.x0 >= many.ax_.get_window_extent().x1  # beside the points
    assert box.x1 <= many.figure_.bbox.x1 + 1
    quantity = EmbeddingDisplay.from_embedding(Z, y=Z[:, 0], y_name="speed (m/s)")
    assert quantity.ax_.get_legend() is None
    assert quantity.figure_.axes[1].get_ylabel() == "speed (m/s)"
    ages = EmbeddingDisplay.from_embedding(Z, y=np.arange(60), continuous=True)
    np.testing.assert_array_equal(ages.scatters_[0].get_array(), np.arange(60))
    plain = EmbeddingDisplay.from_embedding(Z, scatter_kw={"s": 7})
    assert plain.scatters_[0].get_sizes() == [7]


def test_points_are_coloured_by_what_is_missing(pipeline):
    X, y = make_windows()
    X[:10, :3] = np.nan
    X[10:15, 3] = np.nan
    X[15, 3, :20] = np.nan  # more than half of it: counts as missing
    before = make_pipeline(FunctionTransformer(lambda X: X + 1), pipeline[0])
    for estimator in (pipeline, pipeline[0], before):
        display = EmbeddingDisplay.from_estimator(estimator, X, color="missing")
        names, counts = np.unique(display.y, return_counts=True)
        assert dict(zip(names, counts, strict=True)) == {
            "all": 32,
            "only acc": 6,
            "only pulse": 10,
        }
        assert display.ax_.get_legend().get_title().get_text() == "modalities"
    with pytest.raises(ValueError, match="takes the place of y"):
        EmbeddingDisplay.from_estimator(pipeline, X, y=y, color="missing")
    with pytest.raises(ValueError, match="needs a fitted CroSSLTransformer"):
        EmbeddingDisplay.from_estimator(pipeline[1], X, color="missing")
    with pytest.raises(ValueError, match="color='red'"):
        EmbeddingDisplay.from_estimator(pipeline, X, color="red")


def test_patterns_have_short_names():
    X = np.random.default_rng(0).normal(size=(12, 4, 16))
    X[0, 3] = X[1, 1:] = X[2, 2:] = np.nan
    embedder = CroSSLTransformer(
        dict(zip("abcd", range(4), strict=True)), max_epochs=1, summary_size=0
    ).fit(X)
    display = EmbeddingDisplay.from_estimator(embedder, X, color="missing")
    assert list(display.y[:4]) == ["without d", "only a", "only a, b", "all"]


def test_windows_of_nan_are_left_out():
    Z = np.random.default_rng(0).normal(size=(20, 4))
    Z[3] = np.nan
    display = EmbeddingDisplay.from_embedding(Z, y=np.arange(20) % 2)
    assert display.points.shape == (19, 2)
    assert len(display.y) == 19


def test_tsne_is_reproducible_and_takes_few_windows():
    Z = np.random.default_rng(0).normal(size=(12, 4))
    first, second = (
        EmbeddingDisplay.from_embedding(Z, method="tsne", random_state=0) for _ in "ab"
    )
    np.testing.assert_array_equal(first.points, second.points)
    assert first.ax_.get_ylabel() == "t-SNE 2"


def test_umap_is_used_where_it_is_installed(monkeypatch):
    Z = np.random.default_rng(0).normal(size=(12, 4))
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(ImportError, match="pip install umap-learn"):
        EmbeddingDisplay.from_embedding(Z, method="umap")

    class Umap:
        def __init__(self, **parameters):
            assert parameters == {"n_neighbors": 11, "random_state": 0, "n_jobs": 1}

        def fit_transform(self, Z):
            return Z[:, :2]

    fake = ModuleType("umap")
    fake.UMAP = Umap
    monkeypatch.setitem(sys.modules, "umap", fake)
    display = EmbeddingDisplay.from_embedding(Z, method="umap", random_state=0)
    np.testing.assert_array_equal(display.points, Z[:, :2])
    assert display.ax_.get_xlabel() == "UMAP 1"


def test_embedding_errors():
    Z = np.random.default_rng(0).normal(size=(12, 4))
    with pytest.raises(ValueError, match="method='lda'; expected one of"):
        EmbeddingDisplay.from_embedding(Z, method="lda")
    with pytest.raises(ValueError, match="12 windows, but y has 3"):
        EmbeddingDisplay.from_embedding(Z, y=[1, 2, 3])
    with pytest.raises(ValueError, match=r"shape \(12, 1\)"):
        EmbeddingDisplay.from_embedding(Z[:, :1])


@pytest.mark.parametrize("given", [{"c": "r", "ms": 2}, {"color": "r", "lw": 3}])
def test_lines_take_keywords_by_every_name(given):
    displays = [
        TrainingCurveDisplay(history=HISTORY),
        LabelEfficiencyDisplay(**LABELS),
        MissingModalityDisplay(**MISSING),
    ]
    for display in displays:
        display.plot(line_kw=given)
        lines = getattr(display, "lines_", None) or [display.line_]
        lines = list(lines.values() if isinstance(lines, dict) else lines)
        assert {line.get_color() for line in lines} == {"r"}
        sizes = {line.get_markersize() for line in lines}
        widths = {line.get_linewidth() for line in lines}
        assert sizes == {2} if "ms" in given else widths == {3}


def test_points_take_keywords_by_every_name():
    points = np.random.default_rng(0).normal(size=(9, 2))
    classes = EmbeddingDisplay(points, y=[0, 1, 2] * 3)
    for given in ({"c": "r"}, {"color": "r", "lw": 1}, {"linewidths": 1, "label": "x"}):
        classes.plot(scatter_kw=given)
        EmbeddingDisplay(points).plot(scatter_kw=given)
    quantity = EmbeddingDisplay(points, y=points[:, 0])
    quantity.plot(scatter_kw={"lw": 1, "label": "x"})
    with pytest.raises(ValueError, match="gives the color 'r', but points are coloured"):
        quantity.plot(scatter_kw={"c": "r"})


@pytest.mark.parametrize(
    ("y", "n_known"),
    [
        (np.array([0.5, np.nan, 2.5, 1.0]), 3),
        (np.array(["run", None, "run", "sit"], dtype=object), 3),
        (pd.Series([1, None, 1, 2], dtype="Int64"), 3),
        (np.full(4, np.nan), 4),  # one colour
    ],
)
def test_points_of_which_nothing_is_known_are_grey(y, n_known):
    points = np.random.default_rng(0).normal(size=(4, 2))
    display = EmbeddingDisplay(points, y=y).plot()
    drawn = [len(scatter.get_offsets()) for scatter in display.scatters_]
    assert sum(drawn) == n_known
    others = set(display.ax_.collections) - set(display.scatters_)
    assert sum(len(scatter.get_offsets()) for scatter in others) == 4 - n_known
    for scatter in others:
        np.testing.assert_allclose(scatter.get_facecolor(), [[0.8, 0.8, 0.8, 0.8]])


def test_a_quantity_of_objects():
    y = np.array([None, 0.5, 1.5, 2.5], dtype=object)
    display = EmbeddingDisplay(np.zeros((4, 2)), y=y).plot(scatter_kw={"cmap": "magma"})
    assert len(display.scatters_) == 1
    np.testing.assert_array_equal(display.scatters_[0].get_array(), [0.5, 1.5, 2.5])


def test_several_axes_where_one_is_drawn_on():
    _, axes = plt.subplots(2)
    with pytest.raises(TypeError, match="ax is a ndarray; expected one matplotlib Axes"):
        EmbeddingDisplay(np.zeros((3, 2))).plot(ax=axes)


@pytest.mark.parametrize(
    "y",
    [
        ["sit", np.nan, "walk"] * 16,
        ["sit", None, "walk"] * 16,
        np.ma.array(["sit", "walk", "walk"] * 16, mask=[0, 1, 0] * 16),
    ],
)
def test_points_without_a_class_are_grey(y):
    Z = np.random.default_rng(0).normal(size=(48, 4))
    drawn = EmbeddingDisplay.from_embedding(Z, y=y)
    again = EmbeddingDisplay(Z[:, :2], y=y).plot()
    for display in (drawn, again):
        texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
        assert texts == ["none", "sit", "walk"]


def test_the_embedding_of_a_pipeline_in_a_pipeline(pipeline):
    X, _ = make_windows()
    expected = EmbeddingDisplay.from_estimator(pipeline, X + 1).points
    search = GridSearchCV(pipeline, {"logisticregression__C": [1.0]}, cv=2)
    search.best_estimator_ = pipeline
    for inner in (pipeline, search):
        outer = make_pipeline(FunctionTransformer(lambda X: X + 1), inner)
        np.testing.assert_allclose(
            EmbeddingDisplay.from_estimator(outer, X).points, expected
        )
