"""Facts as lines for a terminal."""

from __future__ import annotations

from reportgen.facts.fact import Fact, Source, Unit, Value
from reportgen.facts.listing import list_lines


def fact(id: str, value: Value, unit: Unit = "count", meaning: str = "What it is.") -> Fact:
    return Fact(id, value, unit, Source("key", "field"), meaning)


def test_a_line_has_id_value_unit_and_meaning_in_columns() -> None:
    lines = list_lines([fact("net.n", 60000), fact("net.h10.best.accuracy", 0.9894, "fraction")])
    assert lines == (
        "net.h10.best.accuracy = 0.9894 fraction # What it is.",
        "net.n                 = 60000  count    # What it is.",
    )


def test_values_are_plain_whatever_their_type() -> None:
    values: list[Value] = [True, False, None, "", "dos palabras", 1e-5]
    lines = list_lines(fact(f"net.x{i}", value, "") for i, value in enumerate(values))
    shown = [line.partition(" = ")[2].partition("  ")[0].strip() for line in lines]
    assert shown == ["yes", "no", "no value", '""', "dos palabras #".removesuffix(" #"), "1e-05"]


def test_numbers_in_ids_sort_as_numbers() -> None:
    lines = list_lines(fact(f"net.epochs.{i}.loss", i) for i in (10, 9, 1))
    assert [line.split()[0] for line in lines] == [f"net.epochs.{i}.loss" for i in (1, 9, 10)]


def test_a_brief_listing_folds_long_series() -> None:
    """Four epochs from 0.5 down to 0.125; three recalls stay as they are."""
    epochs = [fact(f"net.epochs.{i}.loss", 1 / 2**i, "nats") for i in range(1, 4)]
    epochs.append(fact("net.epochs.4.loss", None, "nats"))
    recalls = [fact(f"net.h2.recall.{i}", 1.0, "fraction") for i in range(3)]
    lines = list_lines([*epochs, *recalls], brief=True)
    assert [line.split()[0] for line in lines] == [
        "net.epochs.*.loss",
        *(f"net.h2.recall.{i}" for i in range(3)),
    ]
    assert "= 4 facts, 0.125 to 0.5" in lines[0]
    assert len(list_lines([*epochs, *recalls])) == 7


def test_a_brief_listing_folds_trials() -> None:
    trials = ["net.a", "net.b", "net.c", "net.d"]
    facts = [fact("net.share", 9), *(fact(f"{name}.share", i) for i, name in enumerate(trials))]
    lines = list_lines(facts, brief=True, trials=trials)
    assert [" ".join(line.split()) for line in lines] == [
        "net.share = 9 count # What it is.",
        "net.*.share = 4 facts, 0 to 3 count # What it is.",
    ]
    assert len(list_lines(facts, trials=trials)) == 5


def test_a_series_of_one_value_tells_it() -> None:
    (line,) = list_lines((fact(f"net.classes.{i}", 400) for i in range(5)), brief=True)
    assert "net.classes.* = 400, 5 times count" in line


def test_a_long_value_is_whole_and_stands_out_alone() -> None:
    lines = list_lines([fact("net.key", "a" * 64, "text"), fact("net.n", 1)])
    assert "a" * 64 in lines[0]
    assert len(lines[1]) < 60


def test_nothing_to_list() -> None:
    assert list_lines([]) == ()
