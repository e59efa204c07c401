"""The experiments of a section against each other."""

import dataclasses

import numpy as np
import pytest

from reportgen.facts.versus import (
    compare_rivals,
    find_families,
    find_rivals,
    rival_facts,
    section_facts,
)
from tests.facts.hand_made import CLASSES, record, values

N = 40


def answers(name, wrong, horizons=(1,), labels=None, groups=None, classes=CLASSES):
    """Return a record whose last horizon's checkpoint gets some samples wrong."""
    labels = np.arange(N) % 3 if labels is None else np.asarray(labels)
    base = record()
    arrays = {"labels": labels.astype(np.uint16)}
    evaluations = []
    for h in horizons:
        guess = labels.copy()
        missed = np.array(sorted(wrong if h == horizons[-1] else range(len(labels))), int)
        guess[missed] = (labels[missed] + 1) % 3
        arrays[f"h{h}.predictions"] = guess.astype(np.uint16)
        matrix = np.zeros((3, 3), int)
        np.add.at(matrix, (labels, guess), 1)
        evaluations.append(
            dataclasses.replace(
                base.result.evaluations[0],
                horizon=h,
                n=len(labels),
                n_errors=len(missed),
                confusion=tuple(tuple(row) for row in matrix.tolist()),
                errors=(),
            )
        )
    if groups is not None:
        arrays["groups"] = np.asarray(groups, np.int32)
    result = dataclasses.replace(
        base.result,
        experiment=name,
        keys={"record": f"key-{name}"},
        data=dataclasses.replace(base.result.data, classes=classes),
        evaluations=tuple(evaluations),
        maps=(),
    )
    return dataclasses.replace(base, result=result, arrays=arrays)


def alike(records):
    """Say of all records that their data are divided alike."""
    return dict.fromkeys(records, "one division")


def of(**wrong):
    """Return records by name, from the samples that each gets wrong."""
    return {name: answers(name, missed) for name, missed in wrong.items()}


# ── two ─────────────────────────────────────────────────────────────────────


def test_both_ways():
    """`a` misses 0 and 1, `b` misses 1 to 9: a alone is right in 2…9, b alone in 0.

    McNemar: 2 (1 + 9) / 2⁹ = 20 / 512.
    """
    found = values(rival_facts(("a", "b"), of(a={0, 1}, b=set(range(1, 10)))))
    forth, back = "a.versus.b", "b.versus.a"
    assert found[f"{forth}.gain"] == 7 / 40
    assert (found[f"{forth}.fixed"], found[f"{forth}.broken"]) == (8, 1)
    assert found[f"{forth}.p"] == found[f"{forth}.p_holm"] == 20 / 512
    assert found[f"{forth}.verdict"] == "better"
    assert found[f"{forth}.low"] < 7 / 40 < found[f"{forth}.high"]
    assert found[f"{back}.gain"] == -7 / 40
    assert (found[f"{back}.fixed"], found[f"{back}.broken"]) == (1, 8)
    assert found[f"{back}.low"] == -found[f"{forth}.high"]
    assert found[f"{back}.high"] == -found[f"{forth}.low"]
    assert found[f"{back}.p"] == found[f"{forth}.p"]
    assert found[f"{back}.verdict"] == "worse"
    assert found["a.versus.n"] == found["b.versus.n"] == 1
    assert (found["a.rank"], found["b.rank"]) == (1, 2)
    assert (found["a.versus.beats"], found["b.versus.beats"]) == (1, 0)
    assert (found["a.versus.beats_all"], found["b.versus.beats_all"]) == (True, False)


def test_the_best_is_not_shown_better():
    """3 against 0 discordant: p = 2/8."""
    found = values(rival_facts(("a", "b"), of(a=set(), b={0, 1, 2})))
    assert found["a.versus.b.verdict"] == found["b.versus.a.verdict"] == "inconclusive"
    assert found["a.versus.b.p"] == 0.25
    assert found["a.rank"] == 1
    assert found["a.versus.beats"] == 0
    assert found["a.versus.beats_all"] is False


def test_the_same_answers_tie():
    """Equal answers: no difference, and no minus before the zero."""
    found = values(rival_facts(("a", "b"), of(a={0}, b={0})))
    assert found["a.rank"] == found["b.rank"] == 1
    assert found["b.versus.a.p"] == 1.0
    assert str(found["b.versus.a.gain"]) == str(found["a.versus.b.gain"]) == "0.0"


