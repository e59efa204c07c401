"""What every figure keeps: determinism, honest keys, own fonts, page width, no pyplot."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.text import Text

from reportgen.errors import TemplateError
from reportgen.figures.drawing import Drawing, canonical
from reportgen.figures.image_grid import GridImage, ImageGrid
from reportgen.figures.learning_curves import LearningCurves
from reportgen.figures.style import FigureStyle
from reportgen.figures.trials_plot import TrialsPlot

SVG = "{http://www.w3.org/2000/svg}"


# ── the contract, for each figure ───────────────────────────────────────────


def test_the_same_figure_gives_the_same_bytes(figure: Drawing, style: FigureStyle) -> None:
    assert figure.draw(style) == figure.draw(style)


def test_the_svg_is_as_wide_as_on_the_page(figure: Drawing, style: FigureStyle) -> None:
    root = ET.fromstring(figure.draw(style))
    width_mm: float = getattr(figure, "width_mm")  # noqa: B009 - each figure has its own field
    assert root.tag == f"{SVG}svg"
    assert root.attrib["width"].endswith("pt")
    assert float(root.attrib["width"][:-2]) == pytest.approx(width_mm / 25.4 * 72, abs=0.01)


def test_the_svg_names_no_day_no_program_and_no_font(figure: Drawing, style: FigureStyle) -> None:
    svg = figure.draw(style).decode()
    assert "<dc:date>" not in svg
    assert "matplotlib.org" not in svg
    assert "<text" not in svg


def test_all_text_is_in_the_fonts_of_the_style(figure: Drawing, style: FigureStyle) -> None:
    drawn = figure.compose(style)
    files = {str(path) for path in style.fonts.values()}
    texts = [text for text in drawn.findobj(Text) if text.get_text() and text.get_visible()]
    assert texts
    assert all(str(text.get_fontproperties().get_file()) in files for text in texts)


def test_no_text_is_small(figure: Drawing, style: FigureStyle) -> None:
    sizes = {t.get_fontsize() for t in figure.compose(style).findobj(Text) if t.get_text()}
    assert min(sizes) >= 8


def test_all_text_lies_on_the_sheet(figure: Drawing, style: FigureStyle) -> None:
    drawn = figure.compose(style)
    page = drawn.bbox
    for text in drawn.findobj(Text):
        if text.get_text().strip() and text.get_visible():
            box = text.get_window_extent()
            assert box.x0 >= -0.6, text
            assert box.x1 <= page.x1 + 0.6, text
            assert box.y0 >= -0.6, text
            assert box.y1 <= page.y1 + 0.6, text


def test_written_lines_do_not_cross(figure: Drawing, style: FigureStyle) -> None:
    drawn = figure.compose(style)
    boxes = [text.get_window_extent().shrunk(0.98, 0.8) for text in drawn.texts]
    crossing = [
        (i, j) for i, a in enumerate(boxes) for j, b in enumerate(boxes[:i]) if a.overlaps(b)
    ]
    assert crossing == []


def test_the_key_is_stable_and_needs_no_drawing(figure: Drawing, style: FigureStyle) -> None:
    key = figure.key(style)
    assert re.fullmatch("[0-9a-f]{64}", key)
    assert replace(figure).key(style) == key  # type: ignore[type-var]


def test_every_field_counts_in_the_key(figure: Drawing, style: FigureStyle) -> None:
    names = [field.name for field in fields(figure)]  # type: ignore[arg-type]
    content = canonical(figure)
    assert sorted(content) == sorted(names)


def test_the_drawing_version_counts_in_the_key(
    figure: Drawing, style: FigureStyle, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = figure.key(style)
    monkeypatch.setattr(type(figure), "VERSION", 10_000)
    assert figure.key(style) != key


def test_numbers_and_words_count_in_the_key(
    curves: LearningCurves, trials: TrialsPlot, style: FigureStyle
) -> None:
    other_loss = replace(curves, train_loss=(0.4, 0.3, 0.2, 0.1000001))
    other_word = replace(trials, parameters="Parámetros entrenables")
    assert other_loss.key(style) != curves.key(style)
    assert other_word.key(style) != trials.key(style)


# ── between processes ───────────────────────────────────────────────────────

ELSEWHERE = """
import hashlib, sys
from pathlib import Path
import numpy as np
from reportgen.figures.feature_maps import FeatureMap, FeatureMaps
from reportgen.figures.style import FigureStyle
from reportgen.figures.trials_plot import TrialPoint, TrialsPlot

