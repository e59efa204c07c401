"""What a change of the spec does to each stage's key, by table."""

import dataclasses

import pytest

from reportgen.plan.keys import STAGE_VERSIONS
from tests.plan.plans import PHASES, SPEC, plan, with_


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
