"""RealWorld HAR in the publisher's layout."""

import logging
from types import SimpleNamespace

import numpy as np
import pytest
from dataset_files import FEW_SUBJECTS, LAYOUTS, realworld_har_files, write, zipped

from sklearn_crossl.datasets import fetch_realworld_har
from sklearn_crossl.datasets._realworld_har import Samples, _at_the_same_time

pytestmark = FEW_SUBJECTS

BOTH = ["chest_acc", "chest_gyr", "waist_acc", "waist_gyr"]


@pytest.fixture
def home(tmp_path):
    LAYOUTS["archive"](tmp_path, "realworld_har", realworld_har_files()[0])
    return tmp_path


def on_grid(times, values, start, n_samples):
    """Draw the line through the samples before and after each point."""
    expected = np.empty((3, n_samples))
    for point in range(n_samples):
        now = start + 20 * point
        before, after = times[times <= now].max(), times[times >= now].min()
        left, right = values[times == before][0], values[times == after][0]
        share = (now - before) / max(after - before, 1)
        expected[:, point] = left + share * (right - left)
    return expected


@pytest.mark.parametrize("layout", LAYOUTS)
def test_recordings(tmp_path, layout):
    files, samples = realworld_har_files(seconds=4)
    LAYOUTS[layout](tmp_path, "realworld_har", files)
    realworld = fetch_realworld_har(as_windows=False, data_home=tmp_path, subjects=[1, 4])
    names = [realworld.target_names[y[0]] for y in realworld.target]
    assert names == ["lying", "walking", "climbingup", "climbingup"]
    assert realworld.groups.tolist() == [1, 1, 4, 4]
    stems = ["lying_2", "walking", "climbingup", "climbingup_2"]
    for recording, labels, stem in zip(
        realworld.data, realworld.target, stems, strict=True
    ):
        assert sorted(recording) == BOTH
        of = {
            f"{place}_{sensor}": samples[f"{file}_{stem}_{place}.csv"]
            for place in ("chest", "waist")
            for sensor, file in (("acc", "acc"), ("gyr", "Gyroscope"))
        }
        start = max(times.min() for times, _ in of.values())
        assert set(labels) == {labels[0]}
        for name, (times, values) in of.items():
            found = recording[name]
            assert found.dtype == np.float32
            assert found.shape == (3, len(labels))
            expected = on_grid(times, values, start, len(labels))
            np.testing.assert_allclose(found, expected, atol=1e-5)
        assert 195 <= len(labels) <= 200
    assert set(realworld.rates.values()) == {50.0, realworld.label_rate}


def test_an_unpacked_copy(tmp_path):
    """With a folder in place of each archive, or all files in one."""
    _, samples = realworld_har_files()
    for number, folder in enumerate(("acc_walking_csv/", ""), start=1):
        times, values = samples["acc_walking_waist.csv"]
        text = "id,attr_time,attr_x,attr_y,attr_z\n" + "".join(
            f"{i},{t},{x},{y},{z}\n"
            for i, (t, (x, y, z)) in enumerate(zip(times, values, strict=True))
        )
        path = f"realworld_har/proband{number}/data/{folder}acc_walking_waist.csv"
        write(tmp_path / path, text.encode())
    realworld = fetch_realworld_har(data_home=tmp_path, as_windows=False)
    assert realworld.groups.tolist() == [1, 2]
    assert list(realworld.modalities) == ["waist_acc"]
    first, second = (recording["waist_acc"] for recording in realworld.data)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first[:, 0], values[0].astype(np.float32))


def test_gaps(tmp_path):
    """Short ones are bridged, long ones stay; order and repetition do not matter."""
    times = 20 * np.arange(200)
    kept = np.delete(times, [*range(50, 53), *range(100, 110)])
    lines = [f"0,{t},{t},0,1\n" for t in [*kept[100:], *kept[:101]]]
    text = "id,attr_time,attr_x,attr_y,attr_z\n" + "".join(lines)
    files = {"acc_lying_head.csv": text.encode()}
    LAYOUTS["folder"](
        tmp_path, "realworld_har", {"proband7/data/acc_lying_csv.zip": zipped(files)}
    )
    found = fetch_realworld_har(data_home=tmp_path, as_windows=False)
    x, y, _ = found.data[0]["head_acc"]
    gap = np.zeros(200, dtype=bool)
    gap[100:110] = True
    np.testing.assert_array_equal(np.isnan(x), gap)
    np.testing.assert_allclose(x[~gap], times[~gap], rtol=1e-6)
    assert not y[~gap].any()


