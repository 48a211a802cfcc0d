"""Public recordings of several sensors, read from their publishers' own files."""

from ._hapt import fetch_hapt
from ._home import get_data_home

__all__ = ["fetch_hapt", "get_data_home"]
