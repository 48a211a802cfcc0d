"""Targets that are numbers: measured by every method, resumed and reported."""

import sys

import numpy as np
import pandas as pd
import pytest

from benchmarks.quality import regression
from benchmarks.quality.methods import FineTuned
from sklearn_crossl import CroSSLRegressor, CroSSLTransformer

NAME, N_SUBJECTS, N_WINDOWS = "stress_predict", 10, 20


@pytest.fixture
def folder(tmp_path):
    """A pulse wave that beats as fast as the target says, and a thermometer."""
    rng = np.random.default_rng(0)
    n = N_SUBJECTS * N_WINDOWS
    rate = rng.uniform(50, 120, size=n)  # beats per minute
    t = np.arange(128) / 16
    beats = np.sin(2 * np.pi * (rate[:, None] / 60 * t + rng.uniform(size=(n, 1))))
    np.savez(
        tmp_path / f"{NAME}.npz",
        y=np.zeros(n, dtype=int),
        y_stress=np.zeros(n, dtype=int),
        subject=np.repeat(np.arange(N_SUBJECTS), N_WINDOWS),
        modalities=np.array(["bvp", "temp", "hr"]),
        x_bvp=beats[:, None] + 0.1 * rng.normal(size=(n, 1, 128)),
        x_temp=rng.normal(size=(n, 1, 32)),
        x_hr=np.repeat(rate, 8).reshape(n, 1, 8),
    )
    return tmp_path


def test_the_target_is_no_sensor(folder):
    parts = regression.load_target(NAME, folder, split=0)
    assert list(parts.X) == list(parts.X_test) == ["bvp", "temp"]
    assert len(parts.y) + len(parts.y_test) == N_SUBJECTS * N_WINDOWS
    assert parts.y.min() > 49
    assert parts.y.max() < 121


def test_it_is_measured_resumed_and_reported(folder, monkeypatch, capsys):
    small = CroSSLTransformer(max_epochs=1, summary_size=64)
    tuned = FineTuned(CroSSLRegressor, small)
    monkeypatch.setitem(regression.LEARNERS, "CroSSLRegressor", tuned)
    monkeypatch.setattr(regression, "DRAWS", 2)
    out, methods = folder / "out", ["CroSSLRegressor", "statistics", regression.CONSTANT]
    arguments = ["--data", str(folder), "--out", str(out), "--datasets", NAME]
    arguments += ["--splits", "0", "--methods"]
    for asked in (methods[:1], methods):
        monkeypatch.setattr(sys, "argv", ["regression", *arguments, *asked])
        regression.main()
    assert capsys.readouterr().out.splitlines() == [
        f"{NAME}, {method}, 0" for method in methods
    ]
    results = pd.read_csv(out / "regression.csv").set_index(["method", "labels"])
    errors = results["value"]
    target = regression.load_target(NAME, folder, split=0)
    constant = np.abs(target.y_test - target.y.mean()).mean()
    assert errors[regression.CONSTANT, "100 %"] == pytest.approx(constant)
    assert errors["statistics", "100 %"] < 0.7 * constant
    assert errors["CroSSLRegressor", "100 %"] < 0.7 * constant
    table = (out / "regression.md").read_text()
    cells = [f"{errors['statistics', share]:.2f}" for share in regression.SHARES]
    assert f"| statistics | {' | '.join(cells)} |" in table
