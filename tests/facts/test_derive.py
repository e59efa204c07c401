"""The contract of all facts, on a study with two seeds, two trials and a map."""

import dataclasses
import math
import re

import numpy as np
import pytest
from ruamel.yaml import YAML

from reportgen.errors import SpecError
from reportgen.facts.derive import derive_facts, label_runs
from reportgen.facts.fact import DEFINITIONS, build_tree
from reportgen.records import RunId
from reportgen.spec.consistency import TAKEN
from reportgen.spec.study import load_study
from tests.factories import as_estimator, make_record, with_filters, with_maximized, with_test
from tests.toy_project import EXPERIMENT, make_toy

MAY_LACK = (
    ".diverged_at",
    ".ended.first",
    ".ended.last",
    ".onset.median",
    ".onset.min",
    ".onset.max",
    ".verdict.onset",
    ".verdict.noise",
    ".verdict.plateau_from",
    ".momentum",
    ".dropout.ratio",
    ".spread_ratio",
    ".arrangement",
    ".recall",
    ".share",
    ".inside_share",
    ".outside_share",
    ".expected",
    ".before",
    ".after",
    ".phase",
)
SIGNED = (".loss_gap", ".running_gap", ".lag", ".linear_gain")
TRIALS = ("narrow", "wide")
CLASSES = ("circle", "square", "star")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    toy = make_toy(tmp_path_factory.mktemp("facts"))
    sweep = [{**EXPERIMENT["sweep"][0], "name": name} for name in TRIALS]
    sweep[1]["set"] = {"model.args.width": 8}
    parts = {"split": {"train": 90, "validation": 60, "test": 60}, "subset": {"n": 80}}
    groups = {"class_groups": {"round": ["circle"], "pointed": ["square", "star"]}}
    dataset = EXPERIMENT["dataset"] | parts | groups
    toy.write(toy_net={"seeds": [7, 8], "sweep": sweep, "dataset": dataset})
    others = {"toy_svm": {"estimator": "linear_svm"}, "toy_pair": {}}
    for name, learner in others.items():
        spec = {key: EXPERIMENT[key] for key in ("title", "dataset", "model", "features")}
        if learner:  # on the samples of toy_net, and with its seeds
            spec |= {"dataset": dataset, "seeds": [7, 8]}
        spec |= learner or {"training": EXPERIMENT["training"], "horizons": [2, 3]}
        with (toy.folder / f"{name}.yaml").open("w", encoding="utf-8") as file:
            YAML().dump(spec, file)
    sections = [
        {"title": "A", "experiments": ["toy_net", "toy_svm"], "questions": ["sizes"]},
        {"title": "B", "experiments": ["toy_pair"], "questions": ["scores"]},
    ]
    toy.write(report={"sections": sections})
    return load_study(toy.root, "toy")


@pytest.fixture(scope="module")
def facts(study):
    return derive_facts(study, {run.id: made(run.id) for run in study.runs})


def made(run):
    """Return a run's record: of `toy_pair` with two classes, of `toy_svm` without epochs."""
    record = make_record(
        run,
        classes=("circle", "square") if run.experiment == "toy_pair" else CLASSES,
        epochs=3,
        horizons=(2, 3),
        width=2 if run.trial == "narrow" else 4,
        maps=None if run.trial else {"intermediate": "drop2", "final": "fc2"},
        error_rate=0.2,
    )
    if run.experiment == "toy_svm":
        return with_test(as_estimator(record))
    if run.experiment == "toy_pair":  # two samples of each group
        groups = np.arange(len(record.arrays["labels"]), dtype=np.int32) // 2
        return dataclasses.replace(record, arrays={**record.arrays, "groups": groups})
    return with_maximized(with_filters(with_an_island(with_test(in_two_phases(record)))))


def in_two_phases(record):
    """Return the record whose last epoch is a phase of its own."""
    *rows, last = record.result.epochs
    epochs = (*rows, dataclasses.replace(last, phase=2))
    return dataclasses.replace(record, result=dataclasses.replace(record.result, epochs=epochs))


def with_an_island(record):
    """Return the record with one class in two clusters on each map, whole among the features."""
    maps = tuple(
        dataclasses.replace(
            m, map_structure=dataclasses.replace(m.map_structure, islands=(1, 2, 1))
        )
        for m in record.result.maps
    )
    return dataclasses.replace(record, result=dataclasses.replace(record.result, maps=maps))


def test_labels_give_the_first_seed_the_short_name(study):
    assert label_runs(study.runs) == {
        RunId("toy_net", "", 7): "toy_net",
        RunId("toy_net", "", 8): "toy_net.seed8",
        RunId("toy_net", "narrow", 7): "toy_net.narrow",
        RunId("toy_net", "narrow", 8): "toy_net.narrow.seed8",
        RunId("toy_net", "wide", 7): "toy_net.wide",
        RunId("toy_net", "wide", 8): "toy_net.wide.seed8",
        RunId("toy_svm", "", 7): "toy_svm",
        RunId("toy_svm", "", 8): "toy_svm.seed8",
        RunId("toy_pair", "", 0): "toy_pair",
    }


