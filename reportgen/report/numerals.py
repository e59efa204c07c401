"""What counts as a number in Spanish prose: digits, and words that state a quantity.

Counted: cardinals from *dos* on and *cero*, with their feminine forms
(*doscientas*); collective words (*decena*, *docena*, *centenar*, *cientos*,
*miles*, *millar*); multiples and fractions (*doble*, *triple*, *mitad*, *tercio*, *tercera
parte*); verbs made of them (*duplica*, *triplicarse*); ordinals from *tercero* on.

Not counted: *un*, *uno*, *una*, which are articles; *primero* and *segundo*, which put
the text in order, and *segundo* is also a unit; *ambos*, *par*, *medio* and *media*,
which say which ones or what mean; *ninguno* and *nada*, which the rule of claims covers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_UNITS = "dos tres cuatro cinco seis siete ocho nueve"
_TEENS = "diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve"
_TWENTIES = (
    "veinte veintiún veintiuno veintiuna veintidós veintitrés veinticuatro veinticinco "
    "veintiséis veintisiete veintiocho veintinueve"
)
_TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa"
_HUNDREDS = (
    r"cien ciento cientos (?:dosc|tresc|cuatroc|quin|seisc|setec|ochoc|novec)ient[oa]s "
    "mil miles millón millones millar millares billón billones centenar centenares"
)
_GROUPS = "docena docenas decena decenas quincena veintena treintena centena centenas"
_MULTIPLES = (
    "dobles? triples? cuádruples? quíntuples? mitad mitades tercios? "
    r"(?:dupl|tripl|cuadrupl|quintupl)i(?:c|qu)\w+"
)
_ORDINALS = (
    "tercer tercer[oa]s? cuart[oa]s? quint[oa]s? sext[oa]s? séptim[oa]s? octav[oa]s? noven[oa]s? "
    "décim[oa]s? undécim[oa]s? duodécim[oa]s? vigésim[oa]s? trigésim[oa]s? centésim[oa]s? "
    r"milésim[oa]s? deci(?:mo)?(?:tercer|cuart|quint|sext|séptim|octav|noven)[oa]s?"
)
_WORDS = " ".join(
    ["cero", "ceros", _UNITS, _TEENS, _TWENTIES, _TENS, _HUNDREDS, _GROUPS, _MULTIPLES, _ORDINALS]
)
_DIGITS = r"[\d²³¹⁰⁴-⁹₀-₉¼½¾⅓⅔]"
_NUMBER = re.compile(
    rf"{_DIGITS}+(?:[.,\u202f]{_DIGITS}+)*|\b(?:{'|'.join(_WORDS.split())})\b", re.IGNORECASE
)


def find(text: str) -> Iterator[tuple[int, int]]:
    """Yield the bounds of each number in a text.

    Examples
    --------
    >>> text = "En diez épocas baja a 0,03, la mitad que con una."
    >>> [text[start:end] for start, end in find(text)]
    ['diez', '0,03', 'mitad']
    """
    for match in _NUMBER.finditer(text):
        yield match.span()
