"""Tables of a network's parameters: with and without running statistics."""

from __future__ import annotations

import re
from dataclasses import replace

from reportgen.facts.derive import derive_facts
from reportgen.report.text import plain
from tests.report.conftest import Project


def with_numbers(toy: Project, **numbers: int) -> Project:
    """Return a study whose network has other totals."""
    records = {
        id: replace(
            record,
            result=replace(record.result, model=replace(record.result.model, **numbers)),
        )
        for id, record in toy.records.items()
    }
    return replace(toy, records=records, facts=derive_facts(toy.study, records))


def rows(toy: Project, macro: str) -> list[str]:
    """Return the text of each row of the table that a macro writes."""
    toy.answer("first", f'{{{{ ref("tab-x") }}}}{{{{ {macro}("tab-x", toy) }}}}')
    toy.answer("second", "<p>{% context %}Nada.{% endcontext %}</p>")
    html = toy.write().html
    table = html[html.index('id="tab-x"') :]
    table = table[: table.index("</table>")]
    cells = re.findall("<tr>(.*?)</tr>", table, re.DOTALL)
    return [" ".join(plain(row.replace("</t", " </t")).split()) for row in cells]


def test_running_statistics_stand_apart_and_count_in_the_total(toy: Project) -> None:
    """TomiNet: 12 890 and 96 are 12 986."""
    tominet = with_numbers(toy, n_trainable=12_890, n_frozen=0, n_buffers=96)
    assert rows(tominet, "tabla_parametros") == [
        "Parámetros Número",
        "Entrenables 12 890",
        "Congelados 0",
        "Estadísticos de la normalización 96",
        "Total 12 986",
    ]


def test_without_running_statistics_there_is_no_row_for_them(toy: Project) -> None:
    plain_net = with_numbers(toy, n_trainable=12_000, n_frozen=5000, n_buffers=0)
    assert rows(plain_net, "tabla_parametros") == [
        "Parámetros Número",
        "Entrenables 12 000",
        "No entrenables 5000",
        "Total 17 000",
    ]


def test_the_summary_lists_layers_then_totals_then_memory(toy: Project) -> None:
    """REFERENCE C: 3·32·32·4 bytes, 14 597·2·4 bytes, 1 069 509·4 bytes, in units of 2²⁰."""
    emoji = with_numbers(
        toy,
        n_trainable=1_069_509,
        n_frozen=0,
        n_buffers=0,
        input_bytes=12_288,
        activation_bytes=116_776,
        parameter_bytes=4_278_036,
    )
    found = rows(emoji, "listado_resumen")
    model = next(iter(emoji.records.values())).result.model
    assert found[0] == "Capa Salida Parámetros"
    assert found[1].startswith(f"{model.layers[0].name} ({model.layers[0].type}) ")
    assert len(found) == 1 + len(model.layers) + 3 + 4
    assert found[-7:] == [
        "Parámetros 1 069 509",
        "Entrenables 1 069 509",
        "No entrenables 0",
        "Entrada 0,01 MB",
        "Activaciones 0,11 MB",
        "Parámetros 4,08 MB",
        "Memoria total 4,20 MB",
    ]


def test_the_summary_tells_running_statistics_apart(toy: Project) -> None:
    assert "Estadísticos, aparte 96" in rows(with_numbers(toy, n_buffers=96), "listado_resumen")
