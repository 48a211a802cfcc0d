"""Pages that come from code and from measured results, written before each build."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

import sklearn_crossl
from benchmarks.quality import (
    everybody,
    regression,
    search,
    search_fine_tuning,
    self_training,
)
from benchmarks.quality.report import write_report
from benchmarks.speed.report import report as speed_report

# Modules in the order in which data flow through them; others follow.
FLOW = (
    "sklearn_crossl",
    "sklearn_crossl.datasets",
    "sklearn_crossl.segmentation",
    "sklearn_crossl.modalities",
    "sklearn_crossl.encoders",
    "sklearn_crossl.masking",
    "sklearn_crossl.aggregators",
    "sklearn_crossl.objectives",
    "sklearn_crossl.semi_supervised",
    "sklearn_crossl.inspection",
)
LESSONS = (
    "plot_quickstart.py",
    "plot_label_efficiency.py",
    "plot_masking_ratio.py",
    "plot_missing_sensors.py",
    "plot_sensor_importance.py",
    "plot_several_rates.py",
    "plot_generated_series.py",
    "plot_fine_tuning.py",
)


class ByLesson:
    """Order of the gallery: as one would teach it, new examples last."""

    def __init__(self, folder: str):
        self.folder = folder

    def __call__(self, name: str) -> tuple[int, str]:
        """Return what to sort by."""
        return (LESSONS.index(name) if name in LESSONS else len(LESSONS), name)


def public_modules() -> list[ModuleType]:
    """Import the public modules, those nearest to the top first."""
    found = pkgutil.walk_packages(sklearn_crossl.__path__, "sklearn_crossl.")
    names = [info.name for info in found if "._" not in info.name]
    names = sorted(["sklearn_crossl", *names], key=lambda name: name.count("."))
    return [importlib.import_module(name) for name in names]


def listing() -> dict[str, dict[str, Any]]:
    """List each public object once, in the topmost module that offers it."""
    seen: set[int] = set()
    pages: dict[str, dict[str, Any]] = {}
    for module in public_modules():
        offered = {
            name: getattr(module, name)
            for name in getattr(module, "__all__", ())
            if not name.startswith("_") and not inspect.ismodule(getattr(module, name))
        }
        new = {name: value for name, value in offered.items() if id(value) not in seen}
        seen.update(map(id, new.values()))
        if new:
            pages[module.__name__] = new
    place = {name: position for position, name in enumerate(FLOW)}
    order = sorted(pages, key=lambda name: (place.get(name, len(FLOW)), name))
    return {name: pages[name] for name in order}


def write_api(folder: Path) -> None:
    """Write the list of all public names; autosummary makes a page of each."""
    folder.mkdir(exist_ok=True)
    parts = ["API reference", "=============", ""]
    for module, members in listing().items():
        parts += [*_section(module, members), ""]
    (folder / "index.rst").write_text("\n".join(parts), encoding="utf-8")


def _section(module: str, members: dict[str, Any]) -> Iterator[str]:
    title = f":mod:`{module}`"
    yield from (title, "-" * len(title), "", f".. module:: {module}", "")
    yield from (inspect.getdoc(importlib.import_module(module)) or "", "")
    documented = [n for n, v in members.items() if not isinstance(v, (dict, str))]
    yield from (".. autosummary::", "   :toctree: generated/", "   :nosignatures:", "")
    yield from (f"   {name}" for name in documented)
    registries = {n: v for n, v in members.items() if isinstance(v, dict)}
    for name, registry in registries.items():
        yield from ("", f".. data:: {name}", "", "   Accepted short names:", "")
        for key, value in registry.items():
            yield f"   - ``{key!r}``: {_link(module, value)}"


def _link(module: str, value: Any) -> str:
    role = "class" if inspect.isclass(value) else "func"
    public = hasattr(importlib.import_module(module), value.__name__)
    return f":{role}:`{value.__name__}`" if public else f"``{value.__name__}``"


def write_datasets(folder: Path) -> None:
    """Make a page of each data set's description, which is its ``DESCR``."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(Path(sklearn_crossl.__file__).parent / "datasets" / "descr", folder)


def write_benchmarks(results: Path, folder: Path) -> None:
    """Write the tables and figures of the benchmarks from their measured results."""
    quality = folder / "_quality"
    shutil.rmtree(quality, ignore_errors=True)
    quality.mkdir()
    write_report(results / "quality" / "results.csv", quality)
    reports = {
        "search/search": search,
        "search/search_fine_tuning": search_fine_tuning,
        "search/self_training": self_training,
        "quality/everybody": everybody,
        "quality/regression": regression,
    }
    for path, module in reports.items():
        measured = pd.read_csv(results / f"{path}.csv")
        (folder / f"_{Path(path).name}.md").write_text(module.report(measured))
    speed = json.loads((results / "speed" / "speed.json").read_text())
    (folder / "_speed.md").write_text(speed_report(speed))
