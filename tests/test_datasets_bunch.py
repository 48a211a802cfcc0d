"""From recordings to what a fetcher returns."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.datasets import _bunch
from sklearn_crossl.datasets._bunch import DataSet, Recording, make_bunch
from sklearn_crossl.segmentation import sliding_windows

DATASET = DataSet(
    name="hapt",
    subjects=(1, 2, 3),
    modalities={"acc": ("x", "y"), "eda": ("eda",)},
    rates={"acc": 10.0, "eda": 2.0},
    units={"acc": "g", "eda": "uS"},
    target_names=("sit", "walk"),
    label_rate=5.0,
)


def recordings(lengths=(20, 13), seed=0):
    """Recordings of so many seconds: three quarters sitting, then nothing."""
    rng = np.random.default_rng(seed)
    return [
        Recording(
            subject,
            {
                name: rng.normal(size=(len(channels), int(length * DATASET.rates[name])))
                .astype(np.float32)
                for name, channels in DATASET.modalities.items()
            },
            np.where(np.arange(length * 5) < length * 3.75, 0, -1),
        )
        for subject, length in enumerate(lengths, start=7)
    ]  # fmt: skip


WHOLE = {"window_seconds": None, "step_seconds": None}


def make(parts, about=DATASET, **options):
    default = {"as_windows": True, "window_seconds": 4, "step_seconds": 2}
    return make_bunch(about, parts, **{**default, "return_X_y": False, **options})


def test_windows_are_those_of_sliding_windows_less_the_unlabelled():
    parts = recordings()
    whole = make(parts, as_windows=False)
    assert set(whole) == {
        *("data", "target", "groups", "modalities", "rates", "units", "target_names"),
        *("DESCR", "label_rate"),
    }
    X, y, groups = sliding_windows(
        whole.data, whole.rates, 4, 2, whole.target, whole.groups, label_rate=5.0
    )
    assert (y == -1).any()
    bunch = make(parts)
    assert set(bunch) == set(whole) - {"label_rate"}
    for name in ("acc", "eda"):
        np.testing.assert_array_equal(bunch.data[name], X[name][y >= 0])
        assert bunch.data[name].dtype == np.float32
    assert bunch.target.tolist() == y[y >= 0].tolist()
    assert bunch.groups.tolist() == groups[y >= 0].tolist()
    assert bunch.target_names[bunch.target].tolist() == ["sit"] * len(bunch.target)
    assert "Reyes-Ortiz" in bunch.DESCR


def test_return_X_y():
    X, y = make(recordings(), return_X_y=True)
    bunch = make(recordings())
    np.testing.assert_array_equal(X["acc"], bunch.data["acc"])
    np.testing.assert_array_equal(y, bunch.target)


def test_no_step_is_no_overlap():
    assert len(make(recordings((20,)), step_seconds=None).target) == 4


def test_windows_of_which_most_has_no_label():
    parts = [part._replace(labels=0 * part.labels - 1) for part in recordings()]
    with pytest.raises(ValueError, match="No window of 4 s has a label"):
        make(parts)


def test_modalities_that_nobody_has_are_left_out():
    parts = recordings()
    del parts[0].signals["eda"]
    windows = make(parts).data["eda"]
    assert windows.dtype == np.float32
    assert np.isnan(windows[0]).all()
    assert np.isfinite(windows[-1]).all()
    for bunch in (make(parts[:1]), make(parts[:1], as_windows=False)):
        assert list(bunch.modalities) == list(bunch.rates) == list(bunch.units) == ["acc"]


def trials():
    """Whole trials of unequal lengths; one lacks a sensor."""
    parts = [
        part._replace(labels=0 * part.labels + part.subject % 2)
        for part in recordings((3, 5, 4, 6, 5, 4, 3, 4))
    ]
    del parts[1].signals["eda"]
    return parts


def test_whole_recordings_keep_their_lengths():
    bunch = make(trials(), **WHOLE)
    assert bunch.data["acc"].shape == bunch.data["eda"].shape == (8,)
    assert bunch.data["eda"][1] is None
    for window, part in zip(bunch.data["acc"], trials(), strict=True):
        np.testing.assert_array_equal(window, part.signals["acc"])
    assert bunch.target.tolist() == [1, 0] * 4
    assert bunch.groups.tolist() == list(range(7, 15))


def test_whole_recordings_may_be_equally_long():
    parts = [p._replace(labels=0 * p.labels) for p in recordings((3, 3))]
    assert make(parts, **WHOLE).data["acc"].shape == (2,)


def test_whole_recordings_go_into_the_transformer_and_cross_validation():
    bunch = make(trials(), **WHOLE)
    embedder = CroSSLTransformer(max_epochs=1, random_state=0, summary_size=0)
    Z = embedder.fit_transform(bunch.data)
    assert np.isfinite(Z).all()
    # An embedding is that of the trial alone, whatever the lengths beside it.
    np.testing.assert_allclose(
        embedder.transform(bunch.data[:1]), Z[:1], rtol=1e-4, atol=1e-5
    )
    pipeline = make_pipeline(embedder, DecisionTreeClassifier(random_state=0))
    scores = cross_val_score(pipeline, bunch.data, bunch.target, cv=2)
    assert np.isfinite(scores).all()


def test_whole_recordings_have_one_label():
    with pytest.raises(ValueError, match="recording 0 has several labels"):
        make(recordings(), **WHOLE)


def test_descriptions_are_read_from_the_package():
    assert _bunch._description("hapt").startswith(".. _hapt_dataset:")
    with pytest.raises(FileNotFoundError):
        make(recordings(), replace(DATASET, name="unknown"))


def test_steps_without_windows():
    with pytest.raises(ValueError, match="step_seconds=2 is from window to window"):
        make(trials(), window_seconds=None, step_seconds=2)


@pytest.mark.parametrize(("label", "number"), [(2, 3), (-2, -1)])
def test_labels_are_of_the_classes(label, number):
    (first, *rest) = recordings()
    first.labels[3] = label
    with pytest.raises(OSError, match=f"subject 7 .*: {number} is none of the classes 1"):
        make([first, *rest])


def test_no_recordings():
    with pytest.raises(OSError, match="hapt has no recordings of what was asked for"):
        make([], as_windows=False)
