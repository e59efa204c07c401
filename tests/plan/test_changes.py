"""What changed between two keys, by table: the field's name as it is told, and both values."""

from __future__ import annotations

import pytest

from reportgen.plan.changes import UNREAD, Change, differences
from reportgen.plan.keys import RunPlan
from tests.plan.plans import PHASES, RENAMED, SPEC, noted, plan, plan_later, with_

SUBSET = '{"n": 100, "per_class": null, "stratified": true, "seed": 0}'


def told(stage: str, spec=SPEC, **other) -> list[str]:
    """Return the changes of a stage's key from the unchanged plan's, with all keys known."""
    before, after = plan(), plan(spec, **other)
    keys = {"data": "data", "train": "train", "record": "record"}
    old, new = (getattr(one, keys[stage]).fields for one in (before, after))
    return [change.text(stage) for change in differences(stage, old, new, noted(before, after))]


@pytest.mark.parametrize(
    ("spec", "texts"),
    [
        (with_(["model", "args"], {"width": 16}), ["model.args.width 8 → 16"]),
        (with_(["model", "args"], {}), ["model.args.width 8 → not there"]),
        (with_(["training", "batch_size"], 64), ["training.batch_size 32 → 64"]),
        (with_(["precision"], "float32"), ["precision auto → float32"]),
        (with_(["weights"], "file:w.safetensors"), ["weights none → file:w.safetensors"]),
        (
            with_(["training", "phases", 1, "optimizer", "lr"], 0.02),
            ["training.phases.1.optimizer.lr 0.01 → 0.02"],
        ),
        (
            with_(["training", "phases", 0, "epochs"], 3),
            ["training.phases.0.epochs 2 → 3"],
        ),
        (with_(["training", "phases", 1, "epochs"], 9), []),
        (
            with_(["training", "augmentation"], [{"horizontal_flip": 0.5}]),
            ['training.augmentation [] → [{"horizontal_flip": 0.5}]'],
        ),
        (
            with_(["dataset", "normalization"], {"mean": [0.1], "std": [0.3]}),
            ['dataset.normalization train → {"mean": [0.1], "std": [0.3]}'],
        ),
        (
            with_(["dataset", "subset"], {"n": 100}),
            ["data: dataset.subset none → " + SUBSET],
        ),
        (RENAMED, ["model.class Net → Other"]),
    ],
)
def test_training(spec, texts) -> None:
    assert told("train", spec) == texts


def test_code_data_seed_and_weights() -> None:
    assert told("train", code="other") == ["the code of class Net changed"]
    assert told("train", RENAMED, code="other") == ["model.class Net → Other"]
    assert told("train", seed=7) == ["seed 0 → 7"]
    assert told("train", weights="b" * 64) == [
        "the content of the weights file not there → bbbbbbbbbbbb"
    ]
    assert told("train", fingerprint="c" * 64) == [
        "data: the content of the data data → cccccccccccc"
    ]
    assert told("data", fingerprint=UNREAD) == ["the content of the data data → not read yet"]


def test_a_record_tells_each_change_once_at_its_stage() -> None:
    spec = with_(["training", "batch_size"], 64)
    spec["embeddings"] = {"samples": 50, "perplexity": 6.0}
    assert told("record", spec) == [
        "train: training.batch_size 32 → 64",
        "embed: embeddings.perplexity 5.0 → 6.0",
    ]


def test_a_record_tells_horizons_epochs_and_filters() -> None:
    spec = with_(["horizons"], [3, 5])
    spec["training"]["phases"][1] = PHASES[1] | {"epochs": 3}
    assert told("record", spec) == [
        "epochs 6 → 5",
        "evaluate.h5 not there → wanted",
        "evaluate.h6 wanted → no longer",
    ]


def test_a_raised_version_is_named(monkeypatch) -> None:
    from reportgen.plan.keys import STAGE_VERSIONS

    before = plan()
    monkeypatch.setitem(STAGE_VERSIONS, "evaluate", 7)
    after = plan()
    old, new = before.evaluate[3].fields, after.evaluate[3].fields
    [change] = differences("evaluate", old, new, {})
    assert change.text("record") == "evaluate: reportgen's version of the stage evaluate 1 → 7"


def test_a_key_that_is_not_known_is_not_followed() -> None:
    before, after = plan(), plan(fingerprint="other")
    assert differences("train", before.train.fields, after.train.fields, {}) == (
        Change("data", "the data, or how they are divided,"),
    )


def test_an_evaluation_that_is_not_known_follows_the_training() -> None:
    """An estimator's are never stored; that they changed with it says nothing."""
    before, after = plan(), plan(seed=0, code="other")
    known = {"train": {one.train.digest: one.train.fields for one in (before, after)}}
    texts = [
        c.what for c in differences("record", before.record.fields, after.record.fields, known)
    ]
    assert texts == ["the code of class Net"]


def test_long_values_are_cut() -> None:
    [change] = differences("train", {"x": "a"}, {"x": "b" * 100}, {})
    assert change.after == "b" * 59 + "…"


def test_numbers_that_the_key_tells_apart() -> None:
    [change] = differences("train", {"x": 1}, {"x": 1.0}, {})
    assert change.text("train") == "x 1 → 1.0"


def test_the_checkpoint_that_a_training_starts_from() -> None:
    before = plan_later().train.fields
    other = plan_later(with_(["horizons"], [3]), code="other").train.fields
    assert [change.text("train") for change in differences("train", before, other, {})] == [
        "the training that it starts from changed",
        "the last horizon of the run that it starts from 6 → 3",
    ]
    alone = plan(SPEC | {"weights": "none"}).train.fields
    assert [change.text("train") for change in differences("train", alone, before, {})] == [
        "weights none → experiment:net"
    ]


def test_notebooks() -> None:
    before = {"version": 1, "source": "a", "records": {"net": "1", "old": "2", "same": "3"}}
    after = {"version": 1, "source": "b", "records": {"net": "9", "same": "3"}}
    assert [change.what for change in differences("notebook", before, after, {})] == [
        "its text (from the experiment files, models.py, notebook.md.j2)",
        "the record of net",
        "the record of old",
    ]


def test_images_that_maximise_filters_come_change_and_go() -> None:
    def of(steps: int, **other: object) -> RunPlan:
        wanted = {"images": {"a": {"layer": "conv"}}, "steps": steps}
        return plan(SPEC | {"maximization": wanted} | other)

    def texts(before: RunPlan, after: RunPlan, *, known: bool = True) -> list[str]:
        keys = noted(before, after) if known else noted()
        found = differences("record", before.record.fields, after.record.fields, keys)
        return [change.text("record") for change in found]

    assert texts(plan(), of(5)) == ["maximize not there → wanted"]
    assert texts(of(5), plan()) == ["maximize wanted → no longer"]
    assert texts(of(5), of(6)) == ["maximize: maximization.steps 5 → 6"]
    assert texts(of(5), of(6), known=False) == ["maximize: its key changed"]
    retrained = of(5, training=SPEC["training"] | {"batch_size": 64})
    assert texts(of(5), retrained) == ["train: training.batch_size 32 → 64"]
    assert texts(of(5), retrained, known=False) == ["train: its key changed"]