def test_windows(home):
    realworld = fetch_realworld_har(data_home=home)
    assert list(realworld.data) == BOTH
    assert realworld.data["chest_acc"].shape[1:] == (3, 128)
    assert set(realworld.groups) == {1, 2, 4}
    # Subject 2's chest has no gyroscope, and the waist's was an hour late.
    of_2 = realworld.groups == 2
    for name in BOTH:
        missing = np.isnan(realworld.data[name][of_2]).all()
        assert missing == (name != "chest_acc")
    assert set(realworld.target[of_2]) == {4}
    X, y = fetch_realworld_har(data_home=home, window_seconds=1, return_X_y=True)
    assert X["waist_gyr"].shape == (len(y), 3, 50)


def test_what_was_not_recording_is_left_out_aloud(home, caplog):
    with caplog.at_level(logging.WARNING, logger="sklearn_crossl"):
        realworld = fetch_realworld_har(data_home=home, subjects=[2], as_windows=False)
    assert sorted(realworld.data[0]) == ["chest_acc"]
    assert "Gyroscope_running_waist.csv is left out" in caplog.text


def test_sensors_and_positions(home):
    realworld = fetch_realworld_har(
        data_home=home, subjects=[1], sensors=["mag", "acc"], positions=["waist"]
    )
    assert list(realworld.data) == ["waist_acc", "waist_mag"]
    assert realworld.units == {"waist_acc": "m/s^2", "waist_mag": "uT"}
    with pytest.raises(ValueError, match=r"sensors=.*there is no \['gps'\]"):
        fetch_realworld_har(data_home=home, sensors=["gps"])
    with pytest.raises(ValueError, match=r"positions=.*there is no \['wrist'\]"):
        fetch_realworld_har(data_home=home, positions=["wrist"])


def test_subjects(home):
    with pytest.raises(OSError, match=r"no files of the subjects \[3\]"):
        fetch_realworld_har(data_home=home, subjects=[3])


def test_only_what_is_asked_for_is_read(tmp_path):
    files, _ = realworld_har_files()
    for name in ("proband1/data/acc_walking_csv.zip", "proband4/data/mag_lying_csv.zip"):
        files[name] = b"damaged"
    LAYOUTS["archive"](tmp_path, "realworld_har", files)
    found = fetch_realworld_har(data_home=tmp_path, subjects=[4], as_windows=False)
    assert found.groups.tolist() == [4, 4]
    with pytest.raises(OSError, match=r"acc_walking_csv.zip is not a complete zip"):
        fetch_realworld_har(data_home=tmp_path, subjects=[1])


HEADER = b"id,attr_time,attr_x,attr_y,attr_z\n"


def test_empty_tables_are_missing_modalities(tmp_path, caplog):
    text = HEADER + b"1,0,1,2,3\n2,20,1,2,3\n"
    files = {"acc_lying_head.csv": HEADER, "acc_lying_shin.csv": text}
    LAYOUTS["archive"](
        tmp_path, "realworld_har", {"proband1/data/acc_lying_csv.zip": zipped(files)}
    )
    found = fetch_realworld_har(data_home=tmp_path, as_windows=False)
    assert list(found.data[0]) == ["shin_acc"]
    assert found.data[0]["shin_acc"].tolist() == [[1, 1], [2, 2], [3, 3]]
    assert "acc_lying_head.csv is left out" in caplog.text
    with pytest.raises(OSError, match=r"acc_lying_head.csv'\] have no samples"):
        fetch_realworld_har(data_home=tmp_path, positions=["head"])


def test_a_damaged_table(tmp_path):
    text = HEADER + b"1,x,0,0,0\n"
    files = {"proband1/data/acc_lying_csv.zip": zipped({"acc_lying_head.csv": text})}
    LAYOUTS["folder"](tmp_path, "realworld_har", files)
    with pytest.raises(OSError, match=r"acc_lying_head.csv is not as published"):
        fetch_realworld_har(data_home=tmp_path)


def test_a_phone_that_stopped_early_does_not_cost_the_others():
    ends = {"chest_acc": 1000, "head_acc": 10_000, "waist_acc": 9900}
    samples = {
        name: Samples(np.arange(0, end, 20.0), np.zeros((end // 20, 3)))
        for name, end in ends.items()
    }
    members = {name: SimpleNamespace(name=name) for name in ends}
    assert list(_at_the_same_time(samples, members)) == ["head_acc", "waist_acc"]
