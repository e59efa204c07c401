"""Ways to spoil a file: each takes a generator of chance and content, and returns other content."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Mutation = Callable[[Random, bytes], bytes]

VALUES = (
    "1e400 -1e400 .inf -.inf .nan -1 0 1 2 1e-400 99999999999999999999 0x10 0o17 1_000 1.5 -0.0 "
    'true null ~ [] {} [[]] [{}] "" no 2026-02-30 9999-12-31 0000-00-00 *a &a !!python/none !x '
    "/etc/passwd ../../../etc/passwd file:///etc/passwd http://127.0.0.1:9/x .. . / // C:\\x "
    "experiment:toy_net experiment:nada torchvision:Nada file:../x package:x toy_net report "
    "assignment n split beats con nul __class__ ñandú a/b {{x}} {%raw%} <b> ' \" @ ` % | > ? - , "
    "] } : # *"
).split()
"""What stands in place of a value of a YAML file; the longer ones are made in `_value`."""

ODD = "\x00\x07\x1b\x7f\x85\xa0\ufeff\u200b\u202e\u2066\u2028\ud800\U0001f600\t\x0c"
"""Characters that editors, terminals and parsers stumble over, one by one."""


def _value(chance: Random) -> str:
    """Return a value to be put where another was expected."""
    made = (
        lambda: "9" * 100_000,
        lambda: "0x" + "f" * 5_000,
        lambda: "[" * 10_000 + "]" * 10_000,
        lambda: "{a: " * 10_000 + "1" + "}" * 10_000,
        lambda: "[" + "1, " * 30_000 + "1]",
        lambda: "x" * 300_000,
        lambda: '"' + "\\u0041" * 2_000 + '"',
        lambda: "!!python/object/apply:os.system ['true']",
        lambda: "!!binary aGk=",
        lambda: "!!set {a, b}",
        lambda: "&a [*a, *a]",
        lambda: "{<<: {a: 1}, b: 2}",
        lambda: '"\\ud800"',
        lambda: '"a\\0b"',
        lambda: chance.choice(ODD),
    )
    return chance.choice(VALUES) if chance.random() < 0.75 else chance.choice(made)()


def _bomb() -> str:
    """Return the YAML of lists that hold each other ten times over, nine levels deep."""
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(lines) + "\n"


def lines_of(data: bytes) -> list[bytes]:
    """Return the lines of a file, with their ends; at least one."""
    return data.splitlines(keepends=True) or [b""]


# ── of any file ─────────────────────────────────────────────────────────────


def flip(chance: Random, data: bytes) -> bytes:
    """Change up to eight bytes."""
    changed = bytearray(data or b"\0")
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] = chance.choice((0, 0xFF, chance.randrange(256)))
    return bytes(changed)


def cut(chance: Random, data: bytes) -> bytes:
    """Keep the beginning, or the end."""
    at = chance.randint(0, len(data))
    return data[:at] if chance.random() < 0.8 else data[at:]


def double(chance: Random, data: bytes) -> bytes:
    """Put a piece in once more, or very often."""
    at = chance.randint(0, len(data))
    piece = data[at : at + chance.choice((1, 16, 200, len(data)))]
    return data[:at] + piece * chance.choice((2, 2, 2, 50)) + data[at:]


def drop(chance: Random, data: bytes) -> bytes:
    """Take a piece out."""
    at = chance.randint(0, len(data))
    return data[:at] + data[at + chance.choice((1, 2, 4, 30)) :]


def grow(chance: Random, data: bytes) -> bytes:
    """Put zeros, 0xFF or noise in."""
    at, n = chance.randint(0, len(data)), chance.choice((1, 4, 1000, 100_000))
    return data[:at] + chance.choice((b"\0", b"\xff", chance.randbytes(1))) * n + data[at:]


def number(chance: Random, data: bytes) -> bytes:
    """Put an extreme number of 1, 2, 4 or 8 bytes over what was there."""
    size = chance.choice((1, 2, 4, 8))
    value = chance.choice((0, 1, (1 << 8 * size) - 1, 1 << (8 * size - 1), 0x7F))
    at = chance.randint(0, max(0, min(len(data), chance.choice((40, len(data)))) - size))
    order = chance.choice(("big", "little"))
    return data[:at] + value.to_bytes(size, order) + data[at + size :]


def nothing(_: Random, __: bytes) -> bytes:
    """Leave an empty file."""
    return b""


# ── of texts ────────────────────────────────────────────────────────────────


def swap(chance: Random, data: bytes) -> bytes:
    """Exchange two lines."""
    lines = lines_of(data)
    i, j = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[i], lines[j] = lines[j], lines[i]
    return b"".join(lines)


def repeat(chance: Random, data: bytes) -> bytes:
    """Put a line in again, elsewhere or very often."""
    lines = lines_of(data)
    line = chance.choice(lines) * chance.choice((1, 1, 1, 3_000))
    lines.insert(chance.randint(0, len(lines)), line)
    return b"".join(lines)


def remove(chance: Random, data: bytes) -> bytes:
    """Take a line out."""
    lines = lines_of(data)
    lines.pop(chance.randrange(len(lines)))
    return b"".join(lines)


def recode(chance: Random, data: bytes) -> bytes:
    """Write it in another encoding, or with other ends of lines."""
    text = data.decode("utf-8", "replace")
    name = chance.choice(
        ("utf-16", "utf-16-le", "utf-32", "latin-1", "utf-8-sig", "cp037", "utf-7")
    )
    if chance.random() < 0.25:
        return data.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\x0b", "\u2028".encode(), b"")))
    return text.encode(name, "replace")


def sprinkle(chance: Random, data: bytes) -> bytes:
    """Put an odd character in."""
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(ODD).encode("utf-8", "surrogatepass") + data[at:]


def lengthen(chance: Random, data: bytes) -> bytes:
    """Make a line very long, or indent it by another amount."""
    lines = lines_of(data)
    i = chance.randrange(len(lines))
    if chance.random() < 0.5:
        lines[i] = b" " * chance.choice((1, 2, 7, 50_000)) + lines[i]
    else:
        at = chance.randint(0, len(lines[i]))
        filler = chance.choice((b"x", b" ", b"(", b"<b>", b"1", b". ", b"\t"))
        lines[i] = lines[i][:at] + filler * 50_000 + lines[i][at:]
    return b"".join(lines)


def misspell(chance: Random, data: bytes) -> bytes:
    """Change one word."""
    words = [*re.finditer(rb"[A-Za-z_]{3,}", data)]
    if not words:
        return data + b"x"
    word = chance.choice(words)
    other = chance.choice(
        (word[0] + b"z", word[0][1:], word[0].upper(), word[0][::-1], b"__init__")
    )
    return data[: word.start()] + other + data[word.end() :]


# ── of YAML ─────────────────────────────────────────────────────────────────


def revalue(chance: Random, data: bytes) -> bytes:
    """Put another value in place of one, or of a whole branch."""
    text = data.decode("utf-8", "replace")
    places = [*re.finditer(r"(?<=[:-] )[^\n,\]}]+|(?<=[\[{ ])[^\s:,\[\]{}]+(?=[,\]}])", text)]
    if not places:
        return _value(chance).encode("utf-8", "surrogatepass")
    place = chance.choice(places)
    made = text[: place.start()] + _value(chance) + text[place.end() :]
    return made.encode("utf-8", "surrogatepass")


def add_key(chance: Random, data: bytes) -> bytes:
    """Put a key in, with the indentation of another line."""
    lines = lines_of(data)
    i = chance.randrange(len(lines))
    indent = lines[i][: len(lines[i]) - len(lines[i].lstrip())]
    keys = ("x", "name", "", "1", "true", "<<", "? [a]", "title", "set", "'a b'", "\u00f1")
    line = f"{chance.choice(keys)}: {_value(chance)}\n"
    if chance.random() < 0.15:
        line = _bomb()
    lines.insert(i, indent + line.encode("utf-8", "surrogatepass"))
    return b"".join(lines)


BYTES: tuple[Mutation, ...] = (flip, cut, double, drop, grow, number, number, flip, nothing)
TEXT: tuple[Mutation, ...] = (
    *(flip, cut, double, drop, swap, repeat, remove, recode, sprinkle, lengthen, misspell),
    misspell,
)
YAML: tuple[Mutation, ...] = (*TEXT, *(revalue,) * 9, *(add_key,) * 4)


def inserting(snippets: tuple[str, ...], whole: float = 0.7) -> Mutation:
    """Return a mutation that puts one of some texts in, on a line of its own or within one.

    `whole` is how often it is the first.
    """

    def insert(chance: Random, data: bytes) -> bytes:
        snippet = chance.choice(snippets).encode("utf-8", "surrogatepass")
        lines = lines_of(data)
        i = chance.randint(0, len(lines))
        if chance.random() < whole:
            return b"".join([*lines[:i], snippet, b"\n", *lines[i:]])
        at = chance.randint(0, len(data))
        return data[:at] + snippet + data[at:]

    return insert


def mutated(chance: Random, data: bytes, mutations: tuple[Mutation, ...]) -> bytes:
    """Return content that one to three mutations have spoilt."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice(mutations)(chance, data)
    return data
