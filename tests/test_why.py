"""`reportgen why`: it says what a build then does, and neither runs nor writes anything."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reportgen.order import Order
from reportgen.progress import Silence
from tests.test_pipeline import loaded
from tests.toy_project import Outcome, Toy, write_data

Call = Callable[..., Outcome]
NET, TRIAL = "toy_net (seed 7)", "toy_net.narrow (seed 7)"
REUSED = [f"{run}: every stage: reused (the store holds the record)" for run in (NET, TRIAL)]


def why(toy: Toy, reportgen: Call, *arguments: str) -> list[str]:
    """Return the lines of the command."""
    done = reportgen(toy, "why", "toy", *arguments)
    assert (done.code, done.err) == (0, "")
    return done.out.splitlines()


def of(run: str, lines: list[str]) -> dict[str, str]:
    """Return a run's lines by stage."""
    own = [line.removeprefix(f"{run}: ") for line in lines if line.startswith(f"{run}: ")]
    return dict(line.split(": ", 1) for line in own)


def snapshot(*folders: Path) -> dict[str, tuple[int, int]]:
    """Return every file and folder with its size and time."""
    paths = [path for folder in folders for path in folder.rglob("*")]
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}


def test_nothing_changed(built, reportgen):
    assert why(built, reportgen) == REUSED


