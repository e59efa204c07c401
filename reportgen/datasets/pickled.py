"""Pickles read without running code: a small machine for a fixed list of instructions.

A pickle is a program for a stack machine (PEP 307, 3154 and 574; the module
`pickletools` documents each instruction), and Python's own reader lets it call
what it names. Here nothing of the file is imported or called: instructions that
build containers, numbers and texts are carried out, and the few names that
arrays and older protocols need stand for functions of this package.
"""

from __future__ import annotations

import codecs
import io
import pickletools
import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import IO, Any, TypeVar

import numpy as np

from reportgen.datasets.pickled_arrays import ALLOWED, Allowed, Budget, RefusedError, Unbuilt
from reportgen.errors import DataError

T = TypeVar("T")

_OPCODES = MappingProxyType({op.code.encode("latin-1"): op for op in pickletools.opcodes})

_LITERALS = frozenset(
    "NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING "
    "BINSTRING SHORT_BINSTRING UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8 BINBYTES "
    "SHORT_BINBYTES BINBYTES8 BYTEARRAY8".split()
)
_CONSTANTS = MappingProxyType({"NONE": None, "NEWTRUE": True, "NEWFALSE": False})
_KEYS = (str, bytes, int, float, complex, type(None), np.generic)
_LEAVES = (*_KEYS, bytearray, np.ndarray)


def read_pickle(data: bytes, name: str) -> Any:
    """Return what a pickle holds; no code of it runs and nothing is imported for it.

    Read are, of every protocol, dictionaries, lists, tuples and sets of numbers,
    texts and bytes, and NumPy arrays and scalars of these. Byte strings of
    Python 2 come as texts decoded from Latin-1, and `.encode("latin-1")` gives
    their bytes back. Keys are scalars or tuples of scalars. Memory is bounded by
    a multiple of the file's length, whatever sizes the file declares.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        What messages call it: a path.

    Raises
    ------
    DataError
        If it holds anything else, which the message names with its place, or is
        cut short or damaged.
    """
    file, machine, position, opcode = io.BytesIO(data), _Machine(len(data)), 0, ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in texts that Python does not know
            while opcode != "STOP":
                position = file.tell()
                opcode, argument = _next_instruction(file)
                machine.step(opcode, argument)
        _check_end(file)
        return machine.result()
    except RefusedError as error:
        msg = (
            f"{name} is not read: at byte {position} it holds {error}, expected dictionaries, "
            "lists, numbers, texts and arrays of them, since more could run code; save the data "
            "as such, or as an .npz archive"
        )
        raise DataError(msg) from error
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        got = "a value that was never put" if isinstance(error, LookupError) else error
        msg = (
            f"{name} is damaged: expected a whole pickle, got at byte {position}: {got}; delete "
            "the file and get it again"
        )
        raise DataError(msg) from error


def _next_instruction(file: io.BytesIO) -> tuple[str, Any]:
    """Read the name and the argument of an instruction; no length goes beyond the file."""
    code = file.read(1)
    if code not in _OPCODES:
        msg = f"0x{code.hex()}, which is no instruction" if code else "the end of the file"
        raise ValueError(msg)
    info = _OPCODES[code]
    if info.arg is None:
        return info.name, _CONSTANTS.get(info.name)
    # The library's own reader of these takes ASCII only, and arrays are more.
    read = _read_quoted if info.name == "STRING" else info.arg.reader
    return info.name, read(file)


def _check_end(file: io.BytesIO) -> None:
    if file.read(1):
        msg = "more after its end"
        raise ValueError(msg)


def _read_quoted(file: IO[bytes]) -> str:
    """Read a quoted byte string of Python 2."""
    line = file.readline()
    text = line.rstrip(b"\n")
    if line == text or len(text) < 2 or text[:1] not in (b"'", b'"') or text[:1] != text[-1:]:
        msg = "no quoted string"
        raise ValueError(msg)
    return codecs.escape_decode(text[1:-1])[0].decode("latin-1")


