"""An errand made in this process: what comes back is what this machine would have made."""

import tempfile
import threading
from dataclasses import replace

import pytest

from reportgen.cluster import errand as module
from reportgen.cluster.connection import Node
from reportgen.cluster.elsewhere import Freight, choose_device
from reportgen.cluster.errand import FOLDER, lineage, perform
from reportgen.errors import ModelError, UsageError
from reportgen.holdings import plan as plan_runs
from reportgen.pipeline import Order, load
from reportgen.progress import Silence
from reportgen.stages.laboratory import Laboratory
from reportgen.stages.worker import Failed, Made, Told
from reportgen.store.codec import read_record, result_digest
from reportgen.store.journal import open_journal
from reportgen.store.parcel import Parcel, unpack
from tests.stages.test_workers import write_later


class Hand:
    """A connection that hands data over as they are."""

    def share(self, what):
        return what


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Return the folder where errands make theirs, as the only one on a machine."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # and back, after the errand has set it
    return folder


@pytest.fixture
def freight(toy):
    """Return a function that packs the toy's errands for a store, and the runs' plans."""

    def pack(store):
        order = Order(toy.root, "toy", data_dir=toy.data, store=store)
        study = load(order)
        kept, sources, plans = plan_runs(order, study)
        laboratory = Laboratory.open(study, kept, sources, "cpu", Silence())
        return Freight.of(Hand(), laboratory, "cpu"), kept, plans

    return pack


def carry_out(freight, store, plan):
    """Carry an errand out, put what comes back into the store, return all that was told."""
    errand, goods = freight.errand(plan)
    told = list(perform(errand, *goods))
    for message in told:
        if isinstance(message, Parcel):
            unpack(store, message)
    return told


def left_in(temporary):
    return sorted(temporary.glob(f"{FOLDER}*"))


@pytest.mark.slow
def test_what_comes_back_is_what_is_made_here(toy, freight, temporary, tmp_path):
    write_later(toy, lr=0.1)
    here, _, plans = freight(tmp_path / "alone")
    packed, store, _ = freight(tmp_path / "far")
    packed.brief = replace(packed.brief, commit="0123abc+")
    for plan, alone in zip(plans, here.laboratory.make_records(plans), strict=True):
        assert carry_out(packed, store, plan)[-1] == Made()
        record = read_record(store, plan)
        assert result_digest(record.result) == result_digest(alone.result)
        assert record.provenance.commit == "0123abc+"
        assert open_journal(store, plan.train).n_epochs == plan.run.spec.epochs
    assert left_in(temporary) == []


def test_an_errand_goes_on_where_the_store_stands(toy, freight, temporary, tmp_path, monkeypatch):
    packed, store, (plan, _) = freight(tmp_path / "far")
    monkeypatch.setattr(module, "SENT_S", 0.0)
    monkeypatch.setattr(module, "PAUSES", 0)
    errand, goods = packed.errand(plan)
    for message in perform(errand, *goods):
        if isinstance(message, Parcel):
            unpack(store, message)
        if isinstance(message, Told) and message.event == "epoch":
            break  # the machine dies
    assert open_journal(store, plan.train).n_epochs == 1
    assert not any(thread.name.startswith("Thread") for thread in threading.enumerate())
    told = [message.arguments for message in carry_out(packed, store, plan) if is_epoch(message)]
    assert [row.epoch for _, row, _, _ in told] == [2, 3]


def is_epoch(message):
    return isinstance(message, Told) and message.event == "epoch"


def test_epochs_that_end_in_quick_succession_are_not_all_sent(toy, freight, temporary, tmp_path):
    packed, store, (plan, _) = freight(tmp_path / "far")
    told = carry_out(packed, store, plan)
    first = next(i for i, message in enumerate(told) if is_epoch(message))
    last = next(i for i, m in reversed([*enumerate(told)]) if is_epoch(m))
    assert not any(isinstance(message, Parcel) for message in told[first + 1 : last])
    assert open_journal(store, plan.train).n_epochs == 3


def test_a_fault_of_the_studys_code_comes_back_with_its_line(toy, freight, temporary, tmp_path):
    packed, store, (plan, _) = freight(tmp_path / "far")
    models = packed.brief.models.replace(b"return self.head", b"return self.nothing")
    packed.brief = replace(packed.brief, models=models)
    failed = carry_out(packed, store, plan)[-1]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, ModelError)
    assert "experiments/toy/models.py:18" in str(failed.error)
    assert left_in(temporary) == []


def test_data_that_came_damaged_are_refused(toy, freight, temporary, tmp_path):
    packed, _, (plan, _) = freight(tmp_path / "far")
    errand, (brief, source) = packed.errand(plan)
    source.splits["train"].images[0, 0, 0] ^= 1
    failed = list(perform(errand, brief, source))[-1]
    assert "its data came damaged" in str(failed.error)


def test_what_a_killed_errand_left_goes_with_the_next(temporary):
    left = temporary / f"{FOLDER}0123"
    left.mkdir()
    (left / "state").write_bytes(b"hours")
    left.with_suffix(".lock").touch()
    (temporary / f"{FOLDER}4567").mkdir()  # its thread wrote once more when all was gone
    with module._folder() as folder:
        assert left_in(temporary) == [folder, folder.with_suffix(".lock")]
        with module._folder() as beside:  # of another process
            assert folder.is_dir()
            assert beside != folder
    assert left_in(temporary) == []


def test_a_run_may_start_from_one_that_starts_from_another():
    class Plan:
        source = None

    first, second = Plan(), Plan()
    second.source = first
    assert lineage(second) == (second, first)


@pytest.mark.parametrize(
    ("asked", "gpus", "chosen"),
    [("auto", 0, "cpu"), ("auto", 1, "cuda"), ("cpu", 1, "cpu"), ("cuda", 2, "cuda")],
)
def test_a_gpu_is_taken_where_there_is_one(asked, gpus, chosen):
    assert choose_device(asked, [Node("a", 4, 0), Node("b", 4, gpus)]) == chosen


@pytest.mark.parametrize("asked", ["cuda", "mps"])
def test_a_device_that_no_machine_has(asked):
    with pytest.raises(UsageError, match=f"no machine of the cluster has the device {asked}"):
        choose_device(asked, [Node("a", 4, 0)])
