"""UTD-MHAD in the publisher's layout."""

import numpy as np
import pytest
from dataset_files import FEW_SUBJECTS, LAYOUTS, real_home, utd_mhad_files, write, zipped

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.datasets import fetch_utd_mhad

pytestmark = FEW_SUBJECTS


@pytest.mark.parametrize("layout", LAYOUTS)
def test_whole_trials(tmp_path, layout):
    files, matrices = utd_mhad_files()
    LAYOUTS[layout](tmp_path, "utd_mhad", files)
    actions = fetch_utd_mhad(data_home=tmp_path)
    assert actions.target.tolist() == [0, 0, 26, 26]
    assert actions.groups.tolist() == [1, 2, 1, 2]
    for row, (inertial, skeleton) in enumerate(matrices.values()):
        inertial, skeleton = inertial.astype(np.float32), skeleton.astype(np.float32)
        np.testing.assert_array_equal(actions.data["acc"][row], inertial[:, :3].T)
        np.testing.assert_array_equal(actions.data["gyro"][row], inertial[:, 3:].T)
        frames = actions.data["skeleton"][row]
        for channel, (joint, axis) in ((0, (0, 0)), (5, (1, 2)), (59, (19, 2))):
            np.testing.assert_array_equal(frames[channel], skeleton[joint, axis])
    names = actions.modalities["skeleton"]
    assert len(names) == len(set(names)) == 60
    assert names[0] == "head_x"
    assert names[5] == "shoulder_center_z"
    assert names[59] == "right_foot_z"


def test_archives_as_the_publisher_names_them(tmp_path):
    files, _ = utd_mhad_files()
    for folder in ("Inertial", "Skeleton"):
        part = {name: file for name, file in files.items() if name.startswith(folder)}
        write(tmp_path / f"{folder}.zip", zipped(part))
    assert len(fetch_utd_mhad(data_home=tmp_path).target) == 4
    (tmp_path / "Skeleton.zip").unlink()
    with pytest.raises(OSError, match=r"Download\n  Skeleton.zip from https://"):
        fetch_utd_mhad(data_home=tmp_path, download_if_missing=False)


def test_trials_go_into_the_transformer_as_they_are(tmp_path):
    LAYOUTS["folder"](tmp_path, "utd_mhad", utd_mhad_files()[0])
    actions = fetch_utd_mhad(data_home=tmp_path)
    embedder = CroSSLTransformer(max_epochs=1, random_state=0, summary_size=0)
    assert np.isfinite(embedder.fit_transform(actions.data)).all()


def test_windows(tmp_path):
    LAYOUTS["archive"](tmp_path, "utd_mhad", utd_mhad_files()[0])
    actions = fetch_utd_mhad(data_home=tmp_path, window_seconds=1)
    # The skeletons have 1.5, 1.67, 1.83 and 2 seconds.
    assert actions.target.tolist() == [0, 0, 26, 26, 26]
    assert actions.data["acc"].shape == (5, 3, 50)
    assert actions.data["skeleton"].shape == (5, 60, 30)
    trials = fetch_utd_mhad(data_home=tmp_path, as_windows=False, subjects=[2])
    assert [set(labels) for labels in trials.target] == [{0}, {26}]
    assert [len(labels) for labels in trials.target] == [120, 140]


def test_errors(tmp_path):
    files, _ = utd_mhad_files()
    LAYOUTS["folder"](tmp_path, "utd_mhad", files)
    with pytest.raises(OSError, match=r"no files of the subjects \[3\]"):
        fetch_utd_mhad(data_home=tmp_path, subjects=[3])
    files["Inertial/a1_s1_t1_inertial.mat"] = files["Skeleton/a1_s1_t1_skeleton.mat"]
    LAYOUTS["folder"](tmp_path, "utd_mhad", files)
    with pytest.raises(OSError, match=r"a1_s1_t1_inertial.mat .* it has no d_iner"):
        fetch_utd_mhad(data_home=tmp_path)


def test_real_files():
    """Their lengths are those that the prepared windows were stretched from."""
    home = real_home("utd_mhad")
    actions = fetch_utd_mhad(data_home=home, subjects=[1])
    with np.load(home / "utd_mhad.npz") as prepared:
        rows = np.flatnonzero(prepared["subject"] == 1)
        order = rows[np.lexsort((prepared["trial"][rows], prepared["y"][rows]))]
        lengths = prepared["n_inertial"][order], prepared["n_skeleton"][order]
    assert len(order) == 107
    assert [x.shape[1] for x in actions.data["acc"]] == lengths[0].tolist()
    assert [x.shape[1] for x in actions.data["skeleton"]] == lengths[1].tolist()


@pytest.mark.parametrize("content", [b"", b"no matrices in here"])
def test_a_damaged_file(tmp_path, content):
    files, _ = utd_mhad_files()
    files["Inertial/a1_s1_t1_inertial.mat"] = content
    LAYOUTS["folder"](tmp_path, "utd_mhad", files)
    with pytest.raises(OSError, match=r"a1_s1_t1_inertial.mat is not as published: "):
        fetch_utd_mhad(data_home=tmp_path)