class _Machine:
    """The stack, the marks in it, and the memory of a pickle that is being read."""

    def __init__(self, size: int) -> None:
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.budget = Budget(size)

    def step(self, opcode: str, argument: Any) -> None:
        """Carry out one instruction."""
        if opcode in _LITERALS:
            self.stack.append(argument)
        elif opcode in _ACTIONS:
            _ACTIONS[opcode](self, argument)
        else:
            name = f" {_shown(argument.replace(' ', '.'))}" if isinstance(argument, str) else ""
            msg = f"{_REFUSED[opcode]}{name} ({opcode})"
            raise RefusedError(msg)

    def result(self) -> Any:
        """Return the one value that is left, once all in it is found to be plain."""
        if self.below or len(self.stack) != 1:
            msg = "its end, with values left over"
            raise ValueError(msg)
        _check_plain(self.stack[0])
        return self.stack[0]

    def top(self, kind: type[T]) -> T:
        """Return the uppermost value, left where it is, which must be of this type."""
        value = self.stack[-1]
        if type(value) is not kind:
            msg = f"{type(value).__name__} where {kind.__name__} is needed"
            raise ValueError(msg)
        return value

    def pop_mark(self) -> list[Any]:
        """Return what was put since the last mark."""
        items = self.stack
        self.stack = self.below.pop()
        return items


def _check_plain(value: Any) -> None:
    """Refuse a value with a name or an unfinished array in it, however deep."""
    to_see, seen = [value], set()
    while to_see:
        item = to_see.pop()
        if isinstance(item, _LEAVES) or id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, dict):
            to_see += item.values()
        elif isinstance(item, (list, tuple, set, frozenset)):
            to_see += item
        else:
            msg = "a function, a type or an unfinished array as a value"
            raise RefusedError(msg)


Action = Callable[[_Machine, Any], None]


def _mark(machine: _Machine, _: Any) -> None:
    machine.below.append(machine.stack)
    machine.stack = []


def _pop(machine: _Machine, _: Any) -> None:
    """Drop the uppermost value, or the mark where nothing lies on it."""
    if machine.stack:
        machine.stack.pop()
    else:
        machine.pop_mark()


def _pop_mark(machine: _Machine, _: Any) -> None:
    machine.pop_mark()


def _put_new(make: Callable[[], Any]) -> Action:
    """Make an action that puts a new empty container."""

    def act(machine: _Machine, _: Any) -> None:
        machine.stack.append(make())

    return act


def _put_marked(make: Callable[[list[Any]], Any]) -> Action:
    """Make an action that puts what it makes of the values since the mark."""

    def act(machine: _Machine, _: Any) -> None:
        items = machine.pop_mark()
        machine.stack.append(make(items))

    return act


def _put_tuple(n: int) -> Action:
    """Make an action that puts a tuple of the uppermost values."""

    def act(machine: _Machine, _: Any) -> None:
        items = tuple(machine.stack.pop() for _ in range(n))
        machine.stack.append(items[::-1])

    return act


def _append(machine: _Machine, _: Any) -> None:
    item = machine.stack.pop()
    machine.top(list).append(item)


def _extend(machine: _Machine, _: Any) -> None:
    items = machine.pop_mark()
    machine.top(list).extend(items)


def _set_item(machine: _Machine, _: Any) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    machine.top(dict).update(_pairs([key, value]))


def _set_items(machine: _Machine, _: Any) -> None:
    items = machine.pop_mark()
    machine.top(dict).update(_pairs(items))


def _add_items(machine: _Machine, _: Any) -> None:
    items = machine.pop_mark()
    machine.top(set).update(_hashable(items))


def _pairs(items: list[Any]) -> dict[Any, Any]:
    """Return keys and values that follow each other as a dictionary."""
    return dict(zip(_hashable(items[::2]), items[1::2], strict=True))


