"""From the bytes of an image file to pixels, by stated rules."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from reportgen.datasets.trees import CorruptFileError
from reportgen.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
"""What is read; Pillow knows more, some of which runs other programs."""

MAX_PIXELS = 1 << 26
"""Largest image that is read, against files that unpack to all the memory there is."""

Channels = Literal["grey", "rgb"]
_ADDRESS = re.compile(r" <_io\.BytesIO object at \w+>")
_GREY_MODES = frozenset({"1", "L", "LA"})
_COLOUR_MODES = frozenset({"RGB", "RGBA", "RGBX", "P", "PA", "CMYK", "YCbCr", "HSV", "LAB"})


@dataclass(frozen=True, slots=True)
class Manner:
    """How image files become pixels.

    Parameters
    ----------
    size : (int, int), optional
        Height and width that all are brought to: scaled, keeping their
        proportions, until they just cover it (bilinear, over all the pixels that
        fall together), then the centre is cut out. Without it all must be of one
        size.
    channels : "grey" or "rgb", optional
        Without it rgb, unless all images are grey. Colour becomes grey by the
        luma of ITU-R BT.601.
    skip_corrupt : bool
        Whether images that cannot be decoded are left out.
    """

    size: tuple[int, int] | None = None
    channels: Channels | None = None
    skip_corrupt: bool = False


def decode_image(data: bytes, manner: Manner) -> NDArray[np.uint8]:
    """Return the pixels of an image file, (h, w, 1) if grey, else (h, w, 3).

    The orientation that a camera noted is obeyed, what is transparent becomes
    white, and of a moving picture the first image counts. An image that is
    stored in grey has one channel unless `manner.channels` is rgb.

    Raises
    ------
    CorruptFileError
        If the bytes cannot be decoded.
    DataError
        If the pixels are of a kind that is not read, such as 16 bits a channel.
    """
    from PIL import Image, ImageFile, ImageOps

    # WeasyPrint, once imported, has Pillow fill what a file lacks with grey, in the whole
    # process. Not put back: other threads may be decoding.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_kind(image)
            image.load()
            whole = ImageOps.exif_transpose(image) if "exif" in image.info else image
    except DataError:
        raise
    except Exception as error:  # Pillow's decoders have no common error
        reason = " ".join(_ADDRESS.sub("", str(error)).split())
        raise CorruptFileError(reason or type(error).__name__) from error
    return _pixels(whole, manner)


def _check_kind(image: Image) -> None:
    """Refuse an opened image that is too large or of a kind that is not read."""
    if image.width * image.height > MAX_PIXELS:
        msg = f"it has {image.width} × {image.height} pixels, at most {MAX_PIXELS} are read"
        raise DataError(msg)
    if image.mode not in _GREY_MODES | _COLOUR_MODES:
        msg = f"its pixels are of the kind {image.mode}; save it with 8 bits a channel"
        raise DataError(msg)


def _pixels(image: Image, manner: Manner) -> NDArray[np.uint8]:
    """Return the pixels of a decoded image."""
    grey = manner.channels == "grey" or image.mode in _GREY_MODES
    image = _opaque(image).convert("L" if grey else "RGB")
    if manner.size is not None:
        image = _fit(image, *manner.size)
    pixels = np.asarray(image)
    if not grey:
        return pixels
    stack = pixels[..., np.newaxis]
    return np.repeat(stack, 3, axis=2) if manner.channels == "rgb" else stack


def _opaque(image: Image) -> Image:
    """Put an image that has transparent pixels on white."""
    from PIL import Image as Images

    if image.mode not in ("LA", "PA", "RGBA") and "transparency" not in image.info:
        return image
    layer = image.convert("RGBA")
    white = Images.new("RGBA", layer.size, "white")
    return Images.alpha_composite(white, layer)


def _fit(image: Image, height: int, width: int) -> Image:
    """Scale an image to cover a size, and cut out the centre."""
    from PIL.Image import Resampling

    if image.size == (width, height):
        return image
    scale = max(width / image.width, height / image.height)
    # Rounding may leave an edge a hair outside.
    left = max(0.0, (image.width - width / scale) / 2)
    top = max(0.0, (image.height - height / scale) / 2)
    box = (left, top, image.width - left, image.height - top)
    return image.resize((width, height), Resampling.BILINEAR, box)
