"""Each stage is run as far as the store does not hold it; what was finished is kept."""

import copy
import math
import shutil

import numpy as np
import pytest

from reportgen.errors import DataError, ModelError, RunError, StoreError
from reportgen.records import MAX_THUMBNAILS
from reportgen.stages import train as train_module
from reportgen.store.codec import result_digest
from tests.stages.conftest import Notes
from tests.toy_project import EXPERIMENT, REPORT, Toy, write_data

BASE, NARROW = "toy_net (seed 7)", "toy_net.narrow (seed 7)"


@pytest.fixture(scope="module")
def long(built_toy, tmp_path_factory):
    """A toy trained from the start for five epochs: its records' digests by run."""
    from reportgen.pipeline import Order, run
    from reportgen.progress import Silence

    toy = built_toy.copy(tmp_path_factory.mktemp("long") / "project")
    toy.train(epochs=5)
    records = run(Order(toy.root, "toy", data_dir=toy.data), Silence())
    return {str(run): result_digest(record.result) for run, record in records.items()}


def digests(records):
    return {run: result_digest(record.result) for run, record in records.items()}


def actions(notes, run=BASE):
    return {stage: action for name, stage, action in notes.stages if name == run}


def test_everything_runs_once(toy, make_records, notes):
    made = make_records(toy, notes)
    assert set(made) == {BASE, NARROW}
    assert actions(notes) == {
        "train": "run",
        "evaluate.h2": "run",
        "evaluate.h3": "run",
        "embed.h2": "run",
        "record": "run",
    }
    assert "embed.h2" not in actions(notes, NARROW)
    assert notes.epochs == [(run, epoch) for run in (BASE, NARROW) for epoch in (1, 2, 3)]


def test_the_record_agrees_with_itself(built, make_records, notes):
    record = make_records(built, notes)[BASE]
    result, arrays = record.result, record.arrays
    labels = np.load(built.data / "mnist.npz")["y_test"]
    np.testing.assert_array_equal(arrays["labels"], labels)
    for found in result.evaluations:
        wrong = arrays[f"h{found.horizon}.predictions"] != arrays["labels"]
        assert found.n_errors == int(wrong.sum())
        assert found.n == 60
        row = result.epochs[found.epoch - 1]
        assert math.isclose(row.validation_accuracy, 1 - found.n_errors / 60)
        best = max(r.validation_accuracy for r in result.epochs[: found.horizon])
        assert row.validation_accuracy == best
    (found,) = result.maps
    assert (found.alias, found.layer, found.n, found.n_features) == ("final", "head", 40, 10)
    assert arrays["h2.map.final"].shape == (40, 2)
    assert arrays["embedding.sample"].shape == (40,)


def test_thumbnails_are_the_experiments_own_and_few(built, make_records, notes):
    made = make_records(built, notes)

    def thumbnails(record):
        errors = [e.thumbnail for v in record.result.evaluations for e in v.errors]
        return [t for t in [*record.result.data.samples, *errors] if t is not None]

    assert 10 <= len(thumbnails(made[BASE])) <= MAX_THUMBNAILS
    assert thumbnails(made[NARROW]) == []


@pytest.mark.parametrize(
    ("change", "runs"),
    [
        ({"title": "Otra"}, set()),
        ({"embeddings": {"samples": 40, "perplexity": 6}}, {"embed.h2", "record"}),
        ({"horizons": [1, 3]}, {"evaluate.h1", "embed.h1", "record"}),
        ({"features": {"end": "head"}}, {"embed.h2", "record"}),
    ],
)
def test_a_change_runs_the_stages_that_read_it(built, make_records, notes, change, runs):
    built.write(toy_net=change)
    make_records(built, notes)
    assert {stage for stage, action in actions(notes).items() if action == "run"} == runs
    assert notes.epochs == []


def test_raised_epochs_go_on_and_give_what_they_give_from_the_start(
    built, make_records, notes, long
):
    built.train(epochs=5)
    made = make_records(built, notes)
    assert actions(notes)["train"] == "resume"
    assert notes.epochs == [(run, epoch) for run in (BASE, NARROW) for epoch in (4, 5)]
    assert digests(made) == long


def test_lowered_epochs_read_the_first_ones(built, make_records, notes):
    original = digests(make_records(built, notes))
    built.train(epochs=5)
    make_records(built, notes)
    shutil.rmtree(built.store / "record")
    built.train(epochs=3)
    notes.epochs.clear()
    made = make_records(built, notes)
    assert notes.epochs == []
    assert len(made[BASE].result.epochs) == len(made[BASE].provenance.epoch_s) == 3
    assert digests(made) == original


def test_a_death_after_any_epoch_is_not_seen_in_the_result(toy, make_dying, long):
    toy.train(epochs=5)
    assert digests(make_dying(toy, deaths=10)) == long  # two runs of five epochs


