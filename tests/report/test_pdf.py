"""Writing a PDF: what is refused, and that nothing is left half done."""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path

import pytest

from reportgen.errors import TemplateError
from reportgen.report.fonts import font_css
from reportgen.report.pdf import Attachment, write_pdf

DAY = dt.date(2026, 4, 10)


def page(body: str, style: str = "") -> str:
    style = f'@page {{ size: A5 }} body {{ font-family: "Informe Serif" }} {style}'
    return (
        f'<!DOCTYPE html><html lang="es"><head><title>Prueba</title><style>{font_css()}</style>'
        f"<style>{style}</style></head><body><h1>Prueba</h1>{body}</body></html>"
    )


def write(folder: Path, body: str, style: str = "", **options: object) -> int:
    return write_pdf(page(body, style), folder / "out.pdf", root=folder, date=DAY, **options)  # type: ignore[arg-type]


def refusal(folder: Path, body: str, style: str = "", **options: object) -> str:
    with pytest.raises(TemplateError) as caught:
        write(folder, body, style, **options)
    assert not (folder / "out.pdf").exists()
    return caught.value.message


@pytest.mark.parametrize(
    "body",
    [
        '<img alt="x" src="http://example.com/x.png">',
        '<img alt="x" src="file:///etc/hostname">',
        '<img alt="x" src="../outside.png">',
        '<img alt="x" src="%2e%2e/outside.png">',
        '<img alt="x" src="link.png">',
        '<img alt="x" src="missing.png">',
        '<link rel="stylesheet" href="http://example.com/x.css">',
        '<style>@import "file:///etc/hostname";</style>',
        '<div style="background: url(https://example.com/x.png)">x</div>',
        '<style>@font-face { font-family: F; src: url("http://example.com/f.ttf") }</style>',
    ],
)
def test_nothing_outside_the_folder_is_read(tmp_path: Path, body: str) -> None:
    folder = tmp_path / "page"
    folder.mkdir()
    (tmp_path / "outside.png").write_bytes(b"secret")
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    assert "the page asks for" in refusal(folder, body)


def test_a_picture_inside_the_page_is_allowed(tmp_path: Path) -> None:
    svg = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><path d='M0 0h9v9z'/></svg>"
    assert write(tmp_path, f'<p><img alt="x" src="data:image/svg+xml,{svg}"></p>') == 1


def test_a_corrupt_picture_is_a_fault_with_its_cause(tmp_path: Path) -> None:
    (tmp_path / "bad.svg").write_text("<svg")
    text = refusal(tmp_path, '<img alt="x" src="bad.svg">')
    assert "bad.svg" in text
    assert "cause: ParseError: unclosed token" in text


def test_a_drawing_that_holds_itself_is_told(tmp_path: Path) -> None:
    """It has no file, and the address that the page is given is made up."""
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><use id="a" href="#a"/></svg>'
    text = refusal(tmp_path, f"<p>x</p>{svg}")
    assert text.startswith("Failed to render SVG image of the page")
    assert "RecursionError" in text


def test_several_warnings_are_told_at_once(tmp_path: Path) -> None:
    text = refusal(tmp_path, '<p><a href="#nada">x</a></p><p id="a">1</p><p id="a">2</p>')
    assert "nada" in text
    assert '"a"' in text or "'a'" in text


def test_a_fault_in_the_style_sheet_has_its_line(tmp_path: Path) -> None:
    sheet = tmp_path / "templates" / "report.css"
    text = refusal(tmp_path, "<p>x</p>", "\np { colr: red; }", style_sheets=(sheet,))
    assert "templates/report.css:2:5: Ignored `colr: red`: unknown property" in text


def test_a_fault_in_a_style_attribute_is_not_put_down_to_the_style_sheet(tmp_path: Path) -> None:
    sheet = tmp_path / "templates" / "report.css"
    text = refusal(tmp_path, '<p style="colr: red">x</p>', style_sheets=(sheet,))
    assert text == "Ignored `colr: red` at 1:1, unknown property. (in a style attribute)"


