"""Sleep-EDF in the publisher's layout."""

import builtins
import hashlib

import numpy as np
import pytest
from dataset_files import LAYOUTS, SLEEP_STAGES, sleep_edf_files, write, zipped

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.datasets import _locate, _sleep_edf_files, fetch_sleep_edf

LABELS = {
    "eeg_fpz_cz": "EEG Fpz-Cz",
    "eeg_pz_oz": "EEG Pz-Oz",
    "eog": "EOG horizontal",
    "emg": "EMG submental",
    "resp": "Resp oro-nasal",
    "temp": "Temp rectal",
}
FILES, SIGNALS = sleep_edf_files()
HERE = {"download_if_missing": False}


@pytest.fixture
def home(tmp_path):
    LAYOUTS["archive"](tmp_path, "sleep_edf", FILES)
    return tmp_path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_recordings(tmp_path, layout):
    LAYOUTS[layout](tmp_path, "sleep_edf", FILES)
    sleep = fetch_sleep_edf(as_windows=False, data_home=tmp_path, **HERE)
    assert sleep.groups.tolist() == [0, 0, 1]
    for recording, night in zip(sleep.data, SIGNALS, strict=True):
        assert set(recording) == set(LABELS)
        for name, label in LABELS.items():
            expected = SIGNALS[night][label][None]
            assert recording[name].dtype == np.float32
            assert recording[name].shape == expected.shape
            np.testing.assert_allclose(recording[name], expected, atol=0.05)
            # The steps of the converter are 0.1 apart.
            np.testing.assert_array_equal(
                recording[name].round(1), expected.astype(np.float32).round(1)
            )
    assert sleep.rates["eog"] == sleep.rates["eeg_pz_oz"] == 100.0
    assert sleep.rates["emg"] == sleep.rates["temp"] == sleep.label_rate == 1.0


@pytest.mark.parametrize(
    ("stages", "names"),
    [
        ("aasm", ["W", "W", "N1", "N2", "N3", "N3", "REM", "none", "N2", "W", "W"]),
        ("rk", ["W", "W", "S1", "S2", "S3", "S4", "REM", "none", "S2", "W", "W"]),
    ],
)
def test_stages(home, stages, names):
    sleep = fetch_sleep_edf(as_windows=False, data_home=home, stages=stages, **HERE)
    for labels in sleep.target:
        found = np.append(sleep.target_names, "none")[labels]
        assert found.tolist() == np.repeat(names, 120).tolist()


def test_windows_are_the_epochs_that_were_scored(home):
    sleep = fetch_sleep_edf(data_home=home, **HERE)
    n_epochs = 4 * (len(SLEEP_STAGES) - 1)  # movement has no label
    assert sleep.data["eog"].shape == (3 * n_epochs, 1, 3000)
    assert sleep.data["resp"].shape == (3 * n_epochs, 1, 30)
    assert sleep.target_names.tolist() == ["W", "N1", "N2", "N3", "REM"]
    names = sleep.target_names[sleep.target[:n_epochs]]
    expected = ["W", "W", "N1", "N2", "N3", "N3", "REM", "N2", "W", "W"]
    assert names.tolist() == np.repeat(expected, 4).tolist()
    assert sleep.groups.tolist() == [0] * 2 * n_epochs + [1] * n_epochs


def test_wake_margin(home):
    """Sleep is from 240 to 1080 s."""
    for minutes, first, last in ((0, 240, 1080), (1, 180, 1140), (0.4, 210, 1104)):
        sleep = fetch_sleep_edf(
            as_windows=False, data_home=home, wake_margin_minutes=minutes, **HERE
        )
        expected = SIGNALS["001EC"]["Temp rectal"][first:last]
        np.testing.assert_allclose(sleep.data[0]["temp"][0], expected, atol=0.05)
        expected = SIGNALS["001EC"]["EEG Pz-Oz"][100 * first : 100 * last]
        np.testing.assert_allclose(sleep.data[0]["eeg_pz_oz"][0], expected, atol=0.05)
        assert len(sleep.target[0]) == last - first
    whole = fetch_sleep_edf(data_home=home, wake_margin_minutes=None, **HERE)
    assert np.sum(whole.target == 0) == 3 * 16
    with pytest.raises(ValueError, match="'wake_margin_minutes' parameter"):
        fetch_sleep_edf(data_home=home, wake_margin_minutes=-1)


def test_subjects_and_nights(home):
    sleep = fetch_sleep_edf(data_home=home, nights=[1], as_windows=False, **HERE)
    assert sleep.groups.tolist() == [0, 1]
    X, y = fetch_sleep_edf(data_home=home, subjects=[1], return_X_y=True, **HERE)
    assert len(X["eog"]) == len(y) == 40
    with pytest.raises(OSError, match=r"no files of the subjects \[2\]"):
        fetch_sleep_edf(data_home=home, subjects=[2], **HERE)
    with pytest.raises(ValueError, match=r"no night \(2,\) of subjects \[1\]"):
        fetch_sleep_edf(data_home=home, subjects=[1], nights=[2], **HERE)
    with pytest.raises(ValueError, match=r"nights=.*there is no \[3\]"):
        fetch_sleep_edf(data_home=home, nights=[3])
    with pytest.raises(ValueError, match="'stages' parameter.* Got 'aasm2' instead"):
        fetch_sleep_edf(data_home=home, stages="aasm2")


