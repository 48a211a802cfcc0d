"""Any container gives the same embedding; any bad input is refused and loses nothing."""

import atexit
import functools
import pickle
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
import pandas as pd
import polars as pl
import pytest
import zarr
from conftest import hdf5_group, zarr_group
from hypothesis import given, settings
from hypothesis import strategies as st
from skorch.helper import SliceDict

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.encoders import TCNEncoder

NAMES = ("acc", "heart rate", "eda")
FOLDER = TemporaryDirectory()
atexit.register(FOLDER.cleanup)


def make(**params):
    encoder = TCNEncoder(widths=(4,), kernel_sizes=(3,))
    small = {"max_epochs": 1, "random_state": 0, "missing": "nan", "encoder": encoder}
    return CroSSLTransformer(**{**small, **params})


FILES = (Path(FOLDER.name) / f"{number}.dat" for number in count())


def memmap(x):
    array = np.memmap(next(FILES), dtype=x.dtype, mode="w+", shape=x.shape)
    array[:] = x
    return array


def hdf5(x):
    file = h5py.File.in_memory()
    return file.create_dataset("x", data=x)


def zarr_array(x):
    array = zarr.create_array(
        zarr.storage.MemoryStore(), shape=x.shape, dtype=x.dtype, chunks=(5, *x.shape[1:])
    )
    array[:] = x
    return array


def structured(X):
    fields = [(name, x.dtype, x.shape[1:]) for name, x in X.items()]
    array = np.empty(len(next(iter(X.values()))), dtype=fields)
    for name, x in X.items():
        array[name] = x
    return array


def each(function):
    return lambda X: {name: function(x) for name, x in X.items()}


def cells(x):
    """One array a window, None where all is missing."""
    return [None if np.isnan(window).all() else window for window in x]


def nested(x):
    return [None if window is None else window.tolist() for window in cells(x)]


CONTAINERS = {
    "SliceDict": lambda X: SliceDict(**X),
    "structured array": structured,
    "list of arrays": lambda X: list(X.values()),
    "pandas": lambda X: pd.DataFrame(each(cells)(X)),
    "polars": lambda X: pl.DataFrame(each(nested)(X)),
    "memory maps": each(memmap),
    "HDF5": each(hdf5),
    "zarr": each(zarr_array),
    "HDF5 group": hdf5_group,
    "zarr group": zarr_group,
    "lists of arrays": each(cells),
    "without what is all missing": lambda X: {
        name: x for name, x in X.items() if not np.isnan(x).all()
    },
    "turned round": lambda X: dict(reversed(X.items())),
}

shapes = st.tuples(st.integers(1, 3), st.integers(1, 40))


@functools.cache
def fitted(forms):
    rng = np.random.default_rng(0)
    X = {
        name: rng.normal(size=(8, *form))
        for name, form in zip(NAMES, forms, strict=False)
    }
    return make().fit(X)


def holes(X, rng):
    """Remove modalities, channels and stretches; leave something of every modality."""
    for x in X.values():
        x[rng.random(len(x)) < 0.3] = np.nan
        for window in x:
            if rng.random() < 0.3:
                window[rng.integers(len(window))] = np.nan
            if rng.random() < 0.3:
                start, stop = np.sort(rng.integers(0, x.shape[-1] + 1, 2))
                window[..., start:stop] = np.nan
        x[0] = np.nan_to_num(x[0])
    return X


@settings(deadline=None, max_examples=30)
@given(
    st.lists(shapes, min_size=1, max_size=3).map(tuple),
    st.integers(1, 9),
    st.sampled_from([np.float32, np.float64]),
    st.integers(0, 999),
)
def test_every_container_gives_the_same_embedding(forms, n_windows, dtype, seed):
    rng = np.random.default_rng(seed)
    model = fitted(forms)
    X = holes(
        {
            name: rng.normal(size=(n_windows, *form)).astype(dtype)
            for name, form in zip(NAMES, forms, strict=False)
        },
        rng,
    )
    expected = model.transform(X)
    assert np.isfinite(expected[0]).all()
    for name, container in CONTAINERS.items():
        np.testing.assert_array_equal(
            model.transform(container(X)), expected, err_msg=name
        )


def test_a_zarr_group_is_in_the_order_of_its_names():
    group = zarr_group(good())
    assert list(make().fit(group).modalities_) == sorted(GOOD)


GOOD = {"acc": (3, 16), "heart rate": (1, 4), "eda": (2, 7)}


