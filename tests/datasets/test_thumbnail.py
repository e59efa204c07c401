"""PNG bytes of samples."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from reportgen.datasets.thumbnail import MAX_SIDE, encode_png, make_thumbnail, shrink

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


@pytest.mark.parametrize("channels", MODES)
@pytest.mark.parametrize("size", [(1, 1), (28, 20), (150, 170)])  # the last needs two blocks
def test_another_reader_sees_the_same_pixels(channels: int, size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*size, channels), dtype=np.uint8)
    with Image.open(io.BytesIO(encode_png(image))) as read:
        assert read.mode == MODES[channels]
        assert np.array_equal(np.asarray(read).reshape(image.shape), image)


def test_bytes_by_hand() -> None:
    """One grey pixel of 255: the row 00 ff, Adler-32 of it 01 01 01 00 (a = 256, b = 257)."""
    data = encode_png(np.full((1, 1, 1), 255, np.uint8))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    start = data.index(b"IDAT") + 4
    # stored stream: header 78 01, last block, length 2 and its complement, row, Adler-32
    assert data[start : start + 13].hex(" ") == "78 01 01 02 00 fd ff 00 ff 01 01 01 00"


def test_a_thumbnail_tells_its_sample() -> None:
    thumbnail = make_thumbnail("validation", 7, 3, np.zeros((2, 2, 1), np.uint8))
    assert (thumbnail.split, thumbnail.index, thumbnail.label) == ("validation", 7, 3)
    assert base64.b64decode(thumbnail.png).startswith(b"\x89PNG")


def test_a_large_image_becomes_the_means_of_blocks() -> None:
    """Blocks of 2 × 2: (1 + 2 + 3 + 5) / 4 = 2.75, (0 + 0 + 1 + 1) / 4 = 0.5, half up."""
    image = np.array([[1, 2, 0, 0], [3, 5, 1, 1], [8, 8, 9, 9], [8, 8, 9, 9]], np.uint8)
    assert shrink(image[..., np.newaxis], 2)[..., 0].tolist() == [[3, 1], [8, 9]]


@pytest.mark.parametrize("size", [(64, 64), (65, 3), (1, 400), (200, 300), (129, 64)])
def test_a_thumbnail_is_never_larger_than_it_may_be(size: tuple[int, int]) -> None:
    small = shrink(np.full((*size, 3), 77, np.uint8))
    assert max(small.shape[:2]) <= MAX_SIDE
    assert small.shape[2] == 3
    assert np.all(small == 77)


def test_small_images_stay_as_they_are() -> None:
    image = np.arange(64 * 32, dtype=np.uint32).astype(np.uint8).reshape(64, 32, 1)
    assert shrink(image) is image
