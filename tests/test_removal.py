import copy
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from skorch.helper import SliceDict

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl._rows import count_windows, take_windows
from sklearn_crossl.inspection._removal import (
    modality_channels,
    observed_in,
    without,
)

N = 10
CHANNELS = {"acc": (0, 1, 2), "pulse": (3,)}


def arrays(dtype=np.float32):
    rng = np.random.default_rng(0)
    acc = rng.normal(scale=9, size=(N, 3, 8)).astype(dtype)
    return {"acc": acc, "pulse": rng.normal(scale=9, size=(N, 5)).astype(dtype)}


def structured(columns):
    fields = [(name, x.dtype, x.shape[1:]) for name, x in columns.items()]
    X = np.empty(N, dtype=fields)
    for name, x in columns.items():
        X[name] = x
    return X


def cells(x):
    column = np.empty(len(x), dtype=object)
    column[:] = list(x)
    return column


def cell(X, name, window):
    column = X[name]
    column = column.to_list() if hasattr(column, "to_list") else column
    return np.asarray(column[window], float)


NAMED = {
    "dict": arrays,
    "SliceDict": lambda: SliceDict(**arrays()),
    "integers": lambda: arrays(np.int16),
    "structured": lambda: structured(arrays()),
    "structured integers": lambda: structured(arrays(np.int32)),
    "lists": lambda: {name: list(x) for name, x in arrays().items()},
    "objects": lambda: {name: cells(x) for name, x in arrays().items()},
    "pandas": lambda: pd.DataFrame({name: list(x) for name, x in arrays().items()}),
    "polars": lambda: pl.DataFrame(
        {name: [c.tolist() for c in x] for name, x in arrays().items()}
    ),
}


@pytest.fixture
def removed():
    rng = np.random.default_rng(1)
    removed = rng.random((N, 2)) < 0.4
    removed[removed.all(axis=1), 0] = False
    assert removed.any(axis=0).all()
    return removed


def test_removes_from_an_array_what_it_is_told(removed):
    X = np.random.default_rng(0).normal(size=(N, 4, 8)).astype(np.float32)
    before = X.copy()
    result = without(X, CHANNELS, removed)
    np.testing.assert_array_equal(X, before)
    assert result.dtype == np.float32
    for window in range(N):
        for (_, channels), gone in zip(CHANNELS.items(), removed[window], strict=True):
            part = result[window, list(channels)]
            if gone:
                assert np.isnan(part).all()
            else:
                np.testing.assert_array_equal(part, X[window, list(channels)])
    np.testing.assert_array_equal(observed_in(result, CHANNELS), ~removed)


@pytest.mark.parametrize("form", NAMED)
def test_removes_from_whatever_names_its_modalities(form, removed):
    X = NAMED[form]()
    before = X.clone() if form == "polars" else copy.deepcopy(X)
    channels = modality_channels(None, X, None)
    assert list(channels) == ["acc", "pulse"]
    result = without(X, channels, removed)
    assert type(result) is type(X)
    assert observed_in(X, channels).all()
    np.testing.assert_array_equal(observed_in(result, channels), ~removed)
    for name, gone in zip(channels, removed.T, strict=True):
        for window in np.flatnonzero(~gone):
            np.testing.assert_array_equal(
                cell(result, name, window),
                cell(before, name, window),
            )
            np.testing.assert_array_equal(
                cell(X, name, window),
                cell(before, name, window),
            )


@pytest.mark.parametrize("form", NAMED)
def test_takes_windows_of_every_form(form):
    X = NAMED[form]()
    assert count_windows(X) == N
    rows = np.array([7, 2, 2])
    part = take_windows(X, rows)
    assert type(part) is type(X)
    assert count_windows(part) == 3
    for name in ("acc", "pulse"):
        for i, row in enumerate(rows):
            np.testing.assert_array_equal(
                cell(part, name, i),
                cell(X, name, row),
            )


