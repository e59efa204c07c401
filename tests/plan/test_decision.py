"""What happens to a stage and why, by table: what changed, and what the store holds."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

import pytest

from reportgen.plan.decision import (
    NOTHING,
    Decision,
    Held,
    decide_locked,
    decide_notebook,
    decide_run,
    decide_stage,
    decide_training,
)
from reportgen.plan.keys import STAGE_VERSIONS, RunPlan, StageKey
from tests.plan.plans import PHASES, RENAMED, SPEC, noted, plan, with_


@pytest.mark.parametrize(
    ("wanted", "done", "ended", "action"),
    [
        (10, 0, False, "run"),
        (10, 4, False, "resume"),
        (10, 10, False, "reuse"),
        (10, 20, False, "reuse"),  # epochs lowered: the first ten are read
        (20, 10, False, "resume"),  # epochs raised
        (10, 4, True, "reuse"),  # diverged: it will not get further
    ],
)
def test_training(wanted, done, ended, action):
    assert decide_training(wanted, done, ended).action == action


def test_other_stages_are_all_or_nothing():
    assert decide_stage("embed", present=True).action == "reuse"
    assert decide_stage("embed", present=False).action == "run"


# ── a run, stage by stage ───────────────────────────────────────────────────

STAGES = ("data", "train", "evaluate.h3", "evaluate.h6", "embed.h3", "record")


def held(*plans: RunPlan) -> Held:
    """Return what a store holds after these runs."""
    whole = {
        key.digest
        for one in plans
        for key in (one.data, *one.evaluate.values(), *one.embed.values(), one.record)
    }
    epochs = {one.train.digest: (one.run.spec.epochs, False) for one in plans}
    return Held(frozenset(whole), epochs, noted(*plans))


def actions(decisions: tuple[Decision, ...]) -> dict[str, str]:
    return {one.stage: one.action for one in decisions}


def reasons(decisions: tuple[Decision, ...]) -> dict[str, str]:
    return {one.stage: one.reason for one in decisions if one.action != "reuse"}


def follow(change: str, *stages: str, own: str = "train") -> dict[str, str]:
    """Return the same reason for some stages, in the words of those that follow another."""
    return {stage: change if stage == own else f"{own}: {change}" for stage in stages}


TRAINED = STAGES[1:]
LR = "training.phases.1.optimizer.lr 0.01 → 0.02"
RAISED = with_(["training", "phases", 1], PHASES[1] | {"epochs": 9})
LOWERED = with_(["training", "phases", 1], PHASES[1] | {"epochs": 1}) | {"horizons": [3]}


@pytest.mark.parametrize(
    ("spec", "other", "wanted"),
    [
        pytest.param(SPEC, {}, {}, id="nothing, or comments"),
        pytest.param(dict(reversed(SPEC.items())), {}, {}, id="key order"),
        pytest.param(with_(["title"], "Otra"), {}, {}, id="title"),
        pytest.param(
            with_(["embeddings", "perplexity"], 6.0),
            {},
            follow("embeddings.perplexity 5.0 → 6.0", "embed.h3", own="embed.h3")
            | {"record": "embed: embeddings.perplexity 5.0 → 6.0"},
            id="t-SNE option",
        ),
        pytest.param(
            with_(["training", "phases", 1, "optimizer", "lr"], 0.02),
            {},
            follow(LR, *TRAINED),
            id="learning rate",
        ),
        pytest.param(
            SPEC, {"code": "b"}, follow("the code of class Net changed", *TRAINED), id="code"
        ),
        pytest.param(
            RENAMED, {"code": "b"}, follow("model.class Net → Other", *TRAINED), id="other class"
        ),
        pytest.param(
            SPEC,
            {"fingerprint": "e" * 64},
            follow("the content of the data data → eeeeeeeeeeee", *STAGES, own="data"),
            id="data",
        ),
        pytest.param(RAISED, {}, {"train": "6 of 11 epochs are in the store",
                                  "record": "epochs 6 → 11"}, id="epochs raised"),
        pytest.param(
            LOWERED,
            {},
            {"record": "epochs 6 → 3; evaluate.h6 wanted → no longer"},
            id="epochs lowered",
        ),
        pytest.param(SPEC, {"seed": 5}, {"train": "seed 0 → 5"}
                     | dict.fromkeys(TRAINED[1:], "it follows the training"), id="seed"),
        pytest.param(SPEC, {"name": "small"}, {"record": "experiment net → small"}, id="renamed"),
        pytest.param(
            with_(["horizons"], [3, 5, 6]),
            {},
            {"evaluate.h5": "horizon 5 is new", "record": "evaluate.h5 not there → wanted"},
            id="horizon",
        ),
    ],
)  # fmt: skip
def test_what_changed(spec: dict[str, Any], other: dict[str, Any], wanted: dict[str, str]) -> None:
    decided = decide_run(plan(spec, **other), held(plan()))
    assert reasons(decided) == wanted
    resumed = {one.stage for one in decided if one.action == "resume"}
    assert resumed == ({"train"} if spec is RAISED else set())


def test_another_class_beside_it_does_not_count(tmp_path) -> None:
    """The fingerprint is of what the class reaches: with it, the key and the decision stay."""
    from reportgen.plan.code import fingerprint_class

    file = tmp_path / "models.py"
    file.write_text("class Net:\n    width = 8\n\nclass Other:\n    depth = 1\n", encoding="utf-8")
    before = plan(code=fingerprint_class(file, "Net").digest)
    file.write_text("class Net:\n    width = 8  # x\n\nclass Other:\n    depth = 2\n", "utf-8")
    after = plan(code=fingerprint_class(file, "Net").digest)
    assert set(actions(decide_run(after, held(before))).values()) == {"reuse"}


@pytest.mark.parametrize(
    ("stage", "stale"),
    [
        ("data", set(STAGES)),
        ("train", set(TRAINED)),
        ("evaluate", {"evaluate.h3", "evaluate.h6", "record"}),
        ("embed", {"embed.h3", "record"}),
        ("record", {"record"}),
    ],
)
def test_a_raised_version(monkeypatch, stage: str, stale: set[str]) -> None:
    before = held(plan())
    old = STAGE_VERSIONS[stage]
    monkeypatch.setitem(STAGE_VERSIONS, stage, old + 1)  # type: ignore[misc]
    found = reasons(decide_run(plan(), before))
    told = f"reportgen's version of the stage {stage} {old} → {old + 1}"
    assert set(found) == stale
    assert set(found.values()) <= {told, f"{stage}: {told}"}


def test_where_it_ran_does_not_count() -> None:
    """Device, threads and versions are provenance: no key has them, so no store asks for them."""
    spec = with_(["precision"], "auto")
    assert set(actions(decide_run(plan(spec), held(plan()))).values()) == {"reuse"}


def test_an_empty_store() -> None:
    decided = decide_run(plan(), Held())
    assert actions(decided) == dict.fromkeys(STAGES, "run")
    assert set(reasons(decided).values()) == {"nothing in the store has this key"}


def test_a_training_that_was_killed_resumes() -> None:
    one = plan()
    there = Held(epochs={one.train.digest: (4, False)}, noted={"train": noted(one)["train"]})
    decided = decide_run(one, there)
    assert actions(decided) == dict.fromkeys(STAGES, "run") | {"data": "reuse", "train": "resume"}


def test_a_build_that_was_killed_after_the_training() -> None:
    one = plan()
    there = Held(epochs={one.train.digest: (6, False)}, noted={"train": noted(one)["train"]})
    missing = "nothing in the store has this key"
    assert reasons(decide_run(one, there)) == dict.fromkeys(TRAINED[1:], missing)


def test_what_is_damaged_says_so() -> None:
    one = plan()
    there = replace(held(one), whole=frozenset(), epochs={})
    damaged = "what the store has under this key is damaged"
    assert reasons(decide_run(one, there)) == dict.fromkeys(TRAINED, damaged)


def test_the_runs_own_key_counts_before_a_nearer_one_of_another_run() -> None:
    mine = plan(with_(["training", "batch_size"], 64) | {"precision": "float32"})
    others = plan(with_(["training", "batch_size"], 16), name="other")
    assert reasons(decide_run(plan(), held(mine, others)))["train"] == (
        "precision float32 → auto; training.batch_size 64 → 32"
    )


def test_of_several_keys_the_nearest_counts_and_then_the_latest() -> None:
    far = plan(with_(["training", "batch_size"], 64) | {"precision": "float32"})
    near, later = (plan(with_(["training", "batch_size"], n)) for n in (16, 8))
    found = reasons(decide_run(plan(), held(near, later, far)))
    assert found["train"] == "training.batch_size 8 → 32"


def test_a_run_that_is_nothing_like_the_others() -> None:
    other = SPEC | {
        "model": {"class": "Big", "args": {"depth": 3}},
        "precision": "float32",
        "training": {
            "batch_size": 7,
            "phases": [{"epochs": 6, "optimizer": {"name": "adam", "lr": 0.5}}],
        },
    }
    found = reasons(decide_run(plan(other, name="big", code="big"), held(plan())))
    assert found["train"] == "nothing in the store has this key"


def test_many_changes_are_cut() -> None:
    args = {f"a{i}": i for i in range(12)}
    found = reasons(decide_run(plan(with_(["model", "args"], args)), held(plan())))
    assert found["train"].endswith("model.args.a7 not there → 7; and 5 more")


ESTIMATOR = {
    "title": "Svm",
    "dataset": {"name": "mnist"},
    "model": {"class": "Net"},
    "estimator": {"name": "linear_svm", "c": 1.0},
    "features": {"final": "fc"},
}


def test_an_estimator() -> None:
    one = plan(ESTIMATOR)
    fitted = Held(frozenset({one.train.digest}), noted=noted(one))
    assert actions(decide_run(one, fitted)) == {
        "data": "reuse",
        "train": "reuse",
        "evaluate.h0": "reuse",
        "record": "run",
    }
    other = plan(ESTIMATOR | {"estimator": {"name": "linear_svm", "c": 2.0}})
    assert reasons(decide_run(other, fitted)) == {
        "train": "estimator.c 1.0 → 2.0",
        "evaluate.h0": "an estimator answers when it is fitted",
        "record": "train: estimator.c 1.0 → 2.0",
    }


# ── notebooks and committed records ─────────────────────────────────────────


def test_notebooks() -> None:
    key = StageKey("notebook", {"version": 1, "source": "a", "records": {"net": "1"}})
    old = {"version": 1, "source": "a", "records": {"net": "0"}}
    stranger = {"version": 1, "source": "a", "records": {"other": "0"}}
    there = Held(frozenset({key.digest}))
    assert decide_notebook("n", key, there) == Decision("n", "reuse", "the store holds it")
    assert decide_notebook("n", key, there, "shows x") == Decision("n", "run", "it shows x")
    changed = Held(noted={"notebook": {"s": stranger, "o": old}})
    assert decide_notebook("n", key, changed).reason == "the record of net changed"
    assert decide_notebook("n", key, Held()).reason == "nothing in the store has this key"


def test_committed_records_name_the_stages() -> None:
    then = plan().stage_digests()
    same = decide_locked(plan(), then, Held())
    assert set(actions(same).values()) == {"reuse"}
    spec = with_(["training", "phases", 1, "optimizer", "lr"], 0.02)
    assert reasons(decide_locked(plan(spec), then, Held())) == {
        "train": "its key has changed",
        "evaluate.h3": "follows train",
        "evaluate.h6": "follows train",
        "embed.h3": "follows train",
        "record": "follows train, evaluate.h3, evaluate.h6, embed.h3",
    }
    assert reasons(decide_locked(plan(spec), then, held(plan()))) == follow(LR, *TRAINED)


def test_committed_records_lack_a_horizon() -> None:
    then = plan().stage_digests()
    found = decide_locked(plan(with_(["horizons"], [3, 5, 6])), then, Held())
    assert reasons(found)["evaluate.h5"] == "the committed record has none"
    assert actions(found)["evaluate.h5"] == "refuse"


def test_the_decision_is_pure() -> None:
    """It imports nothing that could read a file."""
    import reportgen.plan.changes
    import reportgen.plan.decision

    for module in (reportgen.plan.changes, reportgen.plan.decision):
        with open(str(module.__file__), encoding="utf-8") as file:  # noqa: PTH123
            tree = ast.parse(file.read())
        names = {
            getattr(node, "module", None) or node.names[0].name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        assert names & {"os", "pathlib", "reportgen.store.store", "shutil", "io"} == set()


# ── images that maximise filters ────────────────────────────────────────────


def maximizing(steps: int, **other: object) -> dict[str, object]:
    wanted = {"images": {"a": {"layer": "conv"}}, "steps": steps}
    return SPEC | {"maximization": wanted} | other


def test_images_that_maximise_filters_are_made_when_they_are_first_wanted() -> None:
    found = decide_run(plan(maximizing(5)), held(plan()))
    assert [one.stage for one in found][-2:] == ["maximize", "record"]
    assert reasons(found) == {"maximize": NOTHING, "record": "maximize not there → wanted"}


def test_what_changed_in_them_is_told() -> None:
    before, after = plan(maximizing(5)), plan(maximizing(6))
    stored = held(before)
    kept = replace(stored, whole=stored.whole | {before.maximize.digest})
    change = "maximization.steps 5 → 6"
    assert reasons(decide_run(after, kept)) == follow(change, "maximize", "record", own="maximize")


def test_they_are_taken_where_the_record_alone_is_gone() -> None:
    wanted = plan(maximizing(5))
    stored = held(wanted)
    kept = replace(stored, whole=stored.whole - {wanted.record.digest} | {wanted.maximize.digest})
    assert actions(decide_run(wanted, kept))["maximize"] == "reuse"


def test_a_committed_record_without_them_is_stale() -> None:
    then = plan().stage_digests()
    found = actions(decide_locked(plan(maximizing(5)), then, held(plan())))
    assert {stage for stage, action in found.items() if action == "refuse"} == {
        "maximize",
        "record",
    }
