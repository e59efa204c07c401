"""Seeds that draw their own samples, a test split, measurements now and then."""

import copy
import shutil

from reportgen.store.codec import result_digest
from tests.toy_project import EXPERIMENT, REPORT

BASE = "toy_net (seed 7)"


def test_each_seed_draws_its_own_part_and_division(toy, make_records, notes):
    dataset = EXPERIMENT["dataset"] | {
        "split": {"train": 60, "validation": 40, "test": 20, "seed": "run"},
        "subset": {"n": 30, "seed": "run"},
    }
    toy.write(toy_net={"dataset": dataset, "seeds": [7, 8], "sweep": []})
    made = make_records(toy, notes)
    first, second = (made[f"toy_net (seed {seed})"] for seed in (7, 8))
    assert first.result.keys["data"] != second.result.keys["data"]
    for record in (first, second):
        assert [split.n for split in record.result.data.splits] == [30, 40, 20]
    fixed = EXPERIMENT["dataset"] | {
        "split": {"train": 60, "validation": 40, "test": 20, "seed": 7},
        "subset": {"n": 30, "seed": 7},
    }
    toy.write(toy_net={"dataset": fixed, "seeds": [7, 8]})
    again = make_records(toy, notes)["toy_net (seed 7)"]
    assert again.result.keys == first.result.keys


def test_the_test_split_is_answered_by_the_same_checkpoint(toy, make_records, notes):
    dataset = EXPERIMENT["dataset"] | {"split": {"train": 60, "validation": 40, "test": 20}}
    toy.write(toy_net={"dataset": dataset, "sweep": []})
    record = make_records(toy, notes)[BASE]
    result, arrays = record.result, record.arrays
    assert [e.epoch for e in result.tests] == [e.epoch for e in result.evaluations]
    for test in result.tests:
        wrong = (arrays[f"h{test.horizon}.test.predictions"] != arrays["test.labels"]).sum()
        assert (test.split, test.n, test.n_errors) == ("test", 20, wrong)
    # Without a test split there is nothing of it, and validation is as it was.
    assert set(result.arrays) >= {"test.labels", "h2.test.predictions", "h3.test.predictions"}


def test_an_estimator_answers_the_test_split_too(toy, make_records, notes):
    dataset = EXPERIMENT["dataset"] | {"split": {"train": 60, "validation": 40, "test": 20}}
    without = {"training": None, "horizons": [], "embeddings": None, "sweep": []}
    toy.write(svm={"dataset": dataset, "estimator": "linear_svm", "seeds": [0]} | without)
    sections = copy.deepcopy(REPORT["sections"])
    sections[0]["experiments"] = ["svm"]
    toy.write(report={"sections": sections})
    record = make_records(toy, notes)["svm (seed 0)"]
    shutil.rmtree(toy.store / "record")
    again = make_records(toy, notes)["svm (seed 0)"]
    assert record.result.tests[0].n == 20
    assert result_digest(again.result) == result_digest(record.result)


def test_a_record_of_epochs_measured_now_and_then(toy, make_records, notes):
    phases = [{"epochs": 4, "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}}]
    training = {"batch_size": 20, "validate_every": 2, "phases": phases}
    toy.write(toy_net={"training": training, "horizons": [2, 4], "sweep": []})
    result = make_records(toy, notes)[BASE].result
    assert [row.epoch for row in result.epochs] == [2, 4]
    assert (result.n_epochs, result.every) == (4, 2)
    assert notes.epochs == [(BASE, 2), (BASE, 4)]
    notes.epochs.clear()
    phases[0]["epochs"] = 6
    toy.write(toy_net={"training": training, "horizons": [2, 6], "sweep": []})
    assert [row.epoch for row in make_records(toy, notes)[BASE].result.epochs] == [2, 4, 6]
    assert notes.epochs == [(BASE, 6)]
