"""Public recordings of several sensors, read from their publishers' own files."""

from ._hapt import fetch_hapt
from ._home import get_data_home
from ._opportunity import fetch_opportunity
from ._pamap2 import fetch_pamap2
from ._realworld_har import fetch_realworld_har
from ._sleep_edf import fetch_sleep_edf
from ._wesad import fetch_wesad

__all__ = [
    "fetch_hapt",
    "fetch_opportunity",
    "fetch_pamap2",
    "fetch_realworld_har",
    "fetch_sleep_edf",
    "fetch_wesad",
    "get_data_home",
]
