"""Downloads from a server on this machine."""

import builtins
import hashlib
import logging
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from dataset_files import FEW_SUBJECTS, hapt_files, zipped

from sklearn_crossl.datasets import _hapt, _resume, fetch_hapt
from sklearn_crossl.datasets._download import RemoteFile, download

CONTENT = bytes(range(256)) * 40
HASH = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serve CONTENT; the path says how: /range, /norange, /chunked, /other, /dead."""

    def do_GET(self):
        server, stated = self.server, self.headers["Range"]
        server.requests.append((self.path, stated))
        if self.path == "/dead":
            self.send_error(404)
            return
        content = server.content[:: -1 if self.path == "/other" else 1]
        start = int(stated.removeprefix("bytes=").removesuffix("-")) if stated else 0
        if self.path == "/norange":
            start = 0
        if start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            last = len(content) - 1
            self.send_header("Content-Range", f"bytes {start}-{last}/{len(content)}")
        if self.path != "/chunked":
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:][: server.stop_after])  # then the line breaks

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(_resume, "CHUNK_BYTES", 1000)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.requests, server.stop_after, server.content = [], None, CONTENT
        server.base = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def remote(server, *paths, sha256=HASH):
    return RemoteFile("set.zip", tuple(server.base + p for p in paths), sha256=sha256)


def test_download(server, tmp_path):
    path = download(remote(server, "/range"), tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "set.zip"
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["set.zip"]
    assert server.requests == [("/range", None)]


@pytest.mark.parametrize("path", ["/range", "/norange"])
def test_an_interrupted_download_goes_on(server, tmp_path, path):
    server.stop_after = 5000
    with pytest.raises(OSError, match=r"could not be downloaded[\s\S]*call again"):
        download(remote(server, path), tmp_path)
    (part,) = tmp_path.iterdir()
    assert part.suffix == ".part"
    assert part.read_bytes() == CONTENT[:5000]
    server.stop_after = None
    assert download(remote(server, path), tmp_path).read_bytes() == CONTENT
    assert server.requests == [(path, None), (path, "bytes=5000-")]
    assert [p.name for p in tmp_path.iterdir()] == ["set.zip"]


def test_a_server_that_tells_no_length(server, tmp_path):
    path = download(remote(server, "/chunked"), tmp_path)
    assert path.read_bytes() == CONTENT


def test_a_part_that_is_already_complete_is_fetched_anew(server, tmp_path):
    server.stop_after = 5000
    with pytest.raises(OSError, match="could not be downloaded"):
        download(remote(server, "/range"), tmp_path)
    (part,) = tmp_path.iterdir()
    part.write_bytes(CONTENT)
    server.stop_after = None
    assert download(remote(server, "/range"), tmp_path).read_bytes() == CONTENT
    assert [stated for _, stated in server.requests] == [
        None,
        f"bytes={len(CONTENT)}-",
        None,
    ]


def test_an_answer_from_elsewhere_in_the_file_is_not_appended(server, tmp_path):
    class Answer:
        status_code = 206
        headers = {"Content-Range": "bytes 100-200/300"}

    assert _resume._resumes(Answer, 100)
    assert not _resume._resumes(Answer, 50)
    Answer.headers = {}
    assert not _resume._resumes(Answer, 100)


def test_mirrors(server, tmp_path):
    path = download(remote(server, "/dead", "/other", "/range"), tmp_path)
    assert path.read_bytes() == CONTENT
    assert [p for p, _ in server.requests] == ["/dead", "/other", "/range"]
    assert [p.name for p in tmp_path.iterdir()] == ["set.zip"]


def test_a_mirror_does_not_go_on_with_anothers_part(server, tmp_path):
    server.stop_after = 5000
    with pytest.raises(OSError, match="could not be downloaded"):
        download(remote(server, "/other", sha256=None), tmp_path)
    server.stop_after = None
    path = download(remote(server, "/dead", "/range", sha256=None), tmp_path)
    assert path.read_bytes() == CONTENT


def test_nothing_answers(server, tmp_path):
    server.shutdown()
    server.server_close()
    gone = f"{server.base}/range"
    with pytest.raises(OSError, match="could not be downloaded") as caught:
        download(RemoteFile("set.zip", (gone,)), tmp_path)
    message = str(caught.value)
    assert gone in message
    assert f"put the file into {tmp_path} yourself" in message
    assert "call again" not in message
    assert not list(tmp_path.iterdir())


def test_a_wrong_hash_leaves_nothing(server, tmp_path):
    with pytest.raises(OSError, match="hash of downloaded file .* does not match"):
        download(remote(server, "/other"), tmp_path)
    assert not list(tmp_path.iterdir())


def test_without_a_hash_the_download_is_said_to_be_unchecked(server, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        download(remote(server, "/range"), tmp_path / "checked")
    assert not caplog.records
    with caplog.at_level(logging.WARNING):
        download(remote(server, "/range", sha256=None), tmp_path / "unchecked")
    (record,) = caplog.records
    assert "was not checked" in record.getMessage()
    assert HASH in record.getMessage()


@FEW_SUBJECTS
def test_a_data_set_is_downloaded_once(server, tmp_path, monkeypatch):
    server.content = zipped(hapt_files()[0])
    sha256 = hashlib.sha256(server.content).hexdigest()
    urls = (f"{server.base}/dead", f"{server.base}/range")
    monkeypatch.setattr(_hapt, "REMOTE", replace(_hapt.REMOTE, urls=urls, sha256=sha256))
    for _ in range(2):
        assert len(fetch_hapt(data_home=tmp_path).target) == 12
    assert [path for path, _ in server.requests] == ["/dead", "/range"]
    (archive,) = (tmp_path / "hapt").iterdir()
    assert archive.name == _hapt.REMOTE.name


def test_progress(server, tmp_path, monkeypatch):
    shown = []

    class Bar:
        def __init__(self, **options):
            shown.append(options)

        def update(self, n):
            shown.append(n)

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            pass

    monkeypatch.setattr(_resume, "tqdm", Bar)
    server.stop_after = 5000
    with pytest.raises(OSError, match="could not be downloaded"):
        download(remote(server, "/range"), tmp_path)
    server.stop_after, shown[:] = None, []
    download(remote(server, "/range"), tmp_path)
    options, *steps = shown
    assert options["desc"] == "set.zip"
    assert options["initial"] == 5000
    assert options["total"] == len(CONTENT)
    assert sum(steps) == len(CONTENT) - 5000


def test_pooch_is_optional(server, tmp_path, monkeypatch):
    original = builtins.__import__

    def without_pooch(name, *arguments):
        if name == "pooch":
            raise ImportError(name)
        return original(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_pooch)
    with pytest.raises(ImportError, match=r"pip install 'sklearn-crossl\[datasets\]'"):
        download(remote(server, "/range"), tmp_path)
    assert not server.requests
