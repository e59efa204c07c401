r"""Figures as the PDF draws them, kept beside their SVG: what did not change is not drawn again.

WeasyPrint draws an SVG by walking its thousands of nodes, and packs the images in it anew
each time; that is 40 % of a render. So a figure is drawn once, onto a form of its own, and
the form's content and images are kept in a file beside it, with the hash of the SVG. The
first time takes the same way, so the PDF's bytes are those of any later time. A figure with
text is left to WeasyPrint, since its fonts belong to the document; ours are paths.

::

    {"version": 1, "svg": …, "width": …, "height": …, "content": n, "states": …, "images": …}\n
    content, then each image's data and that of its mask
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from reportgen.hashing import sha256_file

if TYPE_CHECKING:
    from pydyf import Stream  # type: ignore[import-untyped]

VERSION = 1
"""Raised when files of before would be read wrongly."""
SUFFIX = ".ink"
TEXT = b"<text"


class ForeignInkError(Exception):
    """A figure needs what is not kept: fonts, patterns, shadings, forms in forms."""


@dataclass(frozen=True, slots=True)
class Ink:
    """A figure's drawing at one size, in CSS pixels.

    `content` are PDF operators, deflated; `states` graphics states and `images` raster
    images by the names that they have there; `svg` is the SHA-256 of what was drawn.
    """

    svg: str
    width: float
    height: float
    content: bytes
    states: Mapping[str, Mapping[str, Any]]
    images: Mapping[str, InkImage]

    def to_bytes(self) -> bytes:
        """Return the file's content."""
        blobs = [self.content]
        listed = []
        for name, image in self.images.items():
            mask = image.mask
            blobs += [image.data] if mask is None else [image.data, mask.data]
            parts = [image] if mask is None else [image, mask]
            listed.append([name, *([part.extra, len(part.data)] for part in parts)])
        head = {
            "version": VERSION,
            "svg": self.svg,
            "width": self.width,
            "height": self.height,
            "content": len(self.content),
            "states": self.states,
            "images": listed,
        }
        return json.dumps(head).encode() + b"\n" + b"".join(blobs)

    @classmethod
    def from_bytes(cls, data: bytes) -> Ink | None:
        """Return what a file holds; None if it is of another version or damaged."""
        try:
            line, body = data.split(b"\n", 1)
            head = json.loads(line)
            if head["version"] != VERSION:
                return None
            stream = io.BytesIO(body)
            content = _take(stream, head["content"])
            images = {}
            for name, *parts in head["images"]:
                first, *masks = [InkImage(extra, _take(stream, size)) for extra, size in parts]
                images[name] = InkImage(first.extra, first.data, masks[0] if masks else None)
            if stream.read(1):
                return None
            size = head["width"], head["height"]
            return cls(head["svg"], *size, content, head["states"], images)
        except (ValueError, KeyError, TypeError, IndexError):
            return None


@dataclass(frozen=True, slots=True)
class InkImage:
    """A raster image as the PDF holds it: its dictionary and its data, and a mask."""

    extra: Mapping[str, Any]
    data: bytes
    mask: InkImage | None = None


class Figure:
    """What WeasyPrint takes for an image: one of our figures, drawn once and then kept."""

    def __init__(self, path: Path, url: str, fetcher: Any) -> None:
        self.path = path
        self.url = url
        self.fetcher = fetcher

    def get_intrinsic_size(self, *_: object) -> tuple[float, float, float]:
        """Return width and height in CSS pixels, and their ratio."""
        width, height = self._svg().get_intrinsic_size(None, 16)[:2]
        return width, height, width / height

    def draw(self, stream: Stream, width: float, height: float, style: Any) -> None:
        """Draw the figure onto a page (WeasyPrint's hook), from its file where there is one."""
        kept = self.path.with_suffix(SUFFIX)
        ink = Ink.from_bytes(kept.read_bytes()) if kept.is_file() else None
        wanted = sha256_file(self.path), width, height
        if ink is None or (ink.svg, ink.width, ink.height) != wanted:
            try:
                ink = replace(draw_ink(self._svg(), stream, width, height), svg=wanted[0])
            except Exception:  # noqa: BLE001 - drawn as always, WeasyPrint tells what is wrong
                self._svg().draw(stream, width, height, style)
                return
            fresh = kept.with_suffix(f"{SUFFIX}.part")
            fresh.write_bytes(ink.to_bytes())
            fresh.replace(kept)
        put_ink(ink, stream)

    def _svg(self) -> Any:
        """Return WeasyPrint's own form of the figure."""
        from weasyprint import DEFAULT_OPTIONS
        from weasyprint.images import SVGImage, get_image_from_uri

        # What an SVG asks of a document: the images in it.
        load = partial(
            get_image_from_uri, cache={}, url_fetcher=self.fetcher, options=DEFAULT_OPTIONS
        )
        context = SimpleNamespace(font_config=None, get_image_from_uri=load)
        tree = ET.fromstring(self.path.read_bytes())  # noqa: S314 - drawn by this program
        return SVGImage(tree, self.url, self.fetcher, context)


