"""Modalities that bring their names, each at its own rate."""

import copy

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from conftest import make_windows
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from skorch.helper import SliceDict

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.inspection import effective_rank


def make(**params):
    small = {"max_epochs": 2, "batch_size": 16, "random_state": 0}
    return CroSSLTransformer(**{**small, **params})


def two_rates():
    """An accelerometer at four times the rate of the pulse."""
    X, y = make_windows()
    return {"acc": X[:, :3], "pulse": X[:, 3:, ::4]}, y


def structured(X):
    fields = [(name, "f4", x.shape[1:]) for name, x in X.items()]
    array = np.empty(len(X["acc"]), dtype=fields)
    for name, x in X.items():
        array[name] = x
    return array


CONTAINERS = {
    "dict": dict,
    "SliceDict": lambda X: SliceDict(**X),
    "structured array": structured,
    "list": lambda X: list(X.values()),
    "2-D where one channel": lambda X: {**X, "pulse": X["pulse"][:, 0]},
    "nested lists": lambda X: {name: x.tolist() for name, x in X.items()},
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_gives_the_same_embedding(name):
    X, _ = two_rates()
    modalities = ["acc", "pulse"] if name == "list" else None
    contained = CONTAINERS[name](X)
    model = make(modalities=modalities).fit(contained)
    assert model.modalities_ == {"acc": (0, 1, 2), "pulse": (0,)}
    reference = make().fit(X)
    np.testing.assert_array_equal(model.transform(contained), reference.transform(X))
    np.testing.assert_array_equal(reference.transform(contained), reference.transform(X))


def test_named_modalities_equal_the_channels_of_an_array():
    X, _ = make_windows()
    by_channel = make(modalities={"acc": slice(0, 3), "pulse": 3}).fit_transform(X)
    by_name = make().fit_transform({"acc": X[:, :3], "pulse": X[:, 3:]})
    np.testing.assert_array_equal(by_channel, by_name)


def test_the_order_of_a_mapping_does_not_matter_after_fit():
    X, _ = two_rates()
    model = make().fit(X)
    turned = dict(reversed(X.items()))
    np.testing.assert_array_equal(model.transform(turned), model.transform(X))


def test_names_choose_and_order_modalities():
    X, _ = two_rates()
    model = make(modalities=["pulse"], output="modalities").fit(X)
    assert list(model.modalities_) == ["pulse"]
    assert model.get_feature_names_out()[0] == "crossl_pulse_000"
    np.testing.assert_array_equal(
        model.transform(X), model.transform({"pulse": X["pulse"]})
    )
    assert model.partial_fit(structured(X)).n_iter_ == 3
    with pytest.raises(ValueError, match="none of the modalities that were fitted"):
        model.transform({"acc": X["acc"]})


def test_a_modality_left_out_is_missing():
    X, _ = two_rates()
    model = make().fit(X)
    nan = {**X, "pulse": np.full_like(X["pulse"], np.nan)}
    np.testing.assert_array_equal(
        model.transform({"acc": X["acc"]}), model.transform(nan)
    )


def test_missing_rows_in_fit_and_transform():
    X, _ = two_rates()
    X["pulse"][::2] = np.nan
    X["acc"][1::4] = np.nan
    model = make().fit(X)
    Z = model.transform(X)
    assert np.isfinite(Z).all()
    for rows in (slice(0, None, 2), slice(1, None, 4), slice(3, None, 4)):
        alike = {name: x[rows] for name, x in X.items()}
        np.testing.assert_array_equal(model.transform(alike), Z[rows])


def test_grid_search_in_two_processes():
    X, y = two_rates()
    pipe = Pipeline([("crossl", make()), ("lr", LogisticRegression(max_iter=2000))])
    grid = {"crossl__masking_ratio": [0.3, 0.5]}
    scores = [
        GridSearchCV(pipe, grid, cv=2, n_jobs=2).fit(container, y).cv_results_
        for container in (SliceDict(**X), structured(X))
    ]
    np.testing.assert_array_equal(*(s["mean_test_score"] for s in scores))


def test_cross_validation_counts_the_keys_of_a_plain_dict():
    X, y = two_rates()
    search = GridSearchCV(make(), {"masking_ratio": [0.3, 0.5]}, cv=2)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        search.fit(X, y)


@pytest.mark.parametrize("masking", ["spatial", "random", "temporal"])
@pytest.mark.parametrize("aggregator", ["set", "mlp", "attention"])
def test_rates_go_with_every_stage(masking, aggregator):
    X, _ = two_rates()
    model = make(masking=masking, aggregator=aggregator, output="global").fit(X)
    before = model.transform(X)
    after = model.partial_fit(X).transform(X)
    assert np.isfinite(after).all()
    assert (after != before).any(axis=1).all()
    assert effective_rank(after) > 2


def test_dtype_is_the_widest():
    X, _ = two_rates()
    model = make().fit(X)
    assert model.transform(X).dtype == np.float32
    wide = {**X, "pulse": X["pulse"].astype(np.float64)}
    assert model.transform(wide).dtype == np.float64


INTEGERS = {
    "array": lambda x: x,
    "equal windows": list,
    "unequal windows": lambda x: [
        window[:, : 20 + row % 3] for row, window in enumerate(x)
    ],
    "a tensor": torch.from_numpy,
}


@pytest.mark.parametrize("form", INTEGERS)
@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint32])
def test_integers_keep_their_digits_and_give_float32(form, dtype):
    X, _ = make_windows()
    X = (10**9 + 5 * X.astype(np.float64)).astype(dtype)
    integers, floats = INTEGERS[form](X), INTEGERS[form](X.astype(np.float64))
    expected = make().fit(floats)
    model = make().fit(integers)
    assert model.scale_["channel0"] < 100
    assert model.scale_ == expected.scale_
    Z = model.transform(integers)
    assert Z.dtype == np.float32
    assert expected.transform(floats).dtype == np.float64
    np.testing.assert_array_equal(Z, expected.transform(floats))


