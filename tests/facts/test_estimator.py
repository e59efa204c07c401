"""Facts on an estimator, and what other facts say of a run that has one."""

import dataclasses

import pytest

from reportgen.facts.dropout import dropout_facts
from reportgen.facts.estimator import estimator_facts
from reportgen.facts.evaluation import (
    class_facts,
    error_facts,
    pair_facts,
    score_facts,
)
from reportgen.facts.maps import map_facts
from reportgen.facts.selection import selection_facts
from reportgen.facts.training import curve_facts, training_facts
from reportgen.records import EstimatorSummary
from reportgen.spec.experiment import Experiment
from tests.facts.hand_made import record, values

SPEC = Experiment.from_plain(
    {
        "title": "Net",
        "dataset": {"name": "mnist", "subset": {"n": 30, "seed": 4}},
        "model": {"class": "Net"},
        "estimator": {"name": "linear_svm", "c": 0.5},
        "features": {"final": "head"},
        "embeddings": {"seed": 9},
    }
)


def fitted():
    """Return the record of an estimator that answers as the first horizon's checkpoint does."""
    base = record(seed=5)
    early = dataclasses.replace(base.result.evaluations[0], horizon=0, epoch=0, errors=())
    (layer_map,) = base.result.maps
    result = dataclasses.replace(
        base.result,
        epochs=(),
        evaluations=(early,),
        maps=(dataclasses.replace(layer_map, horizon=0, epoch=0),),
        estimator=EstimatorSummary("linear_svm", 0.5, True, "final", "head", 3, 30, 11, 0.9375),
    )
    arrays = {
        "labels": base.arrays["labels"],
        "h0.predictions": base.arrays["h2.predictions"],
    }
    return dataclasses.replace(base, result=result, arrays=arrays)


RECORD = fitted()
(EVALUATION,) = RECORD.result.evaluations


def test_the_estimator_itself():
    found = values(estimator_facts("net", RECORD, "key"))
    assert found == {
        "net.estimator.name": "linear_svm",
        "net.estimator.c": 0.5,
        "net.estimator.scaled": True,
        "net.estimator.layer": "head",
        "net.estimator.n_features": 3,
        "net.estimator.n_train": 30,
        "net.estimator.n_support": 11,
        "net.estimator.train_accuracy": 0.9375,
    }
    (source,) = {f.source.field for f in estimator_facts("net", RECORD, "key") if f.value == 30}
    assert source == "estimator.n_train"


def test_a_network_has_no_facts_on_an_estimator():
    assert list(estimator_facts("net", record(), "key")) == []


def test_score():
    """Seven of twelve, as the network; the training accuracy is that of the estimator."""
    found = values(score_facts("net", RECORD, EVALUATION, "key"))
    assert found.keys() == {
        f"net.h0.best.{name}"
        for name in ("accuracy", "low", "high", "n", "units", "errors", "chance", "train_accuracy")
    }
    assert found["net.h0.best.accuracy"] == 7 / 12
    assert found["net.h0.best.errors"] == 5
    assert found["net.h0.best.low"] == pytest.approx(0.31951, abs=1e-5)
    assert found["net.h0.best.chance"] is True
    assert found["net.h0.best.train_accuracy"] == 0.9375


def test_no_epoch_was_chosen_on_the_evaluated_samples():
    found = values(selection_facts("net", RECORD, EVALUATION, "key"))
    assert found == {"net.h0.selection.same_split": False}


def test_there_are_no_curves():
    assert list(curve_facts("net", RECORD, EVALUATION, "key")) == []
    assert list(dropout_facts("net", RECORD, SPEC, EVALUATION, "key")) == []


def test_settings_are_seeds():
    """Neither batches nor phases nor epochs; the seeds of the maps and of the part remain."""
    found = values(training_facts("net", RECORD, SPEC, "", "key"))
    assert found == {
        "net.seed": 5,
        "net.training.seeds.maps": 9,
        "net.training.seeds.subset": 4,
        "net.why": "",
        "net.stopped": "",
    }


def test_the_matrix_and_its_pairs():
    found = values(pair_facts("net", RECORD, EVALUATION, "key"))
    assert found["net.h0.confusion.0.1"] == 2
    assert found["net.h0.merged.1.count"] == 3
    assert values(class_facts("net", RECORD, EVALUATION, "key"))["net.h0.worst.label"] == "cat"
    assert values(error_facts("net", RECORD, EVALUATION, "key")) == {"net.h0.confident_errors": 0}


def test_the_map_is_of_no_epoch():
    found = values(map_facts("net", RECORD, RECORD.result.maps[0], "key"))
    assert found["net.h0.maps.final.n"] == 12
    assert "net.h0.maps.final.epoch" not in found
