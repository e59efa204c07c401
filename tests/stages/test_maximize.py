"""Images that maximise filters, as a stage: made once, kept, of the first seed alone."""

import numpy as np
import pytest

from reportgen.errors import ModelError
from reportgen.store.codec import decode_record, encode_record, result_digest
from tests.stages.test_fit import BASE, estimated  # noqa: F401 (a fixture)

IMAGES = {"all": {"layer": "conv"}, "chosen": {"layer": "conv", "filters": [3, 1]}}
WANTED = {"images": IMAGES, "steps": 4}


@pytest.fixture
def maximizing(toy):
    toy.write(toy_net={"maximization": WANTED})
    return toy


def runs(notes):
    return [stage for run, stage, action in notes.stages if action == "run" and run == BASE]


def test_the_record_has_images_and_what_they_reach(maximizing, make_records, notes):
    record = make_records(maximizing, notes)[BASE]
    whole = record.result.maximized[0]
    last = record.result.evaluations[-1]
    assert (whole.alias, whole.layer, whole.n_filters, whole.n_shown) == ("all", "conv", 4, 4)
    assert (whole.horizon, whole.epoch) == (3, last.epoch)
    assert (whole.steps, whole.lr, whole.seed) == (4, 0.1, 0)
    assert (whole.regularizer, whole.weight, whole.split) == ("total_variation", 0.1, "validation")
    assert [each.number for each in whole.filters] == [1, 2, 3, 4]
    images = record.arrays["maximization.all"]
    assert (images.shape, images.dtype) == ((4, 8, 8, 1), np.uint8)
    assert all(each.activation > each.start for each in whole.filters)
    assert not any(each.dead for each in whole.filters)


def test_a_filter_that_two_aliases_name_is_the_same_in_both(maximizing, make_records, notes):
    record = make_records(maximizing, notes)[BASE]
    whole, chosen = record.result.maximized
    assert chosen.filters == (whole.filters[2], whole.filters[0])
    assert chosen.n_filters == 4
    images = record.arrays["maximization.all"], record.arrays["maximization.chosen"]
    assert (images[1] == images[0][[2, 0]]).all()


def test_trials_and_other_seeds_make_none(toy, make_records, notes):
    toy.write(toy_net={"maximization": WANTED, "seeds": [7, 8]})
    records = make_records(toy, notes)
    assert {run for run, record in records.items() if record.result.maximized} == {BASE}
    assert len(records) == 4
    assert [run for run, stage, _ in notes.stages if stage == "maximize"] == [BASE]
    other = records["toy_net (seed 8)"]
    assert not [name for name in other.arrays if name.startswith("maximization")]


def test_they_come_from_the_store(maximizing, make_records, notes):
    first = make_records(maximizing, notes)[BASE]
    assert "maximize" in runs(notes)
    for folder in (maximizing.store / "record").iterdir():
        for file in folder.iterdir():
            file.unlink()
    notes.stages.clear()
    again = make_records(maximizing, notes)[BASE]
    assert (BASE, "maximize", "reuse") in notes.stages
    assert result_digest(again.result) == result_digest(first.result)


def test_they_are_the_same_from_the_start(maximizing, make_records, notes, tmp_path):
    first = make_records(maximizing, notes)[BASE]
    fresh = make_records(maximizing, notes, store=tmp_path / "other")[BASE]
    assert result_digest(fresh.result) == result_digest(first.result)


def test_other_steps_train_nothing(maximizing, make_records, notes):
    make_records(maximizing, notes)
    notes.stages.clear()
    notes.epochs.clear()
    maximizing.write(toy_net={"maximization": WANTED | {"steps": 5}})
    record = make_records(maximizing, notes)[BASE]
    assert runs(notes) == ["maximize", "record"]
    assert notes.epochs == []
    assert record.result.maximized[0].steps == 5


def test_without_them_the_record_is_as_it_was(maximizing, make_records, notes):
    """Its other parts are those of a record that was made without them."""
    record = make_records(maximizing, notes)[BASE]
    maximizing.write(toy_net={})
    bare = make_records(maximizing, notes)[BASE]
    assert bare.result.maximized == ()
    assert "maximize" not in bare.result.keys
    assert bare.result.evaluations == record.result.evaluations
    assert b'"maximized"' not in encode_record(bare)["record.json"]


def test_the_record_goes_to_files_and_back(maximizing, make_records, notes):
    record = make_records(maximizing, notes)[BASE]
    again = decode_record(encode_record(record), "x")
    assert again.result == record.result
    assert again.arrays["maximization.all"].tobytes() == record.arrays["maximization.all"].tobytes()


def test_filters_of_the_network_that_an_estimator_looks_at(estimated, make_records, notes):  # noqa: F811
    file = estimated.folder / "toy_net.yaml"
    more = "\nmaximization: {images: {all: {layer: conv}}, steps: 3}\n"
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    (layer,) = make_records(estimated, notes)[BASE].result.maximized
    assert (layer.horizon, layer.epoch) == (0, 0)


def test_wrong_layers_are_told_before_anything_is_trained(toy, make_records, notes):
    images = {"a": {"layer": "head"}, "b": {"layer": "conv", "filters": [9]}}
    toy.write(toy_net={"maximization": {"images": images}})
    with pytest.raises(ModelError) as caught:
        make_records(toy, notes)
    told = [str(fault) for fault in caught.value.faults]
    assert len(told) == 2
    assert all(text.startswith("experiments/toy/toy_net.yaml") for text in told)
    assert notes.epochs == []
