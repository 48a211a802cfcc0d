"""Recordings of several sensors: public data sets, and a simulator."""

from ._daily_sports import fetch_daily_sports
from ._hapt import fetch_hapt
from ._home import get_data_home
from ._mhealth import fetch_mhealth
from ._multimodal_series import make_multimodal_series
from ._opportunity import fetch_opportunity
from ._pamap2 import fetch_pamap2
from ._realworld_har import fetch_realworld_har
from ._sleep_edf import fetch_sleep_edf
from ._spar import fetch_spar
from ._stress_predict import fetch_stress_predict
from ._utd_mhad import fetch_utd_mhad
from ._wesad import fetch_wesad

__all__ = [
    "fetch_daily_sports",
    "fetch_hapt",
    "fetch_mhealth",
    "fetch_opportunity",
    "fetch_pamap2",
    "fetch_realworld_har",
    "fetch_sleep_edf",
    "fetch_spar",
    "fetch_stress_predict",
    "fetch_utd_mhad",
    "fetch_wesad",
    "get_data_home",
    "make_multimodal_series",
]
