"""What is a number in prose, and what only looks like one."""

from __future__ import annotations

import pytest

from reportgen.report.numerals import find


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in find(text)]


@pytest.mark.parametrize(
    "number",
    "3 98,94 60\u202f000 1.5 2² ½ cero dos tres cuatro seis diez once quince dieciséis "
    "veinte veintidós veintiuna treinta cien ciento doscientas quinientos setecientas mil miles "
    "millón millones decena docenas centenar millares doble dobles triple cuádruple mitad tercio "
    "tercios tercer tercera cuarta quinto décimo vigésima decimotercera duplica triplicó "
    "duplicarse cuadruplica".split(" "),
)
def test_a_number(number: str) -> None:
    assert found(f"Son {number}, según parece.") == [number]
    assert found(number.capitalize()) == [number.capitalize()]


@pytest.mark.parametrize(
    "word",
    "un uno una unos primero primera primer segundo segunda segundos ambos ambas par pares medio "
    "media ninguno nada dosis tresillo cientificos milla militar cuartel quintal nuevecita".split(),
)
def test_no_number(word: str) -> None:
    assert found(f"Son {word}, según parece.") == []


def test_compound_numbers_are_found_by_their_parts() -> None:
    assert found("treinta y cinco mil") == ["treinta", "cinco", "mil"]


@pytest.mark.parametrize(("word", "digit"), [("conv1", "1"), ("t-SNE en 2-D", "2")])
def test_digits_inside_words_are_found(word: str, digit: str) -> None:
    assert found(word) == [digit]
