"""The style: complete, found, and part of the key by content."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reportgen.errors import TemplateError
from reportgen.figures.style import FigureStyle, drawing_settings


def _point(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}"


def test_a_missing_weight_is_named(fonts: dict[str, Path]) -> None:
    with pytest.raises(TemplateError, match="figures need a semibold font"):
        FigureStyle({"regular": fonts["regular"]}, _point)


def test_an_unknown_weight_gets_the_nearest_name(fonts: dict[str, Path]) -> None:
    with pytest.raises(TemplateError, match='did you mean "semibold"'):
        FigureStyle({**fonts, "semibolt": fonts["regular"]}, _point)


def test_a_missing_file_is_named_without_its_folder(fonts: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"there is no file Gone\.ttf") as error:
        FigureStyle({**fonts, "regular": tmp_path / "Gone.ttf"}, _point)
    assert str(tmp_path) not in str(error.value)


def test_the_place_of_a_font_does_not_count(
    style: FigureStyle, fonts: dict[str, Path], tmp_path: Path
) -> None:
    copy = shutil.copy(fonts["regular"], tmp_path / "other.ttf")
    moved = FigureStyle({**fonts, "regular": Path(copy)}, style.number)
    assert moved.canonical() == style.canonical()


def test_another_font_and_other_numbers_count(style: FigureStyle, fonts: dict[str, Path]) -> None:
    bolder = FigureStyle({**fonts, "regular": fonts["semibold"]}, style.number)
    assert bolder.canonical() != style.canonical()
    assert FigureStyle(fonts, _point).canonical() != style.canonical()


def test_settings_hide_those_of_the_user_and_give_them_back() -> None:
    import matplotlib as mpl

    with mpl.rc_context({"axes.grid": True, "svg.fonttype": "none"}):
        with drawing_settings():
            assert mpl.rcParams["axes.grid"] is False
            assert mpl.rcParams["svg.fonttype"] == "path"
        assert mpl.rcParams["axes.grid"] is True
        assert mpl.rcParams["svg.fonttype"] == "none"
