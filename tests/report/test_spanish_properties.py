"""Properties of the Spanish formatter, for whatever values and words come."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.report.labels import Label, Labels, load_labels
from reportgen.report.spanish import MINUS, NO_BREAK_SPACE, THIN_SPACE, Spanish, conjoin

LOCALES = ("es_ES", "es_MX")
MARKS = {"es_ES": ",", "es_MX": "."}
MONTHS = (
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
).split()

spanish = st.sampled_from(LOCALES).map(Spanish)
numbers = st.floats(-1e11, 1e11, allow_nan=False)
places = st.integers(0, 5)
letters = "abcdefghijklmnñopqrstuvwxyzáéíóúü"
words = st.text(letters, min_size=1, max_size=8)
genders = st.sampled_from(["m", "f"])


def read(text: str, locale: str) -> Decimal:
    """Read a number back as a reader of the country does."""
    plain = text.replace(THIN_SPACE, "").replace(MINUS, "-")
    return Decimal(plain.replace(MARKS[locale], "."))


# ── numbers and percentages ─────────────────────────────────────────────────


@given(st.sampled_from(LOCALES), numbers, places)
def test_a_number_reads_back_in_its_own_country(locale: str, value: float, decimals: int) -> None:
    text = Spanish(locale).number(value, decimals)
    assert abs(read(text, locale) - Decimal(repr(value))) <= Decimal(5).scaleb(-decimals - 1)


@given(numbers, places)
def test_the_countries_differ_by_the_mark_alone(value: float, decimals: int) -> None:
    es, mx = (Spanish(locale).number(value, decimals) for locale in LOCALES)
    assert es.replace(",", ".") == mx
    assert "." not in es
    assert "," not in mx


@given(spanish, numbers)
def test_without_decimals_given_nothing_is_lost(language: Spanish, value: float) -> None:
    assert read(language.number(value), language.locale) == Decimal(repr(value))


@given(spanish, st.floats(0, 1), st.integers(0, 4))
def test_a_percentage_is_a_number_a_thin_space_and_its_sign(
    language: Spanish, fraction: float, decimals: int
) -> None:
    text = language.percent(fraction, decimals)
    assert text.endswith(f"{THIN_SPACE}%")
    shown = read(text.removesuffix(f"{THIN_SPACE}%"), language.locale)
    assert 0 <= shown <= 100
    assert abs(shown - 100 * Decimal(repr(fraction))) <= Decimal(5).scaleb(-decimals - 1)
    assert " " not in text


@given(spanish, st.integers(0, 20_000), st.integers(1, 20_000))
def test_accuracy_and_errors_agree_on_the_page(language: Spanish, wrong: int, n: int) -> None:
    """106 errors of 10 000 are 98,94 %: the percentages of both add to 100."""
    wrong = min(wrong, n)
    right, error = (
        read(language.points(share, 4), language.locale) for share in (1 - wrong / n, wrong / n)
    )
    assert abs(right + error - 100) <= Decimal("0.0001")


@given(spanish, numbers.filter(lambda x: x), places)
def test_only_what_is_shown_below_zero_has_a_minus(
    language: Spanish, value: float, decimals: int
) -> None:
    text = language.number(value, decimals)
    assert text.startswith(MINUS) == (read(text, language.locale) < 0)


# ── lists ───────────────────────────────────────────────────────────────────


def sound(word: str) -> str:
    """Return a word as it begins to the ear: without accents, without a silent h."""
    bare = unicodedata.normalize("NFD", word.lower())
    return "".join(c for c in bare if not unicodedata.combining(c)).removeprefix("h")


@given(words)
def test_y_yields_to_the_sound_i_alone(word: str) -> None:
    """Before hie-, hia-, hio- the i is no vowel of its own (hierro, hiato): y stays."""
    glides = re.match(r"hi[aeouáéóú]", word) is not None
    expected = "e" if sound(word).startswith("i") and not glides else "y"
    assert conjoin(word, "y") == expected


@given(words)
def test_o_yields_to_the_sound_o_alone(word: str) -> None:
    assert conjoin(word, "o") == ("u" if sound(word).startswith("o") else "o")


@pytest.mark.parametrize(
    ("word", "before"),
    [
        ("hierba", "y"),
        ("hiena", "y"),
        ("hielo", "y"),
        ("hioides", "y"),
        ("hía", "e"),  # the accent parts the vowels
        ("hígado", "e"),
        ("historia", "e"),
        ("hipopótamos", "e"),
        ("híbridos", "e"),
        ("yeguas", "y"),
        ("yates", "y"),
        ("iglesias", "e"),
        ("Irene", "e"),
    ],
)
def test_words_with_hi_hie_and_y(word: str, before: str) -> None:
    assert conjoin(word, "y") == before
    assert conjoin(word.upper(), "y") == before


@given(st.integers(0, 10**9))
def test_o_becomes_u_before_a_number_that_begins_with_ocho_or_once(n: int) -> None:
    """Ocho, ochenta, ochocientos, once, and those of the thousands and the millions."""
    group = Spanish().number(n).split(THIN_SPACE)[0]
    leading = group[0] if len(group) == 4 else group
    assert conjoin(Spanish().number(n), "o") == (
        "u" if leading.startswith("8") or leading == "11" else "o"
    )


@given(spanish, st.lists(words, min_size=2, max_size=6), st.sampled_from(["y", "o"]))
def test_a_list_has_commas_but_before_its_conjunction(
    language: Spanish, items: list[str], conjunction: str
) -> None:
    text = language.join(items, conjunction)  # type: ignore[arg-type]
    head, link, last = text.rsplit(" ", 2)
    assert last == items[-1]
    assert link in {"y": {"y", "e"}, "o": {"o", "u"}}[conjunction]
    assert head.split(", ") == items[:-1]


# ── agreement ───────────────────────────────────────────────────────────────


@given(spanish, st.integers(0, 10**6), words, words)
def test_a_noun_is_singular_after_one_alone(
    language: Spanish, n: int, singular: str, plural: str
) -> None:
    assert language.plural(n, singular, plural) == (singular if n == 1 else plural)


@given(st.integers(0, 99), genders, st.booleans())
def test_cardinals_agree_in_gender_where_they_end_in_one(n: int, gender: str, noun: bool) -> None:
    text = Spanish().word(n, gender, noun=noun)  # type: ignore[arg-type]
    if n % 10 != 1 or n == 11:
        assert text == Spanish().word(n)
    elif gender == "f":
        assert text.endswith("una")
    else:
        assert text.endswith(("un", "ún") if noun else "uno")


@given(spanish, st.integers(1, 10**5), genders)
def test_ordinals_agree_in_gender(language: Spanish, n: int, gender: str) -> None:
    text = language.ordinal(n, gender)  # type: ignore[arg-type]
    assert text[-1] == ({"m": "o", "f": "a"} if n <= 10 else {"m": "º", "f": "ª"})[gender]
    if n > 10:
        assert read(text[:-2], language.locale) == n
        assert text[-2] == "."


@given(words, genders, words)
def test_articles_agree_with_a_label(word: str, gender: str, plural: str) -> None:
    labels = Labels({"x": Label(word, gender, plural)})  # type: ignore[arg-type]
    the, a = ("la", "una") if gender == "f" else ("el", "un")
    shown = [labels.form("x", form) for form in ("label", "plural", "the", "a")]
    assert shown == [word, plural, f"{the} {word}", f"{a} {word}"]


# ── dates ───────────────────────────────────────────────────────────────────


@given(spanish, st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31)))
def test_a_date_is_day_de_month_de_year(language: Spanish, day: dt.date) -> None:
    assert language.date(day) == f"{day.day} de {MONTHS[day.month - 1]} de {day.year}"


@given(spanish, st.floats(0, 10**6))
def test_a_duration_never_breaks_over_lines(language: Spanish, seconds: float) -> None:
    text = language.duration(seconds)
    assert " " not in text
    assert 1 <= len(text.split(NO_BREAK_SPACE)) <= 2


# ── the data ────────────────────────────────────────────────────────────────

CLASSES = {
    "mnist": "0 1 2 3 4 5 6 7 8 9".split(),
    "fashion-mnist": (
        "t-shirt trouser pullover dress coat sandal shirt sneaker bag ankle-boot".split()
    ),
    "cifar10": "airplane automobile bird cat deer dog frog horse ship truck".split(),
    "alien-vs-predator": ["alien", "predator"],
}


@pytest.mark.parametrize("dataset", CLASSES)
def test_each_class_has_a_name_a_gender_and_a_plural(project: Path, dataset: str) -> None:
    labels = load_labels(project / "templates", dataset)
    # After the classes may come the names of their groups.
    assert list(labels.by_class)[: len(CLASSES[dataset])] == CLASSES[dataset]
    for name, label in labels.by_class.items():
        assert label.label, name
        assert label.gender in {"m", "f"}
        assert label.plural.endswith("s"), name
    assert len({label.label for label in labels.by_class.values()}) == len(labels.by_class)


def test_feminine_names_have_feminine_articles(project: Path) -> None:
    cifar, fashion = (load_labels(project / "templates", n) for n in ("cifar10", "fashion-mnist"))
    assert [n for n, label in cifar.by_class.items() if label.gender == "f"] == ["frog"]
    feminine = [n for n, label in fashion.by_class.items() if label.gender == "f"]
    assert feminine == ["t-shirt", "sandal", "shirt", "sneaker"]
    avp = load_labels(project / "templates", "alien-vs-predator")
    assert (avp.form("predator", "the"), avp.form("alien", "plural")) == ("el depredador", "aliens")
