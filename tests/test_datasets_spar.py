"""SPAR in the publisher's layout."""

import numpy as np
import pytest
from dataset_files import FEW_SUBJECTS, LAYOUTS, real_home, spar_files

from sklearn_crossl.datasets import fetch_spar

pytestmark = FEW_SUBJECTS


@pytest.mark.parametrize("layout", LAYOUTS)
def test_recordings(tmp_path, layout):
    files, tables = spar_files()
    LAYOUTS[layout](tmp_path, "spar", files)
    spar = fetch_spar(data_home=tmp_path, as_windows=False)
    assert spar.groups.tolist() == [key[0] for key in tables]  # numbers, not letters
    for recording, labels, (key, table) in zip(
        spar.data, spar.target, tables.items(), strict=True
    ):
        expected = table.T.astype(np.float32)
        np.testing.assert_array_equal(recording["acc"], expected[:3])
        np.testing.assert_array_equal(recording["gyro"], expected[3:])
        assert labels.tolist() == [key[1]] * len(table)
    assert spar.target_names[[0, 6]].tolist() == ["pendulum", "bent_over_row"]
    assert spar.units == {"acc": "g", "gyro": "rad/s"}


def test_windows(tmp_path):
    LAYOUTS["archive"](tmp_path, "spar", spar_files()[0])
    spar = fetch_spar(data_home=tmp_path)
    # 300 samples have windows from 0, 64 and 128
    assert spar.data["acc"].shape == spar.data["gyro"].shape == (36, 3, 128)
    assert spar.target.tolist() == ([0] * 6 + [6] * 6) * 3
    assert spar.groups.tolist() == np.repeat([1, 2, 10], 12).tolist()


def test_only_the_subjects_asked_for_are_read(tmp_path):
    files, _ = spar_files()
    files["csv/S1_E0_L.csv"] = b"ax,ay,az\n1,2,3\n"
    LAYOUTS["folder"](tmp_path, "spar", files)
    assert set(fetch_spar(data_home=tmp_path, subjects=[2, 10]).groups) == {2, 10}
    with pytest.raises(OSError, match=r"S1_E0_L.csv is not as published.*expected 6"):
        fetch_spar(data_home=tmp_path)
    with pytest.raises(OSError, match=r"no files of the subjects \[3\]"):
        fetch_spar(data_home=tmp_path, subjects=[3])


def test_an_unknown_exercise_is_an_error(tmp_path):
    files, _ = spar_files()
    files["csv/S1_E7_L.csv"] = files["csv/S1_E6_L.csv"]
    LAYOUTS["folder"](tmp_path, "spar", files)
    with pytest.raises(
        OSError, match=r"S1_E7_L.csv is not as published: exercise 7 of 7"
    ):
        fetch_spar(data_home=tmp_path)


def test_real_files():
    home = real_home("spar", prepared=False)
    spar = fetch_spar(data_home=home, subjects=[1], as_windows=False)
    assert len(spar.data) == 14
    acc = np.concatenate([recording["acc"] for recording in spar.data], axis=1)
    assert np.median(np.linalg.norm(acc, axis=0)) == pytest.approx(1, abs=0.1)
