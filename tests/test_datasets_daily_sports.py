"""Daily and Sports Activities in the publisher's layout."""

import numpy as np
import pytest
from dataset_files import FEW_SUBJECTS, LAYOUTS, daily_sports_files

from sklearn_crossl.datasets import fetch_daily_sports

pytestmark = FEW_SUBJECTS


@pytest.mark.parametrize("layout", LAYOUTS)
def test_windows_are_the_publishers_segments(tmp_path, layout):
    files, tables = daily_sports_files()
    LAYOUTS[layout](tmp_path, "daily_sports", files)
    sports = fetch_daily_sports(data_home=tmp_path)
    assert list(sports.data) == list(sports.modalities)
    assert len(sports.modalities) == 15
    assert sports.groups.tolist() == [1] * 3 + [2] * 3 + [1] * 3 + [2] * 3
    names = sports.target_names[sports.target].tolist()
    assert names == ["sitting"] * 6 + ["ascending_stairs"] * 6
    for row, key in enumerate(sorted(tables)):
        table = tables[key].T.astype(np.float32)  # (45, 125)
        for name, columns in (
            ("torso_acc", slice(3)),
            ("torso_gyro", slice(3, 6)),
            ("torso_mag", slice(6, 9)),
            ("rarm_acc", slice(9, 12)),
            ("larm_acc", slice(18, 21)),
            ("rleg_gyro", slice(30, 33)),
            ("lleg_mag", slice(42, 45)),
        ):
            np.testing.assert_array_equal(sports.data[name][row], table[columns])


def test_recordings_are_joined_where_time_goes_on(tmp_path):
    files, tables = daily_sports_files(segments=(1, 2, 4))
    LAYOUTS["archive"](tmp_path, "daily_sports", files)
    sports = fetch_daily_sports(data_home=tmp_path, as_windows=False, subjects=[2])
    # Sitting: segments 1 and 2, then 4 without 3. On stairs each is for itself.
    lengths = [recording["lleg_mag"].shape for recording in sports.data]
    assert lengths == [(3, 250), (3, 125)] + [(3, 125)] * 3
    assert [set(labels) for labels in sports.target] == [{0}] * 2 + [{4}] * 3
    assert sports.groups.tolist() == [2] * 5
    joined = np.concatenate([tables[1, 2, 1], tables[1, 2, 2]])[:, :3].T
    np.testing.assert_array_equal(sports.data[0]["torso_acc"], joined.astype(np.float32))


def test_only_the_subjects_asked_for_are_read(tmp_path):
    files, _ = daily_sports_files()
    files["data/a01/p1/s02.txt"] = b"1,2,3\n"
    LAYOUTS["folder"](tmp_path, "daily_sports", files)
    assert set(fetch_daily_sports(data_home=tmp_path, subjects=[2]).groups) == {2}
    with pytest.raises(OSError, match=r"p1/s02.txt is not as published"):
        fetch_daily_sports(data_home=tmp_path)
    with pytest.raises(OSError, match=r"no files of the subjects \[3\]"):
        fetch_daily_sports(data_home=tmp_path, subjects=[3])
