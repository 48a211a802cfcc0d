"""Read arrays of numbers from pickles; nothing else in them is built or run.

A pickle is a program that can import and call anything by name. Here it cannot: the few
names that arrays need stand for classes of this module, which store and check their
arguments, and instructions that plain containers and arrays do not need are refused.
NumPy only gets bytes whose number and type were checked.
"""

from __future__ import annotations

import math
import pickle
import pickletools
import re
from io import BufferedReader
from itertools import chain
from typing import IO, Any, NoReturn, cast

import numpy as np

BUFFER_BYTES = 2**20  # a line of a text pickle may be hundreds of millions long
MAX_DEPTH = 16
NUMBERS = re.compile(r"b1|[iu][1248]|f[248]|c(?:8|16)")

# All other instructions import, call, or access the process in another way.
INSTRUCTIONS = (
    *("MARK", "STOP", "PROTO", "FRAME", "NONE", "NEWTRUE", "NEWFALSE"),
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"),
    *("FLOAT", "BINFLOAT", "STRING", "BINSTRING", "SHORT_BINSTRING"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
    *("LIST", "EMPTY_LIST", "APPEND", "APPENDS"),
    *("TUPLE", "EMPTY_TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"),
    *("DICT", "EMPTY_DICT", "SETITEM", "SETITEMS"),
    *("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE", "GET", "BINGET", "LONG_BINGET"),
    *("GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD"),
)


def load_arrays(file: IO[bytes]) -> Any:
    """Read a pickle of dicts, lists, tuples, texts, numbers and arrays of numbers.

    Strings of Python 2 are read as Latin-1.

    Parameters
    ----------
    file : file object
        The pickle, of protocol 0 to 4. It is closed in the end.

    Returns
    -------
    object
        What was pickled. Arrays are read-only.

    Raises
    ------
    pickle.UnpicklingError
        If it holds anything else, or is damaged. Nothing of it was run.
    """
    try:
        with BufferedReader(cast(Any, file), BUFFER_BYTES) as buffered:
            loaded = _Machine(buffered, encoding="latin1").load()
        return _unwrapped(loaded, {}, 0)
    except _RefusedError:
        raise
    except Exception as error:  # damaged pickles raise errors of all kinds
        raise pickle.UnpicklingError(
            f"This pickle is damaged, or not of arrays: {error!r}."
        ) from error


class _RefusedError(pickle.UnpicklingError):
    """What :func:`_refuse` raises."""


class _Kept:
    """Stand-in for a NumPy object."""

    value: Any


class _Ndarray(_Kept):
    """``numpy.ndarray``, which pickles only mention."""


class _Encoded(_Kept):
    """``_codecs.encode``, by which Python 3 writes bytes for Python 2."""

    def __init__(self, text: str, encoding: str) -> None:
        if encoding != "latin1":
            _refuse(f"bytes in the encoding {encoding!r}")
        self.value = text.encode("latin1")


class _Empty(_Kept):
    """``bytes()``, as Python 3 pickles empty bytes for Python 2."""

    value = b""


class _Dtype(_Kept):
    """``numpy.dtype``, of numbers alone."""

    def __init__(self, name: str, align: int = 0, copy: int = 0) -> None:
        if not isinstance(name, str) or not NUMBERS.fullmatch(name):
            _refuse(f"the dtype {name!r}, which is not one of numbers")
        self.value: np.dtype[Any] = np.dtype(name)

    def build(self, state: Any) -> None:
        version, order, subdtype, names, fields, *_ = state
        if version != 3 or order not in ("<", ">", "|"):
            _refuse(f"a dtype with the state {state!r}")
        if any(part is not None for part in (subdtype, names, fields)):
            _refuse("a dtype with fields")
        self.value = self.value.newbyteorder(order)


class _Array(_Kept):
    """``numpy.core.multiarray._reconstruct``: an array, whose content comes later."""

    def __init__(self, kind: Any, shape: Any, typecode: Any) -> None:
        if kind is not _Ndarray:
            _refuse("a subclass of numpy.ndarray")

    def build(self, state: Any) -> None:
        version, shape, dtype, is_fortran, data = state
        if version != 1 or not isinstance(dtype, _Dtype):
            _refuse("an array without a dtype of numbers")
        if not all(type(length) is int and length >= 0 for length in shape):
            _refuse(f"an array of shape {shape!r}")
        content = _as_bytes(data)
        if math.prod(shape) * dtype.value.itemsize != len(content):
            _refuse(
                f"an array of shape {shape!r} and {dtype.value} with {len(content)} bytes"
            )
        self.value = np.ndarray(
            tuple(shape), dtype.value, content, order="F" if is_fortran else "C"
        )


class _Scalar(_Kept):
    """``numpy.core.multiarray.scalar``: one number of NumPy's."""

    def __init__(self, dtype: Any, data: Any) -> None:
        content = _as_bytes(data)
        if not isinstance(dtype, _Dtype) or len(content) != dtype.value.itemsize:
            _refuse("a scalar that is not a number")
        self.value = np.frombuffer(content, dtype.value)[0]


MULTIARRAY = {"_reconstruct": _Array, "scalar": _Scalar}
NAMES: dict[tuple[str, str], type[_Kept]] = {
    **{("numpy.core.multiarray", name): kept for name, kept in MULTIARRAY.items()},
    **{("numpy._core.multiarray", name): kept for name, kept in MULTIARRAY.items()},
    ("numpy", "ndarray"): _Ndarray,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _Encoded,
    ("__builtin__", "bytes"): _Empty,
}


class _Machine(pickle._Unpickler):
    """Python's own unpickler, with fewer instructions and names."""

    stack: list[Any]

    def find_class(self, module: str, name: str) -> type[_Kept]:
        if (module, name) not in NAMES:
            _refuse(f"{module}.{name}")
        return NAMES[module, name]

    def _call(self) -> None:
        arguments = self.stack.pop()
        called = self.stack[-1]
        # By identity: an object on the stack may define its own equality.
        if not any(called is kept for kept in NAMES.values()):
            _refuse(f"a call of {called!r}")
        self.stack[-1] = called(*arguments)

    def _build(self) -> None:
        state = self.stack.pop()
        built = self.stack[-1]
        if not isinstance(built, (_Array, _Dtype)):
            _refuse(f"a state for {built!r}")
        built.build(state)


def _refused(name: str) -> Any:
    def refuse(machine: _Machine) -> None:
        _refuse(f"the instruction {name}")

    return refuse


_Machine.dispatch = {
    ord(opcode.code): pickle._Unpickler.dispatch[ord(opcode.code)]
    if opcode.name in INSTRUCTIONS
    else _refused(opcode.name)
    for opcode in pickletools.opcodes
}
_Machine.dispatch[pickle.REDUCE[0]] = cast(Any, _Machine._call)
_Machine.dispatch[pickle.BUILD[0]] = cast(Any, _Machine._build)


def _unwrapped(value: Any, seen: dict[int, Any], depth: int) -> Any:
    """Replace stand-ins by NumPy objects, also in containers.

    A container that occurs in several places is visited once: a small pickle can nest
    its lists so often that visiting each occurrence would never end.
    """
    if depth > MAX_DEPTH:
        _refuse(f"containers more than {MAX_DEPTH} deep, or in themselves")
    if isinstance(value, _Kept):
        return value.value
    if not isinstance(value, (dict, list, tuple)) or id(value) in seen:
        return seen.get(id(value), value)
    parts = chain.from_iterable(value.items()) if isinstance(value, dict) else value
    found = [_unwrapped(part, seen, depth + 1) for part in parts]
    if isinstance(value, dict):
        seen[id(value)] = dict(zip(found[::2], found[1::2], strict=True))
    else:
        seen[id(value)] = type(value)(found)
    return seen[id(value)]


def _as_bytes(data: Any) -> bytes:
    """Return an array's content, which Python 2 wrote as a string."""
    if isinstance(data, (_Encoded, _Empty)):
        return data.value
    if isinstance(data, str):
        return data.encode("latin1")
    if not isinstance(data, bytes):
        _refuse("an array of Python objects")
    return data


def _refuse(what: str) -> NoReturn:
    raise _RefusedError(
        f"This pickle has {what}. Only plain containers, texts, numbers and arrays of "
        "numbers are read, since others could run code; nothing of it was run."
    )
