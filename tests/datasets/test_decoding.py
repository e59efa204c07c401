"""Image files become pixels by the rules that are stated."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from reportgen.datasets.decoding import Manner, decode_image
from reportgen.datasets.trees import CorruptFileError
from reportgen.errors import DataError
from tests.datasets.made_images import encoded, image_bytes

PLAIN = Manner()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_kinds_without_loss_give_the_pixels_back(kind: str) -> None:
    expected = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    assert np.array_equal(decode_image(image_bytes(kind=kind), PLAIN), expected)


def test_jpeg_of_one_colour() -> None:
    image = Image.new("RGB", (16, 8), (200, 200, 200))
    assert decode_image(encoded(image, "JPEG"), PLAIN).tolist() == [[[200] * 3] * 16] * 8


def test_grey_by_luma() -> None:
    """Red alone: 0.299 · 255 = 76.2."""
    red = encoded(Image.new("RGB", (1, 1), "red"))
    assert decode_image(red, Manner(channels="grey")).tolist() == [[[76]]]


def test_grey_as_three_channels() -> None:
    grey = encoded(Image.new("L", (1, 1), 7))
    assert decode_image(grey, PLAIN).tolist() == [[[7]]]
    assert decode_image(grey, Manner(channels="rgb")).tolist() == [[[7, 7, 7]]]


@pytest.mark.parametrize(
    ("mode", "pixel", "expected"),
    [
        ("RGBA", (255, 0, 0, 0), [255, 255, 255]),
        ("RGBA", (10, 20, 30, 255), [10, 20, 30]),
        ("LA", (0, 0), [255]),
    ],
)
def test_transparent_is_white(mode: str, pixel: tuple[int, ...], expected: list[int]) -> None:
    assert decode_image(encoded(Image.new(mode, (1, 1), pixel)), PLAIN).tolist() == [[expected]]


def test_a_palette_is_colour() -> None:
    image = Image.new("RGB", (1, 1), (1, 2, 3)).convert("P", palette=Image.Palette.ADAPTIVE)
    assert decode_image(encoded(image), PLAIN).tolist() == [[[1, 2, 3]]]


def test_the_orientation_of_the_camera_is_obeyed() -> None:
    """6: the first row of the file is the right edge."""
    image = Image.fromarray(np.array([[10, 20]], np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode_image(encoded(image, exif=exif), PLAIN)[..., 0].tolist() == [[10], [20]]


def test_shorter_side_then_the_centre() -> None:
    """4 × 2 to 2 × 2: the scale is 1, the two middle columns stay."""
    image = Image.fromarray(np.array([[1, 2, 3, 4], [5, 6, 7, 8]], np.uint8))
    got = decode_image(encoded(image), Manner(size=(2, 2)))
    assert got[..., 0].tolist() == [[2, 3], [6, 7]]


def test_pixels_that_fall_together_are_averaged() -> None:
    """Halved with bilinear weights 1, 3, 3, 1 of eight: a black and a white half stay apart."""
    image = Image.fromarray(np.repeat(np.array([[0, 0, 255, 255]], np.uint8), 4, axis=0))
    got = decode_image(encoded(image), Manner(size=(2, 2)))[..., 0]
    # At the edge the outer weight is missing: 1 of 1 + 3 + 3 = 7 parts is of the other half.
    assert got.tolist() == [[36, 219], [36, 219]]


@pytest.mark.parametrize("size", [(s, t) for s in (1, 7, 64) for t in (1, 5, 64)])
def test_any_size_comes_to_any(size: tuple[int, int]) -> None:
    for height, width in ((1, 9), (17, 3), (31, 31), (67, 101)):
        data = image_bytes(size=(height, width))
        assert decode_image(data, Manner(size=size)).shape == (*size, 3)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF-3.0"])
def test_what_is_no_image(data: bytes) -> None:
    with pytest.raises(CorruptFileError):
        decode_image(data, PLAIN)


def test_the_message_names_no_object_of_python() -> None:
    with pytest.raises(CorruptFileError) as caught:
        decode_image(b"nothing", PLAIN)
    assert str(caught.value) == "cannot identify image file"


def test_every_image_that_is_cut_short_is_corrupt_or_whole() -> None:
    data = image_bytes(size=(3, 3), kind="JPEG")
    for n in range(0, len(data) - 2, 7):
        with pytest.raises(CorruptFileError):
            decode_image(data[:n], PLAIN)


def test_a_cut_image_is_corrupt_whatever_other_libraries_ask_of_pillow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """WeasyPrint has Pillow fill what is missing; a training must not take that for pixels."""
    monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", True)
    data = image_bytes(size=(40, 40), kind="JPEG")
    with pytest.raises(CorruptFileError):
        decode_image(data[: len(data) // 2], PLAIN)


def test_an_image_with_too_many_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reportgen.datasets.decoding.MAX_PIXELS", 23)
    with pytest.raises(DataError, match="6 × 4 pixels, at most 23"):
        decode_image(image_bytes(), PLAIN)
