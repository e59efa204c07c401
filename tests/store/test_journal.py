"""A training's journal survives a death at any point, and knows damage from bad luck."""

import json

import pytest

from reportgen.errors import StoreError
from reportgen.plan.keys import StageKey
from reportgen.records import EpochRow
from reportgen.store import journal as module
from reportgen.store.journal import JOURNAL, Session, open_journal, peek_journal
from reportgen.store.store import Store

KEY = StageKey("train", {"version": 1, "seed": 7})
SESSION = Session(1, "cpu", "a CPU", "float32", 2, {"torch": "2.6"}, "abc")


def row(epoch, accuracy=0.5):
    return EpochRow(epoch, 1, 1.0, 0.4, 0.9, 0.6, 1.1, accuracy)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


@pytest.fixture
def journal(store):
    """Two epochs; the first was the best."""
    journal = open_journal(store, KEY)
    journal.begin(SESSION)
    journal.append(row(1, 0.8), 1.5, b"state 1", b"weights 1")
    journal.append(row(2, 0.7), 1.25, b"state 2", None)
    return journal


def names(journal):
    return sorted(path.name for path in journal.folder.iterdir())


def test_empty(store):
    journal = open_journal(store, KEY)
    assert journal.rows == ()
    assert journal.load_state() is None
    assert not journal.folder.exists()


def test_reads_what_was_written(store, journal):
    again = open_journal(store, KEY)
    assert again.rows == (row(1, 0.8), row(2, 0.7))
    assert again.seconds == (1.5, 1.25)
    assert again.sessions == (SESSION,)
    assert again.stopped == ""
    assert again.load_state() == b"state 2"
    assert again.load_weights(1) == b"weights 1"


def test_keeps_the_last_state_and_every_best_epochs_weights(journal):
    journal.append(row(3, 0.9), 1.0, b"state 3", b"weights 3")
    assert names(journal) == [
        JOURNAL,
        "state-0003.safetensors",
        "weights-0001.safetensors",
        "weights-0003.safetensors",
    ]


def test_weights_of_an_epoch_that_was_no_best(journal):
    with pytest.raises(StoreError, match="no weights of epoch 2"):
        journal.load_weights(2)


def test_stopped_for_good(store, journal):
    journal.stop("diverged in epoch 3", 3)
    assert open_journal(store, KEY).stopped == "diverged in epoch 3"


def test_a_session_is_noted_once_and_anew_elsewhere(journal):
    journal.begin(Session(3, "cpu", "a CPU", "float32", 2, {"torch": "2.6"}, "abc"))
    assert journal.sessions == (SESSION,)
    moved = Session(3, "cuda", "a GPU", "float32", 2, {"torch": "2.6"}, "abc")
    journal.begin(moved)
    assert journal.sessions == (SESSION, moved)


class Dies(BaseException):
    """Stands for the death of the process."""


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("after", [False, True])
def test_a_death_at_any_write_loses_at_most_the_epoch(store, journal, monkeypatch, at, after):
    """The steps are state, weights, journal, and the sweep; before or after each."""
    steps = []
    write = module.write_synced

    def step(action):
        if len(steps) == at and not after:
            raise Dies
        action()
        steps.append(1)
        if len(steps) == at + 1 and after:
            raise Dies

    monkeypatch.setattr(module, "write_synced", lambda path, data: step(lambda: write(path, data)))
    sweep = module.TrainingJournal.sweep
    monkeypatch.setattr(module.TrainingJournal, "sweep", lambda self: step(lambda: sweep(self)))
    with pytest.raises(Dies):
        journal.append(row(3, 0.9), 1.0, b"state 3", b"weights 3")
    monkeypatch.undo()
    again = open_journal(store, KEY)
    written = (at, after) >= (2, True)
    assert len(again.rows) == (3 if written else 2)
    assert again.load_state() == (b"state 3" if written else b"state 2")
    assert again.load_weights(1) == b"weights 1"
    if not written:
        again.append(row(3, 0.9), 1.0, b"state 3", b"weights 3")
    again.append(row(4, 0.6), 1.0, b"state 4", None)
    final = open_journal(store, KEY)
    assert [r.epoch for r in final.rows] == [1, 2, 3, 4]
    assert final.load_weights(3) == b"weights 3"
    assert names(final) == [
        JOURNAL,
        "state-0004.safetensors",
        "weights-0001.safetensors",
        "weights-0003.safetensors",
    ]


