"""Arrays from pickles, and nothing else."""

import contextlib
import copyreg
import io
import os
import pickle
import struct

import numpy as np
import pytest
from dataset_files import python2_pickle
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sklearn_crossl.datasets._restricted_pickle import load_arrays

NUMBERS = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
    hnp.complex_number_dtypes(endianness="?", sizes=(64, 128)),
)
ARRAYS = hnp.arrays(NUMBERS, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0))
LEAVES = st.one_of(
    ARRAYS,
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.booleans(),
    st.none(),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(st.text(max_size=3), st.binary()), inner, max_size=3),
    ),
    max_leaves=6,
)


def load(pickled):
    return load_arrays(io.BytesIO(pickled))


def check(found, expected):
    assert type(found) is type(expected)
    if isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        assert found.tobytes() == expected.tobytes()
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for key, value in expected.items():
            check(found[key], value)
    elif isinstance(expected, (list, tuple)):
        for one, other in zip(found, expected, strict=True):
            check(one, other)
    else:
        assert found == expected


@settings(deadline=None)
@given(TREES, st.integers(0, 4))
def test_what_is_pickled_comes_back(tree, protocol):
    check(load(pickle.dumps(tree, protocol)), tree)


@settings(deadline=None)
@given(st.dictionaries(st.text(st.characters(codec="latin1")), ARRAYS))
def test_what_python_2_pickled_comes_back(arrays):
    for protocol in (0, 2):
        check(load(python2_pickle(arrays, protocol)), arrays)


@pytest.mark.parametrize("protocol", range(5))
def test_memory_order_and_numbers_of_numpy(protocol):
    array = np.arange(12.0).reshape(3, 4).T
    tree = {"a": array, "b": np.float32(0.5), "same": array, "none": np.zeros((0, 3))}
    found = load(pickle.dumps(tree, protocol))
    check(found, tree)
    assert found["a"].flags.f_contiguous
    assert found["same"] is found["a"]
    assert not found["a"].flags.writeable


def test_long_lines():
    array = np.random.default_rng(0).normal(size=300_000)
    check(load(python2_pickle({"a": array}, 0)), {"a": array})


class Calling:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def refused(pickled, match):
    with pytest.raises(pickle.UnpicklingError, match=match):
        load(pickled)


def shell(path):
    return f"touch {path}"


@pytest.mark.parametrize("protocol", range(5))
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"label": [x]}])
def test_calls_are_refused(tmp_path, protocol, wrap):
    trace = tmp_path / "trace"
    calls = {
        r"(posix|nt)\.system": Calling(os.system, shell(trace)),
        r"builtin\w*\.eval": Calling(eval, f"open({str(trace)!r}, 'w')"),
        r"builtin\w*\.getattr": Calling(getattr, np.ndarray, "tofile"),
        r"numpy\.load": Calling(np.load, "x.npy"),
    }
    for name, call in calls.items():
        refused(pickle.dumps(wrap(call), protocol), name)
    assert not trace.exists()


def short(text):
    """A text for protocol 4."""
    return b"\x8c" + bytes([len(text)]) + text


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (b"numpy", b"_core.multiarray.sys"),
        (b"numpy.core.multiarray", b"_reconstruct.__globals__"),
        (b"numpy", b"ndarray.__class__"),
        (b"numpy", b"__builtins__"),
        (b"_codecs", b"encode.__self__"),
        (b"sklearn_crossl.datasets._restricted_pickle", b"np"),
    ],
)
def test_names_are_not_paths(module, name):
    dotted = f"{module.decode()}.{name.decode()}"
    refused(b"\x80\x04" + short(module) + short(name) + b"\x93.", dotted)
    refused(b"c" + module + b"\n" + name + b"\n.", dotted)


def test_copyreg_extensions_are_refused():
    """Python keeps what a code stood for once, and asks nobody the next time."""
    copyreg.add_extension("os", "system", 0x1234)
    try:
        cached = b"\x80\x02\x83" + struct.pack("<H", 0x1234) + b"."
        assert pickle.loads(cached) is os.system
        refused(cached, "the instruction EXT2")
        refused(b"\x80\x02\x82\x01.", "the instruction EXT1")
        refused(b"\x80\x02\x84\x01\x00\x00\x00.", "the instruction EXT4")
    finally:
        copyreg.remove_extension("os", "system", 0x1234)
        copyreg.clear_extension_cache()


@pytest.mark.parametrize(
    ("pickled", "instruction"),
    [
        (b"P0\n.", "PERSID"),
        (b"\x80\x02N\x51.", "BINPERSID"),
        (b"(ios\nsystem\n.", "INST"),
        (b"(cnumpy\nndarray\no.", "OBJ"),
        (b"\x80\x02cnumpy\nndarray\n)\x81.", "NEWOBJ"),
        (b"\x80\x04cnumpy\nndarray\n)}\x92.", "NEWOBJ_EX"),
        (b"\x80\x05\x97.", "NEXT_BUFFER"),
        (b"\x80\x04\x8f.", "EMPTY_SET"),
    ],
)
def test_instructions_that_arrays_do_without(pickled, instruction):
    refused(pickled, f"the instruction {instruction}")


ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
DOUBLE = b"cnumpy\ndtype\n(S'f8'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"


