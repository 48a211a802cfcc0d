"""Public recordings of several sensors, read from their publishers' own files."""

from ._daily_sports import fetch_daily_sports
from ._hapt import fetch_hapt
from ._home import get_data_home
from ._mhealth import fetch_mhealth
from ._stress_predict import fetch_stress_predict
from ._utd_mhad import fetch_utd_mhad

__all__ = [
    "fetch_daily_sports",
    "fetch_hapt",
    "fetch_mhealth",
    "fetch_stress_predict",
    "fetch_utd_mhad",
    "get_data_home",
]
