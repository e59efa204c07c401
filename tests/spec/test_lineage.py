"""Which experiments start from the networks of others: what is wrong with it, what comes first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reportgen.errors import SpecError
from reportgen.records import RunId
from reportgen.spec.lineage import find_circles, named_sources
from reportgen.spec.study import Study, gather_study, load_study
from tests.toy_project import Toy

PLAIN = {"sweep": []}


def write(toy: Toy, sections: list[str], **experiments: dict[str, Any]) -> None:
    """Write experiments without sweep, and a report whose one section names some of them."""
    section = {"title": "A", "experiments": sections, "questions": ["sizes", "scores"]}
    toy.write(report={"sections": [section]})
    for name, values in experiments.items():
        toy.write(**{name: PLAIN | values})


def study_of(toy: Toy, profile: str = "default") -> Study:
    return load_study(toy.root, "toy", profile)


def faults(toy: Toy, profile: str = "default") -> list[str]:
    with pytest.raises(SpecError) as caught:
        study_of(toy, profile)
    return [line.removeprefix("experiments/toy/") for line in str(caught.value).splitlines()]


def line_of(toy: Toy, name: str, text: str) -> int:
    lines = (toy.folder / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    return next(i for i, line in enumerate(lines, start=1) if text in line)


def test_an_experiment_that_no_section_names_comes_along_and_first(toy: Toy) -> None:
    write(toy, ["b"], a={}, b={"weights": "experiment:a"})
    study = study_of(toy)
    assert list(study.experiments) == ["b", "a"]
    assert study.listed == ("b",)
    assert [(str(run.id), run.source) for run in study.runs] == [
        ("a (seed 7)", None),
        ("b (seed 7)", RunId("a", "", 7)),
    ]
    assert toy.folder / "a.yaml" in study.files


def test_the_order_stays_but_for_that(toy: Toy) -> None:
    """`first` waits for `last`; its trials wait with it, so that they stay in their order."""
    trials = [
        {"name": "t1", "set": {"weights": "experiment:other"}, "why": "x"},
        {"name": "t2", "set": {"weights": "none"}, "why": "y"},
    ]
    write(
        toy,
        ["first", "other", "last"],
        first={"weights": "experiment:last", "sweep": trials, "seeds": [2, 1]},
        other={},
        last={"seeds": [1, 2]},
    )
    study = study_of(toy)
    assert list(study.experiments) == ["first", "other", "last"]
    assert [(run.id.experiment, run.id.trial, run.id.seed) for run in study.runs] == [
        ("other", "", 7),
        ("last", "", 1),
        ("last", "", 2),
        ("first", "", 2),
        ("first", "", 1),
        ("first", "t1", 2),
        ("first", "t1", 1),
        ("first", "t2", 2),
        ("first", "t2", 1),
    ]
    assert [str(run.source) for run in study.runs if run.id.trial == "t1"] == ["other (seed 7)"] * 2


def test_a_trial_may_start_from_its_own_experiment(toy: Toy) -> None:
    trial = {"name": "again", "set": {"weights": "experiment:net"}, "why": "x"}
    write(toy, ["net"], net={"sweep": [trial]})
    assert study_of(toy).runs[1].source == RunId("net", "", 7)


def test_a_circle_is_told_once_with_its_chain(toy: Toy) -> None:
    write(
        toy,
        ["a"],
        a={"weights": "experiment:b"},
        b={"weights": "experiment:c"},
        c={"weights": "experiment:b"},
    )
    line = line_of(toy, "b", "weights")
    assert faults(toy) == [f"b.yaml:{line}:10: weights: experiments start in a circle: b → c → b"]
    write(toy, ["a"], a={"weights": "experiment:a"})
    (found,) = faults(toy)
    assert found.endswith("weights: experiments start in a circle: a → a")


def test_an_unknown_experiment_gets_the_nearest_name(toy: Toy) -> None:
    trial = {"name": "t", "set": {"weights": "experiment:report"}, "why": "x"}
    write(toy, ["b"], fashion={}, b={"weights": "experiment:fashon", "sweep": [trial]})
    second, first = faults(toy)  # by line: the sweep stands before
    assert first.startswith(f"b.yaml:{line_of(toy, 'b', 'fashon')}:10: weights: there is no file")
    assert 'fashon.yaml; did you mean "fashion"?' in first
    assert "there is no file report.yaml" in second


def test_an_estimator_has_no_network_to_start_from(toy: Toy) -> None:
    write(toy, ["b"], b={"weights": "experiment:svm"})
    text = "title: S\ndataset: {name: mnist}\nmodel: {class: ToyNet}\nfeatures: {f: conv}\n"
    (toy.folder / "svm.yaml").write_text(text + "estimator: linear_svm\n", encoding="utf-8")
    (found,) = faults(toy)
    assert "weights: the experiment svm has an estimator and trains no network" in found


def test_the_faults_of_a_source_are_told_along(toy: Toy) -> None:
    write(toy, ["b"], a={"titel": "x"}, b={"weights": "experiment:a", "seed": 3})
    assert [fault.split(":")[0] for fault in faults(toy)] == ["a.yaml", "b.yaml"]


def test_a_profile_changes_the_source_and_what_it_is(toy: Toy) -> None:
    write(toy, ["b"], a={}, c={}, b={"weights": "experiment:a"})
    (toy.folder / "profiles").mkdir()
    profile = toy.folder / "profiles" / "small.yaml"
    profile.write_text("experiments: {a: {seeds: [3]}}\n", encoding="utf-8")
    assert [str(run.source) for run in study_of(toy, "small").runs] == ["None", "a (seed 3)"]
    text = "experiments: {b: {weights: experiment:c}, c: {seeds: [4]}}\n"
    profile.write_text(text, encoding="utf-8")
    assert list(study_of(toy, "small").experiments) == ["b", "c"]
    profile.write_text("experiments: {b: {weights: experiment:d}}\n", encoding="utf-8")
    (found,) = faults(toy, "small")
    assert found.startswith("profiles/small.yaml:1:28: weights: there is no file d.yaml")


def test_a_notebooks_study_has_them_too(toy: Toy) -> None:
    write(toy, ["b"], a={}, b={"weights": "experiment:a"})
    study = gather_study(Path(toy.folder), ["b"])
    assert (study.listed, list(study.experiments)) == (("b",), ["b", "a"])
    assert [str(run.source) for run in study.runs] == ["None", "a (seed 7)"]


@pytest.mark.parametrize(
    ("sources", "circles"),
    [
        ({}, []),
        ({"a": "b", "b": "c"}, []),
        ({"a": "b", "b": "a", "c": "a"}, [("a", "b", "a")]),
        ({"a": "a", "b": "c", "c": "b"}, [("a", "a"), ("b", "c", "b")]),
    ],
)
def test_circles(sources: dict[str, str], circles: list[tuple[str, ...]]) -> None:
    assert find_circles(sources) == circles


@pytest.mark.parametrize(
    "content",
    [
        None,
        ["weights"],
        {"weights": 3},
        {"weights": "file:a"},
        {"weights": "experiment:"},
        {"sweep": 3},
        {"sweep": [3, {"set": 4}, {"set": {"weights": None}}]},
    ],
)
def test_what_names_no_experiment_is_passed_over(content: Any) -> None:
    assert list(named_sources(content)) == []
