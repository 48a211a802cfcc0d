"""The argument that most commands share: where the recordings are."""

from __future__ import annotations

import argparse
import os
from pathlib import Path


def data_parser(description: str | None) -> argparse.ArgumentParser:
    """Make a parser of ``--data``, the folder of SKLEARN_CROSSL_DATA by default."""
    parser = argparse.ArgumentParser(description=description)
    default = os.environ.get("SKLEARN_CROSSL_DATA")
    parser.add_argument("--data", type=Path, default=default, required=default is None)
    return parser
