"""Reading pickles without running them, whole, damaged and hostile."""

from __future__ import annotations

import contextlib
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.datasets.pickled import read_pickle
from reportgen.errors import DataError

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)

VALUES: dict[Any, Any] = {
    "nothing": None,
    "truths": [True, False],
    "numbers": [0, -5, 255, 65536, 10**40, 1.5, 1 + 2j],
    "texts": ["", "gato", "perró"],
    "bytes": [b"", b"\xff\0", bytearray(b"xy\xff"), bytearray()],
    "tuples": ((), (1,), (1, 2), (1, 2, 3), (1, (2, (3, 4, 5, 6)))),
    "sets": [set(), {1, 2}, frozenset("ab")],
    (1, "pair"): {"inner": {}},
    b"key": [],
}

ARRAYS = {
    "uint8": np.arange(6, dtype=np.uint8).reshape(2, 3),
    "columns first": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "big-endian": np.arange(3, dtype=">i4"),
    "complex": np.array([1 + 2j]),
    "half": np.array([0.5], np.float16),
    "truths": np.array([True, False]),
    "texts": np.array(["gato", "perró"]),
    "bytes": np.array([b"a", b"bc"]),
    "empty": np.zeros((0, 3)),
    "no axes": np.array(5),
}


def message(data: bytes) -> str:
    """What reading says is wrong."""
    with pytest.raises(DataError) as caught:
        read_pickle(data, "some/file")
    return caught.value.message


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_built_in_values_come_back(protocol: int) -> None:
    read = read_pickle(pickle.dumps(VALUES, protocol), "x")
    assert read == VALUES
    assert [type(value) for value in read.values()] == [type(value) for value in VALUES.values()]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_come_back(kind: str, protocol: int) -> None:
    written = ARRAYS[kind]
    read = read_pickle(pickle.dumps([written], protocol), "x")[0]
    assert type(read) is np.ndarray
    assert (read.dtype, read.shape) == (written.dtype, written.shape)
    assert np.array_equal(read, written)
    assert read.flags.f_contiguous == written.flags.f_contiguous
    assert read.flags.writeable


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_array_scalars_come_back(protocol: int) -> None:
    written = [np.float32(1.5), np.int64(-4), np.bool_(True), np.str_("x")]
    read = read_pickle(pickle.dumps(written, protocol), "x")
    assert read == written
    assert [type(value) for value in read] == [type(value) for value in written]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_value_in_two_places_stays_one(protocol: int) -> None:
    array, inner = np.zeros(3), [1]
    read = read_pickle(pickle.dumps([array, array, inner, inner], protocol), "x")
    assert read[0] is read[1]
    assert read[2] is read[3]


def test_a_list_that_holds_itself_comes_back() -> None:
    knot: list[Any] = []
    knot.append(knot)
    read = read_pickle(pickle.dumps(knot), "x")
    assert read[0] is read


@pytest.mark.parametrize("module", ["numpy.core", "numpy._core"])
def test_both_names_of_numpys_module_are_known(module: str) -> None:
    data = pickle.dumps(np.arange(3), 2).replace(b"numpy._core", b"numpy.core")
    assert b"numpy.core" in data
    data = data.replace(b"numpy.core", module.encode())
    assert read_pickle(data, "x").tolist() == [0, 1, 2]


# As Python 2 wrote {"data": np.array([[200, 10]], np.uint8)}, by hand from the definition
# of each instruction; pickletools.dis shows them.
PYTHON_2_BINARY = (
    b"\x80\x02}q\x01U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\n"
    b"q\x04K\x00\x85U\x01b\x87Rq\x05(K\x01K\x01K\x02\x86cnumpy\ndtype\nq\x06U\x02u1K\x00K\x01\x87R"
    b"q\x07(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x02\xc8\ntbs."
)
PYTHON_2_TEXT = (
    b"(dp1\nS'data'\np2\ncnumpy.core.multiarray\n_reconstruct\np3\n(cnumpy\nndarray\np4\n(I0\nt"
    b"S'b'\ntRp5\n(I1\n(I1\nI2\ntcnumpy\ndtype\np6\n(S'u1'\nI0\nI1\ntRp7\n(I3\nS'|'\nNNNI-1\nI-1\n"
    b"I0\ntbI00\nS'\\xc8\\n'\ntbs."
)


