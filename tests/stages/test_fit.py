"""An estimator in place of training: one answer, no epochs, and kept in the store."""

import copy
import io

import numpy as np
import pytest
from ruamel.yaml import YAML

from reportgen.errors import SpecError
from reportgen.store.codec import decode_record, encode_record, result_digest
from tests.toy_project import EXPERIMENT

BASE = "toy_net (seed 7)"


@pytest.fixture
def estimated(toy):
    """The toy with a linear machine on what its network gives before any training."""
    value = copy.deepcopy(EXPERIMENT)
    for key in ("training", "horizons", "sweep"):
        del value[key]
    text = io.StringIO()
    YAML().dump(value | {"estimator": "linear_svm"}, text)
    (toy.folder / "toy_net.yaml").write_text(text.getvalue(), encoding="utf-8")
    return toy


def test_the_record_of_an_estimator(estimated, make_records, notes):
    record = make_records(estimated, notes)[BASE]
    result, labels = record.result, record.arrays["labels"]
    assert result.epochs == ()
    (found,) = result.evaluations
    assert (found.horizon, found.epoch, found.errors) == (0, 0, ())
    assert found.n_errors == int((record.arrays["h0.predictions"] != labels).sum())
    assert "h0.confidence" not in record.arrays
    assert result.estimator is not None
    assert result.estimator.layer == "head"
    assert (result.estimator.n_features, result.estimator.n_train) == (10, 120)
    assert 0.5 < result.estimator.train_accuracy <= 1
    # Guessing one of ten classes errs in 54 of 60, give or take 2.3.
    assert found.n_errors < 45
    (drawn,) = result.maps
    assert (drawn.horizon, drawn.epoch, drawn.line) == (0, 0, None)
    assert result.model.n_trainable == 0
    assert result.model.n_frozen > 0
    assert record.provenance.epoch_s == ()
    assert [stage for _, stage, _ in notes.stages] == ["train", "embed.h0", "record"]


def test_it_is_the_same_again_and_comes_from_the_store(estimated, make_records, notes, tmp_path):
    first = make_records(estimated, notes)[BASE]
    notes.stages.clear()
    fresh = make_records(estimated, notes, store=tmp_path / "other")[BASE]
    assert result_digest(fresh.result) == result_digest(first.result)
    notes.stages.clear()
    stored = estimated.store
    for folder in (stored / "record").iterdir():
        for file in folder.iterdir():
            file.unlink()
    again = make_records(estimated, notes)[BASE]
    assert result_digest(again.result) == result_digest(first.result)
    assert (BASE, "train", "reuse") in notes.stages
    assert again.provenance.device_name == first.provenance.device_name


def test_the_record_goes_to_files_and_back(estimated, make_records, notes):
    record = make_records(estimated, notes)[BASE]
    again = decode_record(encode_record(record), "x")
    assert again.result == record.result


def test_another_penalty_is_another_fit(estimated, make_records, notes):
    make_records(estimated, notes)
    notes.stages.clear()
    file = estimated.folder / "toy_net.yaml"
    text = file.read_text(encoding="utf-8")
    changed = "estimator: {name: linear_svm, c: 0.001}"
    file.write_text(text.replace("estimator: linear_svm", changed), encoding="utf-8")
    record = make_records(estimated, notes)[BASE]
    assert (BASE, "train", "run") in notes.stages
    assert record.result.estimator.c == 0.001


def test_training_and_estimator_exclude_each_other(estimated, make_records, notes):
    file = estimated.folder / "toy_net.yaml"
    extra = "\ntraining: {batch_size: 4, phases: [{epochs: 1, optimizer: {name: sgd, lr: 1.0}}]}\n"
    file.write_text(file.read_text(encoding="utf-8") + extra, encoding="utf-8")
    with pytest.raises(SpecError, match="stands in place of training; give one of them"):
        make_records(estimated, notes)


def test_filters_are_kept_with_images_after_them(toy, make_records, notes):
    """Four filters of 3×3 on one channel; two images of 8×8 after them, each map 0 to 255."""
    toy.write(toy_net={"filters": {"layer": "conv", "images": 2}})
    records = make_records(toy, notes)
    record = records[BASE]
    bank = record.result.filters
    assert (bank.layer, bank.horizon, bank.n) == ("conv", 3, 4)
    assert (bank.height, bank.width, bank.channels) == (3, 3, 1)
    assert bank.epoch == record.result.evaluations[-1].epoch
    assert [image.label for image in bank.images] == [0, 1]
    assert record.arrays["filters.weights"].shape == (4, 3, 3, 1)
    outputs = record.arrays["filters.outputs"]
    assert (outputs.shape, outputs.dtype) == ((2, 4, 8, 8), np.uint8)
    assert outputs.min(axis=(2, 3)).max() == 0
    assert outputs.max(axis=(2, 3)).min() == 255
    assert records["toy_net.narrow (seed 7)"].result.filters is None
