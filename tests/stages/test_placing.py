"""Where runs compute, and that they go on in the precision in which they began."""

import pytest

from reportgen.holdings import plan
from reportgen.order import Order
from reportgen.pipeline import load
from reportgen.stages import placing
from reportgen.stages.bench import Bench, DataShelf
from reportgen.stages.placing import measure_work
from reportgen.training import workload
from reportgen.training.placement import Machine, decide

FAST, PLAIN = Machine("a CPU", 1, cpu_bfloat16=True), Machine("a CPU", 1)


@pytest.fixture
def computing_on(monkeypatch):
    """Return a function that makes runs compute as on another machine, however small they are."""
    monkeypatch.setattr(workload, "SMALL_STEP", 0)

    def use(machine):
        monkeypatch.setattr(
            placing,
            "choose_placement",
            lambda device, precision, threads=None: decide(machine, device, precision, threads),
        )

    return use


def test_auto_is_what_the_machine_is_fast_at(toy, make_records, notes, computing_on):
    computing_on(FAST)
    made = make_records(toy, notes)
    assert {record.provenance.precision for record in made.values()} == {"bfloat16"}


def test_a_small_network_keeps_float32(toy, make_records, notes, computing_on, monkeypatch):
    computing_on(FAST)
    monkeypatch.setattr(workload, "SMALL_STEP", 10**9)
    made = make_records(toy, notes)
    assert {record.provenance.precision for record in made.values()} == {"float32"}


def test_trials_compute_as_their_experiment_does(
    toy, make_records, notes, computing_on, monkeypatch
):
    """The trial's network is smaller; alone it would be below the bound."""
    computing_on(FAST)
    order = Order(toy.root, "toy", data_dir=toy.data)
    study = load(order)
    _, sources, plans = plan(order, study)
    base, trial = (measure_work(Bench(one, study, DataShelf(sources))) for one in plans)
    assert trial.multiply_adds < base.multiply_adds
    monkeypatch.setattr(workload, "SMALL_STEP", base.multiply_adds * base.batch_size)
    assert trial.precision("bfloat16") == "float32"
    made = make_records(toy, notes)
    assert {record.provenance.precision for record in made.values()} == {"bfloat16"}


def test_a_precision_that_was_asked_for_is_taken(toy, make_records, notes, computing_on):
    computing_on(FAST)
    toy.write(toy_net={"precision": "float32"})
    made = make_records(toy, notes)
    assert {record.provenance.precision for record in made.values()} == {"float32"}


def test_a_training_goes_on_in_its_precision_on_another_machine(
    toy, make_records, notes, computing_on, tmp_path
):
    """Begun where bfloat16 is fast, ended where it is not: the bytes of one made at once."""
    computing_on(FAST)
    toy.train(epochs=6)
    at_once = make_records(toy, notes, store=tmp_path / "other")
    toy.train(epochs=4)
    make_records(toy, notes)
    computing_on(PLAIN)
    toy.train(epochs=6)
    gone_on = make_records(toy, notes)
    assert [r.result for r in gone_on.values()] == [r.result for r in at_once.values()]
    assert {record.provenance.precision for record in gone_on.values()} == {"bfloat16"}