def test_unique_and_a_tree(facts):
    ids = [fact.id for fact in facts]
    assert len(ids) == len(set(ids))
    assert build_tree(facts).toy_net.narrow.h2.best.n == 60


def test_a_run_without_a_record(study):
    with pytest.raises(KeyError):
        derive_facts(study, {})


def test_an_estimator_has_no_facts_on_epochs(facts):
    """What makes no sense is left out, so that a template can ask whether it is there."""
    own = build_tree(facts).toy_svm
    assert own.h0.best.train_accuracy == 0.96875
    assert own.h0.selection.same_split == False  # noqa: E712 (a fact)
    assert set(own.h0.selection.keys()) == {"same_split"}
    assert not {"epoch", "validation_loss", "train_loss"} & own.h0.best.keys()
    assert not {"epochs", "verdict", "dropout", "later"} & own.h0.keys()
    assert "epochs" not in own.keys()  # noqa: SIM118 (facts, no mapping)
    assert set(own.training.keys()) == {"seeds"}
    assert "epoch" not in own.h0.maps.final
    assert not {"epoch_s", "training_s"} & own.provenance.keys()
    assert own.h0.maps.final.map.purity > 0.5
    assert own.h0.confident_errors == 0


def test_an_estimator_is_compared_with_a_network_of_its_section(facts):
    tree = build_tree(facts)
    assert tree.toy_svm.versus.n == 1
    assert {tree.toy_svm.rank.value, tree.toy_net.rank.value} <= {1, 2}
    assert "versus" not in tree.toy_pair
    assert "rank" not in tree.toy_pair


def test_maps_of_two_experiments_can_be_compared(facts):
    tree = build_tree(facts)
    ours, theirs = tree.toy_net.h2.maps.final, tree.toy_svm.h0.maps.final
    assert ours.map.silhouette == theirs.map.silhouette
    assert ours.map.linear_errors >= theirs.map.linear_errors


def test_a_group_with_a_class_that_the_data_do_not_have(study):
    """The message names the file, the group and a near name, once for all runs."""
    records = {}
    for run in study.runs:
        record = made(run.id)
        data = dataclasses.replace(record.result.data, classes=("circle", "square", "stars"))
        if run.id.experiment == "toy_net":
            record = dataclasses.replace(
                record, result=dataclasses.replace(record.result, data=data)
            )
        records[run.id] = record
    with pytest.raises(SpecError) as caught:
        derive_facts(study, records)
    (fault,) = caught.value.faults
    assert str(fault) == (
        "experiments/toy/toy_net.yaml: dataset.class_groups.pointed: no class is called "
        '"star"; did you mean "stars"? Allowed: circle, square, stars'
    )


def pattern_of(definition):
    """Return what a definition's ids look like; a run's own name may hold dots."""
    escaped = re.escape(definition.pattern).replace(r"\{", "{").replace(r"\}", "}")
    return re.compile(re.sub(r"{(\w+)}", lambda m: ".+" if m[1] == "run" else "[^.]+", escaped))


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=DEFINITIONS)
def test_every_kind_is_derived_as_it_is_defined(facts, definition):
    pattern = pattern_of(definition)
    found = [
        fact for fact in facts if fact.meaning == definition.meaning and pattern.fullmatch(fact.id)
    ]
    assert found, "no record gives a fact of this kind"
    assert {fact.unit for fact in found} == {definition.unit}
    assert definition.meaning.endswith(".")
    assert len(definition.meaning) < 100


def test_every_fact_has_a_source(facts):
    for fact in facts:
        assert re.fullmatch(r"[0-9a-f]{64}(\+[0-9a-f]{64})*", fact.source.run), fact.id
        assert fact.source.field


def test_units_are_kept(facts):
    """A fraction lies in [0, 1]; counts are whole; what may lack a value says when."""
    number = (int, float)
    kinds = {
        "fraction": number,
        "ratio": number,
        "nats": number,
        "s": number,
        "count": int,
        "epoch": int,
        "bytes": int,
        "px": int,
        "text": str,
        "bool": bool,
    }
    for fact in facts:
        if fact.value is None:
            assert re.search("none|unknown", fact.meaning), f"{fact.id}: {fact.meaning}"
            continue
        assert isinstance(fact.value, kinds[fact.unit]), fact.id
        assert isinstance(fact.value, bool) == (fact.unit == "bool"), fact.id
        if fact.unit == "fraction":
            assert 0 <= fact.value <= 1, fact.id
        if fact.id.endswith(SIGNED):
            continue
        if fact.unit in ("count", "epoch", "bytes", "px", "s", "nats"):
            assert fact.value >= 0, fact.id
        if isinstance(fact.value, float):
            assert math.isfinite(fact.value), fact.id


def test_no_trial_may_be_called_like_a_fact_beside_it(facts):
    """A trial of this name would give two facts one id; the spec refuses it before training."""
    names = {fact.id.split(".")[1] for fact in facts} - set(TRIALS)
    assert {name for name in names if not TAKEN.fullmatch(name)} == set()
    assert not any(TAKEN.fullmatch(name) for name in (*TRIALS, "hidden_32", "data_less", "h"))
