"""WESAD in the publisher's layout."""

import pickle

import numpy as np
import pytest
from dataset_files import FEW_SUBJECTS, LAYOUTS, python2_pickle, wesad_files

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.datasets import fetch_wesad

pytestmark = FEW_SUBJECTS

KEYS = {  # where the publisher has each modality
    "chest_acc": ("chest", "ACC"),
    "chest_ecg": ("chest", "ECG"),
    "chest_emg": ("chest", "EMG"),
    "chest_eda": ("chest", "EDA"),
    "chest_temp": ("chest", "Temp"),
    "chest_resp": ("chest", "Resp"),
    "wrist_acc": ("wrist", "ACC"),
    "wrist_bvp": ("wrist", "BVP"),
    "wrist_eda": ("wrist", "EDA"),
    "wrist_temp": ("wrist", "TEMP"),
}
SHORT = {"window_seconds": 4, "step_seconds": 4}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    path = tmp_path_factory.mktemp("home")
    LAYOUTS["archive"](path, "wesad", wesad_files()[0])
    return path


def check(wesad, contents):
    assert wesad.groups.tolist() == list(contents)
    for recording, content in zip(wesad.data, contents.values(), strict=True):
        assert set(recording) == set(KEYS)
        for name, (device, key) in KEYS.items():
            values = content["signal"][device][key]
            scale = 64 if name == "wrist_acc" else 1
            np.testing.assert_array_equal(
                recording[name], (values.T / scale).astype(np.float32)
            )
            assert recording[name].dtype == np.float32


@pytest.mark.parametrize("layout", LAYOUTS)
def test_recordings(tmp_path, layout):
    files, contents = wesad_files(seconds=10)
    LAYOUTS[layout](tmp_path, "wesad", files)
    wesad = fetch_wesad(as_windows=False, data_home=tmp_path)
    check(wesad, contents)
    assert wesad.rates["chest_ecg"] == wesad.label_rate == 700.0
    assert wesad.rates["wrist_acc"] == 32.0
    assert wesad.rates["wrist_bvp"] == 64.0
    assert wesad.rates["wrist_temp"] == wesad.rates["wrist_eda"] == 4.0
    assert wesad.units["chest_acc"] == wesad.units["wrist_acc"] == "g"


@pytest.mark.parametrize("write", [lambda x: python2_pickle(x, 2), pickle.dumps])
def test_other_pickles(tmp_path, write):
    """Should the publisher, or somebody else, write them anew."""
    _, contents = wesad_files(seconds=5)
    files = {f"WESAD/S{n}/S{n}.pkl": write(content) for n, content in contents.items()}
    LAYOUTS["folder"](tmp_path, "wesad", files)
    check(fetch_wesad(as_windows=False, data_home=tmp_path), contents)


def test_labels(home):
    for meditation in (False, True):
        wesad = fetch_wesad(
            as_windows=False, data_home=home, subjects=[2], meditation=meditation
        )
        label = wesad_files()[1][2]["label"]
        names = np.append(wesad.target_names, "none")[wesad.target[0]]
        expected = ["none", "baseline", "stress", "amusement", "none", "none"]
        if meditation:
            expected[4] = "meditation"
        for code, name in zip((0, 1, 2, 3, 4, 7), expected, strict=True):
            assert set(names[label == code]) == {name}
        assert len(wesad.target_names) == 3 + meditation


def test_windows(home):
    wesad = fetch_wesad(data_home=home, **SHORT)
    assert wesad.data["chest_acc"].shape == (10, 3, 2800)
    assert wesad.data["wrist_eda"].shape == (10, 1, 16)
    # Conditions change at 4, 11.2, 18.4 and 25.6 s.
    assert wesad.target.tolist() == [0, 0, 1, 1, 2] * 2
    assert wesad.groups.tolist() == [2] * 5 + [13] * 5


def test_modalities(home):
    wesad = fetch_wesad(data_home=home, modalities=["wrist_eda", "chest_resp"], **SHORT)
    assert list(wesad.data) == list(wesad.rates) == ["chest_resp", "wrist_eda"]
    assert wesad.data["wrist_eda"].dtype == np.float32
    with pytest.raises(ValueError, match=r"modalities=.*there is no \['eeg'\]"):
        fetch_wesad(data_home=home, modalities=["eeg"])


def test_subjects(home):
    assert set(fetch_wesad(data_home=home, subjects=[13], **SHORT).groups) == {13}
    with pytest.raises(ValueError, match=r"there is no \[12\]; choose from \(2, 3"):
        fetch_wesad(data_home=home, subjects=[12])


def test_a_missing_sensor_is_an_error(tmp_path):
    _, contents = wesad_files(seconds=5)
    del contents[2]["signal"]["chest"]["Resp"]
    files = {"S2/S2.pkl": python2_pickle(contents[2], 0)}
    LAYOUTS["folder"](tmp_path, "wesad", files)
    with pytest.raises(OSError, match=r"S2.pkl is not as published: KeyError\('Resp'\)"):
        fetch_wesad(data_home=tmp_path)
    assert fetch_wesad(data_home=tmp_path, modalities=["wrist_bvp"], as_windows=False)


def test_a_pickle_that_runs_something_is_refused(tmp_path):
    class Payload:
        def __reduce__(self):
            return (tmp_path / "done").touch, ()

    files = {"S2/S2.pkl": pickle.dumps({"signal": Payload()})}
    LAYOUTS["archive"](tmp_path, "wesad", files)
    with pytest.raises(pickle.UnpicklingError, match="This pickle has"):
        fetch_wesad(data_home=tmp_path)
    assert not (tmp_path / "done").exists()


def test_windows_are_ready_for_training(home):
    X, _ = fetch_wesad(
        data_home=home,
        modalities=["wrist_acc", "wrist_bvp", "wrist_eda"],
        **SHORT,
        return_X_y=True,
    )
    model = CroSSLTransformer(max_epochs=1, random_state=0)
    assert np.isfinite(model.fit_transform(X)).all()


def test_text_in_place_of_an_array(tmp_path):
    _, contents = wesad_files(seconds=5)
    contents[2]["label"] = "none"
    files = {"S2/S2.pkl": python2_pickle(contents[2], 0)}
    LAYOUTS["folder"](tmp_path, "wesad", files)
    with pytest.raises(OSError, match=r"S2.pkl is not as published: AttributeError"):
        fetch_wesad(data_home=tmp_path)
