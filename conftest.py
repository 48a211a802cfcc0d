"""Settings of all tests, doctests too."""

import os

os.environ.setdefault("MPLBACKEND", "agg")  # no windows on the screen