def figures_by_url(folder: Path, base_url: str, fetcher: Any) -> dict[str, Figure]:
    """Return the figures of a build folder by the addresses that the page gives them.

    Parameters
    ----------
    folder : Path
    base_url : str
        What stands for the folder on the page.
    fetcher : URLFetcher
        Of WeasyPrint, for what a figure may refer to.
    """
    inside = folder.resolve()
    found = [
        path
        for path in sorted(folder.glob("*/*.svg"))
        if path.resolve().is_relative_to(inside) and TEXT not in path.read_bytes()
    ]
    urls = {f"{base_url}{path.relative_to(folder).as_posix()}": path for path in found}
    return {url: Figure(path, url, fetcher) for url, path in urls.items()}


def draw_ink(image: Any, stream: Stream, width: float, height: float) -> Ink:
    """Return the drawing of an SVG image, made on a form that no page shows.

    Raises
    ------
    ForeignInkError
        If it needs what is not kept.
    """
    fonts = set(stream._fonts)  # noqa: SLF001 - WeasyPrint has no other way to a form's resources
    form = stream.add_group(0, 0, width, height)
    del stream._resources["XObject"][form.id]  # noqa: SLF001
    image._svg.draw(form, width, height, image._base_url, image._context)  # noqa: SLF001
    resources = form._resources  # noqa: SLF001
    if set(stream._fonts) != fonts or resources["Pattern"] or resources["Shading"]:  # noqa: SLF001
        raise ForeignInkError
    images = {}
    for name, item in resources["XObject"].items():
        if item is not None:
            raise ForeignInkError
        images[name] = _packed(stream._images[name])  # noqa: SLF001
    content = zlib.compress(_joined(form), level=9)
    return Ink("", width, height, content, _plain(resources["ExtGState"]), images)


def put_ink(ink: Ink, stream: Stream) -> None:
    """Put a drawing onto a page, as a form of its own."""
    import pydyf

    form = stream.add_group(0, 0, ink.width, ink.height)
    del form.extra["Group"]  # nothing in it blends with what is below
    form.extra["Filter"] = "/FlateDecode"
    form.stream, form.compress = [ink.content], False
    resources = form._resources  # noqa: SLF001
    resources["ExtGState"] = _pydyf(ink.states)
    for name, image in ink.images.items():
        resources["XObject"][name] = _unpacked(image, pydyf)
    stream.draw_x_object(form.id)


def _take(stream: io.BytesIO, size: int) -> bytes:
    found = stream.read(size)
    if len(found) != size:
        msg = "cut short"
        raise ValueError(msg)
    return found


def _packed(entry: Mapping[str, Any]) -> InkImage:
    """Return an image that WeasyPrint noted for a document."""
    found = entry["image"].get_x_object(entry["interpolate"], max(entry["dpi_ratios"]))
    mask = found.extra.pop("SMask", None)
    return InkImage(
        _plain(found.extra),
        _joined(found),
        None if mask is None else InkImage(_plain(mask.extra), _joined(mask)),
    )


def _unpacked(image: InkImage, pydyf: Any) -> Any:
    extra = _pydyf(image.extra)
    if image.mask is not None:
        extra["SMask"] = _unpacked(image.mask, pydyf)
    return pydyf.Stream([image.data], extra)


def _joined(stream: Any) -> bytes:
    """Return the content of a stream before it is deflated."""
    return b"\n".join(item if isinstance(item, bytes) else item.data for item in stream.stream)


def _plain(value: Any) -> Any:
    """Return a PDF dictionary, array or number as JSON has it."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (str, int, float)):
        return value
    raise ForeignInkError


def _pydyf(value: Any) -> Any:
    import pydyf

    if isinstance(value, Mapping):
        return pydyf.Dictionary({key: _pydyf(item) for key, item in value.items()})
    return pydyf.Array([_pydyf(item) for item in value]) if isinstance(value, list) else value