TENSORS = {
    "bfloat16": lambda X: torch.from_numpy(X).bfloat16(),
    "with gradients": lambda X: torch.from_numpy(X).bfloat16().float().requires_grad_(),
    "a list": lambda X: list(torch.from_numpy(X).bfloat16().requires_grad_()),
    "unequal windows": lambda X: [
        *torch.from_numpy(X[:-1]).bfloat16().requires_grad_(),
        torch.from_numpy(X[-1, :, :-1]).bfloat16(),
    ],
}


@pytest.mark.parametrize("form", TENSORS)
def test_tensors_that_numpy_does_not_take(form):
    X, _ = make_windows()
    tensors, rounded = TENSORS[form](X), torch.from_numpy(X).bfloat16().float().numpy()
    if form == "unequal windows":
        rounded = [*rounded[:-1], rounded[-1, :, :-1]]
    expected = make().fit_transform(rounded)
    np.testing.assert_array_equal(make().fit_transform(tensors), expected)


def test_nullable_columns_that_became_an_array():
    X, _ = make_windows()
    X[0, 0, 3] = X[1, 2:] = np.nan
    table = pd.DataFrame(X.reshape(len(X), -1)).astype("Float64")
    nullable = table.to_numpy().reshape(X.shape)
    assert nullable.dtype == object
    assert nullable[0, 0, 3] is pd.NA
    model = make().fit(nullable)
    np.testing.assert_array_equal(model.transform(nullable), model.transform(X))


def test_integers_in_a_table_of_one_sensor():
    X, _ = make_windows()
    X = (10**9 + 5 * X[:, 0].astype(np.float64)).astype(int)
    tables = [pd.DataFrame(X), pl.DataFrame(X), pd.DataFrame(X).astype("Int64")]
    expected = make().fit_transform(X)
    for table in tables:
        table.columns = [f"t{time}" for time in range(X.shape[1])]
        Z = make().fit(table).transform(table)
        assert Z.dtype == np.float32
        np.testing.assert_array_equal(Z, expected)


