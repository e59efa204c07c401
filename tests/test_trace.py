"""From a printed value back to its fact, its run, its data and its code."""

from __future__ import annotations

import dataclasses
import re

import pytest

from reportgen.errors import TraceError
from reportgen.facts.fact import Fact, Source, Unit, Value
from reportgen.report.spanish import Spanish
from reportgen.trace import Origin, is_shown, may_show, stages_of, trace_value
from tests.report.conftest import Project, load_practica1

PAGE = """
<h3 id="q-x"><span class="number">1.3</span> Curvas</h3>
<p>Acierta <span class="fact" data-fact="simple_cnn.h10.best.accuracy">{accuracy}</span>.</p>
<figure><figcaption><span class="label">Tabla&nbsp;2.</span></figcaption><table>
<tr><td><span class="fact" data-fact="simple_cnn.model.parameters">813\u202f802</span></td>
<td><span class="fact" data-fact="simple_cnn.model.trainable">813\u202f802</span></td></tr>
</table></figure>
"""


@pytest.fixture(scope="module")
def origin(project) -> Origin:
    practica1: Project = load_practica1(project)
    best = next(fact for fact in practica1.facts if fact.id == "simple_cnn.h10.best.accuracy")
    assert isinstance(best.value, float)
    html = PAGE.format(accuracy=Spanish().percent(best.value))
    return Origin(practica1.study, practica1.records, practica1.facts, html)


def value_of(origin: Origin, id: str) -> Value:
    return next(fact.value for fact in origin.facts if fact.id == id)


def test_a_printed_accuracy_leads_to_its_run(origin: Origin) -> None:
    accuracy = value_of(origin, "simple_cnn.h10.best.accuracy")
    assert isinstance(accuracy, float)
    shown = Spanish().percent(accuracy)
    lines = trace_value(origin, shown)
    start = lines.index("simple_cnn.h10.best.accuracy")
    block = "\n".join(lines[start : lines.index("", start)])
    assert f"value        {accuracy} fraction" in block
    assert "meaning      Validation accuracy at that epoch." in block
    assert f"printed      {shown} in 1.3 Curvas" in block
    assert "field        evaluations[h=10]" in block
    assert "run          simple_cnn (seed 1234), key " in block


def test_the_run_tells_everything_that_decided_it(origin: Origin) -> None:
    (record,) = [r for id, r in origin.records.items() if not id.trial]
    lines = trace_value(origin, "simple_cnn.model.parameters")
    run = "\n".join(lines[lines.index("run simple_cnn (seed 1234)") :])
    for told in (
        "experiments/practica1/simple_cnn.yaml",
        f"key {record.result.keys['record']}",
        f"SHA-256 {record.result.data.fingerprint}",
        "SimpleCNN of experiments/practica1/models.py, SHA-256 ",
        "cpu (Example CPU)",
        "float32, 2 threads",
        "torch 2.6.0",
        "0123456789abcdef0123456789abcdef01234567",
    ):
        assert told in run


@pytest.mark.parametrize(
    "value", ["813802", "813 802", "813\u202f802", "813\u00a0802", " 813 802 "]
)
def test_any_kind_of_space(origin: Origin, value: str) -> None:
    ids = [
        line for line in trace_value(origin, value) if line and not line.startswith((" ", "run"))
    ]
    assert ids == ["simple_cnn.model.parameters", "simple_cnn.model.trainable"]


def test_a_fact_id_leads_to_that_fact_alone(origin: Origin) -> None:
    lines = trace_value(origin, "simple_cnn.h20.best.epoch")
    heads = [line for line in lines if line and not line.startswith(" ")]
    assert heads == ["simple_cnn.h20.best.epoch", "run simple_cnn (seed 1234)"]


def test_a_value_that_is_not_printed_is_found_among_the_facts(origin: Origin) -> None:
    loss = value_of(origin, "simple_cnn.epochs.3.running_loss")
    assert isinstance(loss, float)
    lines = trace_value(origin, Spanish().number(loss, 5))
    assert lines[0] == "simple_cnn.epochs.3.running_loss"
    assert "  printed      nowhere in the report" in lines


def test_a_comparison_leads_to_both_runs(origin: Origin) -> None:
    lines = trace_value(origin, "simple_cnn.tiny.reduction")
    runs = [line for line in lines if line.startswith("run ")]
    assert runs == ["run simple_cnn (seed 1234)", "run simple_cnn.tiny (seed 1234)"]


def test_no_hit_names_the_nearest_printed_numbers(origin: Origin) -> None:
    with pytest.raises(TraceError, match='no fact has the value "813803"') as caught:
        trace_value(origin, "813803")
    assert "813\u202f802 (simple_cnn.model." in caught.value.message
    assert caught.value.exit_code == 1


def test_no_hit_for_a_wrong_id_names_the_nearest(origin: Origin) -> None:
    with pytest.raises(TraceError, match="nearest: simple_cnn.h10.best.accuracy"):
        trace_value(origin, "simple_cnn.h10.best.acuracy")


@pytest.mark.parametrize("value", ["", " ", "%", "abc def", "-", "1,2,3", "∞", "\u202e"])
def test_strange_values_end_in_a_message(origin: Origin, value: str) -> None:
    with pytest.raises(TraceError):
        trace_value(origin, value)