def test_similar():
    """No disagreement on 2000 samples: the interval lies within half a point."""
    labels = np.arange(2000) % 3
    records = {name: answers(name, {0}, labels=labels) for name in "ab"}
    found = values(rival_facts(("a", "b"), records))
    assert found["a.versus.b.verdict"] == found["b.versus.a.verdict"] == "similar"
    assert found["a.versus.b.small"] is found["b.versus.a.small"] is True


# ── several ─────────────────────────────────────────────────────────────────


def test_holm_over_the_unordered_pairs():
    """c alone is right in 6 samples of a and of b, which agree: p = 2/64 twice, and 1.

    Corrected over three pairs: 3/32, 3/32 (monotone) and 1.
    """
    missed = set(range(6))
    found = values(rival_facts(("a", "b", "c"), of(a=missed, b=missed, c=set())))
    assert found["c.versus.a.p"] == found["c.versus.b.p"] == 2 / 64
    assert found["c.versus.a.p_holm"] == found["a.versus.c.p_holm"] == 3 * 2 / 64
    assert found["c.versus.b.p_holm"] == 3 * 2 / 64
    assert found["a.versus.b.p_holm"] == 1.0
    assert found["c.versus.a.verdict"] == "inconclusive"
    assert found["c.versus.n"] == 2


def test_ranks_with_a_tie():
    """Errors 5, 2, 2, 9: the two best share the first place, and there is no second."""
    found = values(
        rival_facts(
            ("a", "b", "c", "d"),
            of(a=set(range(5)), b={0, 1}, c={7, 8}, d=set(range(20, 29))),
        )
    )
    assert [found[f"{name}.rank"] for name in "abcd"] == [3, 1, 1, 4]


def test_beats_some_and_not_all():
    """a is right everywhere, b misses one, c twenty: a beats c (p tiny), not b (p = 1)."""
    found = values(rival_facts(("a", "b", "c"), of(a=set(), b={39}, c=set(range(20)))))
    assert found["a.versus.beats"] == 1
    assert found["a.versus.beats_all"] is False
    assert found["b.versus.beats"] == 1
    assert found["c.versus.beats"] == 0


def test_every_pair_is_told_both_ways():
    duels = compare_rivals(("a", "b", "c"), of(a={0}, b={1}, c={2}))
    assert {(duel.name, duel.other) for duel in duels} == {
        (x, y) for x in "abc" for y in "abc" if x != y
    }
    assert len(duels) == 6


# ── at what horizon, on what samples ────────────────────────────────────────


def test_each_at_its_own_last_horizon():
    """At shorter horizons all is wrong; an estimator's only horizon is 0."""
    records = {
        "net": answers("net", {0}, horizons=(2, 4)),
        "svm": answers("svm", {0, 1, 2}, horizons=(0,)),
    }
    facts = list(rival_facts(("net", "svm"), records))
    assert values(facts)["net.versus.svm.gain"] == 2 / 40
    (fact,) = (fact for fact in facts if fact.id == "net.versus.svm.gain")
    assert fact.source.run == "key-net+key-svm"
    assert fact.source.field == "evaluations[h=4],evaluations[h=0]"


def test_by_group_where_there_are_groups():
    """All 8 wins lie in one group: one sign, so the exact p-value is 1; by samples it is 2/256."""
    groups = [0] * 8 + [1] * 32
    records = {
        "a": answers("a", set(), groups=groups),
        "b": answers("b", set(range(8)), groups=groups),
    }
    assert values(rival_facts(("a", "b"), records))["a.versus.b.p"] == 1.0
    free = of(a=set(), b=set(range(8)))
    assert values(rival_facts(("a", "b"), free))["a.versus.b.p"] == 2 / 256


def test_only_the_same_samples_are_compared():
    """b has other labels, c other classes: a and d are left; b and c stand alone."""
    records = of(a={0}, d={1}) | {
        "b": answers("b", {0}, labels=(np.arange(N) + 1) % 3),
        "c": answers("c", {0}, classes=("ant", "bee", "dog")),
    }
    assert list(find_rivals(("a", "b", "c", "d"), records, alike(records))) == [("a", "d")]
    ids = values(section_facts([("a", "b", "c", "d")], records, alike(records)))
    assert {name.split(".")[0] for name in ids} == {"a", "d"}


def test_two_sets_of_samples_in_one_section():
    other = (np.arange(N) + 1) % 3
    records = of(a={0}, c={1}) | {x: answers(x, {0}, labels=other) for x in "bd"}
    assert list(find_rivals(("a", "b", "c", "d"), records, alike(records))) == [
        ("a", "c"),
        ("b", "d"),
    ]


