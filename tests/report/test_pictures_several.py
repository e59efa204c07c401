"""Figures and tables of several methods, of filters, and of data that may not be shown."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from reportgen.errors import Fault, TemplateError
from reportgen.facts.derive import derive_facts
from reportgen.report.text import plain
from tests.report.conftest import Project
from tests.report.several import load_methods, with_facts, with_filters

HORIZONS = "[horizons(scratch) | last, horizons(extractor) | last, horizons(finetuned) | last]"
MAPS = f'{{{{ figura_mapas_de("fig-a", {HORIZONS}, "final") }}}}{{{{ ref("fig-a") }}}}'


@pytest.fixture
def methods(tmp_path: Path, project: Path) -> Project:
    return load_methods(tmp_path / "project", project / "templates")


def write(methods: Project, text: str, root: Path | None = None) -> str:
    """Return the answer as it stands on the page."""
    methods.answer("first", text)
    html = methods.write(root).html
    return html.partition('<section class="question">')[2].partition("</section>")[0]


def faults(methods: Project, text: str) -> list[Fault]:
    methods.answer("first", text)
    with pytest.raises(TemplateError) as caught:
        methods.write()
    return list(caught.value.faults)


def fault(methods: Project, text: str, message: str) -> Fault:
    """Return the fault whose message holds these words; there may be others that follow it."""
    (found,) = [fault for fault in faults(methods, text) if message in fault.message]
    return found


def words(markup: str) -> str:
    """Return text with plain single spaces."""
    return " ".join(plain(markup).split())


def caption(html: str) -> str:
    return words(re.findall("<figcaption>.*?</figcaption>", html, re.DOTALL)[0])


def alt(html: str) -> str:
    return words(re.findall('alt="(.*?)"', html, re.DOTALL)[0])


def table(html: str) -> list[list[str]]:
    """Return the cells of the first table, by row."""
    rows = re.findall("<tr>(.*?)</tr>", html, re.DOTALL)
    return [
        [words(cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)]
        for row in rows
    ]


def with_all_filters(methods: Project, channels: int = 3, n_images: int = 2) -> Project:
    records = {
        id: with_filters(record, channels, n_images) for id, record in methods.records.items()
    }
    return replace(methods, records=records, facts=derive_facts(methods.study, records))


# ── maps of several experiments ─────────────────────────────────────────────


def test_maps_of_several_experiments_stand_side_by_side(methods: Project, tmp_path: Path) -> None:
    html = write(methods, MAPS, tmp_path)
    assert 'data-checkpoint="scratch.h4 extractor.h0 finetuned.h5"' in html
    assert len(list((tmp_path / "figures").glob("maps-*.svg"))) == 1


def test_their_caption_says_which_weights_each_map_is_of(methods: Project) -> None:
    said = caption(write(methods, MAPS))
    assert "(a) Desde cero, 40 imágenes, época 4, la mejor de las 4 primeras;" in said
    assert "(b) Preentrenada + SVM, 40 imágenes, características sin reentrenar;" in said
    assert re.search(
        r"\(c\) Ajuste fino, 40 imágenes, época \d, la mejor de las 5 primeras\.", said
    )


def test_their_alternative_text_tells_the_measures_of_each(methods: Project) -> None:
    """The classes of a hand-made map lie apart: no sample is on the wrong side of x = 0."""
    said = alt(write(methods, MAPS))
    assert said.count("silueta") == 3
    assert said.count("La recta clasifica bien el 100,0 % y deja al otro lado 0 muestras.") == 3


def test_titles_may_be_given(methods: Project) -> None:
    html = write(methods, MAPS.replace('"final")', '"final", ["una", "otra", "más"])'))
    assert "(b) otra, 40 imágenes" in caption(html)


def test_without_its_epoch_such_a_figure_is_refused(methods: Project) -> None:
    """The estimator's map has none to state; those of the trainings have."""
    text = (
        f'{{% set m = pictures.maps_of({HORIZONS}, "final", ["a", "b", "c"]) %}}'
        '{% call figura("fig-a", m, "Mapas.") %}Mapas.{% endcall %}'
    )
    assert fault(methods, text, "shows finetuned.h5, scratch.h4 and does not state its epoch")