@pytest.mark.parametrize("stage", ["train", "evaluate", "embed", "record"])
def test_a_damaged_entry_is_made_again(built, make_records, notes, stage):
    """The record is taken away too, so that what it was made of is looked at."""
    original = digests(make_records(built, notes))
    if stage != "record":
        shutil.rmtree(built.store / "record")
    for file in (built.store / stage).rglob("*.safetensors"):
        data = bytearray(file.read_bytes())
        data[-1] ^= 1
        file.write_bytes(data)
    notes.stages.clear()
    made = make_records(built, notes)
    assert digests(made) == original
    assert (
        any(found.startswith(stage) and action == "run" for _, found, action in notes.stages)
        or stage == "record"
    )


# ── divergence ──────────────────────────────────────────────────────────────


def diverge_at(monkeypatch, epoch):
    """Let the loss of an epoch be NaN, whatever the machine."""
    from reportgen.training import loop

    measure = loop._measure
    monkeypatch.setattr(
        loop, "_measure", lambda s, e, p, r: None if e == epoch else measure(s, e, p, r)
    )


def test_nan_tells_the_epoch_and_what_to_try_and_keeps_the_epochs_before(
    toy, make_records, notes, monkeypatch
):
    diverge_at(monkeypatch, 3)
    with pytest.raises(RunError, match="not finite in epoch 3; try a smaller lr than 0.1") as error:
        make_records(toy, notes)
    assert error.value.exit_code == 4
    assert notes.epochs == [(BASE, 1), (BASE, 2)]
    monkeypatch.undo()
    notes.epochs.clear()
    make_records(toy, notes)
    assert notes.epochs[0] == (BASE, 3)


def test_a_real_divergence(toy, make_records, notes):
    toy.train(lr=1e30)
    with pytest.raises(RunError, match="the loss is not finite in epoch 1"):
        make_records(toy, notes)