def test_a_fault_in_the_second_style_sheet_has_the_line_in_that(tmp_path: Path) -> None:
    """The page's style is of five lines: two of the first sheet, then three, the last at fault."""
    first, second = tmp_path / "shared.css", tmp_path / "article" / "style.css"
    first.write_text("/* shared */\np { margin: 0 }\n", encoding="utf-8")
    style = "<style>/* shared */\np { margin: 0 }\n/* own */\n\np { colr: red; }</style>"
    text = refusal(tmp_path, f"{style}<p>x</p>", style_sheets=(first, second))
    assert "article/style.css:3:5: Ignored `colr: red`" in text


@pytest.mark.parametrize(
    ("style", "place", "told"),
    [
        ("@page { @import 'x' }", "shared.css:2:9: ", "Unknown @page rule"),
        ("@media ]x[ {}", "shared.css:2:1: ", "Unknown empty rule"),
        ("p ~ ~ a { margin: 0 }", "shared.css:2: ", "Invalid or unsupported selector"),
    ],
)
def test_every_fault_of_a_style_sheet_has_its_line(
    tmp_path: Path, style: str, place: str, told: str
) -> None:
    sheet = tmp_path / "shared.css"
    sheet.write_text(f"/* shared */\n{style}\n", encoding="utf-8")
    page = f"<style>{sheet.read_text(encoding='utf-8')}</style><p>x</p>"
    text = refusal(tmp_path, page, style_sheets=(sheet,))
    assert f"{tmp_path.name}/{place}{told}" in text


@pytest.mark.parametrize("error", [OverflowError("38702362204724"), RecursionError("too deep")])
def test_what_the_renderer_dies_of_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """As of widths and heights that no font takes, and of selectors within selectors."""

    def render(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("weasyprint.HTML.render", render)
    text = refusal(tmp_path, "<p>x</p>")
    told = f"{type(error).__name__} in WeasyPrint: {error}"
    assert text.startswith(f"the page cannot be laid out ({told}); look for odd values")


@pytest.mark.parametrize("selector", ["p >> a", ""], ids=["odd", "none"])
def test_a_selector_that_no_sheet_holds_names_them_all(tmp_path: Path, selector: str) -> None:
    sheets = tmp_path / "a.css", tmp_path / "b.css"
    for sheet in sheets:
        sheet.write_text("/* x */\n", encoding="utf-8")
    page = f"<style>{selector} {{ margin: 0 }}</style><p>x</p>"
    text = refusal(tmp_path, page, style_sheets=sheets)
    assert text.endswith(f"(in {tmp_path.name}/a.css or {tmp_path.name}/b.css)")


COLUMNS = ".c { columns: 2; column-gap: 6mm } .w { column-span: all }"


def spanning(n_lines: int, n_after: int) -> str:
    lines = "".join(f"<p>Línea {i}</p>" for i in range(n_lines))
    return (
        f'<div class="c"><p>antes</p><div class="w">{lines}</div>{"<p>después</p>" * n_after}</div>'
    )


def test_what_is_wider_than_its_column_but_not_than_the_page(tmp_path: Path) -> None:
    """A5 less two margins of 75 px is 409 px: columns of 49 mm, in which 60 mm stand out."""
    picture = "<img alt='x' src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>\""
    wide = f"{picture} style='width: 60mm; height: 5mm'>"
    text = refusal(tmp_path, f'<div class="c"><p>{wide}</p><p>x</p></div>', COLUMNS)
    assert 'mm wider than its column; let it have the page\'s width: ancho="pagina"' in text
    assert write(tmp_path, f'<div class="c"><p class="w">{wide}</p><p>x</p></div>', COLUMNS) == 1


def test_text_that_no_page_shows_is_a_fault(tmp_path: Path) -> None:
    """WeasyPrint drops the rest of what stands across columns and goes on to another page."""
    text = refusal(tmp_path, spanning(40, 40), COLUMNS)
    assert "no page shows all of the text" in text
    assert 'must fit on one page: ancho="columna"' in text


def test_what_the_renderer_cannot_lay_out_is_a_fault(tmp_path: Path) -> None:
    text = refusal(tmp_path, spanning(80, 1), COLUMNS)
    assert "the page cannot be laid out (AssertionError in WeasyPrint)" in text
    assert 'must fit on one page: ancho="columna"' in text


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('<td colspan="1000000">x</td>', 'colspan="1000000" of <td>: at most 1000'),
        ('<td rowspan="1001">x</td>', 'rowspan="1001" of <td>: at most 1000'),
        (f'<th colspan="{"9" * 5000}">x</th>', f'colspan="{"9" * 12}" of <th>: at most 1000'),
    ],
)
def test_a_cell_that_spans_a_million_columns_is_not_laid_out(
    tmp_path: Path, table: str, told: str
) -> None:
    assert told in refusal(tmp_path, f"<table><tr>{table}</tr></table>")


