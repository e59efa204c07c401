"""The fonts of the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.errors import SystemLibraryError
from reportgen.report.fonts import FACES, Face, figure_fonts, font_file, lay_out_fonts

# What prose, tables and labels use; U+202F is drawn by the layout engine, not by the font.
SIGNS = "áéíóúüñÁÉÍÓÚÜÑ¿¡«»“”‘’–—…×−≥≤≈≠→←↔±µ%°²³⁰ºª·•\u00a0†"


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.file)
def test_each_face_has_every_sign_that_reports_use(face: Face) -> None:
    from fontTools.ttLib import TTFont

    with TTFont(font_file(face)) as font:
        known = font.getBestCmap()
        assert [sign for sign in SIGNS if ord(sign) not in known] == []


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.file)
def test_all_figures_have_one_width_so_that_columns_align(face: Face) -> None:
    from fontTools.ttLib import TTFont

    with TTFont(font_file(face)) as font:
        cmap, metrics = font.getBestCmap(), font["hmtx"]
        assert len({metrics[cmap[ord(digit)]][0] for digit in "0123456789"}) == 1


def test_a_missing_package_is_named() -> None:
    face = Face("X", 400, "normal", "fontpkg_no_such_font", "X.ttf")
    with pytest.raises(SystemLibraryError, match="pip install fontpkg-no-such-font"):
        font_file(face)


def test_a_package_without_the_file_is_named() -> None:
    face = Face("X", 400, "normal", FACES[0].package, "X.ttf")
    with pytest.raises(SystemLibraryError, match=r"fontpkg-ibm-plex-serif holds no X\.ttf"):
        font_file(face)


def test_only_our_fonts_are_to_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("FONTCONFIG_FILE", "elsewhere")
    lay_out_fonts(tmp_path)
    config = Path(os.environ["FONTCONFIG_FILE"])
    assert config.parent == tmp_path / "fonts"
    assert config.read_text().count("<dir>") == 1
    assert {path.name for path in config.parent.glob("*.ttf")} == {face.file for face in FACES}


def test_fonts_that_are_there_are_not_copied_again(tmp_path: Path) -> None:
    lay_out_fonts(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "fonts").iterdir()}
    lay_out_fonts(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "fonts").iterdir()} == before


def test_figures_have_both_weights() -> None:
    assert set(figure_fonts()) == {"regular", "semibold"}
