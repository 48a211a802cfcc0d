"""Parts of a data set by name."""

import pytest

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
        ([], r"sensors=\(\): none"),
        ("acc", r"sensors='acc'; expected a sequence such as \('acc', 'gyr'\)"),
        (3, "sensors=3; expected a sequence"),
    ],
)
def test_wrong_choices(parts, message):
    with pytest.raises(ValueError, match=message):
        choose_parts("sensors", parts, KNOWN)
