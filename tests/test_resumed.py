"""Results in a file that grows."""

import pandas as pd
import pytest

from benchmarks.quality.resumed import measure_missing

TASKS = [{"name": name, "number": number} for number in (0, 1) for name in "ab"]


def test_what_stands_in_the_file_is_not_measured_again(tmp_path, capsys):
    path, measured = tmp_path / "results.csv", []

    def measure(name, number):
        measured.append((name, number))
        yield from ({"value": value / 3} for value in range(2))

    measure_missing(path, TASKS[:1], measure)
    measure_missing(path, TASKS, measure)
    measure_missing(path, TASKS, measure)
    assert measured == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert capsys.readouterr().out.splitlines() == ["a, 0", "b, 0", "a, 1", "b, 1"]
    results = pd.read_csv(path, float_precision="round_trip")
    assert list(results) == ["name", "number", "value"]
    assert results["value"].tolist() == [0, 1 / 3] * 4


def test_a_task_that_fails_leaves_those_before_it(tmp_path):
    path = tmp_path / "results.csv"

    def measure(name, number):
        yield {"value": 1}
        if name == "b":
            raise ValueError("at the second row")

    with pytest.raises(ValueError, match="second row"):
        measure_missing(path, TASKS, measure)
    assert path.read_bytes() == b"name,number,value\na,0,1\n"


def test_columns_that_some_rows_lack_are_empty_there(tmp_path):
    path = tmp_path / "results.csv"

    def measure(name, number):
        yield {"value": 0.5}
        yield {"value": 0.25, "draw": number}

    measure_missing(path, TASKS[2:3], measure, ["name", "number", "draw", "value"])
    assert path.read_text() == "name,number,draw,value\na,1,,0.5\na,1,1,0.25\n"


def test_a_file_with_a_header_alone_and_columns_that_it_lacks(tmp_path):
    path = tmp_path / "results.csv"
    path.write_text("name,number,value\n")
    measure_missing(path, TASKS[:1], lambda name, number: [{"value": 1}])
    assert path.read_text() == "name,number,value\na,0,1\n"
    with pytest.raises(ValueError, match=r"has no column \{'extra'\}"):
        measure_missing(path, TASKS, lambda name, number: [{"extra": 1}])
