"""Cross-modal retrieval."""

from copy import copy

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from skorch.helper import SliceDict

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.inspection import recall_at_k, retrieve
from sklearn_crossl.semi_supervised import GroupSelfTrainingClassifier


def two_views(n=120, seed=0):
    """Two sensors that see the same rate and strength of a movement."""
    rng = np.random.default_rng(seed)
    rate, strength = rng.uniform(1, 8, size=(n, 1, 1)), rng.uniform(0.3, 3, (n, 1, 1))
    t = np.arange(48) / 48

    def view(gain):
        phase = rng.uniform(0, 6, size=(n, 1, 1))
        return gain * strength * np.sin(6.28 * rate * t + phase)

    return {"acc": view(1.0), "gyro": view(-2.0)}


@pytest.fixture(scope="module")
def embedder():
    return CroSSLTransformer(max_epochs=5, summary_size=64, random_state=0).fit(
        two_views(400)
    )


def test_the_other_sensors_window_is_found(embedder):
    X = two_views(seed=1)
    found = retrieve(embedder, X, "acc", "gyro", n_neighbors=5)
    assert recall_at_k(found.indices, found.queries, 5) > 10 * 5 / 120  # by chance
    assert (np.diff(found.similarities) <= 0).all()
    assert np.abs(found.similarities).max() <= 1 + 1e-5


def test_only_the_query_and_the_target_are_looked_at(embedder):
    X, other = two_views(seed=1), two_views(seed=2)
    expected = retrieve(embedder, X, "acc", "gyro").indices
    queries = {"acc": X["acc"], "gyro": other["gyro"]}
    targets = {"acc": other["acc"], "gyro": X["gyro"]}
    found = retrieve(embedder, queries, "acc", "gyro", X_target=targets).indices
    np.testing.assert_array_equal(found, expected)
    found = retrieve(embedder, {"acc": X["acc"]}, "acc", "gyro", X_target=targets)
    assert (found.indices == expected).mean() > 0.95  # rounding swaps near equals


def test_windows_that_lack_a_modality_are_left_out(embedder):
    X = two_views(seed=1)
    X["acc"][:10] = np.nan
    X["gyro"][20:30] = np.nan
    found = retrieve(embedder, X, "acc", "gyro")
    np.testing.assert_array_equal(found.queries, np.arange(10, 120))
    assert not np.isin(found.indices, np.arange(20, 30)).any()
    assert len(found.candidates) == 110


def test_a_query_does_not_depend_on_the_others(embedder):
    X = two_views(seed=1)
    expected = retrieve(embedder, X, "acc", "gyro")
    for some in ([7], [40, 3, 90]):
        queries = {name: x[some] for name, x in X.items()}
        found = retrieve(embedder, queries, "acc", "gyro", X_target=X)
        np.testing.assert_array_equal(found.indices, expected.indices[some])


def test_without_a_summary_the_training_mean_is_subtracted():
    X, training = two_views(seed=1), two_views(400)
    model = CroSSLTransformer(max_epochs=5, summary_size=0, random_state=0).fit(training)
    found = retrieve(model, X, "acc", "gyro", n_neighbors=10)
    alone = []
    for name in ("acc", "gyro"):
        Z, middle = (model.transform({name: of[name]}) for of in (X, training))
        Z = Z - middle.mean(axis=0)  # the aggregator is linear
        alone.append(Z / np.linalg.norm(Z, axis=1, keepdims=True))
    expected = np.sort(alone[0] @ alone[1].T, axis=1)[:, :-11:-1]
    np.testing.assert_allclose(found.similarities, expected, atol=0.03)  # of a sample
    assert recall_at_k(found.indices, found.queries, 10) > 3 * 10 / 120  # by chance


def test_output_and_steps_before_the_transformer_do_not_matter(embedder):
    X = two_views(seed=1)
    expected = retrieve(embedder, X, "acc", "gyro").indices
    other = copy(embedder).set_params(output="modalities")
    np.testing.assert_array_equal(retrieve(other, X, "acc", "gyro").indices, expected)
    assert other.output == "modalities"

    def halve(X):
        return {name: x / 2 for name, x in X.items()}

    model = make_pipeline(FunctionTransformer(halve), embedder, LogisticRegression())
    doubled = {name: 2 * x for name, x in X.items()}
    found = retrieve(model, doubled, "acc", "gyro").indices
    np.testing.assert_array_equal(found, expected)


def test_in_a_frozen_or_a_meta_estimator(embedder):
    X = two_views(60, seed=1)
    expected = retrieve(embedder, X, "acc", "gyro").indices
    other = FrozenEstimator(copy(embedder).set_params(output="global"))
    np.testing.assert_array_equal(retrieve(other, X, "acc", "gyro").indices, expected)
    model = make_pipeline(FrozenEstimator(embedder), LogisticRegression())
    around = GroupSelfTrainingClassifier(model).fit(SliceDict(**X), np.arange(60) % 2)
    np.testing.assert_array_equal(retrieve(around, X, "acc", "gyro").indices, expected)


def test_a_pipeline_and_errors(embedder):
    X = two_views(20, seed=1)
    model = make_pipeline(embedder, LogisticRegression())
    assert retrieve(model, X, "acc", "gyro", n_neighbors=1).indices.shape == (20, 1)
    with pytest.raises(TypeError, match="is no fitted CroSSLTransformer"):
        retrieve(LogisticRegression(), X, "acc", "gyro")
    with pytest.raises(ValueError, match="Unknown modality 'eeg'; fitted were"):
        retrieve(embedder, X, "eeg", "gyro")
    with pytest.raises(ValueError, match="n_neighbors=21; expected 1 to 20"):
        retrieve(embedder, X, "acc", "gyro", n_neighbors=21)
    with pytest.raises(ValueError, match="No window has the modality 'gyro'"):
        retrieve(embedder, {"acc": X["acc"]}, "acc", "gyro")


@pytest.mark.parametrize("k", [0, 3, 1.5])
def test_k_is_a_number_of_neighbours(k):
    with pytest.raises(ValueError, match=rf"k={k}; expected 1 to 2"):
        recall_at_k([[0, 1]], [0], k=k)


def test_recall_needs_a_query():
    with pytest.raises(ValueError, match="indices has no query"):
        recall_at_k(np.empty((0, 3)), [], k=1)


def test_recall_literally():
    indices = np.array([[3, 1, 2], [0, 1, 2], [5, 4, 2]])
    assert recall_at_k(indices, [1, 0, 7], 1) == pytest.approx(1 / 3)
    assert recall_at_k(indices, [1, 0, 7], 2) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="k=4; expected 1 to 3"):
        recall_at_k(indices, [1, 0, 7], 4)
    with pytest.raises(ValueError, match="relevant \\(2,\\)"):
        recall_at_k(indices, [1, 0], 1)


def test_windows_without_any_modality_are_left_out(embedder):
    X = two_views(20)
    whole = retrieve(embedder, X, "acc", "gyro", n_neighbors=3)
    X = {name: np.concatenate([x[:1] * np.nan, x]) for name, x in X.items()}
    found = retrieve(embedder, X, "acc", "gyro", n_neighbors=3)
    np.testing.assert_array_equal(found.queries, np.arange(1, 21))
    np.testing.assert_array_equal(found.indices, whole.indices + 1)
    np.testing.assert_array_equal(found.similarities, whole.similarities)


def test_an_embedder_that_is_not_fitted_is_told():
    with pytest.raises(NotFittedError, match="CroSSLTransformer"):
        retrieve(make_pipeline(CroSSLTransformer()), two_views(9), "acc", "gyro")
