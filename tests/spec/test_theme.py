"""Themes: which there are, how wide things are, and what is wrong with one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reportgen.errors import SpecError, TemplateError
from reportgen.spec.study import load_study
from reportgen.spec.theme import SINGLE, Theme

ARTICLE = Theme(text=174.0, column=84.0, wide=("maps",))


@pytest.mark.parametrize(
    ("artefact", "asked", "width"),
    [
        ("curves", "", 84.0),
        ("maps", "", 174.0),
        ("", "", 84.0),
        ("curves", "page", 174.0),
        ("maps", "column", 84.0),
    ],
)
def test_the_author_has_the_last_word_on_a_width(artefact: str, asked: str, width: float) -> None:
    assert ARTICLE.width(artefact, asked) == width
    assert ARTICLE.spans(artefact, asked) == (width == 174.0)
    assert ARTICLE.narrow(artefact, asked) == (width == 84.0)


@pytest.mark.parametrize("asked", ["", "column", "page"])
def test_one_column_has_one_width(asked: str) -> None:
    assert SINGLE.width("maps", asked) == 138.0
    assert not SINGLE.spans("maps", asked)
    assert not SINGLE.narrow("maps", asked)


def test_an_unknown_width_is_refused() -> None:
    with pytest.raises(TemplateError) as caught:
        SINGLE.spans("maps", "pages")
    assert caught.value.message.startswith('there is no width "pages"; did you mean "page"?')


@pytest.fixture
def root(tmp_path: Path, project: Path) -> Path:
    """Return a project with practica1 and all themes."""
    for name in ("experiments", "templates"):
        ignored = shutil.ignore_patterns("records", "questions", "labels")
        shutil.copytree(project / name, tmp_path / name, ignore=ignored)
    return tmp_path


def set_theme(root: Path, name: str) -> None:
    file = root / "experiments" / "practica1" / "report.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("theme: report", f"theme: {name}"), encoding="utf-8")


def faults(root: Path) -> list[str]:
    with pytest.raises(SpecError) as caught:
        load_study(root, "practica1")
    return [str(fault) for fault in caught.value.faults]


def test_a_theme_is_found_by_its_name(root: Path) -> None:
    set_theme(root, "article")
    study = load_study(root, "practica1")
    assert (study.theme.text, study.theme.column) == (174.0, 84.0)
    assert study.theme_folder == root / "templates" / "themes" / "article"
    assert study.theme_folder / "theme.yaml" in study.files


def test_an_author_adds_a_theme_without_python(root: Path) -> None:
    folder = root / "templates" / "themes" / "poster"
    folder.mkdir()
    (folder / "theme.yaml").write_text("text: 200\ncolumn: 64\n", encoding="utf-8")
    set_theme(root, "poster")
    assert load_study(root, "practica1").theme == Theme(text=200.0, column=64.0)


def test_an_unknown_theme_is_told_with_the_nearest(root: Path) -> None:
    set_theme(root, "artcle")
    (line,) = faults(root)
    assert line.startswith('experiments/practica1/report.yaml:9:8: there is no theme "artcle"; ')
    assert 'did you mean "article"? Allowed: article, report' in line


def test_faults_of_a_theme_have_their_place(root: Path) -> None:
    set_theme(root, "article")
    file = root / "templates" / "themes" / "article" / "theme.yaml"
    file.write_text("text: 80\ncolumn: 84\n", encoding="utf-8")
    (line,) = faults(root)
    assert line == (
        "templates/themes/article/theme.yaml:2:9: column cannot be wider than the text, 80 mm"
    )
    file.write_text("text: 80\nwide: [mapas]\n", encoding="utf-8")
    (line,) = faults(root)
    assert 'article/theme.yaml:2:8: wide.0 cannot be "mapas"; did you mean "maps"?' in line
