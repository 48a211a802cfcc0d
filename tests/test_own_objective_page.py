"""What the page on objectives tells a contributor to do works to the letter."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "howto" / "own_objective.md"
BLOCK = r"```\{code-block\} (\w+)\n:caption: (\S+)\n\n(.*?)```"

SEARCH = """
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.objectives import BarlowTwins

X = np.random.default_rng(0).normal(size=(24, 4, 32))
SMALL = {"modalities": [3, 1], "max_epochs": 1, "summary_size": 0, "random_state": 0}


def test_its_short_name():
    CroSSLTransformer(objective="barlow_twins", **SMALL).fit(X)
    with pytest.raises(ValueError, match="'barlow_twins'"):
        CroSSLTransformer(objective="barlow", **SMALL).fit(X)


def test_a_grid_search_over_its_parameter():
    embedder = CroSSLTransformer(objective=BarlowTwins(), **SMALL)
    grid = {"objective__redundancy": [0.001, 0.1]}
    search = GridSearchCV(embedder, grid, cv=2).fit(X)
    assert {"invariance", "redundancy"} <= set(search.best_estimator_.history_[0])
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Copy the package and follow the page."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("sklearn_crossl", "tests"):
        leftover = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=leftover)
    for name in ("pyproject.toml", "setup.cfg"):
        shutil.copy(ROOT / name, folder)
    page = PAGE.read_text(encoding="utf-8")
    for language, path, text in re.findall(BLOCK, page, flags=re.DOTALL):
        if language == "diff":
            edit(folder / path, text)
        else:
            assert not (folder / path).exists()
            (folder / path).write_text(text, encoding="utf-8")
    return folder


def edit(path, diff):
    lines = diff.splitlines(keepends=True)
    assert [line[0] for line in lines] == [" ", "+", " "]  # one line is added
    before, added, after = (line[1:] for line in lines)
    text = path.read_text(encoding="utf-8")
    assert before + after in text
    path.write_text(text.replace(before + after, before + added + after), "utf-8")


def run(clone, *command):
    environment = {**os.environ, "PYTHONPATH": str(clone)}
    result = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_its_tests_and_those_of_every_objective_pass(clone):
    (clone / "tests" / "test_barlow_search.py").write_text(SEARCH, encoding="utf-8")
    files = ["objectives", "barlow_twins", "barlow_search", "network", "code_quality"]
    paths = [f"tests/test_{name}.py" for name in files]
    log = run(clone, "pytest", "-v", "-k", "barlow", *paths, "sklearn_crossl/objectives")
    for path in [*paths, "sklearn_crossl/objectives/barlow_twins.py"]:
        assert re.search(rf"{re.escape(path)}::.*PASSED", log), path


def test_it_passes_the_linters(clone):
    files = ["sklearn_crossl/objectives", "tests/test_barlow_twins.py"]
    run(clone, "ruff", "check", *files)
    run(clone, "ruff", "format", "--check", *files)
