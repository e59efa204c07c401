"""How the seeds of one configuration ended, and their epochs."""

from dataclasses import replace

import pytest

from reportgen.facts.seed_epochs import seed_epoch_facts
from tests.factories import as_estimator, make_record
from tests.facts.hand_made import record, values

RISING = (1.0, 0.6, 0.4, 0.5, 0.7, 0.9, 1.1, 1.3)
FALLING = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)


def trained(seed, losses, best):
    """Return a run of eight epochs with these validation losses, its training loss falling."""
    base = record(seed=seed)
    first = base.result.epochs[0]
    rows = tuple(
        replace(first, epoch=i, train_loss=1.0 / i, validation_loss=loss)
        for i, loss in enumerate(losses, start=1)
    )
    evaluation = replace(base.result.evaluations[1], horizon=8, epoch=best)
    result = replace(base.result, epochs=rows, evaluations=(evaluation,), maps=())
    return replace(base, result=result)


def ending(seed, accuracy):
    """Return a run whose last epoch has this accuracy, and whose second is its best."""
    run = trained(seed, FALLING, 2)
    last = replace(run.result.epochs[-1], validation_accuracy=accuracy)
    return replace(run, result=replace(run.result, epochs=(*run.result.epochs[:-1], last)))


def test_epochs_over_the_seeds():
    """Two of three losses rise after their third epoch; best epochs 2, 4 and 8."""
    runs = [trained(1, RISING, 2), trained(2, RISING, 4), trained(3, FALLING, 8)]
    found = values(seed_epoch_facts("net", runs))
    assert found["net.h8.seeds.onset.n"] == 2
    assert found["net.h8.seeds.onset.median"] == found["net.h8.seeds.onset.max"] == 4
    lowest = [found[f"net.h8.seeds.lowest.{field}"] for field in ("median", "min", "max")]
    assert lowest == [3, 3, 8]
    assert [found[f"net.h8.seeds.best.{f}"] for f in ("median", "min", "max")] == [4, 2, 8]
    assert found["net.h8.seeds.trained.median"] == 8
    assert found["net.ended.trained"] == 3
    assert found["net.ended.first"] is None


def test_the_accuracy_after_the_last_epoch_is_not_that_of_the_best():
    """0.5 and 0.7 at the end: mean 0.6, deviation 0.1 √2, t(1) = 12.706, so the bounds are cut."""
    found = values(seed_epoch_facts("net", [ending(1, 0.5), ending(2, 0.7)]))
    assert found["net.h8.seeds.last.mean"] == pytest.approx(0.6)
    assert (found["net.h8.seeds.last.low"], found["net.h8.seeds.last.high"]) == (0.0, 1.0)


def test_the_interval_at_the_end_is_students():
    """Three seeds at 0.5, 0.6 and 0.7: deviation 0.1, t(2) = 4.3027, so ± 0.2484."""
    runs = [ending(1, 0.5), ending(2, 0.6), ending(3, 0.7)]
    found = values(seed_epoch_facts("net", runs))
    assert found["net.h8.seeds.last.low"] == pytest.approx(0.6 - 0.2484, abs=1e-4)
    assert found["net.h8.seeds.last.high"] == pytest.approx(0.6 + 0.2484, abs=1e-4)


def test_the_median_of_two_is_an_epoch():
    runs = [trained(1, RISING, 2), trained(2, RISING, 5)]
    assert values(seed_epoch_facts("net", runs))["net.h8.seeds.best.median"] == 2


def test_no_rise_has_no_epoch():
    runs = [trained(1, FALLING, 8), trained(2, FALLING, 8)]
    found = values(seed_epoch_facts("net", runs))
    assert (found["net.h8.seeds.onset.n"], found["net.h8.seeds.onset.median"]) == (0, None)


def test_how_they_ended():
    good = trained(1, FALLING, 8)
    late = replace(good, result=replace(good.result, seed=2, diverged_at=7, stopped="diverged"))
    nothing = {"epochs": (), "evaluations": (), "diverged_at": 1, "stopped": "diverged"}
    at_once = replace(good, result=replace(good.result, seed=3, **nothing))
    found = values(seed_epoch_facts("net", [at_once, good, late]))
    assert (found["net.ended.trained"], found["net.ended.diverged"]) == (1, 2)
    assert (found["net.ended.first"], found["net.ended.last"]) == (1, 7)
    assert found["net.h8.seeds.best.median"] == 8


@pytest.mark.parametrize("records", [[record()], [as_estimator(make_record())] * 2])
def test_one_seed_or_no_epochs_has_nothing_of_it(records):
    assert list(seed_epoch_facts("net", records)) == []
