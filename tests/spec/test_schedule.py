"""Which phase an epoch belongs to, and when a phase stops early: by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from reportgen.records import EpochRow
from reportgen.spec.training import EarlyStopping, Phase, Sgd, Training


def phase(epochs: int, patience: int | None = None, min_delta: float = 0.0) -> Phase:
    rule = None if patience is None else EarlyStopping(patience=patience, min_delta=min_delta)
    return Phase(epochs=epochs, optimizer=Sgd(name="sgd", lr=0.1), early_stopping=rule)


def training(*phases: Phase) -> Training:
    return Training(batch_size=4, phases=phases)


def row(epoch: int, number: int, loss: float) -> EpochRow:
    return EpochRow(epoch, number, 1.0, 0.5, 1.0, 0.5, loss, 0.5)


def course(spec: Training, losses: Sequence[float]) -> list[int]:
    """Return the phase of each epoch of a training that has these validation losses in turn."""
    rows: list[EpochRow] = []
    left = iter(losses)
    while (following := spec.next_phase(rows)) is not None:
        number, is_first = following
        assert is_first == (not rows or rows[-1].phase != number)
        rows.append(row(len(rows) + 1, number, next(left)))
    assert list(left) == []
    return [one.phase for one in rows]


def test_epochs_are_counted_through_the_phases() -> None:
    assert course(training(phase(2), phase(3)), [1.0] * 5) == [1, 1, 2, 2, 2]


@pytest.mark.parametrize(
    ("patience", "min_delta", "losses"),
    [
        (1, 0.0, [0.5, 0.4, 0.4]),  # no lower is no better
        (2, 0.0, [0.5, 0.6, 0.4, 0.5, 0.4]),
        (2, 0.0, [0.5, 0.6, 0.7]),
        (2, 0.25, [1.0, 0.8, 0.7, 0.6, 0.5]),  # 0.7 < 1.0 − 0.25, but not 0.5 < 0.7 − 0.25
        (3, 0.0, [0.5, 0.6, 0.4, 0.5, 0.6, 0.3]),  # its six epochs end before the patience
    ],
)
def test_a_phase_stops_when_its_patience_is_out(
    patience: int, min_delta: float, losses: list[float]
) -> None:
    spec = training(phase(6, patience, min_delta))
    assert course(spec, losses) == [1] * len(losses)
    rows = [row(i, 1, loss) for i, loss in enumerate(losses, start=1)]
    early = None if len(losses) == 6 else len(losses)
    assert spec.phases[0].stopped_early(rows) == early


def test_each_phase_waits_anew() -> None:
    """The second phase begins above the first one's best, and may."""
    spec = training(phase(5, 2), phase(5, 2))
    assert course(spec, [0.3, 0.4, 0.5, 0.9, 0.8, 0.8, 0.8]) == [1, 1, 1, 2, 2, 2, 2]


def test_out_of_patience_in_the_last_epoch_is_not_early() -> None:
    rows = [row(i, 1, loss) for i, loss in enumerate([0.5, 0.6, 0.7], start=1)]
    assert phase(3, 2).stopped_early(rows) is None
    assert phase(4, 2).stopped_early(rows) == 3
    assert phase(4).stopped_early(rows) is None


@pytest.mark.parametrize("values", [{"patience": 0}, {"patience": 2, "min_delta": -0.1}, {}])
def test_what_a_rule_cannot_say(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="EarlyStopping"):
        EarlyStopping.model_validate(values)


def test_patience_counts_epochs_however_seldom_they_are_measured() -> None:
    """Measured every fifth epoch; after 0.4 at epoch 10 ten epochs pass without a lower loss."""
    spec = Training(batch_size=4, phases=(phase(40, 10),), validate_every=5)
    rows = [row(5 * i, 1, loss) for i, loss in enumerate([0.5, 0.4, 0.6, 0.5], start=1)]
    assert spec.next_phase(rows[:3]) == (1, False)
    assert spec.next_phase(rows) is None
    assert spec.phases[0].stopped_early(rows, 5) == 20


def test_phases_end_by_epochs_not_by_measurements() -> None:
    spec = Training(batch_size=4, phases=(phase(10), phase(5)), validate_every=5)
    rows = [row(5, 1, 1.0), row(10, 1, 1.0)]
    assert spec.next_phase(rows[:1]) == (1, False)
    assert spec.next_phase(rows) == (2, True)
    assert spec.next_phase([*rows, row(15, 2, 1.0)]) is None
