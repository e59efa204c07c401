"""Raised epochs of the last phase: training goes on, and ends with the bytes of one that had them.

From the command line, a base and a trial of a sweep, whatever the training is like.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reportgen.console import PlainLines
from tests.toy_project import EXPERIMENT, Outcome, Toy
from tests.whole_builds import outputs

RUNS = ("toy_net (seed 7)", "toy_net.narrow (seed 7)")
BEFORE = {"epochs": 2, "optimizer": {"name": "adam", "lr": 0.002}}
PATIENT = {"early_stopping": {"patience": 2}}
STOPS_AT_TWO = {"early_stopping": {"patience": 1, "min_delta": 100.0}}

Command = Callable[..., Outcome]

pytestmark = pytest.mark.usefixtures("same_durations")


def write(toy: Toy, epochs: int, *before: dict[str, Any], every: int = 1, **last: Any) -> None:
    """Write the experiment with so many epochs in its last phase."""
    phase = {"epochs": epochs, "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}, **last}
    training = EXPERIMENT["training"] | {"phases": [*map(copy.deepcopy, before), phase]}
    if every > 1:
        training["validate_every"] = every
    toy.write(toy_net={"training": training, "horizons": [2]})


def build(toy: Toy, reportgen: Command) -> str:
    done = reportgen(toy, "build", "toy")
    assert done.code == 0, done.err
    return done.out


def told_epochs(out: str, run: str) -> list[int]:
    lines = [line for line in out.splitlines() if line.startswith(f"{run}: epoch ")]
    return [int(line.removeprefix(f"{run}: epoch ").partition("/")[0]) for line in lines]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "short", "long", "values", "new"),
    [
        ((), 2, 4, {}, [3, 4]),
        ((), 2, 6, {"every": 2}, [4, 6]),
        ((BEFORE,), 1, 3, {}, [4, 5]),
        ((BEFORE, BEFORE), 1, 3, {}, [6, 7]),
        ((), 3, 5, PATIENT, [4, 5]),
        ((BEFORE,), 3, 5, STOPS_AT_TWO, []),
    ],
    ids=["one phase", "measured at times", "a phase before", "two before", "patient", "stopped"],
)
def test_going_on_gives_the_bytes_of_a_build_from_the_start(
    toy, reportgen, tmp_path, before, short, long, values, new
):
    write(toy, long, *before, **values)
    whole = toy.copy(tmp_path / "whole")
    first = build(whole, reportgen)
    assert all(told_epochs(first, run) for run in RUNS)

    write(toy, short, *before, **values)
    build(toy, reportgen)
    write(toy, long, *before, **values)
    out = build(toy, reportgen)
    action = "resuming" if new else "reused"
    for run in RUNS:
        assert f"{run}: train: {action} (" in out
        assert told_epochs(out, run) == new
    assert outputs(toy) == outputs(whole)


@pytest.mark.slow
def test_interrupted_while_it_goes_on(toy, reportgen, tmp_path, monkeypatch):
    write(toy, 5)
    whole = toy.copy(tmp_path / "whole")
    build(whole, reportgen)
    write(toy, 2)
    build(toy, reportgen)
    write(toy, 5)
    epoch = PlainLines.epoch

    def interrupted(self: PlainLines, run: Any, row: Any, *rest: Any) -> None:
        epoch(self, run, row, *rest)
        if row.epoch == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(PlainLines, "epoch", interrupted)
    told = []
    for _ in RUNS:  # each is interrupted once, after its third epoch
        done = reportgen(toy, "build", "toy")
        assert done.code == 130
        told.append(done.out)
    told.append(build(toy, reportgen))
    assert [told_epochs(out, RUNS[0]) for out in told] == [[3], [4, 5], []]
    assert [told_epochs(out, RUNS[1]) for out in told] == [[], [3], [4, 5]]
    assert outputs(toy) == outputs(whole)


@pytest.mark.slow
def test_a_trial_alone_goes_on(toy, reportgen, tmp_path):
    """Its own epochs are raised, by the sweep; the base stays as it is."""

    def trial(epochs: int) -> None:
        phase = {"epochs": epochs, "optimizer": {"name": "sgd", "lr": 0.1}}
        sweep = [{"name": "longer", "set": {"training.phases": [phase]}, "why": "más épocas"}]
        toy.write(toy_net={"sweep": sweep, "horizons": [2]})

    trial(6)
    whole = toy.copy(tmp_path / "whole")
    build(whole, reportgen)
    trial(3)
    build(toy, reportgen)
    trial(6)
    out = build(toy, reportgen)
    assert told_epochs(out, RUNS[0]) == []
    assert told_epochs(out, "toy_net.longer (seed 7)") == [4, 5, 6]
    assert outputs(toy) == outputs(whole)


def test_a_changed_phase_before_the_last_begins_anew(toy, reportgen):
    write(toy, 2, BEFORE)
    assert reportgen(toy, "run", "toy").code == 0
    write(toy, 4, BEFORE | {"epochs": 1})
    out = reportgen(toy, "run", "toy").out
    assert told_epochs(out, RUNS[0]) == [1, 2, 3, 4, 5]


def test_the_store_of_both_has_the_same_trainings(toy, reportgen, tmp_path: Path):
    """State and weights as well, so that a third raise goes on alike."""
    write(toy, 4)
    whole = toy.copy(tmp_path / "whole")
    for epochs in (1, 2, 4):
        write(toy, epochs)
        if epochs > 1:
            assert reportgen(toy, "run", "toy").code == 0
    assert reportgen(whole, "run", "toy").code == 0

    def tensors(place: Toy) -> dict[str, bytes]:
        files = (place.store / "train").glob("*/*.safetensors")
        return {f"{file.parent.name}/{file.name}": file.read_bytes() for file in files}

    assert tensors(toy) == tensors(whole)
    assert any("state-0004" in name for name in tensors(toy))