def good(n_windows=6):
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=(n_windows, *shape)) for name, shape in GOOD.items()}


def put(value):
    def spoil(x, rng):
        x = x.astype(object) if isinstance(value, (str, dict, complex)) else x
        x[tuple(rng.integers(size) for size in x.shape)] = value
        return x

    return spoil


def one_cell(change):
    """Spoil one window of a list of them."""

    def spoil(x, rng):
        windows = list(x)
        row = rng.integers(len(x))
        windows[row] = change(windows[row])
        return windows

    return spoil


# Wrong in any X.
FAULTS = {
    "infinity": put(np.inf),
    "minus infinity": put(-np.inf),
    "text": put("high"),
    "a dict": put({}),
    "a complex number": lambda x, rng: x + 1j,
    "one dimension": lambda x, rng: x[:, 0, 0],
    "five dimensions": lambda x, rng: x[..., None, None],
    "no channel": lambda x, rng: x[:, :0],
    "no timepoint": lambda x, rng: x[..., :0],
    "no window": lambda x, rng: x[:0],
    "a number": lambda x, rng: 3.0,
    "None": lambda x, rng: None,
    "a word": lambda x, rng: "abc",
    "a set": lambda x, rng: {1, 2},
    "dates": lambda x, rng: np.zeros(x.shape, dtype="datetime64[s]"),
    "a window of another rank": one_cell(lambda w: w[None, None]),
    "a window with more channels": one_cell(lambda w: np.vstack([w, w])),
    "a window without channels": one_cell(lambda w: w[:0]),
    "a window of text": one_cell(lambda w: w.astype(str) + "x"),
    "a number for a window": one_cell(lambda w: 1.5),
    "a word for a window": one_cell(lambda w: "walk"),
    "a dict for a window": one_cell(lambda w: {"x": w}),
    "complex windows": one_cell(lambda w: w * 1j),
    "infinity on disk": lambda x, rng: memmap(put(np.inf)(x, rng)),
    "complex numbers on disk": lambda x, rng: memmap(x + 1j),
    "no window on disk": lambda x, rng: hdf5(x[:0]),
    "five dimensions on disk": lambda x, rng: zarr_array(x[..., None, None]),
}
# Wrong in an X that must have the form that was fitted.
MISFITS = {
    "other channels": lambda x, rng: np.concatenate([x, x], axis=1),
    "other length": lambda x, rng: x[..., : rng.integers(1, x.shape[-1])],
    "longer": lambda x, rng: np.concatenate([x, x], axis=-1),
    "an image": lambda x, rng: x[..., None],
    "a longer window": one_cell(lambda w: np.hstack([w, w])),
    "other length on disk": lambda x, rng: memmap(x[..., :-1].copy()),
}
# Wrong beside the other modalities.
COUNTS = {
    "fewer windows": lambda x, rng: x[: rng.integers(2, len(x))],
    "more windows": lambda x, rng: np.concatenate([x, x]),
    "fewer cells": lambda x, rng: list(x)[:-1],
    "fewer on disk": lambda x, rng: memmap(x[:-1].copy()),
}


@functools.cache
def model_and_state():
    model = make().fit(good())
    return model, pickle.dumps(model)


cases = st.one_of(
    st.tuples(
        st.sampled_from(["fit", "partial_fit", "transform", "score", "fit_transform"]),
        st.sampled_from([*FAULTS.items(), *COUNTS.items()]),
    ),
    st.tuples(
        st.sampled_from(["partial_fit", "transform", "score"]),
        st.sampled_from(list(MISFITS.items())),
    ),
)


@settings(deadline=None, max_examples=700)
@given(cases, st.sampled_from(NAMES), st.integers(0, 2**32 - 1))
def test_bad_input_names_its_modality_and_loses_nothing(case, name, seed):
    method, (fault, spoil) = case
    model, state = model_and_state()
    X = good()
    X[name] = spoil(X[name], np.random.default_rng(seed))
    with pytest.raises((ValueError, TypeError)) as caught:
        getattr(model, method)(X)
    assert name in str(caught.value), fault
    assert pickle.dumps(model) == state


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failed_fit_leaves_nothing_behind(fault):
    X = good()
    X["eda"] = FAULTS[fault](X["eda"], np.random.default_rng(0))
    model = make()
    with pytest.raises((ValueError, TypeError), match="eda"):
        model.fit(X)
    assert not [key for key in vars(model) if key.endswith("_") or key.startswith("_")]
