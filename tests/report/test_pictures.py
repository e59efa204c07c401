"""From records to pictures: drawn once, kept by key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reportgen.facts.derive import derive_facts
from reportgen.report.picture import PictureError, svg_size
from reportgen.report.text import plain
from tests.report.conftest import Project

CURVES = '{{ figura_curvas("fig-a", toy) }}{{ ref("fig-a") }}'


def figures(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "figures").iterdir()}


def test_a_picture_is_drawn_once(toy: Project, tmp_path: Path) -> None:
    toy.answer("first", CURVES)
    toy.write(tmp_path)
    before = figures(tmp_path)
    assert [name.rpartition("-")[0] for name in before] == ["curves"]
    toy.answer("second", "<p>{% context %}Otra frase.{% endcontext %}</p>")
    toy.write(tmp_path)
    assert figures(tmp_path) == before


def test_without_a_folder_nothing_is_drawn(toy: Project) -> None:
    toy.answer("first", CURVES)
    assert 'src="figures/curves-' in toy.write(None).html


def test_a_picture_has_its_size_and_its_words(toy: Project, tmp_path: Path) -> None:
    toy.answer("first", CURVES)
    html = toy.write(tmp_path).html
    path = next((tmp_path / "figures").glob("curves-*.svg"))
    width, height = svg_size(path)
    assert width == pytest.approx(138.0, abs=0.1)
    assert f'style="width: {width:.2f}mm; height: {height:.2f}mm"' in html
    assert 'alt="Curvas de aprendizaje. En las dos primeras épocas' in html


SAMPLES = '{{ figura_muestras("fig-a", toy, "Figuras") }}{{ ref("fig-a") }}'


def shown(toy: Project, n: int) -> str:
    """Return the figure of sample images where the record keeps those of the first n classes."""
    (run,) = toy.study.runs
    result = toy.records[run.id].result
    data = replace(result.data, samples=result.data.samples[:n])
    records = {run.id: replace(toy.records[run.id], result=replace(result, data=data))}
    toy = replace(toy, records=records, facts=derive_facts(toy.study, records))
    toy.answer("first", SAMPLES)
    return toy.write(None).html.partition("<figure")[2].partition("</figure>")[0]


def test_samples_of_every_class(toy: Project) -> None:
    html = shown(toy, 3)
    assert "cada una de las tres clases: circle, square y star." in html
    assert "Figuras. Una imagen del conjunto" in plain(html)
    assert "por clase." in plain(html)


def test_samples_of_the_first_classes_are_told_as_such(toy: Project) -> None:
    html = shown(toy, 2)
    assert "de las dos primeras clases, de 3: circle y square." in html
    assert "de cada una de las dos primeras clases, de 3." in plain(html)


def test_a_picture_that_lost_its_head_is_named(tmp_path: Path) -> None:
    path = tmp_path / "curves-1.svg"
    path.write_text("<svg>")
    with pytest.raises(PictureError, match=r"curves-1\.svg does not say its size"):
        svg_size(path)


def test_old_pictures_are_removed(toy: Project, tmp_path: Path) -> None:
    toy.answer("first", CURVES)
    toy.render(tmp_path)
    toy.answer("first", "<p>{% context %}Sin figura.{% endcontext %}</p>")
    toy.render(tmp_path)
    assert figures(tmp_path) == {}
