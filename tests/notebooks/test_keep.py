"""Executed notebooks are kept, found again, and refused once anything they show has changed."""

import json

import pytest

from reportgen.errors import RunError, StaleError
from reportgen.facts.fact import Fact, Source
from reportgen.holdings import stored_records
from reportgen.notebooks.compose import compose_notebooks
from reportgen.notebooks.keep import (
    FOLDER,
    read_frozen_notebooks,
    read_stored_notebook,
    require_fresh,
    why_stale,
    write_notebooks,
)
from reportgen.pipeline import Order, derive, freeze, load
from reportgen.store.store import Store
from tests.notebooks.conftest import NAME
from tests.toy_project import REPORT


class Kept:
    """A project's notebook with all that it is compared with."""

    def __init__(self, toy):
        self.order = Order(toy.root, "toy", data_dir=toy.data)
        self.study = load(self.order)
        (self.book,) = compose_notebooks(self.study)
        self.records = stored_records(self.order, self.study)
        self.facts = derive(self.study, self.records)
        self.data = (toy.build_folder / FOLDER / NAME).read_bytes()

    def why(self, facts=None):
        return why_stale(self.data, self.book, self.records, facts or self.facts)


@pytest.fixture(scope="module")
def kept(booked_toy):
    return Kept(booked_toy)


def test_a_notebook_of_today_is_fresh(kept):
    assert kept.why() == ""


def test_one_that_prints_another_number_is_stale(kept):
    printed = "toy_net.h2.best.accuracy"
    changed = [
        Fact(fact.id, 0.5, fact.unit, Source("", ""), "") if fact.id == printed else fact
        for fact in kept.facts
    ]
    assert kept.why(changed).startswith(f"shows {printed} as 0.")
    assert kept.why(changed).endswith("which is 0.5 now")


def test_a_fact_that_it_does_not_print_may_change(kept):
    unprinted = "toy_net.training.batch_size"
    changed = [
        Fact(fact.id, 9, fact.unit, Source("", ""), "") if fact.id == unprinted else fact
        for fact in kept.facts
    ]
    assert kept.why(changed) == ""


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("version", "is of another version of this program"),
        ("source", "was made from other files"),
        ("records", "shows other records"),
    ],
)
def test_what_decides_it_is_compared(kept, field, reason):
    notebook = json.loads(kept.data)
    notebook["metadata"]["reportgen"][field] = "other"
    data = json.dumps(notebook).encode()
    assert why_stale(data, kept.book, kept.records, kept.facts) == reason


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"metadata": {"reportgen": {}}}'])
def test_what_is_no_notebook_of_ours_is_stale(kept, data):
    assert why_stale(data, kept.book, kept.records, kept.facts) == "is no notebook of this program"


def test_one_that_disagrees_right_after_it_was_run_is_refused(kept):
    require_fresh(kept.data, kept.book, kept.records, kept.facts)
    with pytest.raises(RunError, match=f"notebook {NAME} disagrees with the report: it shows"):
        require_fresh(kept.data, kept.book, kept.records, kept.facts[:5])


def test_the_store_gives_it_back_or_nothing(booked):
    kept = Kept(booked)
    store = Store(kept.order.store_folder)
    assert read_stored_notebook(store, kept.book, kept.records, kept.facts) == kept.data
    assert read_stored_notebook(store, kept.book, kept.records, kept.facts[:5]) is None
    for file in (store.root / "notebook").rglob("notebook.ipynb"):
        file.write_bytes(b"damaged")
    assert read_stored_notebook(store, kept.book, kept.records, kept.facts) is None


# ── committed ───────────────────────────────────────────────────────────────


def test_frozen_and_read_back(booked):
    kept = Kept(booked)
    written = freeze(kept.order)
    path = booked.folder / "records" / "default" / "notebooks" / NAME
    assert path in written
    found = read_frozen_notebooks(kept.study, [kept.book], kept.records, kept.facts)
    assert found == {NAME: kept.data}


def test_one_that_is_gone_from_the_report_is_removed(booked):
    kept = Kept(booked)
    freeze(kept.order)
    booked.write(report={})
    freeze(kept.order)
    assert list((booked.folder / "records" / "default").rglob("*.ipynb")) == []
    assert len(list((booked.folder / "records" / "default" / "toy_net").iterdir())) == 4


def test_missing_and_stale_ones_are_told_at_once(booked):
    first = REPORT["sections"][0] | {"questions": ["sizes"]}
    second = {"title": "B", "experiments": ["toy_net"], "questions": ["scores"]}
    kept = Kept(booked)
    freeze(kept.order)
    booked.write(report={"notebooks": "generated", "sections": [first, second], "title": "Otra"})
    study = load(kept.order)
    with pytest.raises(StaleError) as caught:
        read_frozen_notebooks(study, compose_notebooks(study), kept.records, kept.facts)
    assert str(caught.value).splitlines() == [
        f"experiments/toy/records/default/notebooks/{NAME} is stale: it was made from other files",
        "no committed notebook (experiments/toy/records/default/notebooks/2_b.ipynb)",
        "run `reportgen run toy` and `reportgen freeze toy`",
    ]


def test_freezing_what_was_not_run_says_how(booked):
    booked.write(report={"notebooks": "generated", "title": "Otra"})
    with pytest.raises(StaleError, match=f"not in the store: notebook {NAME}; make them with"):
        freeze(Order(booked.root, "toy", data_dir=booked.data))


def test_a_folder_of_notebooks_holds_no_others(tmp_path):
    write_notebooks(tmp_path / "n", {"a.ipynb": b"1", "b.ipynb": b"2"})
    assert write_notebooks(tmp_path / "n", {"b.ipynb": b"3"}) == (tmp_path / "n" / "b.ipynb",)
    assert [path.name for path in (tmp_path / "n").iterdir()] == ["b.ipynb"]
    assert write_notebooks(tmp_path / "none", {}) == ()
    assert not (tmp_path / "none").exists()
