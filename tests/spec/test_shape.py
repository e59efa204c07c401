"""Which keys may stand where in the study files."""

from __future__ import annotations

from reportgen.spec.experiment import Experiment
from reportgen.spec.shape import allowed_keys, forms, walk
from reportgen.spec.training import Phase, Sgd


def test_unions_and_none_come_apart() -> None:
    assert forms(int | None) == [int]
    assert forms(tuple[int, ...] | str) == [tuple[int, ...], str]


def test_a_path_leads_through_lists_and_aliases() -> None:
    value = {"training": {"phases": [{"epochs": 3}]}, "model": {"class": "A"}}
    assert walk(Experiment, value, ("training", "phases", 0)) == [Phase]
    assert walk(Experiment, value, ("model", "class")) == [str]
    assert walk(Experiment, value, ("model", "class_")) == []


def test_the_name_of_an_optimizer_rules_the_others_out() -> None:
    optimizer = {"name": "sgd"}
    around = walk(Phase, {"optimizer": optimizer}, ("optimizer",))
    assert allowed_keys(around, optimizer) == sorted(Sgd.model_fields)
    assert "betas" in allowed_keys(around, None)
