"""Experiments of a section compared over their seeds."""

import dataclasses

import numpy as np
import pytest

from reportgen.facts.seed_versus import seed_section_facts
from tests.facts.hand_made import record, values

N = 10


def scored(name, seed, wrong):
    """Return a record whose one checkpoint gets so many of ten samples wrong."""
    base = record(seed=seed)
    labels = np.zeros(N, np.uint16)
    guess = labels.copy()
    guess[:wrong] = 1
    evaluation = dataclasses.replace(
        base.result.evaluations[0],
        horizon=4,
        n=N,
        n_errors=wrong,
        confusion=((N - wrong, wrong, 0), (0, 0, 0), (0, 0, 0)),
        errors=(),
    )
    result = dataclasses.replace(
        base.result,
        experiment=name,
        seed=seed,
        keys={"record": f"key-{name}-{seed}"},
        evaluations=(evaluation,),
        maps=(),
    )
    arrays = {"labels": labels, "h4.predictions": guess}
    return dataclasses.replace(base, result=result, arrays=arrays)


def compared(samples=None, **errors):
    """Return the facts on experiments of one section from each one's errors by seed."""
    by_seed = {
        name: [scored(name, seed, wrong) for seed, wrong in enumerate(counts)]
        for name, counts in errors.items()
    }
    samples = samples or dict.fromkeys(by_seed, "alike")
    return values(seed_section_facts([tuple(by_seed)], by_seed, samples))


def test_paired_by_seed():
    """`b` saves 2, 1 and 3 errors of 10: mean 0.2; of 8 flips two reach a sum of 6."""
    found = compared(a=(4, 3, 5), b=(2, 2, 2))
    at = "b.versus.a.seeds"
    assert found[f"{at}.paired"] is True
    assert found[f"{at}.n"] == 3
    assert found[f"{at}.gain"] == pytest.approx(0.2)
    assert found[f"{at}.p"] == found[f"{at}.p_holm"] == 2 / 8
    half = 4.30265 * 0.1 / 3**0.5  # deviation 10 points, t(2)
    assert found[f"{at}.low"] == pytest.approx(0.2 - half, abs=1e-5)
    assert found[f"{at}.high"] == pytest.approx(0.2 + half, abs=1e-5)
    assert found[f"{at}.verdict"] == "inconclusive"
    assert found[f"{at}.decisive"] is False  # 2/8 is the least that three seeds can give
    back = "a.versus.b.seeds"
    assert found[f"{back}.gain"] == pytest.approx(-0.2)
    assert found[f"{back}.low"] == -found[f"{at}.high"]
    assert (found["a.seeds.rank"], found["b.seeds.rank"]) == (2, 1)
    assert found["b.seeds.split"] == "validation"


def test_holm_goes_over_all_pairs():
    """Three pairs of eight seeds, each saved alike: 2/256 each, times three for the least."""
    found = compared(a=(6,) * 8, b=(4,) * 8, c=(2,) * 8)
    assert found["c.versus.a.seeds.p"] == 2 / 256
    assert found["c.versus.a.seeds.p_holm"] == 6 / 256
    assert found["c.versus.a.seeds.verdict"] == "better"
    assert (found["c.seeds.rivals"], found["c.seeds.beats"]) == (2, 2)
    assert found["c.seeds.beats_all"] is True
    assert found["b.seeds.beats_all"] is False


def test_other_numbers_of_seeds_are_free_samples():
    found = compared(a=(5, 6), b=(1, 2, 1))
    assert found["a.versus.b.seeds.paired"] is False
    assert (found["a.versus.b.seeds.n"], found["b.versus.a.seeds.n"]) == (2, 3)
    assert found["a.versus.b.seeds.p"] == pytest.approx(1 / 10)  # one division of ten so extreme


def test_one_seed_takes_no_part():
    assert compared(a=(5,), b=(1, 2)) == {}


def test_other_data_are_not_compared():
    assert compared({"a": "one", "b": "another"}, a=(5, 6), b=(1, 2)) == {}


def test_ties_share_the_better_place():
    found = compared(a=(5, 6), b=(6, 5), c=(1, 1))
    assert [found[f"{name}.seeds.rank"] for name in "abc"] == [2, 2, 1]
