import numpy as np
import pytest

from sklearn_crossl.modalities import resolve_modalities


@pytest.mark.parametrize(
    ("modalities", "expected"),
    [
        (None, {"channel0": (0,), "channel1": (1,), "channel2": (2,), "channel3": (3,)}),
        ([3, 1], {"modality0": (0, 1, 2), "modality1": (3,)}),
        (np.array([1, 3]), {"modality0": (0,), "modality1": (1, 2, 3)}),
        ({"a": slice(0, 2), "b": slice(2, None)}, {"a": (0, 1), "b": (2, 3)}),
        ({"a": slice(None, None, 2)}, {"a": (0, 2)}),
        ({"a": slice(2, None, -1)}, {"a": (2, 1, 0)}),
        ({"a": slice(-2, None)}, {"a": (2, 3)}),
        ({"b": [3, 1], "a": 0}, {"b": (3, 1), "a": (0,)}),
        ({"a": np.arange(4)}, {"a": (0, 1, 2, 3)}),
    ],
)
def test_resolves_every_form(modalities, expected):
    resolved = resolve_modalities(modalities, 4)
    assert resolved == expected
    assert list(resolved) == list(expected)


@pytest.mark.parametrize(
    ("modalities", "error", "match"),
    [
        ({"a": slice(0, 2), "b": slice(1, 4)}, ValueError, "Channel 1 belongs to .*'a'"),
        ({"a": [0, 0]}, ValueError, "must not overlap"),
        ({"a": [0, 4]}, ValueError, r"'a' names channel\(s\) \[4\], but X has 4"),
        ({"a": slice(2, 9)}, ValueError, r"'a' names channel\(s\) \[4, 5, 6, 7, 8\]"),
        ({"a": -1}, ValueError, r"'a' names channel\(s\) \[-1\]"),
        ({"a": []}, ValueError, "'a' has no channel"),
        ({"a": slice(2, 2)}, ValueError, "'a' has no channel"),
        ({"a": slice(0, 2, 0)}, ValueError, "step cannot be zero"),
        ({"a": "012"}, TypeError, "'a' was given '012'"),
        ({"a": np.array(1)}, TypeError, r"'a' was given array\(1\)"),
        ({"a": [0.5]}, TypeError, "'a' was given the channels"),
        ({"a": True}, TypeError, "'a' was given True"),
        ({0: [0]}, TypeError, "names are non-empty strings; got 0"),
        ({"": [0]}, TypeError, "names are non-empty strings"),
        ({}, ValueError, "names no modality"),
        ([], ValueError, "these sum to 0"),
        ([3, 2], ValueError, "these sum to 5; X has 4"),
        ([4, 0], ValueError, "every modality needs at least one"),
        ([2.0, 2.0], TypeError, "expected None, a mapping"),
        ("ab", TypeError, "expected None, a mapping"),
    ],
)
def test_bad_modalities_are_refused(modalities, error, match):
    with pytest.raises(error, match=match):
        resolve_modalities(modalities, 4)