def test_the_transformer_reads_the_result_as_missing(removed):
    X = SliceDict(
        **{name: x if x.ndim == 3 else x[:, None] for name, x in arrays().items()}
    )
    embedder = CroSSLTransformer(max_epochs=1, summary_size=0, random_state=0).fit(X)
    channels = modality_channels(embedder, X, None)
    Z = embedder.transform(without(X, channels, removed))
    whole = embedder.transform(X)
    changed = (whole != Z).any(axis=1)
    np.testing.assert_array_equal(changed, removed.any(axis=1))


def test_integers_become_floats_that_hold_them(removed):
    X = np.full((N, 4, 8), 2**20 + 1, dtype=np.int32)
    result = without(X, CHANNELS, removed)
    assert result.dtype == np.float64
    assert set(np.unique(result[~np.isnan(result)])) == {2**20 + 1}


@pytest.mark.parametrize("named", [False, True])
def test_what_is_masked_is_missing(named, removed):
    X = np.ma.array(np.ones((N, 4, 8), dtype=np.float32))
    X[2, :3] = X[4, 3] = X[5, 0, 3:] = np.ma.masked
    X.data[X.mask] = -9999
    channels = CHANNELS
    if named:
        X, channels = {"acc": X[:, :3], "pulse": X[:, 3:]}, dict.fromkeys(CHANNELS)
    observed = observed_in(X, channels)
    assert np.argwhere(~observed).tolist() == [[2, 0], [4, 1]]
    result = without(X, channels, np.zeros((N, 2), dtype=bool))
    for values in result.values() if named else [result]:
        assert np.nanmin(values) == 1
        assert np.isnan(values).any()


def test_the_modalities_of_an_array_come_from_whoever_knows():
    X = np.zeros((N, 4, 8))
    assert modality_channels(None, X, [3, 1]) == {
        "modality0": (0, 1, 2),
        "modality1": (3,),
    }
    fitted = SimpleNamespace(modalities_=CHANNELS)
    pipeline = Pipeline([("scale", None), ("embed", fitted)])
    search = SimpleNamespace(best_estimator_=pipeline)
    calibrated = SimpleNamespace(estimator=FrozenEstimator(pipeline))
    for estimator in (fitted, pipeline, search, calibrated):
        assert modality_channels(estimator, X, None) == CHANNELS
    template = SimpleNamespace(estimator=fitted)  # clones of it may be of another X
    with pytest.raises(ValueError, match="has no `modalities_`"):
        modality_channels(template, X, None)
    assert modality_channels(fitted, X, {"a": 0, "b": 1}) == {"a": (0,), "b": (1,)}


def test_names_may_be_chosen():
    X = {**arrays(), "heart": arrays()["pulse"]}
    for names in (["heart", "acc"], np.array(["heart", "acc"])):
        assert list(modality_channels(None, X, names)) == ["heart", "acc"]
    fitted = SimpleNamespace(modalities_={"pulse": (0,), "heart": (0,)})
    channels = modality_channels(fitted, X, None)
    assert list(channels) == ["pulse", "heart"]
    result = without(X, channels, np.eye(N, 2, dtype=bool))
    assert result["acc"] is X["acc"]


def test_errors_say_what_to_do():
    X = np.zeros((N, 4, 8))
    with pytest.raises(ValueError, match="Pass `modalities`"):
        modality_channels(SimpleNamespace(), X, None)
    with pytest.raises(TypeError, match=r"shape \(10, 8\).*expected an array"):
        modality_channels(None, X[:, 0], [3, 1])
    with pytest.raises(TypeError, match="without a common shape"):
        modality_channels(None, [np.zeros((2, 3)), np.zeros((2, 4))], [3, 1])
    with pytest.raises(ValueError, match="only modality is 'all'"):
        modality_channels(None, X, {"all": slice(0, 4)})
    with pytest.raises(TypeError, match="X names its modalities"):
        modality_channels(None, arrays(), {"acc": 0})
    with pytest.raises(ValueError, match=r"\['eeg'\], but X has"):
        modality_channels(None, arrays(), ["acc", "eeg"])
    with pytest.raises(ValueError, match=r"shape \(2, 10\); expected \(10, 2\)"):
        without(X, CHANNELS, np.zeros((2, N), bool))
    with pytest.raises(ValueError, match="numbers of windows"):
        count_windows({"a": np.zeros(3), "b": np.zeros(4)})