@pytest.mark.parametrize("span", ["3", "0", "-1", "all", "", "1000"])
def test_other_spans_are_left_to_the_renderer(tmp_path: Path, span: str) -> None:
    assert write(tmp_path, f'<table><tr><td rowspan="{span}">x</td></tr></table>') == 1


def test_the_blank_that_ends_a_broken_line_of_code_does_not_stand_out(tmp_path: Path) -> None:
    code = "pre { white-space: pre-wrap; width: 20.9ch; font-family: 'Informe Mono'; margin: 0 }"
    body = "<pre>abcdefghi abcdefghij abcdefghi</pre>"
    assert write(tmp_path, f'<div style="width: 21ch">{body}</div>', code) == 1


def test_a_letter_that_no_font_has(tmp_path: Path) -> None:
    assert "U+6F22" in refusal(tmp_path, "<p>漢</p>").upper()


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (f"<pre>{'x' * 400}</pre>", "the text"),
        (f"<table><tr><td>{'&nbsp;x' * 300}</td></tr></table>", "the t"),
        (
            "<img alt='x' style='width: 400mm' src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>\">",
            "the img",
        ),
    ],
)
def test_what_is_wider_than_the_page(tmp_path: Path, body: str, what: str) -> None:
    text = refusal(tmp_path, body)
    assert "page 1: " + what in text
    assert "mm wider than the page's text" in text


def test_a_font_that_is_not_ours(tmp_path: Path) -> None:
    text = refusal(tmp_path, "<p style=\"font-family: 'IBM Plex Serif'\">x</p>")
    assert 'the page uses the font "IBM Plex Serif"' in text


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    write(tmp_path, "<p>x</p>")
    before = (tmp_path / "out.pdf").read_bytes()
    with pytest.raises(TemplateError):
        write(tmp_path, "<p>漢</p>")
    assert (tmp_path / "out.pdf").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "out.pdf" in path.name] == ["out.pdf"]


def test_the_log_is_left_as_it_was(tmp_path: Path) -> None:
    logger = logging.getLogger("weasyprint")
    before = (logger.level, logger.propagate, list(logger.handlers))
    write(tmp_path, "<p>x</p>")
    assert (logger.level, logger.propagate, list(logger.handlers)) == before


def test_an_attachment_can_be_read_back(tmp_path: Path) -> None:
    import pikepdf

    write(tmp_path, "<p>x</p>", attachments=(Attachment("a.json", b'{"\xc3\xb1": 1}', "A"),))
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert pdf.attachments["a.json"].get_file().read_bytes() == b'{"\xc3\xb1": 1}'


def test_a_layout_without_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty paragraphs, each on a page of its own, where twenty pages are all there may be."""
    monkeypatch.setattr("reportgen.report.strict_log.MAX_PAGES", 20)
    text = refusal(tmp_path, "<p>x</p>" * 30, "p { break-before: page }")
    assert text.startswith("the page comes to more than 20 sheets; its style leaves next to no")
    assert write(tmp_path, "<p>x</p>" * 10, "p { break-before: page }") == 11
