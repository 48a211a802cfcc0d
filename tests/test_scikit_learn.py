"""The estimator inside scikit-learn: pipelines, searches, persistence, callbacks."""

import io
import pickle
import pickletools
import subprocess
import sys

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from skorch.callbacks import Callback

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.encoders import TCNEncoder

MODALITIES = {"acc": slice(0, 3), "pulse": 3}


def make(**params):
    small = {"max_epochs": 2, "batch_size": 16, "random_state": 0}
    return CroSSLTransformer(MODALITIES, **{**small, **params})


def pipe(**params):
    return Pipeline(
        [("crossl", make(**params)), ("lr", LogisticRegression(max_iter=2000))]
    )


def test_cross_validation_by_groups(windows):
    X, y = windows
    groups = np.arange(len(y)) // 2 % 6
    scores = cross_val_score(pipe(max_epochs=8), X, y, groups=groups, cv=GroupKFold(3))
    assert scores.mean() > 0.8


def test_nothing_is_learnt_from_the_test_fold(windows):
    X, y = windows
    spoilt = X.copy()
    spoilt[:16] *= 1e6  # the first fold's test windows
    cv = GroupKFold(3)
    groups = np.arange(len(y)) // 16
    folds = list(cv.split(X, y, groups))
    train = next(train for train, test in folds if test[0] == 0)
    fits = [make().fit(data[train]) for data in (X, spoilt)]
    np.testing.assert_array_equal(*(f.transform(X) for f in fits))


def test_grid_search_in_two_processes(windows):
    X, y = windows
    grid = {
        "crossl__masking_ratio": [0.3, (0.1, 0.9)],
        "crossl__masking": ["spatial", "random"],
    }
    search = GridSearchCV(pipe(), grid, cv=2, n_jobs=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    alone = GridSearchCV(pipe(), grid, cv=2).fit(X, y)
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
    )


def test_grid_search_without_labels_over_a_stage(X):
    grid = {"encoder__pooling": ["mean", "mean+max"], "masking_ratio": [0.5]}
    search = GridSearchCV(make(encoder=TCNEncoder()), grid, cv=2).fit(X)
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all()
    best = search.cv_results_["params"][scores.argmax()]
    assert search.best_estimator_.encoder_.pooling == best["encoder__pooling"]


def test_memory(windows, tmp_path):
    X, y = windows
    first, second = (
        make_pipeline(make(), LogisticRegression(max_iter=2000), memory=str(tmp_path))
        for _ in range(2)
    )
    first.fit(X, y)
    second.fit(X, y)
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert second[0].history_ == first[0].history_  # seconds and all: it was read back


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_set_output(X, library):
    frame = make(output="all").set_output(transform=library).fit_transform(X)
    assert type(frame).__module__.startswith(library)
    assert "crossl_acc_017" in frame.columns


def round_trip_pickle(model, path):
    return pickle.loads(pickle.dumps(model))


def round_trip_joblib(model, path):
    joblib.dump(model, path / "model.joblib")
    with_memmap = joblib.load(path / "model.joblib", mmap_mode="r")
    assert any(isinstance(a, np.memmap) for a in with_memmap._learnt["weights"].values())
    return with_memmap


def round_trip_skops(model, path):
    data = skops.io.dumps(model)
    trusted = skops.io.get_untrusted_types(data=data)
    assert all(name.startswith("sklearn_crossl.") for name in trusted)
    return skops.io.loads(data, trusted=trusted)


@pytest.mark.parametrize(
    "round_trip", [round_trip_pickle, round_trip_joblib, round_trip_skops]
)
@pytest.mark.parametrize(
    "encoder", ["tcn", TCNEncoder(widths=(4, 8), kernel_sizes=(3, 3))]
)
def test_persistence(X, tmp_path, round_trip, encoder):
    model = make(encoder=encoder).fit(X)
    Z = model.transform(X)
    again = round_trip(model, tmp_path)
    np.testing.assert_array_equal(again.transform(X), Z)
    assert again.history_ == model.history_
    assert again.partial_fit(X).n_iter_ == 3


def test_a_pickle_holds_no_tensor(X):
    """So one that was made with a GPU loads on a machine without."""
    model = make().partial_fit(X)
    model.transform(X)
    names = [
        f"{arg}"
        for _, arg, _ in pickletools.genops(pickle.dumps(model))
        if arg is not None
    ]
    assert not [name for name in names if name.startswith(("torch", "skorch"))]


def test_a_pickle_loads_in_a_fresh_process(X, tmp_path):
    model = make().fit(X)
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    np.save(tmp_path / "X.npy", X)
    code = (
        "import pickle, numpy as np;"
        "Z = pickle.load(open('model.pkl', 'rb')).transform(np.load('X.npy'));"
        "np.save('Z.npy', Z)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "Z.npy"), model.transform(X))


def test_clone_is_unfitted_and_equal(X):
    model = make(encoder=TCNEncoder(stride=1)).fit(X)
    copy = clone(model)
    assert not hasattr(copy, "modalities_")
    np.testing.assert_array_equal(copy.fit(X).transform(X), model.transform(X))


def test_html_repr(X):
    assert "CroSSLTransformer" in make().fit(X)._repr_html_()


def test_callbacks_of_scikit_learn(X):
    windows = X
    callback = pytest.importorskip("sklearn.callback", reason="scikit-learn 1.9")

    class Watch:
        """Looks at the model after each epoch and stops after the third."""

        def __init__(self):
            self.seen = []
            self.embeddings = []

        def setup(self, estimator, context):
            self.seen.append("setup")

        def teardown(self, estimator, context):
            self.seen.append("teardown")

        def on_fit_task_begin(self, estimator, context, *, X=None):
            pass

        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if context.task_name == "epoch":
                self.embeddings.append(fitted_estimator.transform(windows))
                self.seen.append(fitted_estimator.n_iter_)
                return self.seen[-1] == 3
            return False

    class Count(Callback):
        n_epochs = 0

        def on_epoch_end(self, net, **kwargs):
            Count.n_epochs += 1

    watch = Watch()
    assert isinstance(watch, callback.FitCallback)
    model = make(max_epochs=9, callbacks=[Count]).set_callbacks(watch).fit(X)
    assert Count.n_epochs == 3
    assert watch.seen == ["setup", 1, 2, 3, "teardown"]
    assert model.n_iter_ == 3
    np.testing.assert_array_equal(watch.embeddings[-1], model.transform(X))
    assert not np.allclose(watch.embeddings[0], watch.embeddings[1])
    model.fit(X)  # fitted before: each epoch's model is its own all the same
    np.testing.assert_array_equal(watch.embeddings[3], watch.embeddings[0])

    watch.seen.clear()
    bad = X.copy()
    bad[0, 0, 0] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        model.fit(bad)
    assert model.n_iter_ == 3


def test_progress_bar_of_scikit_learn(X, capsys):
    callback = pytest.importorskip("sklearn.callback", reason="scikit-learn 1.9")
    pytest.importorskip("rich", reason="its progress bar draws with rich")
    make().set_callbacks(callback.ProgressBar()).fit(X)
    assert "100%" in capsys.readouterr().out


def test_joblib_bytes(X):
    buffer = io.BytesIO()
    joblib.dump(make().fit(X), buffer)
    buffer.seek(0)
    assert joblib.load(buffer).n_iter_ == 2
