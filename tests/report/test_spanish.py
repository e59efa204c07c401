"""Numbers, words and lists by the rules of the Real Academia Española."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.report.spanish import MINUS, NO_BREAK_SPACE, THIN_SPACE, Spanish, conjoin

ES, MX = Spanish("es_ES"), Spanish("es_MX")
finite = st.floats(allow_nan=False, allow_infinity=False, width=64)


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (0, None, "0"),
        (4500, None, "4500"),
        (9999, None, "9999"),
        (10_000, None, "10 000"),
        (813_802, None, "813 802"),
        (6_199_498, None, "6 199 498"),
        (1234.5, 1, "1234,5"),
        (12345.678, 2, "12 345,68"),
        (-0.25, 2, "-0,25"),
        (0.01, None, "0,01"),
        (1e-5, None, "0,00001"),
        (0.00004, 2, "0,00"),
        (-0.00004, 2, "0,00"),
    ],
)
def test_numbers_in_digits(value: float, decimals: int | None, shown: str) -> None:
    expected = shown.replace(" ", THIN_SPACE).replace("-", MINUS)
    assert ES.number(value, decimals) == expected


@pytest.mark.parametrize(
    ("value", "shown"), [(0.125, "0,13"), (0.135, "0,14"), (2.675, "2,68"), (-0.125, "−0,13")]
)
def test_a_half_goes_up_as_with_a_pencil(value: float, shown: str) -> None:
    """2,675 is a little less in binary; what results.json prints is what is rounded."""
    assert ES.number(value, 2) == shown


def test_the_decimals_are_never_grouped() -> None:
    assert ES.number(0.123456, 6) == "0,123456"


def test_the_country_decides_the_mark() -> None:
    assert (ES.percent(0.9894), MX.percent(0.9894)) == (
        f"98,94{THIN_SPACE}%",
        f"98.94{THIN_SPACE}%",
    )
    with pytest.raises(ValueError, match="es_ES, es_MX"):
        Spanish("fr_FR")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_has_no_digits(value: float) -> None:
    with pytest.raises(ValueError, match="no number"):
        ES.number(value)


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_an_integer_can_be_read_back(value: int) -> None:
    text = ES.number(value)
    assert int(text.replace(THIN_SPACE, "").replace(MINUS, "-")) == value


@given(finite.filter(lambda x: abs(x) < 1e12), st.integers(min_value=0, max_value=6))
def test_a_number_can_be_read_back_to_half_a_unit(value: float, decimals: int) -> None:
    text = ES.number(value, decimals)
    read = Decimal(text.replace(THIN_SPACE, "").replace(MINUS, "-").replace(",", "."))
    assert abs(read - Decimal(repr(value))) <= Decimal(5).scaleb(-decimals - 1)
    assert len(text.partition(",")[2]) == decimals


@given(finite.filter(lambda x: abs(x) < 1e12), st.integers(min_value=0, max_value=4))
def test_no_line_can_break_inside_a_number(value: float, decimals: int) -> None:
    text = ES.number(value, decimals)
    assert set(text) <= set("0123456789,") | {THIN_SPACE, MINUS}


@given(st.integers(min_value=0, max_value=10**12))
def test_groups_have_three_digits_and_begin_at_five(value: int) -> None:
    first, *groups = ES.number(value).split(THIN_SPACE)
    assert bool(groups) == (value >= 10_000)
    assert all(len(group) == 3 for group in groups)
    assert 1 <= len(first) <= (3 if groups else 4)


def test_sizes_are_those_of_the_usual_summaries() -> None:
    """Parameters of the emoji net: 1 069 509 × 4 bytes / 2²⁰ = 4,0799."""
    assert ES.megabytes(4 * 1_069_509) == f"4,08{THIN_SPACE}MB"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(8.25, "8,3 s"), (59.94, "59,9 s"), (59.96, "1 min"), (125, "2 min_5 s"), (3720, "1 h_2 min")],
)
def test_durations(seconds: float, shown: str) -> None:
    expected = shown.replace(" ", THIN_SPACE).replace("_", NO_BREAK_SPACE)
    assert ES.duration(seconds) == expected


@pytest.mark.parametrize(
    ("n", "gender", "noun", "shown"),
    [
        (0, "m", False, "cero"),
        (1, "m", False, "uno"),
        (1, "m", True, "un"),
        (1, "f", True, "una"),
        (2, "f", True, "dos"),
        (10, "m", False, "diez"),
        (21, "m", True, "veintiún"),
        (21, "f", True, "veintiuna"),
        (31, "m", True, "treinta y un"),
        (31, "f", False, "treinta y una"),
        (45, "m", False, "cuarenta y cinco"),
        (90, "m", False, "noventa"),
    ],
)
def test_words_agree_in_gender(n: int, gender: str, noun: bool, shown: str) -> None:
    assert ES.word(n, gender, noun=noun) == shown  # type: ignore[arg-type]


def test_words_end_at_ninety_nine() -> None:
    assert len({ES.word(n) for n in range(100)}) == 100
    with pytest.raises(ValueError, match="0 to 99"):
        ES.word(100)


def test_prose_counts_in_words_up_to_ten() -> None:
    assert (ES.count(10), ES.count(11), ES.count(10_000)) == ("diez", "11", f"10{THIN_SPACE}000")


@pytest.mark.parametrize(
    ("n", "gender", "noun", "shown"),
    [
        (1, "m", False, "primero"),
        (1, "m", True, "primer"),
        (3, "f", True, "tercera"),
        (7, "m", True, "séptimo"),
        (12, "f", False, "12.ª"),
        (12, "m", False, "12.º"),
    ],
)
def test_ordinals(n: int, gender: str, noun: bool, shown: str) -> None:
    assert ES.ordinal(n, gender, noun=noun) == shown  # type: ignore[arg-type]


def test_only_one_is_singular() -> None:
    shown = [ES.plural(n, "época", "épocas") for n in (0, 1, 1.5, 2, -1)]
    assert shown == ["épocas", "época", "épocas", "épocas", "época"]


@pytest.mark.parametrize(
    ("word", "before"),
    [
        ("insectos", "e"),
        ("hijos", "e"),
        ("Íñigo", "e"),
        ("hielo", "y"),
        ("hiato", "y"),
        ("aves", "y"),
        ("8", "y"),
    ],
)
def test_y_becomes_e_before_its_own_sound(word: str, before: str) -> None:
    assert conjoin(word, "y") == before


@pytest.mark.parametrize(
    ("word", "before"),
    [
        ("ocho", "u"),
        ("hombres", "u"),
        ("8", "u"),
        ("80", "u"),
        ("800", "u"),
        ("11", "u"),
        (f"11{THIN_SPACE}000", "u"),
        ("8000", "u"),
        ("18", "o"),
        ("110", "o"),
        ("1100", "o"),
        ("aves", "o"),
    ],
)
def test_o_becomes_u_before_its_own_sound(word: str, before: str) -> None:
    assert conjoin(word, "o") == before


def test_lists() -> None:
    assert ES.join([]) == ""
    assert ES.join(["una"]) == "una"
    assert ES.join(["rojo", "verde", "índigo"]) == "rojo, verde e índigo"


def test_dates_in_full() -> None:
    assert ES.date(dt.date(2026, 4, 10)) == "10 de abril de 2026"


@pytest.mark.parametrize(
    ("fraction", "decimals", "expected"),
    [
        (1.0, 2, "100,00"),
        (0.99995, 2, "99,995"),  # to two decimals it would be 100,00
        (0.9999949, 2, "99,999"),
        (59999 / 60000, 1, "99,998"),
        (0.9999999999, 2, "100,00"),  # not even six decimals show it
        (0.9994, 1, "99,9"),
        (0.0, 2, "0,00"),
    ],
)
def test_less_than_all_is_not_called_all(fraction, decimals, expected):
    assert ES.percent(fraction, decimals) == f"{expected}\u202f%"