# ── the parts ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("98,94\u202f%", "98,94", True),
        ("98,94\u202f%", "98,94%", True),
        ("98,94", "98,94 %", False),
        ("98,94\u202f%", "98,9", False),
        ("−0,14", "-0,14", True),
        ("+0,14", "0,14", True),
        ("−0,14", "0,14", False),
        ("3,10\u202fMB", "3,10", True),
        ("seis", "Seis", True),
        ("", "", False),
    ],
)
def test_what_a_printed_text_shows(text: str, value: str, expected: bool) -> None:
    assert is_shown(text, value) is expected


@pytest.mark.parametrize(
    ("stored", "unit", "value", "expected"),
    [
        (0.9894, "fraction", "98,94", True),
        (0.9894, "fraction", "98,9 %", True),
        (0.9894, "fraction", "0,99", True),
        (0.9894, "fraction", "0.9894", True),
        (0.9894, "fraction", "98,95", False),
        (106, "count", "106", True),
        (3_255_208, "bytes", "3,10 MB", True),
        (125.0, "s", "2 min 5 s", True),
        (None, "nats", "0", False),
        (True, "bool", "1", False),
        ("mnist", "text", "mnist", True),
    ],
)
def test_what_a_filter_would_show(stored: Value, unit: Unit, value: str, expected: bool) -> None:
    """0.9894 × 100 = 98.94; 3 255 208 / 2²⁰ = 3.1044."""
    fact = Fact("a.b", stored, unit, Source("k", "f"), "m")
    assert may_show(fact, value, Spanish()) is expected


STAGES = ["data", "train", "evaluate.h1", "evaluate.h10", "embed.h10", "maximize", "record"]


@pytest.mark.parametrize(
    ("field", "stages"),
    [
        ("evaluations[h=1].confusion", ["evaluate.h1"]),
        ("maps[h=10,final].on_map", ["embed.h10"]),
        ("maximized[first].filters[3]", ["maximize"]),
        ("epochs[:10]", ["train"]),
        ("data.splits[0]", ["data"]),
        ("model.layers[2]", ["record"]),
        ("provenance.versions.torch", ["record"]),
        ("spec.training.phases[0]", ["experiment file"]),
        ("evaluations,model", ["evaluate.h1", "evaluate.h10"]),
    ],
)
def test_the_stage_that_made_a_field(field: str, stages: list[str]) -> None:
    assert stages_of(field, STAGES) == stages


def test_every_field_of_every_fact_names_a_stage_of_its_runs(origin: Origin) -> None:
    keys = {record.result.keys["record"] for record in origin.records.values()}
    for fact in origin.facts:
        assert set(fact.source.run.split("+")) <= keys, fact.id
        assert stages_of(fact.source.field, STAGES)


def test_a_country_with_a_point(origin: Origin) -> None:
    report = origin.study.report.model_copy(update={"locale": "es_MX"})
    mexican = dataclasses.replace(origin, study=dataclasses.replace(origin.study, report=report))
    loss = value_of(origin, "simple_cnn.epochs.3.running_loss")
    assert isinstance(loss, float)
    assert trace_value(mexican, f"{loss:.5f}")[0] == "simple_cnn.epochs.3.running_loss"
    with pytest.raises(TraceError):
        trace_value(mexican, f"{loss:.5f}".replace(".", ","))


# ── the command ─────────────────────────────────────────────────────────────


def test_trace_of_what_the_page_prints(built, reportgen) -> None:
    html = (built.build_folder / "report.html").read_text(encoding="utf-8")
    shown = re.search(r'data-fact="toy_net\.h2\.best\.accuracy">([^<]+)<', html)
    assert shown is not None
    done = reportgen(built, "trace", "toy", shown[1])
    assert done.code == 0
    assert "\ntoy_net.h2.best.accuracy\n" in f"\n{done.out}"
    assert "in 1.2 Precisión, tabla 2" in done.out
    assert "experiment   experiments/toy/toy_net.yaml" in done.out


def test_trace_without_a_hit(built, reportgen) -> None:
    done = reportgen(built, "trace", "toy", "123456789")
    assert done.code == 1
    assert "the nearest printed are" in done.err


def test_trace_where_a_template_is_at_fault(built, reportgen) -> None:
    built.template("scores").write_text("{{ nothing }}", encoding="utf-8")
    done = reportgen(built, "trace", "toy", "toy_net.data.n")
    assert done.code == 0
    assert "a template is at fault" in done.out
    assert "value        180 count" in done.out


def test_a_run_that_starts_from_another_names_it(toy, reportgen) -> None:
    toy.write(
        first={"sweep": [], "embeddings": None, "features": {}},
        toy_net={"weights": "experiment:first", "sweep": []},
    )
    assert reportgen(toy, "run", "toy").code == 0
    done = reportgen(toy, "trace", "toy", "toy_net.h2.best.accuracy")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    at = lines.index("  weights      experiment:first")
    assert lines[at + 1].strip() == "first (seed 7), its best epoch within its last horizon"
    assert "weights" not in reportgen(toy, "trace", "toy", "first.h2.best.accuracy").out
