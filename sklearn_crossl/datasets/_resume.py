"""Resumable downloads over HTTP."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

CHUNK_BYTES = 2**16  # of an interrupted download, less than this is lost
TIMEOUT_SECONDS = 60
RANGE_NOT_SATISFIABLE = 416
PARTIAL_CONTENT = 206


class ResumingDownloader:
    """A downloader for pooch that keeps partial data and resumes from it next time.

    Parameters
    ----------
    part : Path
        Where to keep partial data until the file is complete; for one URL only.
    title : str
        Title of the progress bar.
    """

    def __init__(self, part: Path, title: str) -> None:
        self.part = part
        self.title = title

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        import requests

        done = self.part.stat().st_size if self.part.exists() else 0
        # No compression in transit, since offsets must refer to the file itself.
        headers = {"Accept-Encoding": "identity"}
        if done:
            headers["Range"] = f"bytes={done}-"
        with requests.get(
            url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS
        ) as response:
            if done and response.status_code == RANGE_NOT_SATISFIABLE:
                response.close()
                self.part.unlink()  # complete or of another version: no way to tell
                self(url, output_file, pooch)
                return
            response.raise_for_status()
            start = done if _resumes(response, done) else 0
            self._save(response, start)
        self.part.replace(output_file)

    def _save(self, response: Any, start: int) -> None:
        length = response.headers.get("Content-Length")
        total = None if length is None else start + int(length)
        bar = tqdm(
            desc=self.title,
            initial=start,
            total=total,
            unit="B",
            unit_scale=True,
            disable=None,  # no bar if the output is not a terminal
        )
        with self.part.open("ab" if start else "wb") as file, bar:
            for chunk in response.iter_content(CHUNK_BYTES):
                file.write(chunk)
                bar.update(len(chunk))
        size = self.part.stat().st_size
        if total is not None and size < total:
            raise OSError(f"the connection ended after {size} of {total} bytes")


def _resumes(response: Any, done: int) -> bool:
    """Return whether the response starts where the earlier attempt stopped."""
    stated = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return (
        response.status_code == PARTIAL_CONTENT
        and stated is not None
        and int(stated[1]) == done
    )
