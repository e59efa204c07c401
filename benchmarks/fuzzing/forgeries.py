"""Files that declare more than they hold, or hold far more than they seem to."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from random import Random

from benchmarks.fuzzing.mutations import Mutation

BOMB = 1 << 28
"""Bytes that a bomb holds; it takes a quarter of a mebibyte itself."""


def forging(kind: str) -> Mutation:
    """Return a mutation that puts a made-up file in place of a real one."""

    def forge(chance: Random, _: bytes) -> bytes:
        return forged(kind, chance.randrange(len(FORGERIES[kind])))

    return forge


@cache
def forged(kind: str, number: int) -> bytes:
    """Return the bytes of one made-up file."""
    return FORGERIES[kind][number]()


# ── arrays ──────────────────────────────────────────────────────────────────


def _npy(header: str, data: bytes = b"", *, length: int | None = None) -> bytes:
    """Return an array's file with any header."""
    text = header.encode("latin-1")
    n = len(text) if length is None else length
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", n & 0xFFFFFFFF) + text + data


def _described(shape: str, dtype: str = "'|u1'") -> str:
    return f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}"


def _archive(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _npz(images: bytes) -> bytes:
    labels = _npy(_described("(12,)", "'<i8'"), bytes(96))
    return _archive({"images.npy": images, "labels.npy": labels})


def _wrong_sizes() -> bytes:
    """Return an archive whose directory says four gibibytes of each file."""
    data = bytearray(_npz(_npy(_described("(12, 6, 6)"), bytes(432))))
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 20 : at + 28] = struct.pack("<II", 0xFFFFFFF0, 0xFFFFFFF0)
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


_SHAPES = (
    *("(1000000000, 1000000000, 28, 28)", "(4000000000,)", "(-1, 6, 6)", "(12, 0, 6)", "()"),
    *("(12, 6, 6, 6, 6, 6)", "(True, 6, 6)", "(12.5, 6, 6)", "[12, 6, 6]", "(9**9**9,)", "None"),
    "(" + "1, " * 10_000 + ")",
)
_DTYPES = (
    *("'|O'", "'|S1000000000'", "'<U999999999'", "'|V0'", "'<f8'", "'>i8'", "'<c16'", "'|b1'"),
    *("'<M8[ns]'", "[('a', '|u1'), ('b', '|O')]", "('|u1', (99999, 99999))", "'nada'", "5"),
)


# ── images ──────────────────────────────────────────────────────────────────


def _chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def _png(width: int, height: int, *more: bytes, bits: int = 8, colour: int = 2) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    pixels = _chunk(b"IDAT", zlib.compress(bytes(100)))
    chunks = (_chunk(b"IHDR", head), *more, pixels, _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _jpeg(width: int, height: int) -> bytes:
    frame = struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + bytes(50)
    return b"\xff\xd8\xff\xdb\x00\x43\x00" + b"\x01" * 64 + b"\xff\xc0" + frame + scan + b"\xff\xd9"


def _gif(width: int, height: int, frames: int = 1) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00"
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + frame * frames + b"\x3b"


def _tiff(*entries: tuple[int, int, int, int], following: int = 0) -> bytes:
    """Return a picture of entries: tag, type, count, value; the list may lead to itself."""
    listed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    return head + listed + struct.pack("<I", following) + bytes(64)


def _webp(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


_IMAGES: tuple[Callable[[], bytes], ...] = (
    lambda: _png(0x7FFFFFFF, 0x7FFFFFFF),
    lambda: _png(100_000, 100_000),
    lambda: _png(13_000, 13_000),
    lambda: _png(0, 5),
    lambda: _png(9, 9, bits=16, colour=6),
    lambda: _png(9, 9, bits=3, colour=3),
    lambda: _png(9, 9, _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(BOMB)))),
    lambda: _png(9, 9, _chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(BOMB)))),
    lambda: _png(9, 9, *[_chunk(b"tEXt", b"a\0" + b"x" * 1_000)] * 2_000),
    lambda: _png(9, 9, _chunk(b"acTL", struct.pack(">II", 0xFFFFFFFF, 0))),
    lambda: _jpeg(65_535, 65_535),
    lambda: _jpeg(9_000, 9_000),
    lambda: _jpeg(0, 0),
    lambda: _gif(65_535, 65_535),
    lambda: _gif(6, 6, 20_000),
    lambda: _tiff((256, 4, 1, 0xFFFFFFFF), (257, 4, 1, 0xFFFFFFFF), (273, 4, 1, 8)),
    lambda: _tiff((256, 3, 1, 6), (257, 3, 1, 6), (273, 4, 0xFFFFFFFF, 8), following=8),
    lambda: _tiff((256, 3, 1, 6), (257, 3, 1, 6), (258, 3, 0xFFFFFF, 0), (259, 3, 1, 8)),
    lambda: _webp(1 << 24, 1 << 24),
    lambda: _webp(16_383, 16_383),
    lambda: b"BM" + struct.pack("<IIIIiiHH", 99, 0, 54, 40, 1 << 30, -(1 << 30), 1, 24) + b"x" * 9,
    lambda: b"<svg xmlns='http://www.w3.org/2000/svg' width='99999' height='99999'/>",
    lambda: b"\0\0\1\0\xff\xff" + bytes(200),
    lambda: b"P6 999999 999999 255\n",
    lambda: b"%PDF-1.4",
    lambda: _archive({"a.png": b"x"}),
)  # fmt: skip