style = FigureStyle(
    {"regular": Path(sys.argv[1]), "semibold": Path(sys.argv[2])}, lambda v, d: f"{v:.{d}f}"
)
points = np.random.default_rng(7).normal(size=(300, 2)).astype(np.float32)
labels = (np.arange(300) % 3).astype(np.uint16)
figures = (
    FeatureMaps(
        (FeatureMap(points, labels, "a"), FeatureMap(points * 2, labels, "b")), ("x", "y", "z")
    ),
    TrialsPlot((TrialPoint("p", 10, .5, .4, .6), TrialPoint("q", 99, .6, .5, .7)), "n", "%"),
)
for figure in figures:
    print(figure.key(style), hashlib.sha256(figure.draw(style)).hexdigest())
print("matplotlib.pyplot" in sys.modules)
"""


def _draw_elsewhere(fonts: dict[str, Path], folder: Path, **environment: str) -> list[str]:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ELSEWHERE, fonts["regular"], fonts["semibold"]],
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_bytes_do_not_depend_on_the_process_and_pyplot_stays_out(
    fonts: dict[str, Path], tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    # A user's own settings lie where matplotlib looks first.
    (there / "matplotlibrc").write_text("axes.grid: True\nsvg.fonttype: none\nlines.linewidth: 9\n")
    one = _draw_elsewhere(fonts, here, PYTHONHASHSEED="1", TZ="UTC")
    other = _draw_elsewhere(fonts, there, PYTHONHASHSEED="2", TZ="Asia/Tokyo", LC_ALL="C")
    assert one == other
    assert len(one) == 5
    assert one[-1] == "False"


def test_importing_the_figures_loads_neither_matplotlib_nor_numpy() -> None:
    modules = "feature_maps, image_grid, learning_curves, trials_plot"
    code = (
        f"import sys; from reportgen.figures import {modules}; "
        "print([m for m in ('matplotlib', 'numpy', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ── faults ──────────────────────────────────────────────────────────────────


def test_a_letter_that_the_font_lacks_is_an_error(trials: TrialsPlot, style: FigureStyle) -> None:
    with pytest.raises(TemplateError, match=r"TrialsPlot cannot be drawn: Glyph .*missing"):
        replace(trials, parameters="Parámetros \N{HIRAGANA LETTER A}").draw(style)


def test_a_file_that_is_no_font_is_an_error(
    trials: TrialsPlot, style: FigureStyle, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"not a font")
    with pytest.raises(TemplateError, match="TrialsPlot cannot be drawn"):
        trials.draw(FigureStyle({**style.fonts, "regular": broken}, style.number))


def test_a_thin_space_is_drawn_though_the_font_has_none(
    trials: TrialsPlot, style: FigureStyle
) -> None:
    assert trials.draw(style)  # its axis says 100 000 with U+202F; a missing glyph would raise


# ── canonical content ───────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Holder:
    value: object
    KIND: ClassVar[str] = "not a field"


def test_canonical_keeps_numbers_and_hashes_the_rest() -> None:
    assert canonical(_Holder((1, 0.5, "ñ", None))) == {"value": [1, 0.5, "ñ", None]}
    assert set(canonical(_Holder(b"png"))["value"]) == {"bytes"}


def test_canonical_tells_arrays_apart_by_values_shape_and_kind() -> None:
    array = np.arange(6, dtype=np.float32)
    forms = [
        canonical(array),
        canonical(array.reshape(2, 3)),
        canonical(array.astype(np.float64)),
        canonical(array + 1),
    ]
    assert len({str(form) for form in forms}) == 4


def test_canonical_does_not_see_byte_order_and_memory_layout() -> None:
    array = np.arange(6, dtype="<f4").reshape(2, 3)
    assert canonical(array.astype(">f4")) == canonical(array)
    assert canonical(np.asfortranarray(array)) == canonical(array)


def test_canonical_refuses_what_has_no_form() -> None:
    with pytest.raises(TypeError, match="cannot hold a set"):
        canonical({1, 2})


def test_pictures_count_by_content(grid: ImageGrid, style: FigureStyle) -> None:
    first, *others = grid.images
    swapped = replace(grid, images=(GridImage(others[0].png, first.caption), *others))
    assert swapped.key(style) != grid.key(style)
