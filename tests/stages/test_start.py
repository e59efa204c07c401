"""A run that starts from another experiment's network: which one, its head, when it is made."""

import shutil

import numpy as np
import pytest
import safetensors.torch

from reportgen.errors import ModelError
from reportgen.holdings import plan
from reportgen.pipeline import Order, load
from reportgen.store.codec import result_digest
from reportgen.store.journal import open_journal
from tests.toy_project import REPORT

SOURCE, LATER = "source (seed 7)", "later (seed 7)"
SGD = {"name": "sgd", "lr": 0.1, "momentum": 0.9}
PLAIN = {"sweep": [], "embeddings": None, "features": {}, "horizons": []}
SOURCE_PHASES = [{"epochs": 3, "optimizer": SGD}]
HEAD_THEN_ALL = [
    {"epochs": 2, "optimizer": SGD, "train": ["head"]},
    {"epochs": 1, "optimizer": SGD | {"lr": 0.01}},
]


def training(phases):
    return {"batch_size": 20, "phases": phases}


def write(toy, source=None, later=None):
    """Write a study whose one section names `later`, which starts from `source`."""
    section = REPORT["sections"][0] | {"experiments": ["later"]}
    toy.write(
        report={"sections": [section]},
        source=PLAIN | {"training": training(SOURCE_PHASES)} | (source or {}),
        later=PLAIN
        | {"weights": "experiment:source", "training": training(HEAD_THEN_ALL)}
        | (later or {}),
    )


def write_classes(toy, name, n_classes):
    """Write the toy's images as another data set, of so many classes."""
    with np.load(toy.data / "mnist.npz") as arrays:
        changed = {key: arrays[key] % n_classes if key[0] == "y" else arrays[key] for key in arrays}
    names = np.array([f"c{i}" for i in range(n_classes)])
    np.savez(toy.data / f"{name}.npz", **changed, classes=names)


def digests(records):
    return {run: result_digest(record.result) for run, record in records.items()}


def weights_after(toy, run, epoch=None):
    """Return the tensors of a trained run: of an epoch, or of its best."""
    store, _, plans = plan(Order(toy.root, "toy", data_dir=toy.data), load_toy(toy))
    (own,) = [item for item in plans if str(item.run.id) == run]
    journal = open_journal(store, own.train)
    epoch = epoch or max(journal._weights)
    return safetensors.torch.load(journal.load_weights(epoch))


def load_toy(toy):
    return load(Order(toy.root, "toy", data_dir=toy.data))


def start_of(toy, run, make):
    """Return the tensors that a run starts with, its source being trained."""
    from reportgen.models.weights import named_tensors
    from reportgen.progress import Silence
    from reportgen.stages.bench import Bench, DataShelf
    from reportgen.stages.laboratory import Laboratory

    study = load_toy(toy)
    store, sources, plans = plan(Order(toy.root, "toy", data_dir=toy.data), study)
    laboratory = Laboratory(study, store, DataShelf(sources), "cpu", Silence())
    (own,) = [item for item in plans if str(item.run.id) == run]
    bench = Bench(own, study, laboratory.shelf)
    bench.start = laboratory._start(bench)
    begun = bench.network() if make == "network" else bench.blank()
    return named_tensors(begun)


def equal(one, other, names):
    return all((one[name] == other[name]).all() for name in names)


CONV, HEAD = ["conv.weight", "conv.bias"], ["head.weight", "head.bias"]


def test_the_source_is_trained_first_and_has_a_record_of_its_own(toy, make_records, notes):
    write(toy)
    made = make_records(toy, notes)
    assert list(made) == [SOURCE, LATER]
    assert notes.epochs == [(run, epoch) for run in (SOURCE, LATER) for epoch in (1, 2, 3)]
    assert [made[run].result.model.weights for run in made] == ["none", "experiment:source"]
    assert [row.phase for row in made[LATER].result.epochs] == [1, 1, 2]


def test_the_same_classes_keep_the_whole_network(toy, make_records, notes):
    write(toy)
    make_records(toy, notes)
    begun = start_of(toy, LATER, "network")
    assert equal(begun, weights_after(toy, SOURCE), CONV + HEAD)


def test_it_is_the_best_epoch_within_the_last_horizon(toy, make_records, notes):
    """Later epochs are better, but beyond the horizon."""
    write(toy, {"horizons": [1], "training": training(SOURCE_PHASES)})
    made = make_records(toy, notes)
    accuracies = [row.validation_accuracy for row in made[SOURCE].result.epochs]
    assert max(accuracies) > accuracies[0]
    begun = start_of(toy, LATER, "network")
    assert equal(begun, weights_after(toy, SOURCE, epoch=1), CONV + HEAD)
    assert not equal(begun, weights_after(toy, SOURCE), CONV)


def test_other_classes_get_a_head_of_their_own_even_if_they_are_as_many(toy, make_records, notes):
    shutil.copy(toy.data / "mnist.npz", toy.data / "fashion-mnist.npz")
    write(toy, {"dataset": {"name": "fashion-mnist"}})
    make_records(toy, notes)
    begun, seeded = start_of(toy, LATER, "network"), start_of(toy, LATER, "blank")
    learnt = weights_after(toy, SOURCE)
    assert equal(begun, learnt, CONV)
    assert equal(begun, seeded, HEAD)
    assert not equal(begun, learnt, HEAD)