def test_an_estimator_alone_has_no_epoch_to_state(methods: Project) -> None:
    text = '{{ matriz_confusion("tab-a", extractor.h0) }}{{ ref("tab-a") }}'
    assert "(características sin reentrenar)" in caption(write(methods, text))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            'pictures.maps_of([scratch.h4], "penultimate", ["a"])',
            'scratch has no map "penultimate"',
        ),
        ('pictures.maps_of([scratch.h4], "final", [])', "need as many titles: 0"),
        ('pictures.maps_of([], "final", [])', "0 horizons, one at least"),
        (
            'pictures.maps_of([scratch.h4], "final", ["a"], rotulo_recta, {"line": "x"})',
            "maps with a line need the words wrong",
        ),
        (
            'pictures.maps_of([scratch.h4], "final", ["a"], rotulo_recta, {"lin": "x"})',
            'maps with a line have no word "lin"',
        ),
        ("pictures.maps(scratch.h4, {})", 'the map "final" has no name'),
    ],
)
def test_maps_that_cannot_be_drawn(methods: Project, call: str, message: str) -> None:
    found = fault(methods, f"\n{{% set m = {call} %}}", message)
    assert (found.file, found.line) == ("templates/methods/questions/first.html.j2", 2)


def test_maps_of_other_classes_share_no_figure(methods: Project) -> None:
    id = next(id for id in methods.records if id.experiment == "extractor")
    result = methods.records[id].result
    data = replace(result.data, classes=("alien", "human"))
    methods.records[id] = replace(methods.records[id], result=replace(result, data=data))
    assert fault(methods, MAPS, "scratch and extractor have other classes")


# ── tables of several experiments ───────────────────────────────────────────


def test_methods_are_columns(methods: Project) -> None:
    text = (
        '<p>{{ ref("tab-a") }}: {{ scratch.h4.best.accuracy | pct }}.</p>'
        '{{ tabla_metodos("tab-a", experiments()) }}'
    )
    html = write(methods, text)
    head, accuracy, _, errors, epochs, parameters = table(html)
    assert head == ["", "Desde cero", "Preentrenada + SVM", "Ajuste fino"]
    shown = {id.experiment: r.result.evaluations[-1] for id, r in methods.records.items()}
    wrong = [shown[name].n_errors for name in ("scratch", "extractor", "finetuned")]
    assert errors == ["Errores", *(f"{n} de 60" for n in wrong)]
    assert accuracy[1] == f"{100 - 100 * wrong[0] / 60:.2f} %".replace(".", ",")
    assert epochs == ["Mejor época", "4 de 4", "—", f"{shown['finetuned'].epoch} de 5"]
    assert parameters[0] == "Parámetros entrenados"
    assert html.count("La época se elige por su precisión") == 1


def test_each_pair_of_methods_is_compared_once(methods: Project) -> None:
    names = ("gain", "low", "high", "p_holm")
    values = {
        "extractor.versus.scratch": (0.02, -0.01, 0.05, 0.21),
        "finetuned.versus.scratch": (0.1, 0.05, 0.15, 0.0001),
        "finetuned.versus.extractor": (-0.08, -0.12, -0.04, 0.003),
    }
    project = with_facts(
        methods,
        {
            f"{pair}.{name}": (value, "ratio")
            for pair, row in values.items()
            for name, value in zip(names, row, strict=True)
        },
    )
    html = write(project, '{{ tabla_comparaciones("t", experiments()) }}{{ ref("t") }}')
    assert table(html)[1:] == [
        ["Preentrenada + SVM frente a Desde cero", "+2,00", "de −1,00 a +5,00", "0,210"],
        ["Ajuste fino frente a Desde cero", "+10,00", "de +5,00 a +15,00", "< 0,001"],
        ["Ajuste fino frente a Preentrenada + SVM", "−8,00", "de −12,00 a −4,00", "0,003"],
    ]


