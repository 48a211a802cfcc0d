"""Where recordings are looked for, and when they are downloaded."""

from pathlib import Path

import pytest
from dataset_files import LAYOUTS, write, zipped

from sklearn_crossl.datasets import _locate, get_data_home
from sklearn_crossl.datasets._download import RemoteFile
from sklearn_crossl.datasets._locate import open_files

REMOTE = [
    RemoteFile("The Data.zip", ("https://a.example/The+Data.zip",), holds=r"s\d+\.txt"),
    RemoteFile("labels.txt", ("https://a.example/labels.txt",)),
]
CONTENT = {"s1.txt": b"1", "labels.txt": b"l"}


def test_home(monkeypatch):
    monkeypatch.setenv("SKLEARN_CROSSL_DATA", "/some/where")
    assert get_data_home() == Path("/some/where")
    assert get_data_home("else") == Path("else")
    monkeypatch.setenv("SKLEARN_CROSSL_DATA", "")
    assert get_data_home() == Path.home() / "sklearn_crossl_data"
    monkeypatch.delenv("SKLEARN_CROSSL_DATA")
    assert get_data_home() == Path.home() / "sklearn_crossl_data"
    assert get_data_home("~/x") == Path.home() / "x"


@pytest.fixture
def downloads(monkeypatch):
    """Let a download succeed, and tell which ones there were."""
    done = []

    def download(remote, folder):
        done.append(remote.name)
        content = zipped({"s1.txt": b"1"}) if "zip" in remote.name else b"l"
        write(folder / remote.name, content)
        return folder / remote.name

    monkeypatch.setattr(_locate, "download", download)
    return done


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_is_downloaded_where_the_files_are(tmp_path, layout, downloads):
    LAYOUTS[layout](tmp_path, "set", CONTENT)
    with open_files("set", REMOTE, tmp_path, True) as files:
        assert files.one(r"s(\d+)\.txt").read() == b"1"
    assert not downloads


def test_what_a_browser_downloaded_is_found(tmp_path, downloads):
    write(tmp_path / "The Data.zip", zipped({"s1.txt": b"1"}))
    write(tmp_path / "labels.txt", b"l")
    with open_files("set", REMOTE, tmp_path, True) as files:
        assert files.one(r"labels\.txt").read() == b"l"
    assert not downloads


def test_what_is_missing_is_downloaded_once(tmp_path, downloads):
    home = tmp_path / "not" / "yet"
    for _ in range(2):
        with open_files("set", REMOTE, home, True) as files:
            assert files.one(r"s(\d+)\.txt").read() == b"1"
    assert downloads == ["The Data.zip", "labels.txt"]
    (home / "set" / "labels.txt").unlink()
    open_files("set", REMOTE, home, True).close()
    assert downloads[2:] == ["labels.txt"]


def test_the_error_says_where_to_put_what(tmp_path):
    with pytest.raises(OSError, match="files of set are missing") as caught:
        open_files("set", REMOTE, tmp_path / "home", False)
    message = str(caught.value)
    for place in ("set", "set.zip", "raw/set", "raw/set.zip", "The Data.zip"):
        assert f"\n  {tmp_path / 'home' / place}\n" in message
    assert "The Data.zip from https://a.example/The+Data.zip" in message
    assert f"into {tmp_path / 'home' / 'set'};" in message
    assert not (tmp_path / "home").exists()


def test_an_archive_of_something_else(tmp_path, monkeypatch):
    def download(remote, folder):
        write(folder / remote.name, zipped({"index.html": b"moved"}))
        return folder / remote.name

    monkeypatch.setattr(_locate, "download", download)
    with pytest.raises(OSError, match=r"The Data.zip does not hold .* delete it"):
        open_files("set", REMOTE[:1], tmp_path, True)
