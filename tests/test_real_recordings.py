"""Recordings as they are: gaps, missing sensors, unequal lengths, cohorts, files."""

import h5py
import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
import zarr
from conftest import make_windows
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_crossl import CroSSLTransformer, _batches
from sklearn_crossl.encoders import TCNEncoder
from sklearn_crossl.inspection import effective_rank


def make(**params):
    small = {"max_epochs": 2, "batch_size": 16, "random_state": 0}
    return CroSSLTransformer(**{**small, **params})


def named(n_windows=48, n_timepoints=32, seed=0):
    X, y = make_windows(n_windows, n_timepoints, seed)
    return {"acc": X[:, :3], "pulse": X[:, 3:, ::4]}, y


def unequal(X):
    """Cut each window at a place of its own, in time with the other modality's."""
    ends = 16 + 4 * (np.arange(len(X["acc"])) % 5)
    return {
        "acc": [x[:, :end] for x, end in zip(X["acc"], ends, strict=True)],
        "pulse": [x[:, : end // 4] for x, end in zip(X["pulse"], ends, strict=True)],
    }


def objects(windows):
    array = np.empty(len(windows), dtype=object)
    array[:] = windows
    return array


def pandas_table(X):
    return pd.DataFrame({name: list(x) for name, x in X.items()})


def polars_table(X):
    return pl.DataFrame(
        {name: [np.asarray(w).tolist() for w in x] for name, x in X.items()}
    )


def arrow_table(X):
    """What comes back from a Parquet file: cells that are arrays of arrays."""
    return polars_table(X).to_pandas()


TABLES = {
    "pandas": pandas_table,
    "polars": polars_table,
    "parquet": arrow_table,
    "objects": lambda X: {name: objects(list(x)) for name, x in X.items()},
    "lists": lambda X: {name: list(x) for name, x in X.items()},
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("lengths", ["equal", "unequal"])
def test_cells_may_hold_arrays(table, lengths):
    X, _ = named()
    if lengths == "unequal":
        X = unequal(X)
    reference = make().fit(X)
    expected = reference.transform(X)
    contained = TABLES[table](X)
    np.testing.assert_array_equal(reference.transform(contained), expected)
    np.testing.assert_array_equal(make().fit(contained).transform(X), expected)


@pytest.mark.parametrize("nothing", [None, np.nan, np.float32("nan"), pd.NA])
@pytest.mark.parametrize("table", [pandas_table, polars_table, dict])
def test_a_cell_without_an_array_is_missing(table, nothing):
    X, _ = named()
    cells = {name: list(x) for name, x in X.items()}
    cells["pulse"][3] = None if table is polars_table else nothing
    X["pulse"][3] = np.nan
    model = make().fit(table(cells))
    np.testing.assert_array_equal(model.transform(table(cells)), model.transform(X))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_tables_are_split_in_cross_validation(library):
    X, y = named()
    table = TABLES[library](unequal(X))
    if library == "pandas":
        table = table.assign(subject=np.arange(48) % 4)
    else:
        table = table.with_columns(subject=pl.Series(np.arange(48) % 4))
    pipe = make_pipeline(
        make(modalities=["acc", "pulse"]), StandardScaler(), LogisticRegression()
    )
    grid = {"crossltransformer__masking_ratio": [0.3, 0.5]}
    search = GridSearchCV(pipe, grid, cv=2, n_jobs=2).fit(table, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    with pytest.raises(TypeError, match="'subject': window 0 is 0, a int"):
        make().fit(table)


def test_a_table_in_and_a_table_out():
    X, _ = named()
    table = pandas_table(X).set_index(pd.Index(range(100, 148)))
    Z = make().set_output(transform="pandas").fit_transform(table)
    assert Z.index.equals(table.index)
    assert Z.columns[0] == "crossl_learnt_000"


@pytest.mark.parametrize("masking", ["spatial", "random", "temporal"])
def test_unequal_lengths_in_an_array_of_modalities(masking):
    X, _ = make_windows()
    windows = [x[:, : 20 + i % 12] for i, x in enumerate(X)]
    model = make(modalities={"acc": slice(0, 3), "pulse": 3}, masking=masking)
    Z = model.fit(windows).transform(windows)
    assert np.isfinite(Z).all()
    assert model.n_features_in_ == 4
    one_by_one = [model.transform([window])[0] for window in windows]
    np.testing.assert_array_equal(one_by_one, Z)
    longer = model.transform([np.tile(X[0], 3), X[1]])  # of any length
    assert longer.shape == (2, 640)


def test_windows_of_one_channel_may_differ_in_length():
    X, _ = make_windows()
    windows = [x[0, : 20 + i % 12] for i, x in enumerate(X)]
    model = make().fit(windows)
    assert list(model.modalities_) == ["channel0"]
    channels = [window[None] for window in windows]
    np.testing.assert_array_equal(
        model.transform(windows), make().fit(channels).transform(channels)
    )
    with pytest.raises(ValueError, match="X is 3-D, but the estimator was fitted on 2-D"):
        model.transform(channels)


def test_an_array_padded_with_nan_is_embedded_as_its_windows():
    X, _ = make_windows()
    short = [x[:, :24] if i % 2 else x for i, x in enumerate(X)]
    padded = X.copy()
    padded[1::2, :, 24:] = np.nan
    model = make().fit(short)
    np.testing.assert_allclose(
        model.transform(padded), model.transform(short), rtol=1e-4, atol=1e-5
    )


def test_fitted_on_equal_lengths_refuses_longer_ones():
    X, _ = named()
    model = make().fit({name: x[..., :-1] for name, x in X.items()})
    with pytest.raises(ValueError, match="'acc' has 3 .* of up to 32 .* fitted with 3"):
        model.transform(unequal(X))


def test_a_spectrogram_beside_time_series():
    X, y = named()
    rng = np.random.default_rng(0)
    shape = (48, 2, 9, 7)
    X["sound"] = (rng.normal(size=shape) + y[:, None, None, None]).astype(np.float32)
    X["sound"][5] = np.nan
    X["sound"][6, 0, 2:4] = np.nan  # a gap
    for masking in ("spatial", "random", "temporal"):
        model = make(masking=masking).fit(X)
        assert np.isfinite(model.transform(X)).all()
    assert model.modalities_["sound"] == (0, 1)
    with pytest.raises(ValueError, match="'sound' has 2 channel.* of 8 x 7 pixels"):
        model.transform({**X, "sound": X["sound"][:, :, 1:]})
    with pytest.raises(ValueError, match="Give images by name"):
        make().fit(X["sound"])


def test_gaps_do_not_depend_on_the_windows_beside_them(X):
    X = X.copy()
    X[3, 0, 4:9] = np.nan
    X[5, 3, 20:] = np.nan
    X[7, 1] = np.nan
    model = make(modalities=[3, 1]).fit(X)
    Z = model.transform(X)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_array_equal(model.transform(X[order]), Z[order])
    one_by_one = [model.transform(X[i : i + 1])[0] for i in range(len(X))]
    np.testing.assert_array_equal(one_by_one, Z)


def test_what_stands_in_a_modality_that_misses_too_much_is_not_seen(X):
    X = X.copy()
    X[3, :3, 8:] = np.nan  # three quarters
    model = make(modalities=[3, 1]).fit(X)
    Z = model.transform(X)
    X[3, :3] = np.nan
    np.testing.assert_array_equal(model.transform(X), Z)
    model.set_params(max_missing=0.8)
    X[3, :3, :8] = 1.0
    assert not np.array_equal(model.transform(X), Z)


def test_scores_degrade_smoothly_as_gaps_grow():
    X, y = make_windows(240, 64)
    test, y_test = make_windows(240, 64, seed=1)
    model = make(modalities=[3, 1], max_epochs=10, max_missing=1.0).fit(X)
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    classifier.fit(model.transform(X), y)
    rng = np.random.default_rng(0)
    scores = []
    for share in np.linspace(0, 0.9, 19):
        gappy = test.copy()
        size = round(share * 64)
        for window in gappy:
            start = rng.integers(0, 64 - size + 1)
            window[:, start : start + size] = np.nan
        scores.append(classifier.score(model.transform(gappy), y_test))
    assert min(scores[:11]) > 0.95  # up to half of the window lost
    assert (np.diff(scores) < 0.06).all()  # nothing is gained by losing data
    assert (np.diff(scores) > -0.2).all()  # and nothing is lost at one stroke


def test_a_users_own_encoder_is_told_what_is_there(X):
    import torch

    class Mean(torch.nn.Module):
        def __init__(self, n_channels):
            super().__init__()
            self.layer = torch.nn.Linear(n_channels, 8)

        def forward(self, x):
            return self.layer(x.mean(-1))

    class MaskedMean(Mean):
        def forward(self, x, present=None):
            if present is None:
                return super().forward(x)
            return self.layer((x * present).sum(-1) / present.sum(-1).clamp_min(1))

    gappy = X.copy()
    gappy[3, 0, 4:9] = np.nan
    Z = make(modalities=[3, 1], encoder=MaskedMean).fit_transform(gappy)
    assert np.isfinite(Z).all()
    assert make(modalities=[3, 1], encoder=Mean).fit_transform(X).shape == (48, 640)
    with pytest.raises(ValueError, match="Mean.forward has no parameter `present`"):
        make(modalities=[3, 1], encoder=Mean).fit(gappy)


def cohorts():
    """Two studies with different devices, stacked; few windows had all sensors."""
    X, y = named(160)
    X["acc"][:60] = np.nan
    X["pulse"][60:120] = np.nan
    return X, y


@pytest.mark.parametrize("aggregator", ["set", "mlp", "attention"])
def test_cohorts_with_different_devices_are_stacked(aggregator):
    X, _ = cohorts()
    model = make(aggregator=aggregator).fit(X)
    Z = model.transform(X)
    assert np.isfinite(Z).all()
    assert model.history_[-1]["effective_rank"] > 2


def test_cohorts_that_share_no_sensor():
    X, _ = named(80)
    X["acc"][:40] = np.nan
    X["pulse"][40:] = np.nan
    Z = make().fit_transform(X)
    assert np.isfinite(Z).all()
    for half in (Z[:40], Z[40:]):
        assert effective_rank(half) > 2


def test_the_complete_window_is_found_from_what_is_left_of_it():
    """Nearest neighbours in the embedding, of windows that were not trained on."""
    rng = np.random.default_rng(0)

    def recordings(n_windows):
        # Both sensors follow the same movement, of a frequency and an envelope.
        t = np.arange(64) / 64
        rate = rng.uniform(2, 12, (n_windows, 1, 1))
        peak = rng.uniform(0.1, 0.9, (n_windows, 1, 1))
        phase = rng.uniform(0, 2 * np.pi, (n_windows, 1, 1))
        envelope = np.exp(-(((t - peak) / 0.2) ** 2))
        wave = envelope * np.sin(2 * np.pi * rate * t + phase)
        gain = np.array([1.0, -0.5, 0.7])[:, None]
        noise = rng.normal(scale=0.05, size=(n_windows, 4, 64))
        return np.concatenate([gain * wave, np.abs(wave)], axis=1) + noise

    model = make(modalities=[3, 1], max_epochs=20, batch_size=64).fit(recordings(600))
    X = recordings(200)
    Z = model.transform(X)
    for lost in (slice(0, 3), slice(3, 4)):
        part = X.copy()
        part[:, lost] = np.nan
        left = model.transform(part)
        distance = np.linalg.norm(left[:, None] - Z, axis=-1)
        rank = (distance < np.diag(distance)[:, None]).sum(1)
        # By chance: 0.5 % of the first ranks, a median rank of 100.
        assert (rank < 10).mean() > 0.3
        assert np.median(rank) < 30


def on_disk(X, folder, kind):
    folder.mkdir()
    if kind == "memmap":
        for name, x in X.items():
            np.save(folder / f"{name}.npy", x)
        return {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in X}
    if kind == "hdf5":
        with h5py.File(folder / "x.h5", "w") as file:
            for name, x in X.items():
                file.create_dataset(name, data=x)
        file = h5py.File(folder / "x.h5")
        return {name: file[name] for name in X}
    group = zarr.create_group(folder / "x.zarr")
    for name, x in X.items():
        group.create_array(name, shape=x.shape, dtype=x.dtype, chunks=(10, *x.shape[1:]))
        group[name][:] = x
    return {name: group[name] for name in X}


@pytest.mark.parametrize("kind", ["memmap", "hdf5", "zarr"])
def test_files_give_what_memory_gives(tmp_path, kind, monkeypatch):
    X, _ = named()
    X["pulse"][3] = np.nan
    X["acc"][7, 1, 4:9] = np.nan
    stored = on_disk(X, tmp_path / kind, kind)
    model = make().fit(X)
    Z = model.transform(X)
    np.testing.assert_array_equal(make().fit(stored).transform(stored), Z)
    out = np.lib.format.open_memmap(tmp_path / "out.npy", "w+", np.float32, Z.shape)
    assert model.transform(stored, out=out) is out
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), Z)
    # And when they do not fit into one chunk:
    monkeypatch.setattr(_batches, "CHUNK_BYTES", 5000)
    streamed = make().fit(stored)
    assert np.isfinite(streamed.transform(X)).all()
    last = [m.history_[-1]["train_loss"] for m in (streamed, model)]
    assert last[0] == pytest.approx(last[1], rel=0.05)
    assert last[0] < model.history_[0]["train_loss"]
    same = make().fit(stored)
    np.testing.assert_array_equal(same.transform(X), streamed.transform(X))


def test_one_file_of_all_channels(tmp_path):
    X, _ = make_windows()
    np.save(tmp_path / "x.npy", X)
    stored = np.load(tmp_path / "x.npy", mmap_mode="r")
    modalities = {"acc": slice(0, 3), "pulse": 3}
    model = make(modalities=modalities).fit(stored)
    np.testing.assert_array_equal(
        model.transform(stored), make(modalities=modalities).fit(X).transform(X)
    )


@pytest.mark.parametrize(
    ("out", "match"),
    [
        (np.empty((48, 255), np.float32), r"out has shape \(48, 255\)"),
        (np.empty((47, 256), np.float32), r"out has shape \(47, 256\)"),
        (np.empty((48, 256), int), "dtype int64; expected floats of shape"),
        (
            [[0.0] * 256] * 48,
            r"out is a list; .* floats of shape \(48, ",
        ),
        (pd.DataFrame(np.empty((48, 256))), "out is a DataFrame; expected"),
        (pl.DataFrame(np.empty((48, 256))), "out is a DataFrame; expected"),
        (torch.empty(48, 256), "out is a Tensor; expected"),
    ],
)
def test_out_must_fit(X, out, match):
    model = make().fit(X)
    with pytest.raises(ValueError, match=match):
        model.transform(X, out=out)


@pytest.mark.parametrize("output", ["global", "modalities", "all"])
def test_out_is_filled(X, output):
    model = make(output=output, modalities=[3, 1], missing="nan").fit(X)
    X = X.copy()
    X[4] = np.nan
    Z = model.transform(X)
    assert np.isnan(Z[4]).all()
    out = np.zeros(Z.shape)
    assert model.transform(X, out=out) is out
    np.testing.assert_array_equal(out, Z)


def test_strided_encoders_that_skip_what_is_there():
    X = np.full((20, 2, 40), np.nan, dtype=np.float32)
    X[:, 0] = np.random.default_rng(0).normal(size=(20, 40))
    X[:, 1, 3] = 1.0 + np.arange(20)  # no kernel sees it
    encoder = TCNEncoder(widths=(8,), kernel_sizes=(2,), stride=8)
    assert np.isfinite(make(encoder=encoder, max_missing=1.0).fit_transform(X)).all()
