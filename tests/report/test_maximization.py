"""The figure of images that maximise filters: captions, alternative text, what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reportgen.facts.derive import derive_facts
from tests.factories import with_maximized
from tests.report.conftest import Project
from tests.report.several import load_methods
from tests.report.test_pictures_several import alt, caption, fault, write

FIGURE = '{{ figura_maximizacion("f", scratch, "first") }}{{ ref("f") }}'


@pytest.fixture
def methods(tmp_path: Path, project: Path) -> Project:
    return load_methods(tmp_path / "project", project / "templates")


def maximizing(methods: Project, **made: object) -> Project:
    records = {id: with_maximized(record, **made) for id, record in methods.records.items()}
    return replace(methods, records=records, facts=derive_facts(methods.study, records))


def test_the_caption_names_layer_checkpoint_steps_and_regulariser(methods: Project) -> None:
    """Three of four images are kept, of a layer of six filters; the fourth filter is dead."""
    html = write(maximizing(methods), FIGURE)
    assert caption(html) == (
        "Figura 1. Imágenes que más activan los filtros de la capa conv1 (época 4), que tiene 6: "
        "las 3 primeras de 4. Cada una parte de ruido y se ajusta en 256 pasos de ascenso de "
        "gradiente, con la variación total como regularizador (peso 0,125). Debajo está la "
        "activación media que alcanza; «inactivo» es el filtro que no responde a ningún cambio."
    )
    assert 'data-checkpoint="scratch.h4"' in html


def test_the_alternative_text_tells_the_highest_and_the_lowest(methods: Project) -> None:
    assert alt(write(maximizing(methods), FIGURE)) == (
        "3 imágenes, cada una la que más activa un filtro de la capa conv1. La activación media "
        "va de 0,00, la del filtro 4, a 4,50, la del filtro 3."
    )


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("none", "ascenso de gradiente, sin regularizador. Debajo"),
        ("l2", "con la distancia cuadrática al píxel medio como regularizador (peso 0,125)."),
    ],
)
def test_each_regulariser_has_its_words(methods: Project, rule: str, said: str) -> None:
    assert said in caption(write(maximizing(methods, regularizer=rule), FIGURE))


def test_one_image(methods: Project) -> None:
    """Of one filter that is dead, as the last of the hand-made ones is."""
    html = write(maximizing(methods, n=1, n_shown=1), FIGURE)
    assert caption(html).startswith(
        "Figura 1. Imagen que más activa el filtro 1 de la capa conv1 (época 4), que tiene 3. "
        "Parte de ruido"
    )
    assert alt(html) == (
        "Imagen que más activa el filtro 1 de la capa conv1, con una activación media de 0,00."
    )


def test_all_that_were_made_are_shown(methods: Project) -> None:
    assert "que tiene 6: 4. Cada" not in caption(write(maximizing(methods, n=4, n_shown=4), FIGURE))


def test_of_an_estimator_the_network_is_as_it_starts(methods: Project) -> None:
    project = maximizing(methods)
    html = write(project, FIGURE.replace("scratch", "extractor"))
    assert "conv1 (sin reentrenar)" in caption(html)


def test_it_is_drawn_once(methods: Project, tmp_path: Path) -> None:
    project = maximizing(methods)
    write(project, FIGURE, tmp_path)
    (drawn,) = (tmp_path / "figures").glob("activation-maximization-*.svg")
    before = drawn.stat().st_mtime_ns
    write(project, FIGURE, tmp_path)
    assert drawn.stat().st_mtime_ns == before


def test_an_alias_that_does_not_exist(methods: Project) -> None:
    call = '\n{% set m = pictures.maximized(scratch, "frist", rotulo_filtro) %}'
    told = "no images that maximise filters are called frist"
    assert 'did you mean "first"' in fault(maximizing(methods), call, told).message


def test_a_run_without_such_images(methods: Project) -> None:
    call = '\n{% set m = pictures.maximized(scratch, "first", rotulo_filtro) %}'
    assert fault(methods, call, "scratch maximises no filters").line == 2
