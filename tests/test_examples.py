"""The examples and the README run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.quality.recordings import DATASETS
from benchmarks.quality.scores import OURS, means, read

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("plot_*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs_and_draws(example, tmp_path):
    nowhere = tmp_path / "empty"
    nowhere.mkdir()
    environment = {
        **os.environ,
        "SKLEARN_CROSSL_DATA": str(nowhere),
        "MPLBACKEND": "agg",
        "PYTHONPATH": str(ROOT),
        "HTTP_PROXY": "http://127.0.0.1:9",  # nobody is there: no network is needed
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    subprocess.run([sys.executable, example], cwd=tmp_path, env=environment, check=True)
    figures = list(tmp_path.glob("*.png"))
    assert figures
    assert all(figure.stat().st_size > 10_000 for figure in figures)


def test_readme_code_runs():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    assert len(blocks) == 2
    namespace = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), namespace)
    assert set(namespace["pipeline"].predict(namespace["X"])) <= {0, 1}


def test_readme_figures_are_those_of_the_results():
    frame = read(ROOT / "benchmarks" / "results" / "quality" / "results.csv")
    frame = frame[frame["dataset"].isin(DATASETS)]

    def mean(method, labels):
        of_method = means(frame, labels)[method].groupby("dataset").mean()
        assert of_method.notna().all()
        return f"{of_method.mean():.2f}"

    def both(labels):
        return mean(OURS, labels), mean("MiniRocket", labels)

    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    few, one, everything = map(both, ("3 per class", "1 %", "100 %"))
    told = f"{OURS}, subjects, self-training"
    assert (
        f"macro-F1 of {few[0]} on average over five sets of recordings, MiniRocket one "
        f"of {few[1]}; with 1 % of the labels {one[0]} and {one[1]}; with all labels "
        f"{everything[0]} and {everything[1]}."
    ) in readme
    assert f"reach {mean(told, '3 per class')} and {mean(told, '1 %')} with so" in readme
