"""The windows that the benchmarks read, from the publishers' files."""

import sys

import numpy as np
import pytest
from dataset_files import (
    FEW_SUBJECTS,
    LAYOUTS,
    daily_sports_files,
    hapt_files,
    real_home,
    spar_files,
    stress_predict_files,
    utd_mhad_files,
)

from benchmarks import prepare
from benchmarks.prepare import PREPARED

pytestmark = FEW_SUBJECTS

FILES = {
    "hapt": ("hapt", hapt_files),
    "dsads": ("daily_sports", daily_sports_files),
    "utd_mhad": ("utd_mhad", utd_mhad_files),
    "stress_predict": ("stress_predict", stress_predict_files),
    "spar": ("spar", lambda: spar_files(range(1, 11))),
}
HERE = {"download_if_missing": False}


@pytest.fixture
def home(tmp_path):
    for folder, make in FILES.values():
        LAYOUTS["archive"](tmp_path, folder, make()[0])
    return tmp_path


def test_the_command_writes_what_the_benchmarks_read(home, monkeypatch, capsys):
    argv = ["prepare", "--data-home", str(home), "--out", str(home / "out")]
    monkeypatch.setattr(sys, "argv", argv)
    prepare.main()
    told = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in told] == list(PREPARED)
    for name in PREPARED:
        with np.load(home / "out" / f"{name}.npz") as data:
            modalities = data["modalities"].tolist()
            assert len(data["rate"]) == len(modalities)
            for modality in modalities:
                assert data[f"x_{modality}"].dtype == np.float32
                assert len(data[f"x_{modality}"]) == len(data["y"]) > 0
            assert len(data["subject"]) == len(data["y"])
            assert data["y"].max() < len(data["classes"])


def test_no_window_of_hapt_has_two_labels(home):
    arrays = PREPARED["hapt"](data_home=home, **HERE)
    # Samples 10 to 149 sit, 150 to 199 stand up, 229 to 399 walk: one window in each.
    assert arrays["classes"][arrays["y"]].tolist() == ["sitting", "walking"] * 3
    _, signals = hapt_files()
    np.testing.assert_array_equal(
        arrays["x_acc"][1], signals[0][0][229:357].T.astype(np.float32)
    )
    assert arrays["official_test"].tolist() == [False] * 4 + [True] * 2


def test_stress_predict_leaves_out_the_beginning_of_a_task(home):
    arrays = PREPARED["stress_predict"](data_home=home, **HERE)
    stress = np.isin(
        arrays["classes"][arrays["y"]], ["stroop", "interview", "hyperventilation"]
    )
    np.testing.assert_array_equal(arrays["y_stress"], stress)
    assert 0 < stress.mean() < 1
    assert arrays["x_acc"].shape[1:] == (3, 30 * 32)


def test_trials_of_utd_mhad_are_stretched(home):
    arrays = PREPARED["utd_mhad"](data_home=home, **HERE)
    assert arrays["x_acc"].shape == (4, 3, 128)
    assert arrays["x_skeleton"].shape == (4, 60, 64)
    hips = arrays["x_skeleton"].reshape(4, 20, 3, 64)[:, 3]
    np.testing.assert_allclose(hips[..., 0], 0, atol=1e-6)
    assert abs(hips).max() > 0


@pytest.mark.parametrize("name", ["hapt", "utd_mhad"])
def test_real_files_give_the_windows_of_the_published_tables(name):
    home = real_home(name)
    arrays = PREPARED[name](data_home=home, **HERE)
    with np.load(home / f"{name}.npz") as expected:
        for key, values in arrays.items():
            if values.dtype.kind == "f":
                np.testing.assert_allclose(values, expected[key], atol=1e-4)
            else:
                np.testing.assert_array_equal(values, expected[key])