@pytest.fixture
def downloads(monkeypatch):
    """Let the publisher's server have the files, and tell what was asked of it."""
    done = []

    def download(remote, folder):
        path = remote.urls[0].removeprefix(_sleep_edf_files.BASE)
        done.append(path)
        if remote.sha256 is not None:
            assert remote.sha256 == hashlib.sha256(FILES[path]).hexdigest()
        write(folder / remote.name, FILES[path])
        return folder / remote.name

    monkeypatch.setattr(_locate, "download", download)
    return done


def test_only_the_files_asked_for_are_downloaded(tmp_path, downloads):
    fetch_sleep_edf(data_home=tmp_path, subjects=[0], nights=[1])
    first = [
        "SHA256SUMS.txt",
        "sleep-cassette/SC4001E0-PSG.edf",
        "sleep-cassette/SC4001EC-Hypnogram.edf",
    ]
    assert downloads == first
    fetch_sleep_edf(data_home=tmp_path, subjects=[0], nights=[1])
    assert downloads == first  # all is there
    sleep = fetch_sleep_edf(data_home=tmp_path, subjects=[0], as_windows=False)
    assert sleep.groups.tolist() == [0, 0]
    assert downloads[3:] == [
        "sleep-cassette/SC4002E0-PSG.edf",
        "sleep-cassette/SC4002EH-Hypnogram.edf",
    ]


def test_nothing_is_downloaded_where_the_archive_lies(tmp_path, downloads):
    packed = zipped({f"sleep-edf-database-expanded-1.0.0/{k}": FILES[k] for k in FILES})
    write(tmp_path / "sleep-edf-database-expanded-1.0.0.zip", packed)
    sleep = fetch_sleep_edf(data_home=tmp_path, subjects=[0], as_windows=False)
    assert sleep.groups.tolist() == [0, 0]
    assert not downloads


def test_subjects_that_there_are(tmp_path, downloads):
    assert len(_sleep_edf_files.SUBJECTS) == 78
    assert 2 * 78 - len(_sleep_edf_files.LOST) == 153
    with pytest.raises(ValueError, match=r"there is no \[39\]"):
        fetch_sleep_edf(data_home=tmp_path, subjects=[39])
    with pytest.raises(ValueError, match=r"night \(1,\) of \(36,\) were lost"):
        fetch_sleep_edf(data_home=tmp_path, subjects=[36], nights=[1])
    with pytest.raises(OSError, match=r"does not list .*\('05', '1'\)"):
        fetch_sleep_edf(data_home=tmp_path, subjects=[5])
    assert downloads == ["SHA256SUMS.txt"]


def test_files_of_different_nights(tmp_path):
    LAYOUTS["folder"](tmp_path, "sleep_edf", sleep_edf_files(["001EC"], late=1)[0])
    with pytest.raises(OSError, match=r"starts at 16:13:00, but .* at 16:13:01"):
        fetch_sleep_edf(data_home=tmp_path, **HERE)


def test_another_rate(tmp_path):
    name = "sleep-cassette/SC4001E0-PSG.edf"
    header, rest = FILES[name][: 256 * 8], FILES[name][256 * 8 :]
    assert header.count(b"30      ") > 3  # seconds a record, samples at 1 Hz
    files = dict(FILES, **{name: header.replace(b"30      ", b"15      ", 1) + rest})
    LAYOUTS["folder"](tmp_path, "sleep_edf", files)
    with pytest.raises(OSError, match=r"EEG Fpz-Cz at 200.0 Hz; expected 100.0 Hz"):
        fetch_sleep_edf(data_home=tmp_path, **HERE)


def test_a_missing_scoring(tmp_path):
    files = {name: x for name, x in FILES.items() if "SC4001EC" not in name}
    LAYOUTS["folder"](tmp_path, "sleep_edf", files)
    with pytest.raises(OSError, match=r"no file .*Hypnogram.* with \('00', '1'\)"):
        fetch_sleep_edf(data_home=tmp_path, **HERE)


def test_edfio_is_named_where_it_is_missing(home, monkeypatch):
    original = builtins.__import__

    def without(name, *args):
        if name == "edfio":
            raise ModuleNotFoundError(name)
        return original(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"read by edfio: pip install"):
        fetch_sleep_edf(data_home=home, **HERE)


def test_windows_are_ready_for_training(home):
    X, _ = fetch_sleep_edf(data_home=home, subjects=[1], return_X_y=True, **HERE)
    model = CroSSLTransformer(max_epochs=1, random_state=0)
    assert np.isfinite(model.fit_transform(X)).all()


def test_subjects_from_a_generator(tmp_path, downloads):
    subjects = (subject for subject in [0])
    sleep = fetch_sleep_edf(data_home=tmp_path, subjects=subjects, as_windows=False)
    assert sleep.groups.tolist() == [0, 0]


@pytest.mark.parametrize("kind", ["PSG", "Hypnogram"])
@pytest.mark.parametrize("content", [b"", b"no signals in here" * 20])
def test_damaged_files(tmp_path, kind, content):
    name = next(n for n in FILES if "SC4001" in n and kind in n)
    LAYOUTS["folder"](tmp_path, "sleep_edf", {**FILES, name: content})
    with pytest.raises(OSError, match=f"SC4001.*-{kind}.edf is not as published"):
        fetch_sleep_edf(data_home=tmp_path, subjects=[0], **HERE)


@pytest.mark.filterwarnings("ignore:.*data record")  # edfio's own
def test_a_night_cut_short(tmp_path):
    name = next(n for n in FILES if "SC4001" in n and "PSG" in n)
    LAYOUTS["folder"](tmp_path, "sleep_edf", {**FILES, name: FILES[name][:-1]})
    with pytest.raises(OSError, match=r"PSG\.edf is not as published.*records"):
        fetch_sleep_edf(data_home=tmp_path, subjects=[0], **HERE)