def structured_masked(X):
    array = np.ma.empty(len(X["acc"]), [(n, x.dtype, x.shape[1:]) for n, x in X.items()])
    for name, x in X.items():
        array[name] = x
        array[name].mask = np.ma.getmaskarray(x)
    return array


def test_a_window_without_timepoints_is_missing_whatever_is_beside_it():
    rng = np.random.default_rng(0)
    lengths = [20, 30, 25, 0, 22, 28]
    X = {"acc": [rng.normal(size=(3, n)) for n in lengths]}
    X["pulse"] = [rng.normal(size=(1, 24)) for _ in lengths]
    model = make(summary_size=0, output="global").fit(X)
    Z = model.transform(X)
    alone = model.transform({name: x[3:4] for name, x in X.items()})
    np.testing.assert_array_equal(alone, Z[3:4])


MASKED = {
    "mapping": dict,
    "structured": structured_masked,
    "equal windows": lambda X: {name: list(x) for name, x in X.items()},
    "objects": lambda X: pd.DataFrame({name: list(x) for name, x in X.items()}),
    "unequal windows": lambda X: {name: [*x[:-1], x[-1, :, :9]] for name, x in X.items()},
}


@pytest.mark.parametrize("form", MASKED)
@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_masked_values_are_missing(form, dtype):
    X, _ = two_rates()
    masked, nan = {}, {}
    for name, x in X.items():
        mask = np.zeros(x.shape, dtype=bool)
        mask[3:6, :, 2:5] = True
        mask[7] = name == "acc"
        x = (100 * x).astype(dtype)
        masked[name] = np.ma.array(np.where(mask, dtype(-9999), x), mask=mask)
        nan[name] = np.where(mask, np.float32(np.nan), x).astype(np.float32)
    contained, expected = MASKED[form](masked), MASKED[form](nan)
    if form == "structured":
        expected = expected.filled()
    model = make(summary_size=0).fit(expected)
    got = make(summary_size=0).fit(contained)
    assert got.mean_["acc"].min() > -100
    Z = got.transform(contained)
    assert Z.dtype == np.float32
    np.testing.assert_array_equal(Z, model.transform(expected))


def test_a_masked_array_of_channels():
    X, _ = make_windows()
    mask = np.zeros(X.shape, dtype=bool)
    mask[2, 3] = mask[4, :2, 5:9] = True
    masked = np.ma.array(np.where(mask, -9999, X), mask=mask)
    model = make(modalities=[3, 1], summary_size=0).fit(masked)
    expected = np.where(mask, np.nan, X)
    np.testing.assert_array_equal(model.transform(masked), model.transform(expected))


def change(name, spoil):
    return lambda X: {**X, name: spoil(X[name])}


