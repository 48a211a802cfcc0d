"""The site builds without a warning, and every public name has a page."""

import importlib
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sklearn_crossl

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the site, without running the examples, from a copy."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("docs", "examples", "benchmarks"):
        leftover = shutil.ignore_patterns(
            "_build", "api", "gallery", "__pycache__", "_*.md"
        )
        shutil.copytree(ROOT / name, folder / name, ignore=leftover)
    for name in ("CHANGELOG.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, folder)
    command = [
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-D",
        "plot_gallery=0",
        "docs",
        "html",
    ]
    built = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder / "html"


def test_every_public_name_has_a_page(site):
    """By identity: a name may be offered by its package as well as by its module."""
    pages = {page.stem for page in (site / "api" / "generated").glob("*.html")}
    documented = set()
    for page in pages:
        module, _, name = page.rpartition(".")
        documented.add(id(getattr(importlib.import_module(module), name)))
    index = (site / "api" / "index.html").read_text(encoding="utf-8")
    found = pkgutil.walk_packages(sklearn_crossl.__path__, "sklearn_crossl.")
    modules = [info.name for info in found if "._" not in info.name]
    for module in map(importlib.import_module, ["sklearn_crossl", *modules]):
        for name in getattr(module, "__all__", ()):
            member = getattr(module, name)
            has_section = f'id="{module.__name__}.{name}"' in index  # the registries
            is_plain = name.startswith("__") or type(member) is type(module)
            assert is_plain or has_section or id(member) in documented, (module, name)


def test_pages_show_measured_tables(site):
    quality = (site / "benchmarks" / "quality.html").read_text(encoding="utf-8")
    results = ROOT / "benchmarks" / "results" / "quality" / "results.csv"
    methods = {line.split(",")[1] for line in results.read_text().splitlines()[1:]}
    assert "MiniRocket" in methods
    for method in methods - {m for m in methods if m.startswith(('"', "CroSSLCl"))}:
        assert f"<p>{method}</p>" in quality, method
