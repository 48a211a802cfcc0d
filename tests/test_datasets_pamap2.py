"""PAMAP2 in the publisher's layout."""

import numpy as np
import pytest
from dataset_files import FEW_SUBJECTS, LAYOUTS, pamap2_files, table, write, zipped

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.datasets import fetch_pamap2
from sklearn_crossl.datasets._pamap2 import _held

pytestmark = FEW_SUBJECTS

# Columns as the publisher counts them, from 1.
COLUMNS = {
    "hand_acc": 5,
    "hand_gyro": 11,
    "hand_mag": 14,
    "chest_acc": 22,
    "chest_gyro": 28,
    "chest_mag": 31,
    "ankle_acc": 39,
    "ankle_gyro": 45,
    "ankle_mag": 48,
}
LOST = 450  # the row that is not there


@pytest.fixture
def home(tmp_path):
    LAYOUTS["archive"](tmp_path, "pamap2", pamap2_files()[0])
    return tmp_path


def with_lost_row(rows):
    return np.insert(rows, LOST, np.nan, axis=0)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_recordings(tmp_path, layout):
    files, tables = pamap2_files()
    LAYOUTS[layout](tmp_path, "pamap2", files)
    pamap2 = fetch_pamap2(as_windows=False, data_home=tmp_path)
    assert pamap2.groups.tolist() == [101, 102]
    assert set(pamap2.modalities) == {*COLUMNS, "heart_rate"}
    for recording, subject in zip(pamap2.data, (101, 102), strict=True):
        rows = with_lost_row(tables["Protocol", subject])
        for name, first in COLUMNS.items():
            expected = rows[:, first - 1 : first + 2].T.astype(np.float32)
            np.testing.assert_array_equal(recording[name], expected)
            assert recording[name].dtype == np.float32
        assert np.isnan(recording["chest_gyro"][:, 200:300]).all()
        assert not np.isnan(recording["ankle_gyro"][:, 200:300]).any()
    assert pamap2.rates["ankle_acc"] == pamap2.label_rate == 100.0
    assert pamap2.units["hand_acc"] == "m/s^2"
    assert pamap2.units["hand_gyro"] == "rad/s"
    assert pamap2.units["hand_mag"] == "uT"


def test_labels(home):
    pamap2 = fetch_pamap2(as_windows=False, data_home=home, subjects=[102])
    names = np.append(pamap2.target_names, "none")[pamap2.target[0]]
    assert set(names[:450]) == set(names[451:600]) == {"lying"}
    assert names[450] == "none"
    assert set(names[600:640]) == {"none"}
    assert set(names[640:]) == {"rope_jumping"}
    assert len(names) == 1200
    assert len(pamap2.target_names) == 12


def test_heart_rate_is_what_was_measured_last(home):
    pamap2 = fetch_pamap2(as_windows=False, data_home=home, subjects=[101])
    (rate,) = pamap2.data[0]["heart_rate"]
    assert pamap2.rates["heart_rate"] == 10.0
    measured = with_lost_row(pamap2_files()[1]["Protocol", 101])[:, 2]
    expected = []
    for row in range(0, len(measured), 10):
        last_second = measured[max(row - 100, 0) : row + 1]
        known = last_second[~np.isnan(last_second)]
        expected.append(known[-1] if len(known) else np.nan)
    np.testing.assert_array_equal(rate, expected)
    assert np.isnan(rate[0])
    assert np.isnan(rate[80:90]).all()
    known = measured[:1191]  # to the last tenth of a second
    assert set(known[~np.isnan(known)]) == set(rate[~np.isnan(rate)])


def test_windows(home):
    pamap2 = fetch_pamap2(data_home=home)
    # From 0, 1, ... 6 s; most of all but the last two is lying.
    assert pamap2.data["hand_acc"].shape == (14, 3, 512)
    assert pamap2.data["heart_rate"].shape == (14, 1, 51)
    names = pamap2.target_names[pamap2.target[:7]]
    assert names.tolist() == ["lying"] * 4 + ["rope_jumping"] * 3
    assert pamap2.groups.tolist() == [101] * 7 + [102] * 7
    X, y = fetch_pamap2(data_home=home, window_seconds=1, return_X_y=True)
    assert X["heart_rate"].shape == (len(y), 1, 10)


def test_optional_activities(home):
    pamap2 = fetch_pamap2(data_home=home, optional=True, as_windows=False)
    assert pamap2.groups.tolist() == [101, 102, 102]
    assert len(pamap2.target_names) == 18
    assert pamap2.target_names[pamap2.target[2][0]] == "playing_soccer"
    both = fetch_pamap2(data_home=home).target_names
    assert pamap2.target_names[:12].tolist() == both.tolist()


def test_subjects(home):
    assert set(fetch_pamap2(data_home=home, subjects=[102]).groups) == {102}
    with pytest.raises(ValueError, match=r"there is no \[1\]; choose from \(101, 102"):
        fetch_pamap2(data_home=home, subjects=[1])


def test_the_publishers_archive_where_a_browser_puts_it(tmp_path):
    """It holds another archive and nothing more but a description."""
    files, _ = pamap2_files()
    inner = zipped({name: x for name, x in files.items() if name != "readme.pdf"})
    outer = zipped({"PAMAP2_Dataset.zip": inner, "readme.pdf": b"%PDF"})
    write(tmp_path / "pamap2+physical+activity+monitoring.zip", outer)
    assert set(fetch_pamap2(data_home=tmp_path).groups) == {101, 102}


def test_only_the_subjects_asked_for_are_read(tmp_path):
    files, tables = pamap2_files()
    files["PAMAP2_Dataset/Protocol/subject101.dat"] = table(
        tables["Protocol", 101][:, :-5]
    )
    LAYOUTS["folder"](tmp_path, "pamap2", files)
    assert set(fetch_pamap2(data_home=tmp_path, subjects=[102]).groups) == {102}
    with pytest.raises(OSError, match=r"subject101.dat is not as published"):
        fetch_pamap2(data_home=tmp_path)


def test_windows_are_ready_for_training(home):
    X, _ = fetch_pamap2(data_home=home, return_X_y=True)
    model = CroSSLTransformer(max_epochs=1, random_state=0)
    assert np.isfinite(model.fit_transform(X)).all()


def test_the_heart_rate_is_held_for_a_second_and_no_longer():
    values = np.full(130, np.nan)
    values[5] = 60.0
    expected = [np.nan] + [60.0] * 10 + [np.nan] * 2  # at 0, 10, ... samples of 100 Hz
    np.testing.assert_array_equal(_held(values, 10), expected)
    values = np.roll(values, -5)  # measured at the first of these moments
    np.testing.assert_array_equal(_held(values, 10), [60.0] * 11 + [np.nan] * 2)
