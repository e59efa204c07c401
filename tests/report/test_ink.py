"""Figures are drawn once for the PDF, and kept."""

from __future__ import annotations

import re
from pathlib import Path

import pikepdf
import pytest

from reportgen.errors import TemplateError
from reportgen.report import ink
from reportgen.report.ink import SUFFIX, Ink, InkImage
from reportgen.report.pdf import write_pdf
from tests.report.test_pdf import DAY, page

SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" viewBox="0 0 40 20">'
    '<rect x="2" y="3" width="10" height="5" fill="#ff0000" fill-opacity="0.5"/>{}</svg>'
)
PIXEL = (
    '<image x="20" y="2" width="10" height="10" href="data:image/png;base64,'
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    'gg=="/>'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "figures").mkdir()
    return tmp_path


def render(folder: Path, svg: str, name: str = "a") -> bytes:
    """Return the PDF of a page with one figure."""
    (folder / f"figures/{name}.svg").write_text(svg, encoding="utf-8")
    body = f'<p>Figura</p><img src="figures/{name}.svg" alt="un cuadro">'
    write_pdf(page(body), folder / "a.pdf", root=folder, date=DAY)
    return (folder / "a.pdf").read_bytes()


def forms(content: bytes, folder: Path) -> list[bytes]:
    """Return what the forms of a PDF draw."""
    (folder / "b.pdf").write_bytes(content)
    with pikepdf.open(folder / "b.pdf") as pdf:
        return [
            item.read_bytes()
            for item in pdf.objects
            if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Form"
        ]


@pytest.mark.parametrize("more", ["", PIXEL])
def test_the_second_time_nothing_is_drawn_and_the_bytes_are_the_same(
    folder: Path, more: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = render(folder, SQUARE.format(more))
    assert (folder / f"figures/a{SUFFIX}").is_file()
    monkeypatch.setattr(ink, "draw_ink", None)  # to draw would fail
    assert render(folder, SQUARE.format(more)) == first


def test_the_form_has_the_figures_own_operators(folder: Path) -> None:
    """The rectangle of ten by five at (2, 3), in red."""
    (drawn,) = forms(render(folder, SQUARE.format("")), folder)
    assert re.search(rb"\b2 3 10 5 re\b", drawn)
    assert re.search(rb"\b1 0 0 (rg|scn)\b", drawn)


def test_an_image_keeps_its_mask(folder: Path) -> None:
    render(folder, SQUARE.format(PIXEL))
    kept = Ink.from_bytes((folder / f"figures/a{SUFFIX}").read_bytes())
    assert kept is not None
    (image,) = kept.images.values()
    assert (image.extra["Width"], image.extra["Height"]) == (1, 1)
    assert image.mask is not None
    assert image.mask.extra["ColorSpace"] == "/DeviceGray"


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: b"",
        lambda data: b"\n",
        lambda data: data.replace(b'"version": 1', b'"version": 0'),
        lambda data: b"[1]\n",
    ],
)
def test_a_damaged_file_is_drawn_again(folder: Path, damage: object) -> None:
    first = render(folder, SQUARE.format(""))
    path = folder / f"figures/a{SUFFIX}"
    whole = path.read_bytes()
    path.write_bytes(damage(whole))  # type: ignore[operator]
    assert render(folder, SQUARE.format("")) == first
    assert path.read_bytes() == whole


def test_a_figure_with_text_is_drawn_each_time(folder: Path) -> None:
    """Its font belongs to the document; and it is there."""
    text = '<text x="1" y="15" style="font-family: Informe Serif">Hola</text>'
    content = render(folder, SQUARE.format(text))
    assert not (folder / f"figures/a{SUFFIX}").exists()
    assert render(folder, SQUARE.format(text)) == content


def test_another_figure_of_the_same_name_is_drawn_anew(folder: Path) -> None:
    render(folder, SQUARE.format(""))
    other = SQUARE.format("").replace('x="2"', 'x="4"')
    (drawn,) = forms(render(folder, other), folder)
    assert re.search(rb"\b4 3 10 5 re\b", drawn)


def test_a_link_out_of_the_folder_is_refused(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "a.svg"
    outside.write_text(SQUARE.format(""), encoding="utf-8")
    (folder / "figures/a.svg").symlink_to(outside)
    with pytest.raises(TemplateError, match="no file of its folder"):
        write_pdf(
            page('<img src="figures/a.svg" alt="x">'), folder / "a.pdf", root=folder, date=DAY
        )


def test_what_is_kept_goes_and_comes_back() -> None:
    image = InkImage({"Width": 1}, b"\n\0", InkImage({"Width": 2, "D": {"P": [1, 0.5]}}, b"m"))
    kept = Ink(
        "0f", 40.0, 20.5, b"\n\nq", {"a0.5": {"ca": 0.5}}, {"i1": image, "i2": InkImage({}, b"")}
    )
    assert Ink.from_bytes(kept.to_bytes()) == kept
