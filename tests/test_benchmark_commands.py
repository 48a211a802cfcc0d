"""Commands that print the tables of the documentation, on tiny recordings."""

import sys

import numpy as np
import pytest

from benchmarks import long_windows, missing, out_of_core, several_rates, subsets


def save(path, shapes, n_windows, rates=None, **more):
    """Write windows whose level tells their class, as the prepared sets have them."""
    rng = np.random.default_rng(0)
    y = np.arange(n_windows) // 3 % 3  # three windows in a row are alike
    arrays = {
        f"x_{name}": (
            y[:, None, None] + rng.normal(scale=0.5, size=(n_windows, *shape))
        ).astype(np.float32)
        for name, shape in shapes.items()
    }
    known = {"y": y, "subject": np.arange(n_windows) // 9 % 4, **more}
    modalities = np.array(list(shapes))
    np.savez(path, modalities=modalities, rate=np.array(rates or [1]), **known, **arrays)


def run(module, monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", [module.__name__, *map(str, arguments)])
    module.main()
    return capsys.readouterr().out.splitlines()


def numbers(line):
    return [float(cell) for cell in line.strip("| ").split(" | ")[1:]]


def test_missing(tmp_path, monkeypatch, capsys):
    pytest.importorskip("aeon")
    test = np.arange(108) >= 72
    save(
        tmp_path / "hapt.npz", {"acc": (3, 16), "gyro": (3, 16)}, 108, official_test=test
    )
    monkeypatch.setattr(missing, "SEEDS", (0,))
    monkeypatch.setattr(missing, "GAPS", (0.0, 0.5))
    lines = run(missing, monkeypatch, capsys, "--data", tmp_path)
    assert lines[0] == "| method | seeds 0 | mean |"
    rows = {line.split(" | ")[0].strip("| "): numbers(line) for line in lines[2:10]}
    assert "CroSSL, two modalities, 30 % missing" in rows
    assert "MiniRocket for each set of sensors" in rows
    assert all(0 <= seed == mean <= 1 for seed, mean in rows.values())
    gaps = next(line for line in lines if line.startswith("| macro-F1"))
    assert len(numbers(gaps)) == 2
    assert sum("among the 10 nearest of 36" in line for line in lines) == 2


def test_several_rates(tmp_path, monkeypatch, capsys):
    shapes = {"acc": (3, 32), "eda": (1, 8)}
    for name in several_rates.SETS:
        labels = {"y_stress": np.arange(72) // 3 % 2}
        save(tmp_path / f"{name}.npz", shapes, 72, [16, 4], **labels)
    monkeypatch.setattr(several_rates, "EPOCHS", 1)
    lines = run(several_rates, monkeypatch, capsys, "--data", tmp_path)
    assert len(lines) == 2 + len(several_rates.SETS)
    assert lines[2].startswith("| emg_lower_limb | acc 3x32 @ 16, eda 1x8 @ 4 | ")
    score, guess = (float(cell) for cell in lines[2].split(" | ")[2:4])
    assert 0 < guess < score <= 1


def test_long_windows(tmp_path, monkeypatch, capsys):
    save(tmp_path / "emg_lower_limb.npz", {"emg": (1, 40)}, 108)
    monkeypatch.setattr(long_windows, "PER_CLASS", 2)
    monkeypatch.setattr(long_windows, "N_SPLITS", 2)
    monkeypatch.setattr(long_windows, "SUMMARY_SIZES", {"without": 0})
    lines = run(long_windows, monkeypatch, capsys, "--data", tmp_path)
    means = [line for line in lines if " | mean | " in line]
    assert len(lines) == 2 + 2 * 2 + len(means) == 8
    of_splits = [line for line in lines[2:] if line.startswith("| without | None | ")]
    scores = [float(line.split(" | ")[-1].strip("| ")) for line in of_splits]
    assert scores[-1] == pytest.approx(np.mean(scores[:-1]), abs=0.001)


def test_subsets(monkeypatch, capsys):
    options = ["--modalities", 2, "--windows", 20, "--repeats", 1]
    lines = run(subsets, monkeypatch, capsys, *options)
    assert [line.split(",")[0] for line in lines] == ["linear model", "classifier"]
    assert all("20 windows of 2 modalities: once " in line for line in lines)


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_out_of_core(tmp_path, monkeypatch, capsys):
    options = ["--folder", tmp_path, "--gigabytes", 0.005]
    lines = run(out_of_core, monkeypatch, capsys, *options)
    assert lines[0].startswith("1627 windows, ")
    assert [line.split()[0] for line in lines[1:]] == ["disk", "memory", "disk"]
    assert not list(tmp_path.iterdir())