BAD = {
    "none": (
        change("pulse", lambda x: None),
        "'pulse': expected an array, got None; .* leave",
    ),
    "lengths": (change("pulse", lambda x: x[:9]), "number of windows: .*'pulse': 9"),
    "infinity": (change("acc", lambda x: x * np.inf), "'acc' contains infinity"),
    "strings": (
        change("acc", lambda x: x.astype(str) + "x"),
        "Modality 'acc': could not",
    ),
    "5-D": (change("acc", lambda x: x[..., None, None]), "Modality 'acc': X has 5 dim"),
    "1-D": (change("acc", lambda x: x[:, 0, 0]), "Modality 'acc': Expected 2D array"),
    "no window": (lambda X: {n: x[:0] for n, x in X.items()}, "Modality 'acc'"),
    "no modality": (lambda X: {}, "X has no modality"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("method", ["fit", "partial_fit", "transform"])
def test_bad_input_names_the_modality_and_loses_nothing(name, method):
    X, _ = two_rates()
    model = make().fit(X)
    before = copy.deepcopy(model)
    spoil, match = BAD[name]
    with pytest.raises((ValueError, TypeError), match=match):
        getattr(model, method)(spoil(X))
    assert model._form == before._form
    np.testing.assert_array_equal(model.transform(X), before.transform(X))


@pytest.mark.parametrize(
    ("spoil", "error", "match"),
    [
        (lambda X: {**X, "eda": X["acc"]}, ValueError, "Unknown modality 'eda'; fitted"),
        (change("pulse", lambda x: x[..., :5]), ValueError, "'pulse' has .* of 5 timep"),
        (change("acc", lambda x: x[:, :2]), ValueError, "'acc' has 2 channel"),
        (lambda X: X["acc"], TypeError, r"fitted on the named modalities \['acc', 'pul"),
        (lambda X: [X["acc"]], ValueError, "list of 1 arrays, but there are 2 modal"),
    ],
)
def test_another_form_than_fitted_is_refused(spoil, error, match):
    X, _ = two_rates()
    model = make().fit(X)
    with pytest.raises(error, match=match):
        model.transform(spoil(X))


@pytest.mark.parametrize(
    ("modalities", "error", "match"),
    [
        (
            ["acc", "eda"],
            ValueError,
            r"\['acc', 'eda'\] must name modalities of X",
        ),
        (["acc", "acc"], ValueError, "each at most once"),
        ({"acc": slice(0, 3)}, TypeError, "gives channels, but X names its modalities"),
    ],
)
def test_modalities_that_do_not_fit_a_mapping(modalities, error, match):
    X, _ = two_rates()
    with pytest.raises(error, match=match):
        make(modalities=modalities).fit(X)


@pytest.mark.parametrize("form", [np.array, pd.Index, pd.Series, pl.Series, tuple])
def test_names_and_counts_may_come_as_any_sequence(form):
    X, _ = two_rates()
    for contained in (X, list(X.values())):
        model = make(modalities=form(["acc", "pulse"]), summary_size=0).fit(contained)
        assert list(model.modalities_) == ["acc", "pulse"]
        assert all(type(name) is str for name in model.modalities_)
    array, _ = make_windows()
    by_counts = make(modalities=form([3, 1]), summary_size=0).fit(array)
    assert by_counts.modalities_ == {"modality0": (0, 1, 2), "modality1": (3,)}


def test_names_need_named_input_and_arrays_stay_arrays():
    X, _ = make_windows()
    with pytest.raises(TypeError, match="gives names, but X is a ndarray"):
        make(modalities=["acc", "pulse"]).fit(X)
    model = make(modalities=[3, 1]).fit(X)
    with pytest.raises(TypeError, match="was fitted on an array of windows"):
        model.transform({"acc": X})


def test_training_goes_on_with_the_same_names_only():
    X, _ = two_rates()
    model = make(modalities=["acc"], summary_size=0).fit(X)
    for modalities in (None, ["pulse"], ["acc", "pulse"], {"acc": 0}):
        model.set_params(modalities=modalities)
        with pytest.raises(ValueError, match=r"was fitted on \{'acc'"):
            model.partial_fit(X)
    assert model.set_params(modalities=("acc",)).partial_fit(X).n_iter_ == 3
    model = make(modalities=["acc", "pulse"], summary_size=0).fit(X)
    assert model.set_params(modalities=None).partial_fit(X).n_iter_ == 3


def test_going_on_with_names_in_an_array():
    X = {name: np.random.default_rng(0).normal(size=(20, 1, 16)) for name in "ab"}
    params = {"max_epochs": 1, "summary_size": 0, "warm_start": True}
    model = CroSSLTransformer(np.array(["a", "b"]), **params).fit(X)
    assert list(model.fit(X).modalities_) == ["a", "b"]


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("Float32", "f4"),
        ("float64", "f8"),
        ("Int16", "f4"),
        ("int64", "f4"),
        (object, "f8"),
    ],
)
def test_precision_of_a_data_frame(dtype, expected):
    """That of its columns; float32 for integers, whatever they are read with."""
    X = pd.DataFrame(np.arange(160).reshape(10, 16)).astype(dtype)
    model = CroSSLTransformer(max_epochs=1, summary_size=0, random_state=0)
    assert model.fit(X).transform(X).dtype == np.dtype(expected)


