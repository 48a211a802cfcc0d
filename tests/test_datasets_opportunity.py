"""Opportunity in the publisher's layout."""

import numpy as np
import pytest
from dataset_files import FEW_SUBJECTS, LAYOUTS, opportunity_files

from sklearn_crossl.datasets import fetch_opportunity

pytestmark = FEW_SUBJECTS

# Some channels, and their columns as column_names.txt counts them, from 1.
COLUMNS = {
    "acc_right_knee_top_acc_x": 2,
    "acc_hip_acc_x": 5,
    "acc_left_upper_arm_top_acc_x": 8,
    "acc_right_upper_arm_bottom_acc_x": 11,
    "acc_left_hand_acc_x": 14,
    "acc_back_acc_x": 17,
    "acc_right_knee_bottom_acc_x": 20,
    "acc_right_wrist_acc_x": 23,
    "acc_right_upper_arm_top_acc_x": 26,
    "acc_left_upper_arm_bottom_acc_x": 29,
    "acc_left_wrist_acc_x": 32,
    "acc_right_hand_acc_z": 37,
    "imu_back_acc_x": 38,
    "imu_back_gyro_x": 41,
    "imu_back_mag_z": 46,
    "imu_right_upper_arm_acc_x": 51,
    "imu_right_lower_arm_gyro_y": 68,
    "imu_left_upper_arm_mag_x": 83,
    "imu_left_lower_arm_mag_z": 98,
    "imu_left_shoe_euler_x": 103,
    "imu_left_shoe_nav_acc_x": 106,
    "imu_left_shoe_body_acc_x": 109,
    "imu_left_shoe_body_gyro_x": 112,
    "imu_left_shoe_nav_gyro_x": 115,
    "imu_left_shoe_compass": 118,
    "imu_right_shoe_euler_x": 119,
    "imu_right_shoe_compass": 134,
}


@pytest.fixture
def home(tmp_path):
    LAYOUTS["archive"](tmp_path, "opportunity", opportunity_files()[0])
    return tmp_path


def by_channel(opportunity, recording):
    return {
        channel: values
        for name, channels in opportunity.modalities.items()
        for channel, values in zip(channels, recording[name], strict=True)
    }


@pytest.mark.parametrize("layout", LAYOUTS)
def test_recordings(tmp_path, layout):
    files, tables = opportunity_files()
    LAYOUTS[layout](tmp_path, "opportunity", files)
    opportunity = fetch_opportunity(as_windows=False, data_home=tmp_path)
    assert opportunity.groups.tolist() == [1, 1, 2]
    for recording, run in zip(opportunity.data, tables, strict=True):
        channels = by_channel(opportunity, recording)
        for channel, column in COLUMNS.items():
            np.testing.assert_array_equal(channels[channel], tables[run][:, column - 1])
            assert channels[channel].dtype == np.float32
        assert np.isnan(channels["acc_right_hand_acc_z"][10:20]).all()
    assert len(opportunity.modalities) == 19
    assert len(channels) == 113  # as many as in the challenge
    used = {values[0] - tables[run][0, 1] + 1 for values in channels.values()}
    assert len(used) == 113
    assert set(opportunity.rates.values()) == {30.0, opportunity.label_rate}


def test_locomotion(home):
    opportunity = fetch_opportunity(as_windows=False, data_home=home)
    names = np.append(opportunity.target_names, "none")[opportunity.target[0]]
    expected = np.repeat(["stand", "none", "lie", "walk"], 30)
    assert names.tolist() == expected.tolist()
    assert opportunity.target_names.tolist() == ["stand", "walk", "sit", "lie"]


def test_gestures(home):
    opportunity = fetch_opportunity(
        as_windows=False, data_home=home, target_name="gestures"
    )
    names = np.append(opportunity.target_names, "none")[opportunity.target[0]]
    expected = np.repeat(["none", "open_door_1", "toggle_switch", "none"], 30)
    assert names.tolist() == expected.tolist()
    assert len(opportunity.target_names) == 17
    with pytest.raises(ValueError, match="'target_name'.* Got 'hands' instead"):
        fetch_opportunity(data_home=home, target_name="hands")


def test_windows(home):
    opportunity = fetch_opportunity(data_home=home)
    # From 0, 0.5, ... 3 s. Where two classes share a window equally, it has a label.
    assert opportunity.data["imu_back"].shape[1:] == (9, 30)
    assert opportunity.data["imu_left_shoe"].shape[1:] == (16, 30)
    assert opportunity.data["acc_hip"].shape[1:] == (3, 30)
    one = opportunity.target[opportunity.groups == 2]
    assert one.tolist() == [0, 3, 1, 1]
    X, y = fetch_opportunity(data_home=home, target_name="gestures", return_X_y=True)
    assert set(y) == {0, 16}
    assert len(X["acc_back"]) == len(y)


def test_drill(home):
    opportunity = fetch_opportunity(as_windows=False, data_home=home, drill=False)
    assert opportunity.groups.tolist() == [1, 2]
    first = opportunity.data[1]["acc_hip"][0, 0]
    assert first == opportunity_files()[1]["S2-ADL1"][0, 4]


def test_subjects(home):
    assert set(fetch_opportunity(data_home=home, subjects=[2]).groups) == {2}
    with pytest.raises(OSError, match=r"no files of the subjects \[3\]"):
        fetch_opportunity(data_home=home, subjects=[3])


def test_only_the_subjects_asked_for_are_read(tmp_path):
    files, _ = opportunity_files()
    files["OpportunityUCIDataset/dataset/S1-ADL1.dat"] = b"1 2 3\n"
    LAYOUTS["folder"](tmp_path, "opportunity", files)
    assert set(fetch_opportunity(data_home=tmp_path, subjects=[2]).groups) == {2}
    with pytest.raises(OSError, match=r"S1-ADL1.dat is not as published"):
        fetch_opportunity(data_home=tmp_path)
