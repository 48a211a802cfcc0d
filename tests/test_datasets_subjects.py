"""Which subjects are read, and what is said of those that are not there."""

from dataclasses import replace

import numpy as np
import pytest
from test_datasets_bunch import DATASET as OTHER

from sklearn_crossl.datasets._subjects import choose_subjects

DATASET = replace(OTHER, name="hapt", subjects=(1, 2, 3))


def test_choose_subjects():
    assert choose_subjects(DATASET, None, [3, 1, 3, 2]) == [1, 2, 3]
    assert choose_subjects(DATASET, np.array([3, 1]), ["03", "01"]) == [1, 3]
    assert choose_subjects(DATASET, range(1, 3), [3, 1, 2]) == [1, 2]


@pytest.mark.parametrize(
    ("subjects", "match"),
    [
        ([1, 9], r"there is no \[9\]; choose from \(1, 2, 3\)"),
        (["1"], r"there is no \['1'\]"),
        ([], r"is empty; choose from \(1, 2, 3\)"),
        (1, r"subjects=1; expected a sequence of numbers such as \(1, 2\)"),
        ("12", r"subjects='12'; expected a sequence"),
    ],
)
def test_unknown_subjects(subjects, match):
    with pytest.raises(ValueError, match=match):
        choose_subjects(DATASET, subjects, [1, 2, 3])


def test_some_of_all_are_read_with_a_warning():
    with pytest.warns(
        UserWarning, match=r"no files of the subjects \[1, 3\].*The others"
    ):
        assert choose_subjects(DATASET, None, [2]) == [2]


@pytest.mark.parametrize(("subjects", "there"), [([1, 2], [2, 3]), (None, [])])
def test_subjects_asked_for_that_are_not_there_are_an_error(subjects, there):
    with pytest.raises(OSError, match=r"hapt: no files of .* \[1.*move it away"):
        choose_subjects(DATASET, subjects, there)