# ── archives ────────────────────────────────────────────────────────────────


def _nested() -> bytes:
    data = bytes(1 << 20)
    for _ in range(8):
        data = _archive({f"train/cat/{n}.zip": data for n in range(4)})
    return data


def _link() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("train/cat/0.png")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


def _encrypted() -> bytes:
    data = bytearray(_archive({"train/cat/0.png": b"x" * 30, "val/cat/0.png": b"x"}))
    at = data.find(b"PK\x01\x02")
    data[6] |= 1
    data[at + 8] |= 1
    return bytes(data)


_NAMES = (
    *("../../x.png", "/etc/x.png", "train/../../x.png", "C:\\x.png", "train\\cat\\0.png", "/"),
    *("train/cat/" + "x" * 5_000 + ".png", "train//cat/0.png", "train/cat/.png", "con/nul/0.png"),
    *("train/" * 300 + "0.png", "train/\u202ecat/0.png", "train/cat\n/0.png", "val/cat/0.PNG"),
)
_ZIPS: tuple[Callable[[], bytes], ...] = (
    *((lambda name=name: _archive({name: _png(6, 6), "val/cat/0.png": _png(6, 6)}))
      for name in _NAMES),
    lambda: _archive({"train/cat/0.png": bytes(BOMB), "val/cat/0.png": bytes(9)}),
    lambda: _archive({f"train/cat/{n}.png": b"" for n in range(20_000)}),
    lambda: _archive({f"train/{n}/0.png": b"x" for n in range(5_000)}),
    _nested,
    _link,
    _encrypted,
    _wrong_sizes,
    lambda: _archive({"train/cat/0.png": _png(6, 6)}, zipfile.ZIP_LZMA),
    lambda: _archive({}),
    lambda: b"PK\x05\x06" + b"\xff" * 16 + b"\0\0",
    lambda: b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 65_535, 65_535, 1 << 31, 1 << 31, 0),
)  # fmt: skip


# ── pickles and bytes ───────────────────────────────────────────────────────


def _array_state(shape: bytes) -> bytes:
    """Return the pickle of an array of any shape, without its bytes."""
    head = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
    state = b"(I1\n" + shape + b"cnumpy\ndtype\n(S'u1'\nI0\nI1\ntRI00\nS''\ntb."
    return head + state


