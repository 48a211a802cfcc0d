"""Stress-Predict in the publisher's layout."""

import builtins

import numpy as np
import pytest
from dataset_files import FEW_SUBJECTS, LAYOUTS, real_home, stress_predict_files
from hypothesis import given
from hypothesis import strategies as st

from sklearn_crossl.datasets import fetch_stress_predict
from sklearn_crossl.datasets._stress_predict import CONDITIONS, HOUR, _labels, _since

pytestmark = FEW_SUBJECTS


@pytest.fixture
def home(tmp_path):
    LAYOUTS["archive"](tmp_path, "stress_predict", stress_predict_files()[0])
    return tmp_path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_recordings(tmp_path, layout):
    files, tables = stress_predict_files()
    LAYOUTS[layout](tmp_path, "stress_predict", files)
    stress = fetch_stress_predict(data_home=tmp_path, as_windows=False)
    assert stress.groups.tolist() == [1, 2]
    for subject, recording, labels in zip(
        (1, 2), stress.data, stress.target, strict=True
    ):
        for name, signal in recording.items():
            assert signal.dtype == np.float32
            assert signal.shape[1] == 480 * stress.rates[name]
            table = tables[subject, name].T / (64 if name == "acc" else 1)
            np.testing.assert_array_equal(signal[:, -table.shape[1] :], table)
        assert np.isnan(recording["hr"][0, :10]).all()
        assert np.isfinite(recording["hr"][0, 10:]).all()
        # 12:58 nothing, 12:59 consent, then a minute of each until 13:05.
        names = np.append(stress.target_names, "none")[labels].tolist()
        expected = ["none", "none", "baseline", "stroop", "relax", "interview"]
        minutes = [*expected, "hyperventilation", "none"]
        assert names == [name for name in minutes for _ in range(60)]
    assert stress.label_rate == 1.0


def test_windows_of_five_rates(home):
    stress = fetch_stress_predict(data_home=home)
    assert stress.target.tolist() == [0, 0, 1, 1, 4, 4, 2, 2, 3, 3] * 2
    shapes = {name: x.shape for name, x in stress.data.items()}
    assert shapes == {
        "acc": (20, 3, 960),
        "bvp": (20, 1, 1920),
        "eda": (20, 1, 120),
        "temp": (20, 1, 120),
        "hr": (20, 1, 30),
    }


@given(start=st.integers(0, 2**31), late=st.integers(-6 * 3600, 6 * 3600 - 1))
def test_a_clock_of_twelve_hours_tells_times_around_the_start(start, late):
    assert _since((start + late) % (12 * HOUR), start) == late


def test_subjects(home):
    assert set(fetch_stress_predict(data_home=home, subjects=[2]).groups) == {2}
    with pytest.raises(OSError, match=r"no files of the subjects \[9\]"):
        fetch_stress_predict(data_home=home, subjects=[9])


def test_only_the_subjects_asked_for_are_read(tmp_path):
    files, _ = stress_predict_files()
    files["Raw_data/S01/BVP.csv"] = b"damaged"
    LAYOUTS["folder"](tmp_path, "stress_predict", files)
    assert set(fetch_stress_predict(data_home=tmp_path, subjects=[2]).groups) == {2}
    with pytest.raises(OSError, match=r"S01/BVP.csv is not as published"):
        fetch_stress_predict(data_home=tmp_path)


def test_files_that_are_not_as_published(tmp_path):
    files, _ = stress_predict_files()
    csv = files["Raw_data/S01/EDA.csv"]
    files["Raw_data/S01/EDA.csv"] = csv.replace(b"\n4.000000\n", b"\n8.000000\n")
    LAYOUTS["folder"](tmp_path / "rate", "stress_predict", files)
    with pytest.raises(OSError, match=r"EDA.csv has a rate of 8.0 Hz; expected 4.0 Hz"):
        fetch_stress_predict(data_home=tmp_path / "rate")

    others, _ = stress_predict_files(subjects=(2,))
    files["Raw_data/S01/EDA.csv"] = csv
    log = "Processed_data/Time_logs.xlsx"
    LAYOUTS["folder"](tmp_path / "log", "stress_predict", {**files, log: others[log]})
    with pytest.raises(OSError, match=r"Time_logs.xlsx has no row for S01"):
        fetch_stress_predict(data_home=tmp_path / "log")


def test_openpyxl_is_optional(home, monkeypatch):
    original = builtins.__import__

    def without(name, *arguments):
        if name == "openpyxl":
            raise ImportError(name)
        return original(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-crossl\[datasets\]'"):
        fetch_stress_predict(data_home=home)


def test_real_files_give_the_prepared_windows():
    """Those begin 10 s after each task's start, and are counted from there."""
    home = real_home("stress_predict")
    stress = fetch_stress_predict(data_home=home, subjects=[8, 17], as_windows=False)
    compared = 0
    with np.load(home / "stress_predict.npz") as prepared:
        assert prepared["classes"].tolist() == stress.target_names.tolist()
        windows = {name: prepared[f"x_{name}"] for name in stress.modalities}
        subject, starts, y = (prepared[key] for key in ("subject", "start", "y"))
    for group, recording, labels in zip(
        stress.groups, stress.data, stress.target, strict=True
    ):
        for row in np.flatnonzero(subject == group):
            start = round(float(starts[row]))
            assert set(labels[start : start + 30]) == {y[row]}
            for name, signal in recording.items():
                rate = int(stress.rates[name])
                cut = signal[:, start * rate : (start + 30) * rate]
                np.testing.assert_allclose(cut, windows[name][row], atol=1e-6)
            compared += 1
    assert compared > 180


def test_a_damaged_table_of_times(tmp_path):
    files, _ = stress_predict_files()
    name = next(name for name in files if name.endswith("Time_logs.xlsx"))
    LAYOUTS["folder"](tmp_path, "stress_predict", {**files, name: b"damaged"})
    with pytest.raises(OSError, match=r"Time_logs.xlsx is not as published"):
        fetch_stress_predict(data_home=tmp_path)


def test_a_task_lasts_until_the_next_one_whatever_the_order_of_the_log():
    log = [("relax", 60.0, 120.0), ("stroop", 10.0, 90.0)]
    names = np.array([*CONDITIONS, "none"])[_labels(log, 0.0, 130.0)].tolist()
    expected = [("none", 10), ("stroop", 50), ("relax", 60), ("none", 10)]
    assert names == [name for name, seconds in expected for _ in range(seconds)]