def test_fewer_classes_get_a_head_of_their_own(toy, make_records, notes):
    write_classes(toy, "five", 5)
    write(
        toy,
        later={
            "dataset": {"name": "five"},
            "model": {"class": "ToyNet", "args": {"n_classes": 5}},
        },
    )
    made = make_records(toy, notes)
    assert made[LATER].result.model.n_outputs == 5
    begun = start_of(toy, LATER, "network")
    assert begun["head.weight"].shape == (5, 256)
    assert equal(begun, weights_after(toy, SOURCE), CONV)


def test_the_head_alone_is_trained_first(toy, make_records, notes):
    """With nothing but the phase of the head, the convolution stays the source's."""
    write(toy, later={"training": training(HEAD_THEN_ALL[:1])})
    make_records(toy, notes)
    after = weights_after(toy, LATER)
    assert equal(after, weights_after(toy, SOURCE), CONV)
    assert not equal(after, weights_after(toy, SOURCE), HEAD)


def test_an_estimator_takes_the_features_of_the_learnt_network(toy, make_records, notes):
    write(toy)
    given = {"features": {"wide": "conv"}, "estimator": "linear_svm", "title": "SVM"}
    _write_estimator(toy, given | {"weights": "experiment:source"})
    learnt = make_records(toy, notes)[LATER].result
    assert learnt.estimator is not None
    assert learnt.model.weights == "experiment:source"
    _write_estimator(toy, given)
    seeded = make_records(toy, notes)[LATER].result
    assert seeded.keys["train"] != learnt.keys["train"]


def _write_estimator(toy, values):
    from ruamel.yaml import YAML

    from tests.toy_project import EXPERIMENT

    kept = {key: EXPERIMENT[key] for key in ("dataset", "model", "seeds")}
    with (toy.folder / "later.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(kept | values, file)


# ── seeds ───────────────────────────────────────────────────────────────────


def test_each_seed_starts_from_its_own_or_the_first(toy):
    write(toy, {"seeds": [3, 7]}, {"seeds": [7, 8]})
    study = load_toy(toy)
    found = {str(run.id): str(run.source) for run in study.runs if run.source}
    assert found == {LATER: SOURCE, "later (seed 8)": "source (seed 3)"}


def test_trials_start_from_what_they_say(toy, make_records, notes):
    sweep = [{"name": "fresh", "set": {"weights": "none"}, "why": "sin transferencia"}]
    write(toy, later={"sweep": sweep})
    made = make_records(toy, notes)
    assert list(made) == [SOURCE, LATER, "later.fresh (seed 7)"]
    assert made["later.fresh (seed 7)"].result.model.weights == "none"
    first = [made[run].result.epochs[0].train_loss for run in list(made)[1:]]
    assert first[0] != first[1]


def test_a_chain(toy, make_records, notes):
    write(toy, {"weights": "experiment:first"})
    toy.write(first=PLAIN | {"training": training(SOURCE_PHASES)})
    assert list(make_records(toy, notes)) == ["first (seed 7)", SOURCE, LATER]


# ── before anything is trained ──────────────────────────────────────────────


def test_a_network_that_does_not_fit_is_told_before_the_source_is_trained(toy, make_records, notes):
    write(toy, {"model": {"class": "ToyNet", "args": {"width": 2}}})
    with pytest.raises(ModelError) as caught:
        make_records(toy, notes)
    assert str(caught.value) == (
        "experiments/toy/later.yaml: weights: experiment:source does not fit ToyNet: "
        "conv.weight is (2, 1, 3, 3), not (4, 1, 3, 3); conv.bias is (2,), not (4,)"
    )
    assert notes.stages == []


# ── what the store holds ────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def whole(built_toy, tmp_path_factory):
    """Return the digests of both runs, made in one go."""
    from reportgen.pipeline import run
    from reportgen.progress import Silence

    toy = built_toy.copy(tmp_path_factory.mktemp("whole") / "project")
    write(toy)
    records = run(Order(toy.root, "toy", data_dir=toy.data), Silence())
    return {str(run): result_digest(record.result) for run, record in records.items()}


def test_a_death_after_any_epoch_is_not_seen_in_the_result(toy, make_dying, whole):
    write(toy)
    assert digests(make_dying(toy, deaths=6)) == whole  # two runs of three epochs


def test_a_source_that_is_gone_is_trained_again_for_one_that_needs_it(toy, notes, whole):
    from reportgen.pipeline import run

    write(toy)
    order = Order(toy.root, "toy", data_dir=toy.data)
    run(order, notes)
    store, _, plans = plan(order, load(order))
    source, later = plans
    for key in (source.train, later.train, later.record, *later.evaluate.values()):
        shutil.rmtree(store.folder(key.stage, key.digest))
    notes.stages.clear()
    made = run(order, notes)
    trained = [(name, act) for name, stage, act in notes.stages if stage == "train"]
    assert trained == [(SOURCE, "run"), (LATER, "run")]
    assert {str(id): result_digest(record.result) for id, record in made.items()} == whole


def test_more_epochs_of_the_source_beyond_its_last_horizon_change_nothing_later(
    toy, make_records, notes
):
    write(toy, {"horizons": [3]})
    first = make_records(toy, notes)
    more = training([SOURCE_PHASES[0] | {"epochs": 4}])
    write(toy, {"horizons": [3], "training": more})
    second = make_records(toy, notes)
    assert digests(second)[LATER] == digests(first)[LATER]
    write(toy, {"horizons": [4], "training": more})
    third = make_records(toy, notes)
    assert third[LATER].result.keys["train"] != first[LATER].result.keys["train"]