@pytest.mark.parametrize("data", [PYTHON_2_BINARY, PYTHON_2_TEXT], ids=["binary", "text"])
def test_pickles_of_python_2_come_back(data: bytes) -> None:
    read = read_pickle(data, "x")
    assert list(read) == ["data"]
    assert read["data"].dtype == np.uint8
    assert read["data"].tolist() == [[200, 10]]


# ── hostile files ───────────────────────────────────────────────────────────


class Call:
    """A value whose pickle calls a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_pickle_that_would_run_a_command_is_refused_and_does_not_run(
    protocol: int, tmp_path: Path
) -> None:
    data = pickle.dumps({"x": Call(os.system, f"touch {tmp_path}/ran")}, protocol)
    told = message(data)
    assert "some/file is not read: at byte " in told
    assert f"the name {os.system.__module__}.system" in told
    assert "more could run code" in told
    assert list(tmp_path.iterdir()) == []
    pickle.loads(data)  # the file is dangerous, and the test can fail
    assert [path.name for path in tmp_path.iterdir()] == ["ran"]


def test_the_place_of_a_refused_name_is_told() -> None:
    """Two bytes of protocol, one of the empty list, then the name."""
    assert "at byte 3 it holds the name os.system" in message(b"\x80\x02]cos\nsystem\n(tRa.")


def test_a_name_with_control_characters_is_shown_without_them() -> None:
    told = message(b"\x8c\x03o\x1bs\x8c\x01x\x93.")
    assert "the name o\\x1bs.x" in told


REFUSED = {
    "old instance": (b"(S'ls'\nios\nsystem\n.", "an object of the class os.system (INST)"),
    "class of ours": (pickle.dumps(Path("x")), "the name pathlib."),
    "builtin call": (b"c__builtin__\neval\n(S'1'\ntR.", "the name __builtin__.eval"),
    "dotted name": (b"\x8c\x05numpy\x8c\x0dndarray.dumps\x93.", "the name numpy.ndarray.dumps"),
    "new object": (b"\x80\x02)\x81.", "an object of the class (NEWOBJ)"),
    "registered": (b"\x80\x02\x82\x01.", "an object by its registered number (EXT1)"),
    "elsewhere": (b"Pname\n.", "an object that lies elsewhere name (PERSID)"),
    "buffer": (b"\x80\x05\x97.", "values that lie elsewhere (NEXT_BUFFER)"),
    "put twice": (b"]2.", "a value put twice (DUP)"),
    "a name as value": (b"]cnumpy\nndarray\na.", "as a value"),
    "codec": (b"c_codecs\nencode\n(S'x'\nS'zlib'\ntR.", "a text in the encoding 'zlib'"),
    "class called": (b"cnumpy\nndarray\n((I9\nttR.", "a call of numpy.ndarray"),
    "subclass": (pickle.dumps(np.ma.masked_array([1])), "the name numpy.ma"),
    "objects": (pickle.dumps(np.array([{}, None], dtype=object)), "an array of objects"),
    "objects, old": (pickle.dumps(np.array([{}], dtype=object), 2), "an array of objects"),
    "records": (pickle.dumps(np.zeros(1, "i4,f8")), "an array of the type 'V12'"),
    "dates": (pickle.dumps(np.array(["2020-01-01"], "M8[D]")), "an array of the type 'M8'"),
    "nested key": (pickle.dumps({((1,),): 2}), "a key with a tuple in it"),
}


@pytest.mark.parametrize(("data", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_plain_value_is_refused(data: bytes, expected: str) -> None:
    told = message(data)
    assert "some/file is not read: at byte " in told
    assert expected in told


def test_records_behind_the_name_of_a_plain_type_are_refused() -> None:
    data = pickle.dumps(np.zeros(1, np.uint8), 2)
    assert data.count(b"NNN") == 1
    assert "an array of records" in message(data.replace(b"NNN", b"N)N"))


def test_a_deep_tuple_as_key_is_refused_before_it_is_hashed() -> None:
    """To hash it would overflow the stack of the process."""
    assert "a key with a tuple in it" in message(b"\x80\x02})" + b"\x85" * 1_000_000 + b"Ns.")


def test_a_deep_list_comes_back() -> None:
    depth, value = 0, read_pickle(b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".", "x")
    while value:
        depth, value = depth + 1, value[0]
    assert depth == 99_999


# ── sizes that the file has not ─────────────────────────────────────────────

HUGE = 1 << 40
SIZES = {
    "bytes": b"\x80\x04\x8e" + struct.pack("<Q", HUGE) + b"x.",
    "bytearray": b"\x80\x05\x96" + struct.pack("<Q", HUGE) + b"x.",
    "text": b"\x80\x04\x8d" + struct.pack("<Q", HUGE) + b"x.",
    "old text": b"T\xff\xff\xff\x7fx.",
    "number": b"\x80\x02\x8b\xff\xff\xff\x7fx.",
}


@pytest.mark.parametrize("data", SIZES.values(), ids=SIZES)
def test_a_declared_size_beyond_the_file_is_damage(data: bytes) -> None:
    assert "some/file is damaged: expected a whole pickle" in message(data)


def test_an_array_of_a_declared_shape_beyond_its_bytes_is_damage() -> None:
    data = pickle.dumps(np.zeros((2, 3), np.uint8), 2)
    shape = b"K\x02K\x03\x86"
    assert data.count(shape) == 1
    told = message(data.replace(shape, b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86"))
    assert "an array of (2147483647, 2147483647) uint8 in 6 bytes" in told


def test_a_place_in_memory_far_off_takes_no_memory() -> None:
    assert read_pickle(b"]r\xff\xff\xff\x7f.", "x") == []


def test_one_value_made_over_and_over_is_refused() -> None:
    """A megabyte of text, encoded two hundred times by six bytes each."""
    text = b"X" + struct.pack("<I", 1 << 20) + b"x" * (1 << 20) + b"q\x00"
    name, codec = b"c_codecs\nencode\nq\x01", b"X\x06\x00\x00\x00latin1q\x02"
    data = b"\x80\x02](" + text + name + codec + b"h\x01h\x00h\x02\x86R" * 200 + b"e."
    assert "the same values over and over" in message(data)


def test_values_that_are_none_of_their_type_are_damage() -> None:
    texts = pickle.dumps(np.array(["ab"]), 3)
    raw = "ab".encode("utf-32-le")
    assert "with the value 4294967295" in message(texts.replace(raw, b"\xff\xff\xff\xff" + raw[4:]))
    truths = pickle.dumps(np.array([True, True, True]), 3)
    assert "an array of bool with the value 7" in message(truths.replace(b"\1\1\1", b"\1\7\1"))


# ── damage ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_file_that_is_cut_short_is_damaged_wherever(protocol: int) -> None:
    data = pickle.dumps({"a": np.arange(3), "b": ["x", 1.5]}, protocol)
    for length in range(len(data)):
        told = message(data[:length])
        assert "some/file is damaged: expected a whole pickle" in told
        assert "delete the file and get it again" in told


DAMAGED = {
    "empty": (b"", "at byte 0: the end of the file"),
    "no instruction": (b"\x80\x02\xff", "at byte 2: 0xff, which is no instruction"),
    "more": (b"N.N.", "more after its end"),
    "nothing left": (b".", "with values left over"),
    "two values": (b"NN.", "with values left over"),
    "open mark": (b"N(N.", "with values left over"),
    "never put": (b"a.", "a value that was never put"),
    "never remembered": (b"h\x05.", "a value that was never put"),
    "item of a number": (b"K\x01K\x02a.", "int where list is needed"),
    "call of a number": (b"K\x01)R.", "a call of int with tuple"),
    "arguments": (b"c_codecs\nencode\n)R.", "missing"),
    "no quotes": (b"Sx\n.", "no quoted string"),
    "odd pairs": (b"}(Nu.", "expected a whole pickle"),
    "state of a list": (b"]}b.", "list where Unbuilt is needed"),
}


@pytest.mark.parametrize(("data", "expected"), DAMAGED.values(), ids=DAMAGED)
def test_what_no_pickler_writes_is_damage(data: bytes, expected: str) -> None:
    told = message(data)
    assert "some/file is damaged" in told
    assert expected in told


SEEDS = [pickle.dumps([VALUES, ARRAYS], protocol) for protocol in PROTOCOLS]


@given(
    data=st.sampled_from(SEEDS),
    changes=st.lists(st.tuples(st.integers(0, 1 << 14), st.binary(max_size=3)), min_size=1),
)
def test_any_change_ends_in_a_value_or_a_message(
    data: bytes, changes: list[tuple[int, bytes]]
) -> None:
    changed = bytearray(data)
    for place, new in changes:
        start = place % len(changed)
        changed[start : start + 2] = new or b"\0"
    with contextlib.suppress(DataError):
        read_pickle(bytes(changed), "some/file")
