"""HAPT in the publisher's layout."""

import numpy as np
import pytest
from dataset_files import FEW_SUBJECTS, LAYOUTS, hapt_files, real_home

from sklearn_crossl.datasets import fetch_hapt

pytestmark = FEW_SUBJECTS


@pytest.fixture
def home(tmp_path):
    LAYOUTS["archive"](tmp_path, "hapt", hapt_files()[0])
    return tmp_path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_recordings(tmp_path, layout):
    files, signals = hapt_files()
    LAYOUTS[layout](tmp_path, "hapt", files)
    hapt = fetch_hapt(as_windows=False, transitions=True, data_home=tmp_path)
    assert hapt.groups.tolist() == [1, 1, 2]
    for recording, labels, (acc, gyro) in zip(
        hapt.data, hapt.target, signals, strict=True
    ):
        np.testing.assert_array_equal(recording["acc"], acc.T.astype(np.float32))
        np.testing.assert_array_equal(recording["gyro"], gyro.T.astype(np.float32))
        assert recording["acc"].dtype == np.float32
        names = np.append(hapt.target_names, "none")[labels]
        for first, last, name in (  # counted from 1, as labels.txt does
            (1, 10, "none"),
            (11, 150, "sitting"),
            (151, 200, "sit_to_stand"),
            (201, 229, "none"),
            (230, 400, "walking"),
        ):
            assert set(names[first - 1 : last]) == {name}
    assert hapt.rates == {"acc": 50.0, "gyro": 50.0}
    assert hapt.label_rate == 50.0


def test_windows(home):
    hapt = fetch_hapt(data_home=home)
    # From 0, 64, ...: sitting, sitting, mostly without a label, walking, walking.
    assert hapt.data["acc"].shape == (12, 3, 128)
    assert hapt.target.tolist() == [3, 3, 0, 0] * 3
    assert hapt.groups.tolist() == [1] * 8 + [2] * 4
    assert len(hapt.target_names) == 6
    _, y = fetch_hapt(data_home=home, transitions=True, return_X_y=True, step_seconds=0.5)
    assert set(y) == {0, 3}  # 1 s of transition is never most of 2.56 s
    y = fetch_hapt(data_home=home, transitions=True, window_seconds=1).target
    assert set(y) == {0, 3, 7}
    assert 7 not in fetch_hapt(data_home=home, window_seconds=1).target


def test_subjects(home):
    assert set(fetch_hapt(data_home=home, subjects=[2]).groups) == {2}
    with pytest.raises(OSError, match=r"no files of the subjects \[5\]"):
        fetch_hapt(data_home=home, subjects=[1, 5])


def test_only_the_subjects_asked_for_are_read(tmp_path):
    files, _ = hapt_files()
    files["RawData/acc_exp01_user01.txt"] = b"damaged"
    LAYOUTS["folder"](tmp_path, "hapt", files)
    assert set(fetch_hapt(data_home=tmp_path, subjects=[2]).groups) == {2}
    with pytest.raises(OSError, match=r"acc_exp01_user01.txt is not as published"):
        fetch_hapt(data_home=tmp_path)


def test_a_missing_sensor_is_an_error(tmp_path):
    files, _ = hapt_files()
    del files["RawData/gyro_exp03_user02.txt"]
    LAYOUTS["folder"](tmp_path, "hapt", files)
    with pytest.raises(OSError, match=r"no file .* with \('gyro', '03', '02'\)"):
        fetch_hapt(data_home=tmp_path)


def test_real_files_are_an_experiment_each():
    recordings = fetch_hapt(
        data_home=real_home("hapt"), subjects=[1, 10], as_windows=False
    )
    assert recordings.groups.tolist() == [1, 1, 10, 10, 10]


def test_real_files_as_windows():
    hapt = fetch_hapt(data_home=real_home("hapt"), subjects=[1, 2])
    assert hapt.data["acc"].shape == hapt.data["gyro"].shape == (746, 3, 128)
    assert set(hapt.groups) == {1, 2}
    assert np.bincount(hapt.target).min() > 80
    # Gravity: lying turns it out of the phone's first axis.
    up = [hapt.data["acc"][hapt.target == code, 0].mean() for code in range(6)]
    assert min(up[:5]) > 0.8
    assert abs(up[5]) < 0.5