_PICKLES: tuple[Callable[[], bytes], ...] = (
    lambda: b"\x80\x04\x8d" + struct.pack("<Q", 1 << 62) + b"abc.",
    lambda: b"\x80\x04\x8e" + struct.pack("<Q", 1 << 33) + b"abc.",
    lambda: b"\x80\x05\x96" + struct.pack("<Q", 1 << 33) + b"abc.",
    lambda: b"\x80\x04\x95" + struct.pack("<Q", 1 << 63) + b"N.",
    lambda: b"\x80\x02\x8b" + struct.pack("<i", 0x7FFFFFFF) + b"x.",
    lambda: b"\x80\x02\x8b" + struct.pack("<i", -1) + b"x.",
    lambda: b"\x80\x02Nr" + struct.pack("<I", 0xFFFFFFF0) + b".",
    lambda: b"\x80\x02Nr" + struct.pack("<I", 1 << 28) + b".",
    lambda: b"]" * 100_000 + b"a" * 99_999 + b".",
    lambda: b"N" + b"\x85" * 100_000 + b".",
    lambda: b"(" * 1_000_000 + b"t.",
    lambda: b"]q\0" + b"h\0a" * 3 + b".",
    lambda: b"]" + b"2" * 40 + b"l" * 40 + b".",
    lambda: b"".join((b"]q\0.",)) + b"x" * 1_000,
    lambda: b"(]q\0" + b"".join(b"](h%ch%ceq%c" % (n, n, n + 1) for n in range(60)) + b"t.",
    lambda: b"cos\nsystem\n(S'true'\ntR.",
    lambda: b"cbuiltins\neval\n(S'9**9**9'\ntR.",
    lambda: b"cbuiltins\nbytearray\n(I9999999999\ntR.",
    lambda: b"(ios\nsystem\n.",
    lambda: b"Pnada\n.",
    lambda: b"\x82\x01.",
    lambda: b"cnumpy\nndarray\n((I999999\nI999999\nttR.",
    lambda: b"cnumpy\ndtype\n(S'V2147483647'\nI0\nI1\ntR.",
    lambda: _array_state(b"(I999999\nI999999\nt"),
    lambda: _array_state(b"(I-1\nt"),
    lambda: b"I" + b"9" * 100_000 + b"\n.",
    lambda: b"L" + b"9" * 4_000 + b"L\n.",
    lambda: b"F1e999\n.",
    lambda: pickle.dumps({"train": {"images": [[0] * 9] * 9, "labels": {}}, "test": None}),
    lambda: pickle.dumps({("train",): {}, b"test": {}}),
    lambda: pickle.dumps("x" * 1_000_000),
    lambda: b"",
    lambda: b".",
    lambda: gzip.compress(pickle.dumps({})),
)  # fmt: skip


def _idx(kind: int, *sizes: int, data: bytes = b"") -> bytes:
    return bytes((0, 0, kind, len(sizes) & 255)) + struct.pack(f">{len(sizes)}I", *sizes) + data


_IDX: tuple[Callable[[], bytes], ...] = (
    lambda: _idx(8, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
    lambda: _idx(8, 0x7FFFFFFF),
    lambda: _idx(8, *[1] * 255, data=b"x"),
    lambda: _idx(8, *[2] * 255),
    lambda: _idx(14, 0x10000000, 28, 28),
    lambda: _idx(9, 10, 28, 28, data=bytes(7_840)),
    lambda: _idx(0, 10),
    lambda: _idx(8, 0, 28, 28),
    lambda: _idx(8, 10, 0, 0),
    lambda: _idx(8),
    lambda: _idx(8, 120, 8, 8, data=bytes(120 * 64 - 1)),
    lambda: b"\0\0\x08\x03",
    lambda: gzip.compress(_idx(8, 12, 8, 8, data=bytes(768))),
)

FORGERIES: Mapping[str, tuple[Callable[[], bytes], ...]] = {
    "npz": (
        *((lambda s=s: _npz(_npy(_described(s), bytes(432)))) for s in _SHAPES),
        *((lambda d=d: _npz(_npy(_described("(12, 6, 6)", d), bytes(432)))) for d in _DTYPES),
        lambda: _npz(_npy("__import__('os').system('true')")),
        lambda: _npz(_npy("(" * 5_000 + ")" * 5_000)),
        lambda: _npz(_npy(_described("(12, 6, 6)"), length=0xFFFFFFFF)),
        lambda: _npz(_npy(_described("(12, 6, 6)") + " " * 3_000_000)),
        lambda: _npz(_npy(_described(f"({BOMB},)"), bytes(BOMB))),
        lambda: _npz(_npy(_described("(12, 6, 6)"), bytes(BOMB))),
        lambda: _npz(_archive({"images.npy": b"x"})),
        lambda: _npy(_described("(12, 6, 6)"), bytes(432)),
        _wrong_sizes,
        lambda: _archive({}),
    ),
    "zip": _ZIPS,
    "image": _IMAGES,
    "pickle": _PICKLES,
    "IDX": _IDX,
    "IDX, gzipped": (
        *((lambda make=make: gzip.compress(make())) for make in _IDX),
        lambda: gzip.compress(bytes(BOMB)),
        lambda: gzip.compress(_idx(8, 120, 8, 8, data=bytes(BOMB))),
        lambda: gzip.compress(_idx(8, 12, data=bytes(12))) + b"nada",
        lambda: gzip.compress(_idx(8, 12)) + gzip.compress(bytes(12)),
        lambda: b"\x1f\x8b\x08\x1c" + b"x" * 70_000,
    ),
}  # fmt: skip
"""By kind of file; each is made when it is first wanted."""