@pytest.mark.parametrize(
    ("column", "error", "match"),
    [
        (["x"] * 10, ValueError, "could not convert string to float: 'x'"),
        (
            pd.Categorical(["x"] * 10),
            ValueError,
            "could not convert string to float: 'x'",
        ),
        (pd.date_range("2024", periods=10), TypeError, r"X holds datetime64.*, times"),
        (pd.date_range("2024", periods=10, tz="UTC"), TypeError, "X holds datetime64"),
        (pd.timedelta_range("1s", periods=10), TypeError, "X holds timedelta64"),
    ],
)
def test_columns_that_are_no_numbers(column, error, match):
    X = pd.DataFrame(np.zeros((10, 16))).assign(label=column)
    for frame in (X, X[["label"]]):
        with pytest.raises(error, match=match):
            CroSSLTransformer().fit(frame)


def test_columns_of_categories_that_are_numbers():
    X = pd.DataFrame(np.random.default_rng(0).integers(9, size=(10, 16)).astype(float))
    other = X.astype("category")
    model = CroSSLTransformer(max_epochs=1, summary_size=0, random_state=0).fit(X)
    np.testing.assert_array_equal(model.transform(other), model.transform(X))


def as_series(X):
    return pd.Series(list(X))


def as_objects(X):
    windows = np.empty(len(X), dtype=object)
    windows[:] = list(X)
    return windows


@pytest.mark.parametrize("container", [list, as_series, as_objects])
def test_an_array_of_windows_in_any_container(container):
    X, _ = make_windows()
    for windows in (X, X[:, 0]):  # with and without channels
        model = make(max_epochs=1, summary_size=0).fit(windows)
        Z = model.transform(windows)
        np.testing.assert_array_equal(model.transform(container(windows)), Z)
        again = make(max_epochs=1, summary_size=0).fit(X[:, :2]).fit(container(windows))
        np.testing.assert_array_equal(again.transform(windows), Z)
        assert again.n_features_in_ == windows.shape[1]
        with pytest.raises(ValueError, match="was fitted on|is expecting 32 features"):
            again.transform(windows[..., :20])
        with pytest.raises(ValueError, match="was fitted on|is expecting 32 features"):
            again.transform(container(windows[..., :20]))


def test_shorter_windows_among_those_of_one_length():
    X, _ = make_windows()
    model = make(max_epochs=1, summary_size=8).fit(list(X))
    cut = X.copy()
    cut[7, :, 30:] = np.nan
    Z = model.transform([*X[:7], X[7, :, :30], *X[8:]])
    np.testing.assert_array_equal(Z, model.transform(cut))
    with pytest.raises(ValueError, match="of 64 timepoints, but the estimator was"):
        model.transform([*X[:7], np.tile(X[7], 2)])
    named = make(max_epochs=1, summary_size=0).fit({"a": list(X), "b": X})
    np.testing.assert_array_equal(
        named.transform({"a": [*X[:7], X[7, :, :30], *X[8:]], "b": X}),
        named.transform({"a": cut, "b": X}),
    )
    with pytest.raises(ValueError, match="'a' has .* of up to 64 timepoints"):
        named.transform({"a": [*X[:-1], np.tile(X[7], 2)], "b": X})


def test_the_first_of_the_windows_is_missing():
    X, _ = make_windows()
    model = make(max_epochs=1, summary_size=0, missing="nan").fit(X)
    Z = model.transform([None, *X[1:]])
    assert np.isnan(Z[0]).all()
    np.testing.assert_array_equal(Z[1:], model.transform(X)[1:])


def test_time_before_channels_is_noticed():
    X, _ = make_windows()
    embedder = CroSSLTransformer([3, 1], max_epochs=1, summary_size=0, random_state=0)
    in_part = clone(embedder).set_params(modalities={"acc": slice(0, 3)})
    with pytest.warns(UserWarning, match=r"32 channels and 4 timepoints.*takes 3 of"):
        in_part.fit(X.transpose(0, 2, 1))
    in_part.fit(X)  # a channel left out of few is no sign of it
    embedder.set_params(modalities=None).fit(X[..., :3])  # nor are many that are used
