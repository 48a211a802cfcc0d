"""Linters, types, spelling, docstrings and house rules."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from inspect import isclass
from pathlib import Path
from pydoc import locate

import pytest
from numpydoc.validate import validate

import sklearn_crossl

ROOT = Path(__file__).parents[1]

COMMANDS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "codespell": ["codespell_lib"],
}

# A summary may be enough (ES01), not every name has relatives (SA01), and the opening
# quotes' line is ruff's to say (GL01).
NOT_ASKED = {"ES01", "GL01", "SA01", "SA04"}


@pytest.mark.parametrize("name", COMMANDS)
def test_command(name):
    command = [sys.executable, "-m", *COMMANDS[name]]
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def public_modules():
    found = pkgutil.walk_packages(sklearn_crossl.__path__, "sklearn_crossl.")
    names = [info.name for info in found if not info.name.split(".")[-1].startswith("_")]
    return [sklearn_crossl, *map(importlib.import_module, names)]


def public_objects():
    """Dotted names of all public classes, their public methods, and functions."""
    names = set()
    for module in public_modules():
        for name in getattr(module, "__all__", []):
            member = getattr(module, name)
            if not (inspect.isclass(member) or inspect.isfunction(member)):
                continue
            path = f"{member.__module__}.{member.__name__}"
            names.add(path)
            if inspect.isclass(member):
                methods = [
                    method
                    for method, value in vars(member).items()
                    if not method.startswith("_") and callable(value)
                ]
                names.update(f"{path}.{method}" for method in methods)
    return sorted(names)


def needs_example(name):
    """Methods stand in the example of their class; what is abstract cannot be called."""
    owner = locate(name.rpartition(".")[0])
    return not inspect.isclass(owner) and not inspect.isabstract(locate(name))


@pytest.mark.parametrize("name", public_objects())
def test_docstrings_are_complete(name):
    # Abstract stages are read by those who write one: their shapes stand in prose.
    exempt = {"PR01", "RT01", "RT03", "SS05"} if ".base." in name else set()
    if not needs_example(name):
        exempt.add("EX01")
    errors = validate(name)["errors"]
    assert not [e for e in errors if e[0] not in NOT_ASKED | exempt]


def test_every_stage_is_exported_and_has_an_example():
    for package, registry in (
        ("encoders", "ENCODERS"),
        ("aggregators", "AGGREGATORS"),
        ("objectives", "OBJECTIVES"),
    ):
        module = importlib.import_module(f"sklearn_crossl.{package}")
        stages = getattr(module, registry)
        claims = [vars(v).get("short_name") for v in vars(module).values() if isclass(v)]
        assert len(stages) == len(list(filter(None, claims))), "a name is used twice"
        for stage in stages.values():
            assert stage.__name__ in module.__all__
            assert ">>>" in stage.__doc__
            assert "References" in stage.__doc__


def test_modules_are_short():
    for path in (ROOT / "sklearn_crossl").rglob("*.py"):
        code = path.read_text(encoding="utf-8")
        limit = 650 if path.name == "transformer.py" else 300  # half of it is docstrings
        assert code.count("\n") < limit, path


def test_functions_are_short():
    for package in ("sklearn_crossl", "benchmarks"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.FunctionDef):
                    continue
                body = node.body[1 if ast.get_docstring(node) else 0 :]
                if body:
                    n_lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
                    assert n_lines < 40, (path, node.name)


def test_devices_are_spared_double_precision():
    """Not every device has it: tensors get it where they are on the host."""
    on_host = {"_device.py", "_feature_ridge.py"}
    for path in (ROOT / "sklearn_crossl").rglob("*.py"):
        if path.name not in on_host:
            code = path.read_text(encoding="utf-8")
            assert ".double()" not in code, path
            assert "torch.float64" not in code, path


def test_imports_never_point_up_the_data_flow():
    forbidden = {
        "modalities.py": ("torch", "encoders", "aggregators", "objectives"),
        "_summary": ("encoders", "aggregators", "objectives", "transformer"),
        "objectives": ("_summary", "encoders", "aggregators", "transformer"),
        "aggregators": ("encoders", "objectives", "transformer"),
        "encoders": ("aggregators", "objectives", "transformer"),
        "masking.py": ("encoders", "aggregators", "objectives", "transformer"),
    }
    package = ROOT / "sklearn_crossl"
    for place, names in forbidden.items():
        start = package / place
        for path in [start] if start.is_file() else start.glob("*.py"):
            lines = path.read_text(encoding="utf-8").splitlines()
            imports = [line for line in lines if line.startswith(("import ", "from "))]
            for name in names:
                assert not [i for i in imports if name in i], (path, name)