def _hashable(items: list[Any]) -> list[Any]:
    """Refuse keys that nest: to hash a deep tuple ends the process, not the reading."""
    for item in items:
        for part in item if type(item) is tuple else (item,):
            if not isinstance(part, _KEYS):
                msg = f"a key with a {type(part).__name__} in it"
                raise RefusedError(msg)
    return items


def _remember(machine: _Machine, index: Any) -> None:
    """Keep the uppermost value in the memory, at the next place if none is given."""
    index = len(machine.memo) if index is None else index
    value = machine.memo[index] = machine.stack[-1]
    if type(value) is Unbuilt:
        value.places.append(index)


def _recall(machine: _Machine, index: Any) -> None:
    value = machine.memo[index]
    if type(value) is Unbuilt:
        msg = "an array that refers to itself"
        raise RefusedError(msg)
    machine.stack.append(value)


def _name(machine: _Machine, names: Any) -> None:
    """Put what stands for a name: `module name`, or both on the stack."""
    if names is None:
        name, module = machine.stack.pop(), machine.stack.pop()
        if type(name) is not str or type(module) is not str:
            msg = "a name that is no text"
            raise ValueError(msg)
    else:
        module, name = names.split(" ", 1)
    if (module, name) not in ALLOWED:
        msg = f"the name {_shown(f'{module}.{name}')}"
        raise RefusedError(msg)
    machine.stack.append(ALLOWED[module, name])


def _shown(name: str) -> str:
    """Return a name of the file in a form that a terminal may be sent."""
    return ascii(name[:80])[1:-1]


def _call(machine: _Machine, _: Any) -> None:
    arguments, function = machine.stack.pop(), machine.stack.pop()
    if type(function) is not Allowed or type(arguments) is not tuple:
        msg = f"a call of {type(function).__name__} with {type(arguments).__name__}"
        raise ValueError(msg)
    machine.stack.append(function.make(machine.budget, *arguments))


def _build(machine: _Machine, _: Any) -> None:
    """Finish an array or a type with its state, wherever it is remembered."""
    state = machine.stack.pop()
    unbuilt = machine.top(Unbuilt)
    value = machine.stack[-1] = unbuilt.finish(machine.budget, state)
    machine.memo |= {i: value for i in unbuilt.places if machine.memo[i] is unbuilt}


def _nothing(machine: _Machine, _: Any) -> None:
    """Do what protocol numbers, frames and the end do."""


_ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        **dict.fromkeys(("PROTO", "FRAME", "STOP"), _nothing),
        **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _remember),
        **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _recall),
        **dict.fromkeys(("GLOBAL", "STACK_GLOBAL"), _name),
        "MARK": _mark,
        "POP": _pop,
        "POP_MARK": _pop_mark,
        "EMPTY_LIST": _put_new(list),
        "EMPTY_DICT": _put_new(dict),
        "EMPTY_SET": _put_new(set),
        "EMPTY_TUPLE": _put_new(tuple),
        "LIST": _put_marked(list),
        "TUPLE": _put_marked(tuple),
        "DICT": _put_marked(_pairs),
        "FROZENSET": _put_marked(lambda items: frozenset(_hashable(items))),
        "TUPLE1": _put_tuple(1),
        "TUPLE2": _put_tuple(2),
        "TUPLE3": _put_tuple(3),
        "APPEND": _append,
        "APPENDS": _extend,
        "SETITEM": _set_item,
        "SETITEMS": _set_items,
        "ADDITEMS": _add_items,
        "REDUCE": _call,
        "BUILD": _build,
    }
)

_REFUSED = MappingProxyType(
    dict.fromkeys(("INST", "OBJ", "NEWOBJ", "NEWOBJ_EX"), "an object of the class")
    | dict.fromkeys(("EXT1", "EXT2", "EXT4"), "an object by its registered number")
    | dict.fromkeys(("PERSID", "BINPERSID"), "an object that lies elsewhere")
    | dict.fromkeys(("NEXT_BUFFER", "READONLY_BUFFER"), "values that lie elsewhere")
    | {"DUP": "a value put twice"}
)
