"""Parts of a data set by name."""

import pytest

from sklearn_crossl import datasets
from sklearn_crossl.datasets._choices import choose_parts

KNOWN = ("acc", "gyr", "mag")


def test_order_is_that_of_the_data_set():
    assert choose_parts("sensors", None, KNOWN) == KNOWN
    assert choose_parts("sensors", ["mag", "acc", "mag"], KNOWN) == ("acc", "mag")
    assert choose_parts("nights", iter({2}), (1, 2)) == (2,)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (["acc", "eeg"], r"there is no \['eeg'\]; choose from \('acc', 'gyr', 'mag'\)"),
        ([], r"sensors=\(\) is empty"),
        ("acc", r"sensors='acc'; expected a sequence such as \('acc', 'gyr'\)"),
        (3, "sensors=3; expected a sequence"),
    ],
)
def test_wrong_choices(parts, message):
    with pytest.raises(ValueError, match=message):
        choose_parts("sensors", parts, KNOWN)


def test_true_is_no_number():
    with pytest.raises(ValueError, match=r"there is no \[True\]"):
        choose_parts("subjects", [True, 2], (1, 2))


@pytest.mark.parametrize("name", [n for n in datasets.__all__ if n.startswith("fetch_")])
@pytest.mark.parametrize(
    "option",
    [
        {"return_X_y": "False"},
        {"as_windows": "no"},
        {"download_if_missing": 0.5},
        {"window_seconds": 0},
        {"step_seconds": "1"},
        {"data_home": 3},
    ],
)
def test_options_are_checked(name, option):
    (given,) = option
    with pytest.raises(ValueError, match=f"The '{given}' parameter of {name} must be"):
        getattr(datasets, name)(**option)
