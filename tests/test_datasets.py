"""What all fetchers have in common."""

import doctest
import inspect
import re

import pytest
from dataset_files import real_home

from sklearn_crossl import datasets

FETCHERS = [name for name in datasets.__all__ if name.startswith("fetch_")]
COMMON = {
    "subjects": None,
    "as_windows": True,
    "data_home": None,
    "download_if_missing": True,
    "return_X_y": False,
}


@pytest.mark.parametrize("name", FETCHERS)
def test_signature(name):
    parameters = inspect.signature(getattr(datasets, name)).parameters
    assert {p.kind for p in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    defaults = {key: p.default for key, p in parameters.items()}
    assert COMMON.items() <= defaults.items()
    assert {"window_seconds", "step_seconds"} <= set(defaults)


@pytest.mark.parametrize("name", FETCHERS)
def test_missing_files_are_explained(name, tmp_path):
    fetch, home = getattr(datasets, name), tmp_path / "home"
    with pytest.raises(OSError, match="download_if_missing=False") as caught:
        fetch(data_home=home, download_if_missing=False)
    assert "https://" in str(caught.value)
    assert str(home / name.removeprefix("fetch_")) in str(caught.value)
    assert not home.exists()


@pytest.mark.parametrize("name", FETCHERS)
def test_descriptions_say_what_is_needed(name):
    text = datasets._bunch._description(name.removeprefix("fetch_"))
    for word in ("Recordings", "Subjects", "Modalities", "Classes", "Licence", "Checked"):
        assert f"\n:{word}:" in text
    assert "\n:Download:" in text
    assert "https://" in text
    assert ".. rubric:: References\n" in text


@pytest.mark.parametrize("name", FETCHERS)
def test_subjects_are_as_described(name):
    name = name.removeprefix("fetch_")
    module = getattr(datasets, f"_{name}")
    (about,) = (
        x for x in vars(module).values() if isinstance(x, datasets._bunch.DataSet)
    )
    line = re.search(
        r"\n:Subjects: (\d+), numbered (\d+) to (\d+)", datasets._bunch._description(name)
    )
    n_subjects, first, last = map(int, line.groups())
    assert (about.subjects[0], about.subjects[-1]) == (first, last)
    assert len(about.subjects) == len(set(about.subjects)) == n_subjects


@pytest.mark.parametrize("name", FETCHERS)
def test_examples_are_true_of_the_real_files(name):
    """They are skipped as doctests, since not everybody has the files."""
    real_home(name.removeprefix("fetch_"), prepared=False)
    docstring = getattr(datasets, name).__doc__
    source, skips = re.subn(r" *# doctest: \+SKIP", "", docstring)
    assert skips
    example = doctest.DocTestParser().get_doctest(source, {}, name, None, None)
    failed, tried = doctest.DocTestRunner().run(example)
    assert tried
    assert not failed
