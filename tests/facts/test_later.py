"""What a longer horizon brought."""

import pytest

from reportgen.facts.later import judge_forecast, later_facts
from tests.facts.hand_made import LABELS, record, values


def test_later():
    """Wrong at first 3, 4, 5, 9, 10, then 9: four mended, none spoilt; p = 2/16."""
    base = record()
    found = values(later_facts("net", base, *base.result.evaluations, "key"))
    at = "net.h2.later"
    assert found[f"{at}.epochs"] == 4
    assert found[f"{at}.gain"] == pytest.approx(4 / 12)
    assert (found[f"{at}.fixed"], found[f"{at}.broken"], found[f"{at}.p"]) == (4, 0, 0.125)
    assert found[f"{at}.low"] < 4 / 12 < found[f"{at}.high"]
    assert found[f"{at}.small"] is False
    assert found[f"{at}.verdict"] == "inconclusive"
    assert found[f"{at}.forecast"] == "open"
    assert found[f"{at}.loss_change"] == pytest.approx(0.55 / 0.95 - 1)


def test_later_and_worse():
    """All right at first, then one wrong."""
    base = record(early=LABELS, matrix=((5, 0, 0), (0, 5, 0), (0, 0, 2)))
    found = values(later_facts("net", base, *base.result.evaluations, "key"))
    assert (found["net.h2.later.fixed"], found["net.h2.later.broken"]) == (0, 1)
    assert found["net.h2.later.p"] == 1.0


@pytest.mark.parametrize(
    ("verdict", "more", "forecast"),
    [
        ("better", True, "right"),
        ("better", False, "wrong"),
        ("similar", True, "wrong"),
        ("worse", False, "right"),
        ("similar", False, "right"),
        ("inconclusive", True, "open"),
    ],
)
def test_forecast(verdict, more, forecast):
    assert judge_forecast(verdict, more_epochs_help=more) == forecast
