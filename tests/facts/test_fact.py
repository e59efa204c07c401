"""Facts compare by value, refuse arithmetic, and are found by name."""

import pytest

from reportgen.facts.fact import Definition, Fact, Source, build_tree

SOURCE = Source("k", "f")


def fact(id_, value, unit="count"):
    return Fact(id_, value, unit, SOURCE, "")


def test_facts_compare_by_value():
    small, large = fact("a", 1), fact("b", 2)
    assert small < large
    assert large >= 2
    assert small == 1
    assert small != large
    assert fact("t", "flat", "text") == "flat"


def test_a_fact_without_value_compares_with_nothing():
    with pytest.raises(TypeError, match="a.b has no value"):
        assert fact("a.b", None) > 1


def test_facts_do_not_add():
    with pytest.raises(TypeError):
        fact("a", 1) + fact("b", 2)


def test_only_yes_or_no_facts_have_a_truth():
    assert fact("a", True, "bool")
    assert not fact("a", False, "bool")
    with pytest.raises(TypeError, match=r"n is no yes-or-no fact"):
        bool(fact("n", 3))


def test_definition_fills_its_pattern_and_drops_what_is_not_finite():
    kind = Definition("{run}.h{h}.best", "fraction", "meaning")
    made = kind(0.5, SOURCE, run="net", h=10)
    assert (made.id, made.value) == ("net.h10.best", 0.5)
    assert kind(float("nan"), SOURCE, run="net", h=10).value is None


def test_tree_finds_by_attribute_key_and_number():
    tree = build_tree([fact("net.epochs.1.loss", 3), fact("net.epochs.2.loss", 4)])
    assert tree.net.epochs[2].loss == 4
    assert tree["net"]["epochs"]["1"]["loss"] == 3
    assert [row.loss.value for row in tree.net.epochs] == [3, 4]


def test_numbered_children_come_in_numeric_order():
    tree = build_tree([fact("e.10", 10), fact("e.9", 9)])
    assert [child.value for child in tree.e] == [9, 10]


def test_unknown_name_names_the_nearest():
    tree = build_tree([fact("net.best.accuracy", 1)])
    with pytest.raises(AttributeError, match='net.best has no .acuracy.; did you mean "accuracy"'):
        _ = tree.net.best.acuracy


def test_two_facts_of_one_id_are_refused():
    with pytest.raises(ValueError, match="two facts with the id a"):
        build_tree([fact("a", 1), fact("a", 2)])
    with pytest.raises(ValueError, match="lies below a, which is a fact"):
        build_tree([fact("a", 1), fact("a.b", 2)])