def test_recorded_divergence_has_the_epochs_before(toy, make_records, notes, monkeypatch):
    toy.train(on_divergence="record")
    diverge_at(monkeypatch, 3)
    record = make_records(toy, notes)[BASE]
    assert record.result.stopped == "diverged in epoch 3"
    assert len(record.result.epochs) == 2
    assert [e.horizon for e in record.result.evaluations] == [2, 3]
    # Lowered to what went well, nothing is left of it.
    toy.train(epochs=2, on_divergence="record")
    toy.write(
        toy_net={
            "training": EXPERIMENT["training"]
            | {
                "on_divergence": "record",
                "phases": [{"epochs": 2, "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}}],
            },
            "horizons": [2],
        }
    )
    assert make_records(toy, notes)[BASE].result.stopped == ""


def test_recorded_divergence_before_anything_was_learnt(toy, make_records, notes, monkeypatch):
    toy.train(on_divergence="record")
    diverge_at(monkeypatch, 1)
    result = make_records(toy, notes)[BASE].result
    assert (result.stopped, result.diverged_at) == ("diverged in epoch 1", 1)
    assert (result.epochs, result.evaluations, result.maps) == ((), (), ())
    again = make_records(toy, Notes())[BASE].result
    assert result_digest(again) == result_digest(result)


def test_nothing_starts_from_a_network_that_diverged_at_once(toy, make_records, notes, monkeypatch):
    training = EXPERIMENT["training"] | {"on_divergence": "record"}
    toy.write(toy_net={"training": training, "sweep": []})
    toy.write(other={"weights": "experiment:toy_net", "sweep": []})
    sections = copy.deepcopy(REPORT["sections"])
    sections[0]["experiments"].append("other")
    toy.write(report={"sections": sections})
    diverge_at(monkeypatch, 1)
    with pytest.raises(RunError, match=r"other \(seed 7\): starts from toy_net \(seed 7\), which"):
        make_records(toy, notes)


# ── before anything is trained ──────────────────────────────────────────────


def test_faults_of_all_runs_are_told_before_the_first_one_is_trained(toy, make_records, notes):
    toy.write(
        toy_net={
            "sweep": [
                {"name": "a", "set": {"model.args.n_classes": 7}, "why": "x"},
                {"name": "b", "set": {"model.args.n_classes": 8}, "why": "y"},
            ]
        }
    )
    with pytest.raises(ModelError) as caught:
        make_records(toy, notes)
    assert "has 7 output units" in str(caught.value)
    assert "has 8 output units" in str(caught.value)
    assert notes.stages == []


def test_a_group_of_classes_that_the_data_do_not_have(toy, make_records, notes):
    """Told before anything is trained."""
    toy.write(toy_net={"dataset": {"name": "mnist", "class_groups": {"even": ["0", "2", "12"]}}})
    with pytest.raises(DataError, match=r'toy_net.yaml: dataset.class_groups.even: no class.*"12"'):
        make_records(toy, notes)
    assert notes.stages == []


def test_perplexity(toy, make_records, notes):
    write_data(toy.data, n_validation=20)
    toy.write(toy_net={"embeddings": {"samples": 40, "perplexity": 20}})
    with pytest.raises(DataError, match="perplexity is 20 with 20 samples"):
        make_records(toy, notes)
    assert notes.stages == []


# ── the disk ────────────────────────────────────────────────────────────────


def test_no_space_left_in_the_middle_of_a_training(toy, make_records, notes, monkeypatch):
    from reportgen.store import journal

    write = journal.write_synced

    def full(path, data):
        if path.name == "state-0003.safetensors":
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr(journal, "write_synced", full)
    with pytest.raises(StoreError, match="no space left on the device") as caught:
        make_records(toy, notes)
    assert caught.value.exit_code == 4
    monkeypatch.undo()
    notes.epochs.clear()
    make_records(toy, notes)
    assert notes.epochs[0] == (BASE, 3)


def test_the_thread_count_of_the_first_epoch_is_kept(built, make_records, notes, monkeypatch):
    seen = []
    place = train_module.place_run
    monkeypatch.setattr(
        train_module,
        "place_run",
        lambda bench, device, begun: seen.append(begun.threads) or place(bench, device, begun),
    )
    record = make_records(built, notes)[BASE]
    assert seen == []  # the record is there: nothing is placed
    built.train(epochs=4)
    make_records(built, notes)
    assert set(seen) == {record.provenance.threads}


def test_a_fingerprint_is_not_taken_twice(built: Toy, make_records, notes, monkeypatch):
    from reportgen.stages import sources

    calls = []
    original = sources.fingerprint
    monkeypatch.setattr(sources, "fingerprint", lambda s: calls.append(1) or original(s))
    make_records(built, notes)
    assert calls == []
    write_data(built.root / "more")
    other = Toy(built.root, built.root / "more")
    make_records(other, notes)
    assert calls == [1]


def test_a_store_that_cannot_be_written_costs_only_the_fingerprint(built, make_records, notes):
    import os

    if not hasattr(os, "geteuid") or os.geteuid() == 0:
        (built.store / "source").rename(built.store / "gone")
        (built.store / "source").write_text("a file", encoding="utf-8")
    else:
        (built.store / "source").chmod(0o500)
    assert set(make_records(built, notes)) == {BASE, NARROW}


def test_training_reads_no_pixel_of_the_validation_split(toy, make_records, notes, tmp_path):
    """Other validation images: the same normalisation, the same epochs on the training split."""
    toy.write(toy_net={"dataset": {"name": "mnist", "normalization": "train"}, "sweep": []})
    first = make_records(toy, notes)[BASE].result
    with np.load(toy.data / "mnist.npz") as arrays:
        changed = dict(arrays) | {"x_test": 255 - arrays["x_test"]}
    np.savez(toy.data / "mnist.npz", **changed)
    second = make_records(toy, notes)[BASE].result
    assert second.data.fingerprint != first.data.fingerprint
    assert (second.data.mean, second.data.std) == (first.data.mean, first.data.std)
    seen = [
        [(row.running_loss, row.train_loss) for row in result.epochs] for result in (first, second)
    ]
    assert seen[0] == seen[1]
    losses = [[row.validation_loss for row in result.epochs] for result in (first, second)]
    assert losses[0] != losses[1]


# ── early stopping ──────────────────────────────────────────────────────────


def stop_after_two(toy, **values):
    """Let the second phase begin after two epochs, as none after the first is better by so much."""
    rule = {"early_stopping": {"patience": 1, "min_delta": 100.0}}
    phases = [
        {"epochs": n, "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}} for n in (4, 2)
    ]
    phases[0] |= rule
    training = {"batch_size": 20, "phases": phases}
    toy.write(toy_net={"training": training, "horizons": [2, 6], "sweep": []} | values)


def test_a_phase_that_stops_early_leaves_a_shorter_training(toy, make_records, notes):
    stop_after_two(toy)
    result = make_records(toy, notes)[BASE].result
    assert [row.phase for row in result.epochs] == [1, 1, 2, 2]
    assert result.stopped == ""
    accuracies = [row.validation_accuracy for row in result.epochs]
    assert [found.horizon for found in result.evaluations] == [2, 6]
    assert result.evaluations[1].epoch == accuracies.index(max(accuracies)) + 1
    shutil.rmtree(toy.store / "record")
    notes.stages.clear()
    notes.epochs.clear()
    again = make_records(toy, notes)[BASE].result
    assert actions(notes)["train"] == "reuse"
    assert notes.epochs == []
    assert result_digest(again) == result_digest(result)
