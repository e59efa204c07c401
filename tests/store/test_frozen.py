"""Committed records: fresh, stale, missing, and those of runs that are gone."""

import pytest

from reportgen.errors import StaleError
from reportgen.holdings import stored_records
from reportgen.pipeline import Order, load, run
from reportgen.progress import Silence
from reportgen.store.frozen import freeze_records, read_frozen, record_paths
from tests.toy_project import MODELS


@pytest.fixture
def frozen(built):
    """Return the toy with its records committed, and its order."""
    order = Order(built.root, "toy", data_dir=built.data)
    study = load(order)
    written = freeze_records(study, stored_records(order, study))
    return built, order, written


def test_files_by_experiment_trial_and_seed(frozen):
    toy, _, written = frozen
    assert [path.relative_to(toy.folder).as_posix() for path in written] == [
        "records/default/toy_net/base-s7.json",
        "records/default/toy_net/base-s7.safetensors",
        "records/default/toy_net/narrow-s7.json",
        "records/default/toy_net/narrow-s7.safetensors",
    ]


def test_they_are_the_stores_records(frozen):
    _, order, _ = frozen
    study = load(order)
    stored = stored_records(order, study)
    found = read_frozen(study)
    assert {run: record.result for run, record in found.items()} == {
        run: record.result for run, record in stored.items()
    }


def test_small_and_without_paths_or_hosts(frozen):
    toy, _, written = frozen
    for path in written:
        data = path.read_bytes()
        assert len(data) < 1 << 20
        assert str(toy.root).encode() not in data
        assert str(toy.data).encode() not in data


@pytest.mark.parametrize(
    ("change", "stages"),
    [
        ({"horizons": [1, 3]}, "evaluate.h1"),
        ({"embeddings": {"samples": 40, "perplexity": 6}}, "embed"),
    ],
)
def test_stale_by_what_was_changed(frozen, change, stages):
    toy, order, _ = frozen
    toy.write(toy_net=change)
    with pytest.raises(StaleError, match=stages) as caught:
        read_frozen(load(order))
    assert "`reportgen run toy` and `reportgen freeze toy`" in str(caught.value)


def test_a_comment_in_the_code_does_not_make_it_stale(frozen):
    toy, order, _ = frozen
    toy.models_file.write_text(MODELS + "\n\n# nada\n", encoding="utf-8")
    assert len(read_frozen(load(order))) == 2
    wider = MODELS.replace("width: int = 4", "width: int = 5")
    toy.models_file.write_text(wider, encoding="utf-8")
    with pytest.raises(StaleError, match="the key of train"):
        read_frozen(load(order))


def test_a_title_does_not_make_it_stale(frozen):
    toy, order, _ = frozen
    toy.write(toy_net={"title": "Otra"})
    assert len(read_frozen(load(order))) == 2


def test_all_that_is_wrong_is_told_at_once(frozen):
    _, order, written = frozen
    written[0].write_text("{}", encoding="utf-8")
    written[3].unlink()
    with pytest.raises(StaleError) as caught:
        read_frozen(load(order))
    first, second, mend = (fault.message for fault in caught.value.faults)
    assert "base-s7.json: not a run record" in first
    assert "toy_net.narrow (seed 7): no committed record" in second
    assert mend.startswith("run `reportgen run toy`")


def test_records_of_runs_that_are_gone_are_removed(frozen):
    toy, order, _ = frozen
    other = toy.folder / "records" / "default" / "notes.txt"
    other.write_text("mine", encoding="utf-8")
    toy.write(toy_net={"sweep": []})
    study = load(order)
    freeze_records(study, stored_records(order, study))
    left = sorted(p.name for p in (toy.folder / "records" / "default" / "toy_net").iterdir())
    assert left == ["base-s7.json", "base-s7.safetensors"]
    assert other.exists()


def test_killed_between_the_two_files_of_a_record(frozen):
    """The pair does not match then, which is noticed, and freezing again mends it."""
    _toy, order, _ = frozen
    study = load(order)
    paths = record_paths(study, study.runs[0].id)
    other = record_paths(study, study.runs[1].id)
    for name, path in other.items():
        if path.suffix == ".json":
            paths[name].write_bytes(path.read_bytes())
    with pytest.raises(StaleError, match="its arrays are not those"):
        read_frozen(study)
    freeze_records(study, stored_records(order, study))
    assert len(read_frozen(study)) == 2


# ── a run that starts from another ──────────────────────────────────────────


@pytest.fixture
def started(toy):
    """Return the toy with the committed records of two runs, of which one starts from the other."""
    bare = {"sweep": [], "embeddings": None, "horizons": []}
    section = {"title": "A", "experiments": ["later"], "questions": ["sizes", "scores"]}
    toy.write(
        report={"sections": [section]}, toy_net=bare, later=bare | {"weights": "experiment:toy_net"}
    )
    order = Order(toy.root, "toy", data_dir=toy.data)
    run(order, Silence())
    study = load(order)
    freeze_records(study, stored_records(order, study))
    return toy, order, study


def test_those_of_a_source_are_committed_and_read_too(started):
    _, _, study = started
    assert [str(id) for id in read_frozen(study)] == ["toy_net (seed 7)", "later (seed 7)"]


def test_a_changed_source_makes_stale_what_starts_from_it(started):
    toy, order, _ = started
    values = {"batch_size": 30, "phases": [{"epochs": 3, "optimizer": {"name": "sgd", "lr": 0.1}}]}
    toy.write(toy_net={"sweep": [], "embeddings": None, "horizons": [], "training": values})
    with pytest.raises(StaleError) as caught:
        read_frozen(load(order))
    first, second, _ = (fault.message for fault in caught.value.faults)
    assert "toy_net (seed 7)" in first
    assert "later (seed 7)" in second
    assert "the key of train" in second


def test_a_source_without_a_record_is_named(started):
    _, order, study = started
    record_paths(study, study.runs[0].id)["record.json"].unlink()
    with pytest.raises(StaleError) as caught:
        read_frozen(load(order))
    first, second, _ = (fault.message for fault in caught.value.faults)
    assert "toy_net (seed 7): no committed record" in first
    assert second == (
        "later (seed 7): starts from toy_net (seed 7), which has no sound committed record"
    )
