"""A description of simulated data in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sklearn.utils import Bunch


def describe(found: Bunch, minutes: float, difficulty: Mapping[str, float]) -> str:
    """Say who did what, and which sensors recorded it."""
    rows = "recordings" if isinstance(found.data, list) else "windows"
    sensors = [
        f"- {name}: {', '.join(channels)}; {found.rates[name]:g} Hz, {found.units[name]}"
        for name, channels in found.modalities.items()
    ]
    lines = [
        "Simulated wearable recordings",
        "",
        f"{len(found.groups)} {rows} of {len(np.unique(found.groups))} subjects, "
        f"{minutes:g} minutes each.",
        f"Activities: {', '.join(found.target_names)}.",
        "Sensors:",
        *sensors,
        "Parameters: "
        + ", ".join(f"{name} {value:g}" for name, value in difficulty.items())
        + ".",
        "The notes of sklearn_crossl.datasets.make_multimodal_series have the model.",
    ]
    return "\n".join(lines)
