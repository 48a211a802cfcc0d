"""MHEALTH in the publisher's layout."""

import numpy as np
import pytest
from dataset_files import FEW_SUBJECTS, LAYOUTS, mhealth_files

from sklearn_crossl.datasets import fetch_mhealth

pytestmark = FEW_SUBJECTS

COLUMNS = {
    "chest_acc": slice(0, 3),
    "ecg": slice(3, 5),
    "ankle_acc": slice(5, 8),
    "ankle_gyro": slice(8, 11),
    "ankle_mag": slice(11, 14),
    "arm_acc": slice(14, 17),
    "arm_gyro": slice(17, 20),
    "arm_mag": slice(20, 23),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_recordings(tmp_path, layout):
    files, tables = mhealth_files()
    LAYOUTS[layout](tmp_path, "mhealth", files)
    mhealth = fetch_mhealth(data_home=tmp_path, as_windows=False)
    assert mhealth.groups.tolist() == [1, 2, 10]  # numbers, not letters
    assert list(mhealth.modalities) == list(COLUMNS)
    for recording, labels, table in zip(
        mhealth.data, mhealth.target, tables.values(), strict=True
    ):
        for name, columns in COLUMNS.items():
            expected = table[:, columns].T.astype(np.float32)
            np.testing.assert_array_equal(recording[name], expected)
            assert len(mhealth.modalities[name]) == len(expected)
        assert labels.tolist() == [0] * 500 + [-1] * 500 + [11] * 500
    assert mhealth.target_names[[0, 11]].tolist() == ["standing", "jumping"]


def test_windows(tmp_path):
    LAYOUTS["archive"](tmp_path, "mhealth", mhealth_files()[0])
    mhealth = fetch_mhealth(data_home=tmp_path)
    # 11 windows from 0, 125, ...: the one from 375 is half standing, half nothing, and
    # nothing goes first; the one from 875 is half nothing too.
    assert mhealth.target.tolist() == ([0] * 3 + [11] * 3) * 3
    assert mhealth.data["ecg"].shape == (18, 2, 250)
    assert mhealth.data["arm_mag"].shape == (18, 3, 250)
    assert mhealth.units["ecg"] == "mV"


def test_only_the_subjects_asked_for_are_read(tmp_path):
    files, _ = mhealth_files()
    files["MHEALTHDATASET/mHealth_subject1.log"] = b"1\t2\n"
    LAYOUTS["folder"](tmp_path, "mhealth", files)
    assert set(fetch_mhealth(data_home=tmp_path, subjects=[2, 10]).groups) == {2, 10}
    with pytest.raises(OSError, match=r"subject1.log is not as published"):
        fetch_mhealth(data_home=tmp_path)
    with pytest.raises(OSError, match=r"no files of the subjects \[3\]"):
        fetch_mhealth(data_home=tmp_path, subjects=[3])


@pytest.mark.parametrize("text", [b"", b"\n"])
def test_an_empty_file(tmp_path, text):
    files, _ = mhealth_files()
    name = next(name for name in files if name.endswith("subject1.log"))
    LAYOUTS["folder"](tmp_path, "mhealth", {**files, name: text})
    with pytest.raises(OSError, match=r"subject1.log is not as published: it is empty"):
        fetch_mhealth(data_home=tmp_path)