@pytest.mark.parametrize(
    ("pickled", "match"),
    [
        (ARRAY + b"(I1\n(I1\nt" + DOUBLE + b"I00\n(lp0\ntb.", "array of Python objects"),
        (
            ARRAY + b"(I1\n(I9\nt" + DOUBLE + b"I00\nS'12345678'\ntb.",
            r"\(9,\) .* 8 bytes",
        ),
        (
            ARRAY + b"(I1\n(L99999999999999999L\nt" + DOUBLE + b"I00\nS''\ntb.",
            "array of shape",
        ),
        (ARRAY + b"(I1\n(I-1\nt" + DOUBLE + b"I00\nS''\ntb.", "array of shape"),
        (ARRAY + b"(I1\n(I01\nt" + DOUBLE + b"I00\nS'1'\ntb.", "array of shape"),
        (ARRAY + b"(I1\n(I1\ntS'f8'\nI00\nS'12345678'\ntb.", "without a dtype"),
        (ARRAY + b"}S'shape'\nI1\nsb.", "damaged"),
        (ARRAY + b".", "damaged"),
        (b"cnumpy\ndtype\n(S'O'\nI0\nI1\ntR.", "the dtype 'O'"),
        (b"cnumpy\ndtype\n(S'V8'\nI0\nI1\ntR.", "the dtype 'V8'"),
        (b"cnumpy\ndtype\n(S'f8,O'\nI0\nI1\ntR.", "the dtype 'f8,O'"),
        (b"cnumpy\ndtype\n(cnumpy\nndarray\nI0\nI1\ntR.", "the dtype"),
        (DOUBLE.replace(b"NNN", b"N(S'a'\nt}") + b".", "dtype with fields"),
        (DOUBLE.replace(b"I3", b"I9") + b".", "dtype with the state"),
        (b"cnumpy.core.multiarray\n_reconstruct\n(S'x'\n(I0\ntS'b'\ntR.", "a subclass"),
        (b"cnumpy.core.multiarray\nscalar\n(S'O'\nS'x'\ntR.", "not a number"),
        (b"cnumpy\nndarray\n(I1000000000000\ntR.", "damaged"),
        (b"c_codecs\nencode\n(S'x'\nS'rot13'\ntR.", "encoding 'rot13'"),
        (b"c__builtin__\nbytes\n(L1000000000000L\ntR.", "damaged"),
        (b"}(I1\ntR.", r"a call of \{\}"),
        (b"S'eval'\n(I1\ntR.", "a call of 'eval'"),
        (b"cnumpy\ndtype\n}S'__init__'\nI1\nsb.", "a state for"),
        (b"cnumpy\ndtype\n(N}S'__init__'\nI1\nstb.", "a state for"),
    ],
)
def test_objects_of_numpy_are_not_at_a_pickles_command(pickled, match):
    refused(pickled, match)
    # Nothing of one pickle lasts until the next.
    check(load(pickle.dumps(np.arange(3), 2)), np.arange(3))


def test_object_arrays_are_refused(tmp_path):
    trace = tmp_path / "trace"
    payload = np.array([Calling(os.system, shell(trace))], dtype=object)
    inner = pickle.dumps(Calling(os.system, shell(trace)))
    nested = np.array([inner, Calling(pickle.loads, inner)], dtype=object)
    for array in (payload, nested, np.array([None, 1], dtype=object)):
        for protocol in range(5):
            refused(pickle.dumps(array, protocol), "This pickle has")
    assert not trace.exists()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(2, dtype=[("a", "f8")]),
        np.array(["a"]),
        np.array([b"a"]),
        np.array(["2024-01-01"], dtype="M8[s]"),
        np.ma.masked_array([1.0], mask=[True]),
        np.rec.array([(1, 2)], dtype=[("a", "i4"), ("b", "i4")]),
    ],
)
def test_other_arrays_are_refused(array):
    refused(pickle.dumps(array, 2), "This pickle has")


def test_shared_and_endless_containers():
    tree = []
    for _ in range(14):
        tree = [tree] * 50  # 50 ** 14 lists, if each is looked at where it occurs
    found = load(pickle.dumps(tree))
    assert found[0] is found[1]
    endless = []
    endless.append(endless)
    refused(pickle.dumps(endless), "in themselves")
    refused(pickle.dumps({0: endless}), "in themselves")
    refused(b"(l" * 1000 + b"a" * 999 + b".", "16 deep")


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_damaged_pickles(content):
    for pickled in (content, ARRAY + content, b"\x80\x04" + content):
        with contextlib.suppress(pickle.UnpicklingError):
            load(pickled)


def test_a_pickle_that_stops_early():
    whole = python2_pickle({"label": np.arange(5)}, 0)
    for length in range(len(whole)):
        refused(whole[:length], "This pickle")
