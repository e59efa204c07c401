"""What an experiment may say; each refusal has its path and our words."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from pydantic import ValidationError

from reportgen.spec.experiment import Experiment
from reportgen.spec.faults import PATTERNS, read_model
from reportgen.spec.schema import schemas
from reportgen.spec.training import Adam, Sgd

SGD = {"name": "sgd", "lr": 0.1}


def experiment(**changes: Any) -> dict[str, Any]:
    """Return a valid experiment of 4 epochs, with some keys set otherwise."""
    value: dict[str, Any] = {
        "title": "A",
        "dataset": {"name": "digits"},
        "model": {"class": "Net"},
        "training": {"batch_size": 8, "phases": [{"epochs": 4, "optimizer": SGD}]},
        "horizons": [2, 4],
        "features": {"final": "fc"},
        "embeddings": {"samples": 50},
    }
    return copy.deepcopy(value | changes)


SPLITS = {"train": "train", "validation": "test"}


def source(**keys: Any) -> dict[str, Any]:
    """Return a data set of image files with these keys."""
    return {"name": "pets", "source": keys}


def refused(value: Any) -> list[str]:
    """Return the messages of all faults."""
    model, refusals = read_model(Experiment, value)
    assert (model is None) == bool(refusals)
    return [refusal.message for refusal in refusals]


def training(**changes: Any) -> dict[str, Any]:
    return experiment()["training"] | changes


def phase(**changes: Any) -> dict[str, Any]:
    return training(phases=[{"epochs": 4, "optimizer": SGD} | changes])


def test_plain_values_become_the_model_and_go_back() -> None:
    spec = Experiment.from_plain(experiment())
    assert spec.horizons == (2, 4)
    assert spec.training.epochs == 4
    assert Experiment.from_plain(spec.to_plain()) == spec


def test_an_integer_serves_where_a_number_is_wanted() -> None:
    spec = Experiment.from_plain(experiment(training=phase(optimizer={"name": "sgd", "lr": 1})))
    optimizer = spec.training.phases[0].optimizer
    assert isinstance(optimizer, Sgd)
    assert optimizer.lr == 1.0


def test_without_horizons_all_epochs_are_the_horizon() -> None:
    spec = Experiment.from_plain(experiment(horizons=[]))
    assert spec.report_horizons == (4,)
    assert spec.map_horizons == (4,)


def test_maps_are_made_at_the_first_horizon_unless_said() -> None:
    assert Experiment.from_plain(experiment()).map_horizons == (2,)
    at_last = experiment(embeddings={"horizons": [4]})
    assert Experiment.from_plain(at_last).map_horizons == (4,)
    assert Experiment.from_plain(experiment(embeddings=None)).map_horizons == ()


def test_adam_takes_two_betas_from_a_list() -> None:
    adam = {"name": "adam", "lr": 0.001, "betas": [0.9, 0.99]}
    spec = Experiment.from_plain(experiment(training=phase(optimizer=adam)))
    assert spec.training.phases[0].optimizer == Adam(name="adam", lr=0.001, betas=(0.9, 0.99))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"titel": 1}, 'unknown key "titel" in the file; did you mean "title"? Allowed: dataset,'),
        ({"title": " "}, 'title must be a text that is not blank, got the text " "'),
        ({"title": 5}, "title must be a text, got 5; put it in quotes"),
        ({"seeds": [True]}, "seeds.0 must be an integer, got true"),
        ({"seeds": [1.5]}, "seeds.0 must be an integer, got 1.5"),
        ({"seeds": []}, "seeds must hold at least one entry, got an empty list"),
        ({"seeds": [3, 3]}, "seeds.1 stands twice, got 3"),
        ({"seeds": [2**32]}, "seeds.0 must be less than 4294967296, got 4294967296"),
        ({"horizons": 4}, "horizons must be a list, got 4"),
        ({"horizons": [2, 9]}, "horizons.1 lies beyond the 4 epochs of training, got 9"),
        ({"horizons": [4, 2]}, "horizons.1 must be greater than the horizon before it, 4, got 2"),
        ({"precision": "float23"}, 'precision cannot be "float23"; did you mean "float32"?'),
        ({"precision": 16}, "precision must be one of: auto, float32, bfloat16, got 16"),
        ({"model": []}, "model must be a mapping, got an empty list"),
        ({"model": {}}, 'the key "class" is missing in model'),
        ({"model": {"class": "a b"}}, "model.class must be the name of a Python class, got"),
        ({"features": {"Up": "x"}}, 'the key "Up" in features must be a name of lower-case'),
        ({"features": {}}, "embeddings needs features: name at least one layer there"),
        (
            {"embeddings": {"horizons": [3]}},
            "embeddings.horizons.0 must be one of the experiment's",
        ),
        ({"training": training(batch_size="8")}, "training.batch_size must be an integer, got the"),
        ({"training": training(batch_size=0)}, "training.batch_size must be at least 1, got 0"),
        ({"training": training(phases=[])}, "training.phases must hold at least one entry, got an"),
        ({"training": phase(epochs=None)}, "training.phases.0.epochs must be an integer, got not"),
        ({"training": phase(train=[])}, "training.phases.0.train must hold at least one entry,"),
        ({"training": phase(train="fc")}, 'training.phases.0.train cannot be "fc"; allowed: all'),
        ({"training": phase(optimizer={"name": "sdg", "lr": 1})}, "training.phases.0.optimizer.na"),
        ({"training": phase(optimizer={"lr": 1})}, 'the key "name" is missing in training.phases.'),
        ({"training": phase(optimizer=3)}, "training.phases.0.optimizer must be a mapping, got 3"),
        (
            {"training": phase(optimizer=SGD | {"nesterov": True})},
            "training.phases.0.optimizer.nesterov needs a momentum above 0",
        ),
        (
            {"training": phase(early_stopping={"patience": 4})},
            "training.phases.0.early_stopping.patience must be below the phase's 4 epochs",
        ),
        (
            {"training": phase(early_stopping={"patience": 2, "min_delt": 1})},
            'unknown key "min_delt" in training.phases.0.early_stopping; did you mean "min_delta"?',
        ),
        (
            {"training": phase(optimizer=SGD | {"betas": [0, 0]})},
            'unknown key "betas" in training.phases.0.optimizer; allowed: lr, momentum, name, nes',
        ),
        (
            {"training": phase(optimizer={"name": "adam", "lr": 1, "betas": [0.5]})},
            "training.phases.0.optimizer.betas must hold at least 2 entries, got 1",
        ),
        (
            {"training": training(augmentation=[{"horizontal": 1}])},
            'unknown key "horizontal" in training.augmentation.0; did you mean "horizontal_flip"?',
        ),
        (
            {"training": training(augmentation=[3])},
            "training.augmentation.0 must be a mapping with one key, of center_crop, horizontal_",
        ),
        (
            {"training": training(augmentation=[{"horizontal_flip": 2}])},
            "training.augmentation.0.horizontal_flip must be at most 1, got 2",
        ),
        (
            {"dataset": {"name": "digits", "subset": {"n": 3, "per_class": 3}}},
            "dataset.subset.per_class cannot stand beside n; give one of them",
        ),
        (
            {"dataset": {"name": "digits", "subset": {}}},
            "dataset.subset needs n or per_class",
        ),
        (
            {"dataset": {"name": "digits", "normalization": {"mean": [0.5], "std": [1, 2]}}},
            "dataset.normalization.std must have as many values as mean, one a channel: 1, got 2",
        ),
        (
            {"dataset": {"name": "digits", "normalization": "trian"}},
            'dataset.normalization cannot be "trian"; did you mean "train"? Allowed: train',
        ),
        (
            {"dataset": source(zip="/data/a.zip", splits=SPLITS)},
            "dataset.source.zip must be a relative path inside the data directory, with /, got",
        ),
        (
            {"dataset": source(folder="a/../..", splits=SPLITS)},
            "dataset.source.folder must be a relative path inside the data directory, with /, got",
        ),
        (
            {"dataset": source(zip="a.zip", splits={"all": "..\\x"})},
            "dataset.source.splits.all must be a relative path inside the zip or folder, with /,",
        ),
        (
            {"dataset": source(zip="a.zip", folder="a", splits=SPLITS)},
            "dataset.source.folder cannot stand beside zip; give one of them",
        ),
        (
            {"dataset": source(resize=8, size={"height": 8, "width": 8})},
            "dataset.source.resize cannot stand beside size; give one of them",
        ),
        (
            {"dataset": source(zip="a.zip")},
            "dataset.source needs splits: the folder of each split inside the zip or folder",
        ),
        (
            {"dataset": source(splits=SPLITS)},
            "dataset.source.splits needs zip or folder, which they lie in",
        ),
        (
            {"dataset": source(zip="a.zip", splits={})},
            "dataset.source.splits must say where at least one split lies",
        ),
        (
            {"dataset": source(zip="a.zip", splits=SPLITS | {"all": "x"})},
            "dataset.source.splits.all cannot stand beside other splits",
        ),
        (
            {"dataset": source(zip="a.zip", splits={"trian": "x"})},
            'unknown key "trian" in dataset.source.splits; did you mean "train"? Allowed: all, te',
        ),
        (
            {"dataset": source(pickle="a.pkl", npz="a.npz")},
            "dataset.source.npz cannot stand beside pickle; give one of them",
        ),
        (
            {"dataset": source(keys={"images": "x"})},
            "dataset.source needs pickle or npz: the file that holds the arrays",
        ),
        (
            {"dataset": source(pickle="../a.pkl")},
            "dataset.source.pickle must be a relative path inside the data directory, with /, got",
        ),
        (
            {"dataset": source(pickle="a.pkl", resize=8)},
            '"resize" cannot stand in dataset.source beside pickle',
        ),
        (
            {"dataset": source(pickle="a.pkl", keys={"image": "x"})},
            'unknown key "image" in dataset.source.keys; did you mean "images"?',
        ),
        (
            {"dataset": source(pickle="a.pkl", layout="channel_first")},
            'dataset.source.layout cannot be "channel_first"; did you mean "channels_first"?',
        ),
        (
            {"dataset": source(channels="gray")},
            'dataset.source.channels cannot be "gray"; did you mean "grey"? Allowed: grey, rgb',
        ),
        (
            {"dataset": source(resize=0)},
            "dataset.source.resize must be at least 1, got 0",
        ),
    ],
)
def test_what_is_refused(changes: dict[str, Any], expected: str) -> None:
    messages = refused(experiment(**changes))
    assert [message[: len(expected)] for message in messages] == [expected]


def test_faults_between_values_come_along_with_others() -> None:
    """A misspelt key does not hide a horizon beyond the epochs."""
    messages = refused(experiment(horizons=[2, 9], titel="x", seeds=[1, 1]))
    assert sorted(messages) == [
        "horizons.1 lies beyond the 4 epochs of training, got 9",
        "seeds.1 stands twice, got 1",
        messages[-1],
    ]
    assert messages[-1].startswith('unknown key "titel"')


def test_epochs_that_are_wrong_themselves_judge_no_horizon() -> None:
    assert refused(experiment(training=phase(epochs=0), horizons=[9])) == [
        "training.phases.0.epochs must be at least 1, got 0"
    ]


def test_trials_need_their_own_names_and_their_own_values() -> None:
    trial = {"name": "a", "set": {"model.args.width": 8}, "why": "x"}
    assert refused(experiment(sweep=[trial, trial])) == [
        'sweep.1.name stands twice, got "a"; each trial needs its own name',
        'sweep.1.set sets the same values as the trial "a"',
    ]


def test_the_model_refuses_inconsistent_values_by_itself() -> None:
    """Whoever builds an experiment in code is held to the same rules."""
    with pytest.raises(ValidationError) as caught:
        Experiment.from_plain(experiment(horizons=[9]))
    assert [error["loc"] for error in caught.value.errors()] == [("horizons", 0)]


@pytest.mark.parametrize("value", [None, 3, "x", [], [1]])
def test_a_file_that_is_no_mapping(value: Any) -> None:
    [message] = refused(value)
    assert message.startswith("the file must be a mapping, got ")


def test_the_size_that_images_are_brought_to() -> None:
    """Height comes first."""
    sizes = [{"resize": 8}, {"size": {"height": 2, "width": 3}}, {}]
    specs = [Experiment.from_plain(experiment(dataset=source(**size))) for size in sizes]
    assert [spec.dataset.source and spec.dataset.source.pixels for spec in specs] == [
        (8, 8),
        (2, 3),
        None,
    ]


def test_a_data_set_name_cannot_leave_the_data_directory() -> None:
    (message,) = refused(experiment(dataset={"name": "../mnist"}))
    assert message.startswith("dataset.name must be a name of lower-case letters")


def test_every_pattern_of_the_models_has_its_words() -> None:
    def patterns(node: Any) -> set[str]:
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        own = {node["pattern"]} if isinstance(node, dict) and "pattern" in node else set()
        return own.union(*(patterns(child) for child in inner))

    found = patterns([json.loads(text) for text in schemas().values()])
    assert found
    assert found <= PATTERNS.keys()


def estimated(**changes: Any) -> dict[str, Any]:
    """Return a valid experiment whose features a linear machine classifies."""
    value = experiment(estimator="linear_svm")
    del value["training"], value["horizons"]
    return value | changes


def test_an_estimator_stands_in_place_of_training() -> None:
    spec = Experiment.from_plain(estimated())
    assert spec.estimator is not None
    assert (spec.estimator.c, spec.estimator.scale) == (1.0, True)
    assert spec.epochs == 0
    assert spec.report_horizons == spec.map_horizons == (0,)
    assert spec.estimator_features == "final"
    assert spec.evaluation_batch_size == 64
    assert spec.augmentation == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (estimated(training=training()), "estimator stands in place of training; give one of them"),
        (estimated(estimator=None), "the file needs training, or an estimator in its place"),
        (estimated(horizons=[2]), "horizons needs training: an estimator has no epochs"),
        (
            estimated(features={"a": "x", "b": "y"}),
            "estimator needs to know which features it takes: there are 2; set estimator.features",
        ),
        (
            estimated(features={}, embeddings=None),
            (
                "estimator needs to know which features it takes: there are none; "
                "set estimator.features"
            ),
        ),
        (
            estimated(estimator="linear_svn"),
            'estimator cannot be "linear_svn"; did you mean "linear_svm"?',
        ),
        (
            estimated(estimator={"name": "linear_svm", "c": 0}),
            "estimator.c must be greater than 0, got 0",
        ),
    ],
)
def test_what_an_estimator_refuses(value: Any, message: str) -> None:
    assert any(message in found for found in refused(value)), refused(value)


def test_an_unknown_alias_of_the_features_is_told_with_the_nearest() -> None:
    (message,) = refused(estimated(estimator={"name": "linear_svm", "features": "finale"}))
    assert message.startswith("estimator.features must be an alias of features;")
    assert "final" in message


@pytest.mark.parametrize(
    ("model", "kind", "name"),
    [
        ({"class": "Net"}, "StudyModel", "Net"),
        ({"torchvision": "resnet50", "args": {"dropout": 0.1}}, "TorchvisionModel", "resnet50"),
        ({"package": "efficientnet_lite0"}, "PackageModel", "efficientnet_lite0"),
    ],
)
def test_where_a_network_is_from(model: Any, kind: str, name: str) -> None:
    spec = Experiment.from_plain(experiment(model=model))
    assert type(spec.model).__name__ == kind
    assert spec.model.name == name
    assert spec.to_plain()["model"] == {"args": {}, **model}


@pytest.mark.parametrize(
    ("weights", "right"),
    [
        ("none", True),
        ("torchvision:ResNet50_Weights.IMAGENET1K_V1", True),
        ("package:efficientnet_lite0", True),
        ("file:weights/net.safetensors", True),
        ("resnet", False),
        ("file:", False),
        ("none:x", False),
        ("url:http", False),
    ],
)
def test_what_a_network_starts_from(weights: str, right: bool) -> None:
    found = refused(experiment(weights=weights))
    assert (not found) == right
    if found:
        assert "none, torchvision:NAME, package:NAME or file:PATH" in found[0]


def test_the_pictured_horizon_is_the_one_with_maps() -> None:
    maps = {"samples": 50, "horizons": [4]}
    assert Experiment.from_plain(experiment()).illustrated_horizon == 2
    assert Experiment.from_plain(experiment(embeddings=maps)).illustrated_horizon == 4
    assert Experiment.from_plain(experiment(embeddings=None)).illustrated_horizon == 2


# ── seeds that draw, and measurements now and then ──────────────────────────


def test_a_part_or_a_division_is_drawn_by_the_run() -> None:
    split = {"train": 5, "validation": 3, "test": 2, "seed": "run"}
    dataset = {"name": "digits", "split": split, "subset": {"n": 4, "seed": "run"}}
    spec = Experiment.from_plain(experiment(dataset=dataset)).dataset
    drawn = spec.drawn(9)
    assert (drawn.split.seed, drawn.subset.seed) == (9, 9)
    fixed = Experiment.from_plain(
        experiment(dataset={"name": "digits", "split": split | {"seed": 4}})
    )
    assert fixed.dataset.drawn(9) == fixed.dataset


@pytest.mark.parametrize(
    ("split", "has"),
    [
        (None, False),
        ({"train": 5, "validation": 3}, False),
        ({"train": 5, "validation": 3, "test": 2}, True),
        ({"validation_share": 0.2}, False),
        ({"validation_share": 0.2, "test_share": 0.1}, True),
    ],
)
def test_whether_something_is_kept_for_a_test(split: Any, has: bool) -> None:
    spec = Experiment.from_plain(experiment(dataset={"name": "digits", "split": split}))
    assert spec.dataset.has_test is has


@pytest.mark.parametrize("seed", ["each", "", True, 1.5, -1, None])
def test_what_is_no_seed_of_a_part(seed: Any) -> None:
    (message,) = refused(experiment(dataset={"name": "digits", "subset": {"n": 4, "seed": seed}}))
    assert re.match(r"dataset\.subset\.seed (must|cannot) be ", message)


def test_ends_that_would_not_be_measured() -> None:
    value = phase(epochs=10)
    value["phases"].append({"epochs": 6, "optimizer": SGD})
    text = "must be a multiple of validate_every, 4, so that its end is measured, got"
    assert refused(experiment(training=value | {"validate_every": 4}, horizons=[4, 10])) == [
        f"training.phases.0.epochs {text} 10",
        f"training.phases.1.epochs {text} 6",
        f"horizons.1 {text} 10",
    ]
    assert refused(experiment(training=value | {"validate_every": 2}, horizons=[4, 10])) == []
