"""Mean and interval over seeds, and trials compared by seed."""

from fractions import Fraction

import pytest

from reportgen.facts.seeds import compare_seeds, seed_facts, versus_facts
from tests.facts.hand_made import LABELS, record, values


def share(errors, n):
    """Return seed to accuracy, from seed to errors among n samples."""
    return {seed: Fraction(n - count, n) for seed, count in errors.items()}


RIGHT = ((5, 0, 0), (0, 5, 0), (0, 0, 2))
BASE = [record(seed=1), record(seed=2)]  # 5 errors each at horizon 2, 1 at horizon 4
PERFECT = [record(trial="perfect", seed=seed, early=LABELS, matrix=RIGHT) for seed in (1, 2)]


def test_one_seed_has_no_spread():
    assert list(seed_facts("net", BASE[:1])) == []


def test_mean_and_interval():
    """7/12 and 12/12: mean 19/24, deviation (5/12)/√2, t(1) = 12.706 times that over √2."""
    found = values(seed_facts("net", [BASE[0], PERFECT[1]]))
    assert found["net.h2.seeds.n"] == 2
    assert found["net.h2.seeds.mean"] == pytest.approx(19 / 24)
    assert found["net.h2.seeds.deviation"] == pytest.approx(5 / 12 / 2**0.5)
    assert found["net.h2.seeds.min"] == pytest.approx(7 / 12)
    assert found["net.h2.seeds.max"] == 1.0
    assert (found["net.h2.seeds.low"], found["net.h2.seeds.high"]) == (0.0, 1.0)  # cut
    assert found["net.h4.seeds.low"] == found["net.h4.seeds.high"] == pytest.approx(11 / 12)


def test_paired_by_seed():
    """Errors 10, 12, 9 against 7, 8, 7 of 100: saved 3, 4, 2; no flip reaches 9 but two of 8."""
    found = compare_seeds(share({1: 10, 2: 12, 3: 9}, 100), share({3: 7, 2: 8, 1: 7}, 100))
    assert found.paired
    assert found.gain == pytest.approx(0.03)
    assert found.p == found.least_p == 2 / 8
    half = 4.30265 * 0.01 / 3**0.5  # deviation 1 point, t(2)
    assert (found.low, found.high) == pytest.approx((0.03 - half, 0.03 + half), abs=1e-6)
    assert (found.verdict, found.decisive, found.small) == ("inconclusive", False, False)


def test_six_pairs_can_decide():
    mine = {seed: 50 + seed for seed in range(6)}
    found = compare_seeds(
        share(mine, 1000), share({seed: n - 20 for seed, n in mine.items()}, 1000)
    )
    assert found.decisive
    assert found.p == 2 / 64


def test_unpaired_seeds():
    """{9, 10} against {1, 2}: both extreme divisions of 6."""
    found = compare_seeds(share({1: 9, 2: 10}, 100), share({3: 1, 4: 2}, 100))
    assert not found.paired
    assert found.gain == pytest.approx(0.08)
    assert found.p == found.least_p == pytest.approx(2 / 6)


def test_similar_over_seeds():
    mine = {seed: 100 + seed % 3 for seed in range(8)}
    theirs = {seed: 101 + seed % 2 for seed in range(8)}
    assert compare_seeds(share(mine, 10_000), share(theirs, 10_000)).verdict == "similar"


def test_versus_facts():
    """Each seed mends 5 of 12; with two seeds the least p-value is 1/2, twice that after Holm."""
    found = values(versus_facts("net", BASE, {"perfect": PERFECT, "same": PERFECT}))
    at = "net.perfect.h2.versus.seeds"
    assert found[f"{at}.n"] == 2
    assert found[f"{at}.paired"] is True
    assert found[f"{at}.gain"] == pytest.approx(5 / 12)
    assert (found[f"{at}.p"], found[f"{at}.p_holm"]) == (0.5, 1.0)
    assert found[f"{at}.decisive"] is False
    assert found[f"{at}.verdict"] == "inconclusive"


def test_no_comparison_with_one_seed():
    assert list(versus_facts("net", BASE[:1], {"perfect": PERFECT})) == []
    assert list(versus_facts("net", BASE, {"perfect": PERFECT[:1]})) == []


def test_sources_join_all_runs():
    assert {fact.source.run for fact in seed_facts("net", BASE)} == {"key-base-1+key-base-2"}
