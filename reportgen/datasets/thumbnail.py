"""Small pictures of samples, as PNG bytes that are the same everywhere."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

from reportgen.records import Thumbnail

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # channels to PNG colour type
_MAX_STORED = 0xFFFF
MAX_SIDE = 64
"""Pixels along the longer side of a thumbnail, so that records stay small."""


def make_thumbnail(split: str, index: int, label: int, image: NDArray[np.uint8]) -> Thumbnail:
    """Return the thumbnail of one sample; large images are made smaller.

    Parameters
    ----------
    split : str
        Name of the sample's split.
    index : int
        Its row there.
    label : int
        Its class.
    image : ndarray of uint8, (h, w, c)
        Its pixels; c is 1 (grey), 2 (grey and opacity), 3 (RGB) or 4 (RGBA).
    """
    return Thumbnail(
        split, index, label, base64.b64encode(encode_png(shrink(image))).decode("ascii")
    )


def shrink(image: NDArray[np.uint8], side: int = MAX_SIDE) -> NDArray[np.uint8]:
    """Return an image that is at most so large: blocks of f × f pixels become their mean.

    f is the smallest that serves; means are rounded half up; rows and columns
    beyond the last whole block are cut off.

    Examples
    --------
    >>> shrink(np.array([[[1], [2], [9]], [[3], [5], [9]]], np.uint8), 2).tolist()
    [[[3]]]
    """
    factor = -(-max(image.shape[:2]) // side)
    if factor == 1:
        return image
    height, width = (max(1, n // factor) for n in image.shape[:2])
    fit = image[: height * factor, : width * factor].astype(np.uint32)
    rows = np.add.reduceat(fit, np.arange(0, len(fit), factor), axis=0)
    sums = np.add.reduceat(rows, np.arange(0, rows.shape[1], factor), axis=1)
    n = min(factor, image.shape[0]) * min(factor, image.shape[1])
    means: NDArray[np.uint8] = ((sums + n // 2) // n).astype(np.uint8)
    return means


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """Return an image as a PNG file, without compression.

    Compressed bytes would depend on the zlib at hand; blocks that are only
    stored do not, and thumbnails are small.

    Parameters
    ----------
    image : ndarray of uint8, (h, w, c)
        c from 1 to 4.

    Notes
    -----
    PNG specification (W3C, third edition), sections 5 and 11.2; stored blocks:
    RFC 1951, section 3.2.4; the stream around them: RFC 1950.
    """
    height, width, channels = image.shape
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    # Every row starts with its filter, 0: none.
    rows = np.zeros((height, 1 + width * channels), np.uint8)
    rows[:, 1:] = image.reshape(height, -1)
    chunks = ((b"IHDR", header), (b"IDAT", _store(rows.tobytes())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Make one PNG chunk: length, kind, data, checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _store(data: bytes) -> bytes:
    """Wrap data as a zlib stream of stored blocks."""
    blocks = []
    for start in range(0, len(data), _MAX_STORED):
        block = data[start : start + _MAX_STORED]
        last = start + _MAX_STORED >= len(data)
        blocks.append(struct.pack("<BHH", last, len(block), len(block) ^ _MAX_STORED) + block)
    return b"\x78\x01" + b"".join(blocks) + struct.pack(">I", zlib.adler32(data))