def test_errors_are_told_by_groups_of_classes(methods: Project) -> None:
    row = {"n": 30, "errors": 5, "inside": 3, "outside": 2}
    values = {f"scratch.h4.groups.beasts.{name}": (n, "count") for name, n in row.items()}
    values["scratch.h4.groups.beasts.recall"] = (25 / 30, "fraction")
    path = methods.study.templates / "labels" / "alien-vs-predator.yaml"
    path.write_text("beasts: {label: bestia, gender: f, plural: bestias}\n", encoding="utf-8")
    project = with_facts(methods, values)
    html = write(project, '{{ tabla_grupos("t", scratch.h4) }}{{ ref("t") }}')
    assert table(html)[1:] == [["bestias", "30", "83,33 %", "5", "3", "2"]]
    assert "época 4, la mejor de las 4 primeras" in caption(html)


# ── filters ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("channels", "explained"), [(3, "rojo, verde y azul"), (1, "Azul oscuro"), (4, "la media")]
)
def test_filters_have_their_words(methods: Project, channels: int, explained: str) -> None:
    project = with_all_filters(methods, channels)
    html = write(project, '{{ figura_filtros("f", scratch) }}{{ ref("f") }}')
    said = caption(html)
    assert "Los 6 filtros de la capa conv1 (época 4), de 5 × 5 píxeles" in said
    assert explained in said
    assert "6 filtros de la capa conv1" in alt(html)


def test_filters_of_an_estimator_are_of_no_epoch(methods: Project) -> None:
    html = write(with_all_filters(methods), '{{ figura_filtros("f", extractor) }}{{ ref("f") }}')
    assert "conv1 (sin reentrenar)" in caption(html)


def test_images_after_filters_name_their_classes(methods: Project, tmp_path: Path) -> None:
    project = with_all_filters(methods)
    html = write(project, '{{ figura_salidas_filtros("f", scratch) }}{{ ref("f") }}', tmp_path)
    assert "Imágenes de validación de alien y depredador, y junto a cada una" in alt(html)
    assert len(list((tmp_path / "figures").glob("filter-outputs-*.svg"))) == 1


def test_images_after_filters_that_are_not_kept(methods: Project) -> None:
    project = with_all_filters(methods, n_images=0)
    call = '\n{{ figura_salidas_filtros("f", scratch) }}'
    assert fault(project, call, "holds no images after conv1").line == 2
    asked = "{% if filtered_classes(scratch) %}<p>Sí.</p>{% endif %}"
    assert "Sí" not in write(project, asked)


def test_filters_that_are_not_kept(methods: Project) -> None:
    call = "\n{% set m = pictures.filters(scratch, {}) %}"
    assert fault(methods, call, "scratch keeps no filters").line == 2


# ── curves ──────────────────────────────────────────────────────────────────


def test_phases_of_training_are_marked(methods: Project) -> None:
    text = '{{ figura_curvas("fig-a", finetuned) }}{{ ref("fig-a") }}'
    assert "La línea vertical separa las etapas" in caption(write(methods, text))
    text = text.replace("finetuned", "scratch")
    assert "etapas" not in caption(write(methods, text))


def test_an_estimator_has_no_curves(methods: Project) -> None:
    message = "extractor was not trained in epochs: it has no curves"
    assert fault(methods, '\n{{ figura_curvas("fig-a", extractor) }}', message).line == 2


# ── data whose pictures may not be shown ────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{{ figura_muestras("fig-a", scratch) }}',
            "the record of scratch holds no sample images of alien-vs-predator",
        ),
        (
            '{{ figura_errores("fig-a", scratch.h4) }}',
            "the record of scratch.h4 holds no pictures of errors",
        ),
    ],
)
def test_pictures_that_may_not_be_shown(methods: Project, text: str, message: str) -> None:
    found = fault(methods, f"\n{text}", message)
    assert "has_thumbnails(" in found.message
    assert (found.file, found.line) == ("templates/methods/questions/first.html.j2", 2)


@pytest.mark.parametrize("tree", ["scratch", "scratch.h4"])
@pytest.mark.parametrize("thumbnails", [True, False])
def test_a_template_can_ask_whether_there_are_pictures(
    tmp_path: Path, project: Path, tree: str, *, thumbnails: bool
) -> None:
    methods = load_methods(tmp_path / "project", project / "templates", thumbnails=thumbnails)
    text = (
        f"<p>{{% context %}}{{% if has_thumbnails({tree}) %}}Sí{{% endif %}}.{{% endcontext %}}</p>"
    )
    assert ("Sí" in write(methods, text)) is thumbnails