@pytest.mark.parametrize("change", ["comment", "title", "template"])
def test_what_only_words_or_draws(built, reportgen, change):
    if change == "comment":
        file = built.folder / "toy_net.yaml"
        file.write_text("# a comment\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
        built.models_file.write_text(
            "# one\n" + built.models_file.read_text(encoding="utf-8"), encoding="utf-8"
        )
    elif change == "title":
        built.write(toy_net={"title": "Otra"}, report={"title": "Otro"})
    else:
        built.template("sizes").write_text("<p>Otra.</p>", encoding="utf-8")
    assert why(built, reportgen) == REUSED


def test_a_named_experiment_has_a_line_for_each_stage(built, reportgen):
    lines = of(NET, why(built, reportgen, "toy_net"))
    stages = ["data", "train", "evaluate.h2", "evaluate.h3", "embed.h2", "record"]
    assert lines == dict.fromkeys(stages, "reused (the store holds the record)")
    wrong = reportgen(built, "why", "toy", "toy_nett")
    assert wrong.code == 2
    assert 'did you mean "toy_net"?' in wrong.err


def test_another_learning_rate(built, reportgen):
    built.train(lr=0.2)
    lines = of(NET, why(built, reportgen))
    change = "training.phases.0.optimizer.lr 0.1 → 0.2"
    assert lines["data"] == "reused (they are those that the store has results of)"
    assert lines["train"] == f"would run ({change})"
    for stage in ("evaluate.h2", "evaluate.h3", "embed.h2", "record"):
        assert lines[stage] == f"would run (train: {change})"


def test_another_forward(built, reportgen):
    built.models("        return self.head(x.flatten(1).repeat(1, 4))\n")
    assert of(TRIAL, why(built, reportgen))["train"] == (
        "would run (the code of class ToyNet changed)"
    )


def test_data_of_another_content(built, reportgen, tmp_path):
    shutil.copytree(built.data, tmp_path / "data")
    moved = Toy(built.root, tmp_path / "data")
    assert why(moved, reportgen) == REUSED  # the same content in another place
    write_data(moved.data, n_validation=70)
    lines = of(NET, why(moved, reportgen))
    content = r"the content of the data [0-9a-f]{12} → [0-9a-f]{12}"
    assert re.fullmatch(rf"would run \({content}\)", lines["data"])
    assert re.fullmatch(rf"would run \(data: {content}\)", lines["train"])


def test_what_it_says_is_what_happens(built, reportgen):
    """Epochs raised, and another map: the run's own lines say the same of each stage."""
    built.train(epochs=4)
    said = of(NET, why(built, reportgen, "toy_net"))
    assert said["train"] == "would resume (3 of 4 epochs are in the store)"
    assert said["record"] == "would run (epochs 3 → 4)"
    done = reportgen(built, "run", "toy")
    did = of(NET, [line for line in done.out.splitlines() if ": epoch " not in line])
    verbs = {"would resume": "resuming", "would run": "running", "reused": "reused"}
    for stage, text in did.items():
        assert verbs[said[stage].partition(" (")[0]] == text.partition(" (")[0], stage
    assert set(did) == set(said) - {"data"}
    assert why(built, reportgen) == REUSED


def test_nothing_is_written_or_run(built):
    built.train(lr=0.2)
    before = snapshot(built.root, built.data)
    out, names = loaded(built, "why", "toy")
    assert "would run" in out
    assert names & {"torch", "torchvision", "sklearn", "scipy", "matplotlib", "weasyprint"} == set()
    assert snapshot(built.root, built.data) == before


def test_nothing_is_made_where_there_is_no_store(toy, reportgen):
    lines = of(NET, why(toy, reportgen))
    assert set(lines.values()) == {"would run (nothing in the store has this key)"}
    assert not (toy.root / "build").exists()


def test_it_takes_no_time(built, reportgen):
    built.train(lr=0.2)
    why(built, reportgen)
    started = time.process_time()
    why(built, reportgen)
    assert time.process_time() - started < 0.5


def test_a_damaged_record(built, reportgen):
    [file] = [
        path
        for path in (built.store / "record").glob("*/record.json")
        if not json.loads(path.read_bytes())["result"]["trial"]
    ]
    file.write_bytes(file.read_bytes()[:-9])
    lines = of(NET, why(built, reportgen))
    assert lines["record"] == "would run (what the store has under this key is damaged)"
    assert lines["train"] == "reused (3 of 3 epochs are in the store)"


def test_a_damaged_journal_is_left_alone(built, reportgen):
    built.train(epochs=4)
    for state in (built.store / "train").glob("*/state-*"):
        state.write_bytes(b"x")
    before = snapshot(built.store)
    lines = of(NET, why(built, reportgen))
    assert lines["train"] == "would run (what the store has under this key is damaged)"
    assert snapshot(built.store) == before


def test_a_newer_store(built, reportgen):
    (built.store / "store.json").write_text('{"schema": 2}', encoding="utf-8")
    done = reportgen(built, "why", "toy")
    assert done.code == 4
    assert "the store has schema 2" in done.err


# ── the committed records ───────────────────────────────────────────────────


@pytest.fixture
def frozen(built: Toy) -> Toy:
    """Return a toy project with committed records."""
    from reportgen.pipeline import freeze

    freeze(Order(built.root, "toy", data_dir=built.data))
    return built


def test_locked(frozen, reportgen):
    shutil.rmtree(frozen.root / "build")
    told = [
        f"{run}: every stage: reused (the committed record has this key)" for run in (NET, TRIAL)
    ]
    assert why(frozen, reportgen, "--locked") == told
    frozen.train(lr=0.2)
    lines = of(NET, why(frozen, reportgen, "--locked"))
    assert lines["data"] == "reused (the committed record has this key)"
    assert lines["train"] == "stale (its key has changed)"
    assert lines["embed.h2"] == "stale (follows train)"


def test_locked_with_a_store_names_the_field(frozen, reportgen):
    frozen.train(lr=0.2)
    lines = of(NET, why(frozen, reportgen, "--locked"))
    assert lines["train"] == "stale (training.phases.0.optimizer.lr 0.1 → 0.2)"


def test_locked_without_a_record(frozen, reportgen):
    for file in (frozen.folder / "records" / "default" / "toy_net").glob("*narrow*"):
        file.unlink()
    lines = of(TRIAL, why(frozen, reportgen, "--locked"))
    assert lines["record"].startswith("stale (no committed record (experiments/toy/records/")


def test_without_data_the_committed_records_are_asked(frozen, reportgen):
    gone = Toy(frozen.root, frozen.root / "nowhere")
    gone.data.mkdir()
    first, *rest = why(gone, reportgen)
    assert first.startswith("asking the committed records, as --locked does: ")
    assert rest[0] == f"{NET}: every stage: reused (the committed record has this key)"


def test_without_data_and_records(built, reportgen):
    (built.root / "nowhere").mkdir()
    done = reportgen(Toy(built.root, built.root / "nowhere"), "why", "toy")
    assert done.code == 1
    assert "was not found" in done.err


def test_notebooks(built, monkeypatch):
    """One whose records will change is run again; the others are taken."""
    from reportgen.notebooks.compose import Composed
    from reportgen.records import RunId
    from reportgen.spec.study import load_study
    from reportgen.why import explain

    book = Composed("1_red.ipynb", (), (RunId("toy_net", "", 7),))
    monkeypatch.setattr("reportgen.why._compose", lambda study: (book,))
    order = Order(built.root, "toy", data_dir=built.data)
    study = load_study(built.root, "toy")
    *_, line = explain(order, study, None, Silence())
    assert line == "notebook 1_red.ipynb: would run (nothing in the store has this key)"


def test_a_training_that_stopped_early_is_whole(toy, reportgen):
    """Only its record is gone; there is no epoch to be trained."""
    rule = {"patience": 1, "min_delta": 100.0}
    optimizer = {"name": "sgd", "lr": 0.1}
    phases = [{"epochs": 3, "optimizer": optimizer, "early_stopping": rule}]
    toy.write(toy_net={"training": {"batch_size": 20, "phases": phases}, "sweep": []})
    assert reportgen(toy, "run", "toy").code == 0
    shutil.rmtree(toy.store / "record")
    told = of(NET, why(toy, reportgen))
    assert told["train"] == "reused (it ended for good after epoch 2)"
    assert told["record"].startswith("would run")


def test_a_changed_source_is_told_of_what_starts_from_it(toy, reportgen):
    bare = {"sweep": [], "embeddings": None, "features": {}}
    later = bare | {"weights": "experiment:first"}
    toy.write(first=bare, toy_net=later)
    assert reportgen(toy, "run", "toy").code == 0
    first, net = "first (seed 7)", NET
    assert reportgen(toy, "freeze", "toy").code == 0
    toy.write(first=bare | {"horizons": [1]})
    lines = why(toy, reportgen)
    assert of(first, lines)["train"].startswith("reused")
    assert of(net, lines)["train"] == (
        "would run (the last horizon of the run that it starts from 3 → 1)"
    )
    locked = of(net, why(toy, reportgen, "--locked"))
    assert locked["train"] == "stale (the last horizon of the run that it starts from 3 → 1)"
