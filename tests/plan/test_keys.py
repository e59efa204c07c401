"""What a change of the spec does to each stage's key, by table."""

import dataclasses

import pytest

from reportgen.plan.keys import STAGE_VERSIONS, plan_run
from tests.plan.plans import PHASES, SPEC, plan, plan_later, with_


def changed(spec=SPEC, **other):
    """Return the stages whose key differs from the unchanged plan's."""
    before, after = plan().stage_digests(), plan(spec, **other).stage_digests()
    return {
        stage for stage in before.keys() | after.keys() if before.get(stage) != after.get(stage)
    }


ALL = {"data", "train", "evaluate.h3", "evaluate.h6", "embed.h3", "record"}
TRAIN = ALL - {"data"}


@pytest.mark.parametrize(
    ("spec", "stages"),
    [
        (with_(["title"], "Otra"), set()),
        (with_(["resources"], {"gpus": 0.25}), set()),
        (with_(["dataset", "subset"], {"n": 100}), ALL),
        (with_(["dataset", "normalization"], {"mean": [0.1], "std": [0.3]}), TRAIN),
        (with_(["model", "args"], {"width": 16}), TRAIN),
        (with_(["training", "batch_size"], 64), TRAIN),
        (with_(["precision"], "float32"), TRAIN),
        (with_(["training", "phases"], [PHASES[0] | {"epochs": 3}, PHASES[1]]), TRAIN),
        (with_(["training", "phases"], [PHASES[0], PHASES[1] | {"epochs": 9}]), {"record"}),
        (with_(["embeddings", "perplexity"], 6.0), {"embed.h3", "record"}),
        (with_(["features"], {"final": "other"}), {"embed.h3", "record"}),
        (with_(["horizons"], [3]), {"evaluate.h6", "record"}),
    ],
)
def test_a_change_reaches_the_stages_that_read_it(spec, stages):
    assert changed(spec) == stages


def test_data_code_and_seed():
    assert changed(fingerprint="other data") == ALL
    assert changed(code="other code") == TRAIN
    assert changed(seed=1) == TRAIN
    assert changed(trial="narrow") == {"record"}


def test_key_order_does_not_count():
    assert changed(dict(reversed(SPEC.items()))) == set()


def test_a_raised_stage_version_changes_its_key_and_what_follows(monkeypatch):
    before = plan().stage_digests()
    monkeypatch.setitem(STAGE_VERSIONS, "evaluate", STAGE_VERSIONS["evaluate"] + 1)
    after = plan().stage_digests()
    assert {s for s in after if after[s] != before[s]} == {"evaluate.h3", "evaluate.h6", "record"}


def test_key_is_a_sha256_over_its_fields():
    key = plan().data
    assert len(key.digest) == 64
    assert dataclasses.replace(key, fields={**key.fields, "x": 1}).digest != key.digest


# ── a run that starts from another ──────────────────────────────────────────


@pytest.mark.parametrize(
    ("source", "stages"),
    [
        (with_(["title"], "Otra"), set()),
        (with_(["horizons"], [2, 6]), set()),
        (with_(["training", "phases"], [PHASES[0], PHASES[1] | {"epochs": 9}]), set()),
        (with_(["horizons"], [3]), TRAIN),
        (with_(["embeddings", "perplexity"], 6.0), set()),
        (with_(["training", "batch_size"], 64), TRAIN),
        (with_(["dataset", "subset"], {"n": 100}), TRAIN),
    ],
)
def test_what_decides_the_sources_checkpoint_reaches_those_that_start_from_it(source, stages):
    before, after = plan_later().stage_digests(), plan_later(source).stage_digests()
    assert {stage for stage in before if before[stage] != after[stage]} == stages


def test_without_horizons_the_sources_epochs_decide_its_checkpoint():
    bare = {key: value for key, value in SPEC.items() if key not in {"horizons", "embeddings"}}
    phases = [PHASES[0], PHASES[1] | {"epochs": 9}]
    longer = {**bare, "training": SPEC["training"] | {"phases": phases}}
    assert plan(bare).train == plan(longer).train
    assert plan_later(bare).train != plan_later(longer).train


def test_the_sources_code_data_and_seed_count():
    usual = plan_later().train.digest
    assert plan_later(code="other").train.digest != usual
    assert plan_later(fingerprint="other").train.digest != usual


def test_a_run_is_not_planned_without_its_source():
    later = plan_later()
    with pytest.raises(ValueError, match=r"later \(seed 0\) starts from net \(seed 0\)"):
        plan_run(later.run, "data", "code")
    with pytest.raises(ValueError, match="starts from None"):
        plan_run(plan().run, "data", "code", source=later)


# ── early stopping ──────────────────────────────────────────────────────────


def stopping(*patience, last=4):
    """Return the spec with a patience for each phase, None for none."""
    rules = [{} if one is None else {"early_stopping": {"patience": one}} for one in patience]
    phases = [PHASES[0] | rules[0], PHASES[1] | rules[1] | {"epochs": last}]
    return with_(["training", "phases"], phases)


def test_the_rule_counts_and_its_absence_changes_no_key():
    assert changed(stopping(None, None)) == set()
    assert changed(stopping(None, 2)) == TRAIN
    assert plan(stopping(None, 2)).train != plan(stopping(None, 3)).train


def test_epochs_of_the_last_phase_count_where_an_earlier_one_may_stop():
    """A horizon of 5 may then hold 3 or 4 of its epochs."""
    assert plan(stopping(None, 2)).train == plan(stopping(None, 2, last=9)).train
    assert plan(stopping(1, None)).train != plan(stopping(1, None, last=9)).train


# ── images that maximise filters ────────────────────────────────────────────

MAXIMIZING = SPEC | {"maximization": {"images": {"a": {"layer": "conv"}}}}


def test_images_that_maximise_filters_are_a_stage_of_their_own():
    assert changed(MAXIMIZING) == {"maximize", "record"}
    assert list(plan(MAXIMIZING).stage_digests())[-2:] == ["maximize", "record"]
    assert plan().maximize is None
    assert "maximize" not in plan().record.fields


@pytest.mark.parametrize(
    ("values", "other"),
    [
        ({"steps": 10}, {}),
        ({"seed": 1}, {}),
        ({"regularizer": {"name": "none"}}, {}),
        ({"images": {"a": {"layer": "conv", "filters": (1,)}}}, {}),
        ({}, {"horizons": [3]}),
        ({}, {"training": SPEC["training"] | {"batch_size": 64}}),
    ],
)
def test_what_decides_those_images(values, other):
    spec = MAXIMIZING | {"maximization": MAXIMIZING["maximization"] | values} | other
    assert plan(spec).maximize.digest != plan(MAXIMIZING).maximize.digest


def test_epochs_after_the_last_horizon_and_maps_do_not():
    phases = [PHASES[0], PHASES[1] | {"epochs": 9}]
    longer = {"training": SPEC["training"] | {"phases": phases}}
    maps = {"embeddings": {"samples": 50, "perplexity": 6.0}}
    assert plan(MAXIMIZING | longer | maps).maximize == plan(MAXIMIZING).maximize