def test_an_experiment_without_an_evaluation_takes_no_part():
    records = of(a={0}, b={1})
    none = dataclasses.replace(records["b"].result, evaluations=())
    records["b"] = dataclasses.replace(records["b"], result=none)
    assert list(find_rivals(("a", "b"), records, alike(records))) == []


# ── sections ────────────────────────────────────────────────────────────────


def test_an_experiment_alone_has_no_facts():
    records = of(a={0}, b={1})
    assert list(section_facts([("a",), ("b",)], records, alike(records))) == []


@pytest.mark.parametrize(
    ("sections", "families"),
    [
        ([("a", "b"), ("c", "d")], [("a", "b"), ("c", "d")]),
        ([("a",), ("a", "b")], [("a", "b")]),
        ([("a", "b"), ("c", "d"), ("b", "c")], [("c", "d", "a", "b")]),
        ([("a", "a")], [("a",)]),
        ([], []),
    ],
)
def test_sections_that_share_an_experiment_are_one(sections, families):
    found = find_families(sections)
    assert [set(family) for family in found] == [set(family) for family in families]
    assert [len(family) for family in found] == [len(family) for family in families]


def test_sections_are_compared_apart():
    records = of(a={0}, b={1}, c={2}, d={3})
    found = values(section_facts([("a", "b"), ("c", "d")], records, alike(records)))
    assert "a.versus.b.gain" in found
    assert "a.versus.c.gain" not in found
    assert found["c.versus.n"] == 1


def test_other_divisions_are_not_compared_though_labels_agree():
    """Emoji in the order of their classes have the same labels however they are divided."""
    records = of(a={0}, b={1}, c={2})
    samples = {"a": "division 0", "b": "division 1", "c": "division 0"}
    assert list(find_rivals(("a", "b", "c"), records, samples)) == [("a", "c")]


def test_a_test_split_is_what_experiments_are_compared_on():
    """On validation `a` is better by 8; of 10 test samples `b` alone has 3, `a` alone 1."""
    records = {}
    for name, wrong in (("a", {0, 1, 2}), ("b", {3})):
        record = answers(name, {0, 1} if name == "a" else set(range(10)))
        labels = (np.arange(10) % 3).astype(np.uint16)
        guess = labels.copy()
        guess[sorted(wrong)] = (labels[sorted(wrong)] + 1) % 3
        matrix = ((4 - len(wrong), len(wrong), 0), (0, 3, 0), (0, 0, 3))
        arrays = record.arrays | {"test.labels": labels, "h1.test.predictions": guess}
        held_out = dataclasses.replace(
            record.result.evaluations[0], split="test", n=10, n_errors=len(wrong), confusion=matrix
        )
        result = dataclasses.replace(record.result, tests=(held_out,))
        records[name] = dataclasses.replace(record, result=result, arrays=arrays)
    found = values(rival_facts(("a", "b"), records))
    assert found["a.versus.split"] == "test"
    assert (found["a.versus.b.fixed"], found["a.versus.b.broken"]) == (1, 3)
    assert found["a.versus.b.gain"] == -0.2
    assert (found["a.rank"], found["b.rank"]) == (2, 1)


# ── many ────────────────────────────────────────────────────────────────────


def crowd(n):
    """Return n experiments: `net5` is right on all, each other misses its own number of samples."""
    return of(**{f"net{i}": set() if i == 5 else set(range(1 + i)) for i in range(n)})


def test_many_are_compared_with_the_best_alone():
    """31 experiments have 465 pairs; `net9` misses ten samples of 40, and 21 miss more."""
    records = crowd(31)
    found = values(rival_facts(tuple(records), records))
    assert sum(id.endswith(".verdict") for id in found) == 2 * 30
    assert found["net5.versus.n"] == 30
    assert found["net9.versus.n"] == 1
    assert found["net9.versus.net5.p_holm"] == pytest.approx(2 / 2**10 * (465 - 21))
    assert found["net20.versus.net5.p_holm"] == pytest.approx(2 / 2**21 * (465 - 10))
    assert (found["net5.rank"], found["net0.rank"], found["net30.rank"]) == (1, 2, 31)
    assert found["net5.versus.beats"] == sum(
        found[f"net5.versus.net{i}.verdict"] == "better" for i in range(31) if i != 5
    )
    assert not found["net0.versus.beats_all"]


def test_as_many_as_can_be_are_compared_each_with_each():
    records = crowd(30)
    duels = compare_rivals(tuple(records), records)
    assert len(duels) == 30 * 29


def test_the_source_of_a_rank_names_what_it_was_compared_with():
    records = crowd(31)
    [rank] = [f for f in rival_facts(tuple(records), records) if f.id == "net9.rank"]
    assert rank.source.run == "key-net5+key-net9"
