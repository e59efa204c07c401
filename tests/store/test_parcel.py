"""What goes from one store to another arrives whole, once, and undoes nothing."""

from dataclasses import replace

import pytest

from reportgen.errors import StoreError
from reportgen.plan.keys import StageKey
from reportgen.records import EpochRow
from reportgen.store.journal import Session, open_journal
from reportgen.store.parcel import Outbox, unpack
from reportgen.store.store import ENTRY, Store

TRAIN = StageKey("train", {"version": 1, "seed": 7})
EMBED = StageKey("embed", {"version": 1, "horizon": 2})
SESSION = Session(1, "cpu", "a CPU", "float32", 1, {}, "abc")


@pytest.fixture
def far(tmp_path):
    return Store(tmp_path / "far")


@pytest.fixture
def near(tmp_path):
    return Store(tmp_path / "near")


@pytest.fixture
def journal(far):
    journal = open_journal(far, TRAIN)
    journal.begin(SESSION)
    add(journal, 1, accuracy=0.8)
    return journal


def add(journal, epoch, accuracy):
    weights = f"weights {epoch}".encode() if accuracy > 0.7 else None
    row = EpochRow(epoch, 1, 1.0, 0.4, 0.9, 0.6, 1.1, accuracy)
    journal.append(row, 1.5, f"state {epoch}".encode(), weights)


def test_an_entry_arrives_with_its_provenance(far, near):
    far.write(EMBED, {"maps.json": b"[]"}, {"device": "cpu"})
    unpack(near, Outbox(far).pack(EMBED))
    assert near.read(EMBED) == far.read(EMBED)
    folder = near.folder("embed", EMBED.digest)
    assert (folder / ENTRY).read_bytes() == (far.root / "embed" / EMBED.digest / ENTRY).read_bytes()


def test_an_entry_without_files_arrives(far, near):
    far.write(EMBED, {}, {})
    unpack(near, Outbox(far).pack(EMBED))
    assert near.read(EMBED).files == {}


def test_nothing_is_sent_of_what_is_not_there_or_was_sent(far):
    outbox = Outbox(far)
    assert outbox.pack(EMBED) is None
    far.write(EMBED, {"maps.json": b"[]"}, {})
    assert set(outbox.pack(EMBED).files) == {ENTRY, "maps.json"}
    assert outbox.pack(EMBED) is None


def test_what_came_from_the_other_store_is_not_sent_back(far, near):
    far.write(EMBED, {"maps.json": b"[]"}, {})
    parcel = Outbox(far).pack(EMBED)
    unpack(near, parcel)
    back = Outbox(near)
    back.note(parcel)
    assert back.pack(EMBED) is None


def test_epochs_arrive_one_parcel_after_another(far, near, journal):
    outbox = Outbox(far)
    unpack(near, outbox.pack(TRAIN))
    add(journal, 2, accuracy=0.9)
    add(journal, 3, accuracy=0.5)
    parcel = outbox.pack(TRAIN)
    assert set(parcel.files) == {
        "journal.json",
        "state-0003.safetensors",
        "weights-0002.safetensors",
    }
    unpack(near, parcel)
    got = open_journal(near, TRAIN)
    assert got.rows == journal.rows
    assert got.sessions == (SESSION,)
    assert got.load_state() == b"state 3"
    assert (got.load_weights(1), got.load_weights(2)) == (b"weights 1", b"weights 2")
    assert not (got.folder / "state-0001.safetensors").exists()


def test_a_training_that_stopped_for_good_arrives_so(far, near, journal):
    outbox = Outbox(far)
    unpack(near, outbox.pack(TRAIN))
    journal.stop("diverged in epoch 2", 2)
    unpack(near, outbox.pack(TRAIN))
    assert open_journal(near, TRAIN).diverged_at == 2


def test_fewer_epochs_than_there_are_change_nothing(far, near, journal):
    parcel = Outbox(far).pack(TRAIN)
    ours = open_journal(near, TRAIN)
    add(ours, 1, accuracy=0.8)
    add(ours, 2, accuracy=0.9)
    unpack(near, parcel)
    assert open_journal(near, TRAIN).n_epochs == 2


def test_epochs_that_follow_what_is_not_there_change_nothing(far, near, journal):
    """As where another build removed what the first parcel brought."""
    outbox = Outbox(far)
    outbox.pack(TRAIN)
    add(journal, 2, accuracy=0.9)
    unpack(near, outbox.pack(TRAIN))
    assert open_journal(near, TRAIN).n_epochs == 0


@pytest.mark.parametrize("name", ["journal.json", "state-0001.safetensors"])
def test_damage_on_the_way_is_found(far, near, journal, name):
    parcel = Outbox(far).pack(TRAIN)
    data = parcel.files[name]
    damaged = replace(parcel, files={**parcel.files, name: data[:-3] + b"x" + data[-2:]})
    with pytest.raises(StoreError, match=f"{name} came damaged from another machine"):
        unpack(near, damaged)
    assert open_journal(near, TRAIN).n_epochs == 0


def test_an_entry_that_lacks_a_file_is_found(far, near):
    far.write(EMBED, {"maps.json": b"[]"}, {})
    parcel = Outbox(far).pack(EMBED)
    with pytest.raises(StoreError, match="entry.json came damaged"):
        unpack(near, replace(parcel, files={ENTRY: parcel.files[ENTRY]}))
    assert near.read(EMBED) is None