def test_a_full_disk_keeps_the_epochs_before(store, journal, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="no space left on the device"):
        journal.append(row(3), 1.0, b"state 3", None)
    monkeypatch.undo()
    assert len(open_journal(store, KEY).rows) == 2
    assert not [name for name in names(journal) if name.startswith(".")]


@pytest.mark.parametrize("name", ["state-0002.safetensors", "weights-0001.safetensors"])
def test_a_flipped_byte_is_noticed_and_the_training_made_again(store, journal, name):
    assert journal.intact()
    file = journal.folder / name
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    assert not journal.intact()
    assert open_journal(store, KEY).rows == ()
    assert not journal.folder.exists()


def test_damage_after_opening_is_noticed_when_the_file_is_read(journal):
    (journal.folder / "state-0002.safetensors").write_bytes(b"rotten")
    with pytest.raises(StoreError, match="state-0002.safetensors: damaged"):
        journal.load_state()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"rows": []}', '{"rows": [{"epoch": 1}]}']
)
def test_a_journal_of_another_shape_counts_as_damaged(store, journal, text):
    (journal.folder / JOURNAL).write_text(text, encoding="utf-8")
    assert open_journal(store, KEY).rows == ()


def test_a_missing_file_counts_as_damage(store, journal):
    (journal.folder / "state-0002.safetensors").unlink()
    assert open_journal(store, KEY).rows == ()


def test_what_cannot_be_read_is_left_alone(store, journal, monkeypatch):
    """An unreadable disk is no reason to throw hours of training away."""

    def fail(*_):
        raise OSError(5, "Input/output error")

    before = names(journal)
    monkeypatch.setattr(module, "sha256_file", fail)
    with pytest.raises(StoreError, match="Input/output error"):
        open_journal(store, KEY)
    monkeypatch.setattr("pathlib.Path.read_bytes", fail)
    with pytest.raises(StoreError, match="Input/output error"):
        open_journal(store, KEY)
    monkeypatch.undo()
    assert names(journal) == before
    assert len(open_journal(store, KEY).rows) == 2


def test_the_journal_explains_itself(journal):
    content = json.loads((journal.folder / JOURNAL).read_text(encoding="utf-8"))
    assert content["key"] == KEY.digest
    assert content["fields"] == KEY.fields


def test_what_a_killed_build_left_is_removed_when_training_goes_on(store, journal):
    for name in (".state-0003.safetensors.0123abcd", "state-0001.safetensors"):
        (journal.folder / name).write_bytes(b"ha")
    assert len(open_journal(store, KEY).rows) == 2
    assert names(journal) == [JOURNAL, "state-0002.safetensors", "weights-0001.safetensors"]


def test_every_flipped_digit_of_the_journal_is_found(store, journal):
    """An accuracy that is another by a bit would choose another epoch."""
    file = journal.folder / JOURNAL
    sound = file.read_bytes()
    digits = [at for at, byte in enumerate(sound) if chr(byte).isdigit()]
    assert len(digits) > 200
    for at in digits[::7]:
        flipped = bytearray(sound)
        flipped[at] ^= 1
        file.write_bytes(flipped)
        assert peek_journal(store, KEY) is None, sound[at - 20 : at + 20]
    file.write_bytes(sound)
    assert len(open_journal(store, KEY).rows) == 2


def test_a_journal_from_before_there_were_seals_is_read(store, journal):
    file = journal.folder / JOURNAL
    content = json.loads(file.read_bytes())
    del content["sha256"]
    file.write_text(json.dumps(content), encoding="utf-8")
    assert open_journal(store, KEY).rows == journal.rows
