"""The examples and the README run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

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
