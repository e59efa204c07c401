"""Numbers, lists and dates in Spanish, by the rules of the Real Academia Española.

One `Spanish` object serves prose, tables and axis ticks, so that all three
agree. The rules are those of the *Ortografía de la lengua española* (2010,
chapter VIII) and the *Diccionario panhispánico de dudas*:

- four digits stand whole, from five on groups of three are parted by a thin
  space, in the integer part only (``4500``, ``60 000``);
- the decimal mark is a comma, or a point where the country uses it;
- a no-break space stands before ``%`` and before a unit (``98,94 %``).

Rounding goes half up, away from zero, on the shortest decimal form of the
value: 0,125 shows as 0,13, which is what a reader gets who rounds what is
printed in `results.json` with a pencil. (Rounding half to even would be
unbiased over many values, but here each value is shown once.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt

Gender = Literal["m", "f"]

THIN_SPACE = "\u202f"
"""Narrow no-break space: parts groups of digits, and a number from its unit."""
NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"
EN_DASH = "\u2013"
WHOLE = 100
MORE_DECIMALS = 4
"""Of a percentage that would be rounded to `WHOLE` and is less."""
BYTES_PER_MB = 1 << 20
"""As the usual summaries of networks count a megabyte."""
LARGEST_IN_WORDS = 10
"""Up to here, running prose writes a count in words."""

_DECIMAL_MARKS = {"es_ES": ",", "es_MX": "."}
_UNITS = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
    "dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro "
    "veinticinco veintiséis veintisiete veintiocho veintinueve"
).split()
_TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_ORDINALS = "primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo".split()
_SOUNDS_LIKE_I = re.compile(r"(?i)i|h?í|hi(?![aeouáéóú])")
_SOUNDS_LIKE_O = re.compile(r"(?i)h?[oó]")
_NUMERAL = re.compile(rf"\d[\d{THIN_SPACE}]*")


@dataclass(frozen=True, slots=True)
class Spanish:
    """Writes values in the Spanish of one country.

    Parameters
    ----------
    locale : {"es_ES", "es_MX"}
        Decides the decimal mark.
    """

    locale: str = "es_ES"

    def __post_init__(self) -> None:
        if self.locale not in _DECIMAL_MARKS:
            msg = f"locale must be one of {', '.join(_DECIMAL_MARKS)}, got {self.locale!r}"
            raise ValueError(msg)

    @property
    def decimal_mark(self) -> str:
        """What stands before the decimals."""
        return _DECIMAL_MARKS[self.locale]

    @property
    def language(self) -> str:
        """The language tag of a page (BCP 47)."""
        return self.locale.replace("_", "-")

    # ── numbers ─────────────────────────────────────────────────────────────

    def number(self, value: float | Decimal, decimals: int | None = None) -> str:
        r"""Return a number in digits.

        Parameters
        ----------
        value : int, float or Decimal
            A finite number.
        decimals : int, optional
            Digits after the decimal mark, zeros included; without it, as many
            as the value has in its shortest form.

        Raises
        ------
        ValueError
            If the value is not finite.

        Examples
        --------
        >>> Spanish().number(60000), Spanish().number(4500), Spanish("es_MX").number(0.5, 2)
        ('60\u202f000', '4500', '0.50')
        """
        exact = value if isinstance(value, Decimal) else Decimal(repr(value))
        if not exact.is_finite():
            msg = f"{value} is no number that can be written in digits"
            raise ValueError(msg)
        if decimals is not None:
            exact = _round(exact, decimals)
        whole, _, fraction = f"{abs(exact):f}".partition(".")
        sign = MINUS if exact < 0 else ""
        mark = self.decimal_mark if fraction else ""
        return f"{sign}{_group(whole)}{mark}{fraction}"

    def percent(self, fraction: float, decimals: int = 2) -> str:
        r"""Return a fraction in [0, 1] as a percentage.

        What is less than all is not called all: it gets the decimals that show it, as
        far as `MORE_DECIMALS` go.

        Examples
        --------
        >>> Spanish().percent(0.9894)
        '98,94\u202f%'
        >>> Spanish().percent(0.9999973)
        '99,9997\u202f%'
        """
        exact = Decimal(repr(fraction)).scaleb(2)
        enough = range(decimals, decimals + MORE_DECIMALS + 1)
        apart = (n for n in enough if exact >= WHOLE or round(exact, n) < WHOLE)
        return f"{self.points(fraction, next(apart, decimals))}{THIN_SPACE}%"

    def points(self, fraction: float, decimals: int = 2) -> str:
        """Return a fraction, or a difference of two, in percentage points, without a unit."""
        return self.number(Decimal(repr(fraction)).scaleb(2), decimals)

    def quantity(self, value: float, unit: str, decimals: int | None = None) -> str:
        """Return a number and its unit, which no line break parts."""
        return f"{self.number(value, decimals)}{THIN_SPACE}{unit}"

    def megabytes(self, size: int, decimals: int = 2) -> str:
        """Return a size in bytes as megabytes of 2²⁰ bytes."""
        return self.quantity(Decimal(size) / BYTES_PER_MB, "MB", decimals)  # type: ignore[arg-type]

    def duration(self, seconds: float) -> str:
        """Return a time in the two largest units that it has.

        Examples
        --------
        >>> [" ".join(Spanish().duration(s).split()) for s in (8.25, 125, 3720)]
        ['8,3 s', '2 min 5 s', '1 h 2 min']
        """
        if seconds < 59.95:
            return self.quantity(seconds, "s", 1)
        minutes, rest = divmod(int(_round(Decimal(repr(seconds)), 0)), 60)
        if minutes < 60:
            parts = [(minutes, "min"), (rest, "s")]
        else:
            parts = [(minutes // 60, "h"), (minutes % 60, "min")]
        return NO_BREAK_SPACE.join(self.quantity(n, unit) for n, unit in parts if n)

    # ── words ───────────────────────────────────────────────────────────────

    def word(self, n: int, gender: Gender = "m", *, noun: bool = False) -> str:
        """Return a cardinal from 0 to 99 in words.

        Parameters
        ----------
        n : int
            0 to 99.
        gender : {"m", "f"}
            Of what is counted: ``uno``, ``una``.
        noun : bool
            Whether the noun follows, which shortens the masculine: ``un error``.

        Examples
        --------
        >>> Spanish().word(1, "f"), Spanish().word(21, "m", noun=True), Spanish().word(31)
        ('una', 'veintiún', 'treinta y uno')
        """
        if not 0 <= n <= 99:
            msg = f"only 0 to 99 are written in words, got {n}"
            raise ValueError(msg)
        if n < len(_UNITS):
            text = _UNITS[n]
        else:
            tens, units = divmod(n, 10)
            text = _TENS[tens - 3] + (f" y {_UNITS[units]}" if units else "")
        if not text.endswith("uno"):
            return text
        if gender == "f":
            return text.removesuffix("o") + "a"
        if not noun:
            return text
        return "veintiún" if n == 21 else text.removesuffix("o")

    def count(self, n: int, gender: Gender = "m", *, noun: bool = False) -> str:
        """Return a count as prose writes it: in words up to ten, then in digits."""
        if 0 <= n <= LARGEST_IN_WORDS:
            return self.word(n, gender, noun=noun)
        return self.number(n)

    def ordinal(self, n: int, gender: Gender = "m", *, noun: bool = False) -> str:
        """Return an ordinal: in words up to the tenth, then in digits (``11.ª``).

        Examples
        --------
        >>> Spanish().ordinal(3, "f"), Spanish().ordinal(3, noun=True), Spanish().ordinal(12, "f")
        ('tercera', 'tercer', '12.ª')
        """
        if n < 1:
            msg = f"ordinals count from 1, got {n}"
            raise ValueError(msg)
        if n > len(_ORDINALS):
            return f"{self.number(n)}.{'ª' if gender == 'f' else 'º'}"
        text = _ORDINALS[n - 1]
        if gender == "f":
            return text.removesuffix("o") + "a"
        return text.removesuffix("o") if noun and n in {1, 3} else text

    def plural(self, n: float, singular: str, plural: str) -> str:
        """Return the form of a noun after a number: singular after 1 and −1 alone."""
        return singular if abs(n) == 1 else plural

    def join(self, items: Iterable[str], conjunction: Literal["y", "o"] = "y") -> str:
        """Return an enumeration; ``y`` becomes ``e``, and ``o`` ``u``, where they would clash.

        Examples
        --------
        >>> Spanish().join(["aves", "insectos"]), Spanish().join(["7", "8"], "o")
        ('aves e insectos', '7 u 8')
        """
        *head, last = list(items) or [""]
        if not head:
            return last
        return f"{', '.join(head)} {conjoin(last, conjunction)} {last}"

    def date(self, day: dt.date) -> str:
        """Return a date in full: ``10 de abril de 2026``."""
        from babel.dates import format_date

        return format_date(day, "d 'de' MMMM 'de' y", locale=self.locale)


def conjoin(following: str, conjunction: Literal["y", "o"]) -> str:
    """Return the form of a conjunction before a word or a number in digits.

    ``e`` stands before the sound /i/ (not before ``hie-``, ``hia-``), ``u``
    before /o/, also in numbers: ``u 8``, ``u 11``, ``u 80 000``.
    """
    if conjunction == "y":
        return "e" if _SOUNDS_LIKE_I.match(following) else "y"
    numeral = _NUMERAL.match(following)
    if numeral:
        digits = numeral[0].replace(THIN_SPACE, "")
        leading = digits[: len(digits) % 3 or 3]
        return "u" if leading.startswith("8") or leading == "11" else "o"
    return "u" if _SOUNDS_LIKE_O.match(following) else "o"


def _round(value: Decimal, decimals: int) -> Decimal:
    """Round half up, away from zero; a negative value that rounds to zero loses its sign."""
    rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return rounded or abs(rounded)


def _group(whole: str) -> str:
    """Part the digits of an integer, from five digits on."""
    if len(whole) < 5:
        return whole
    first = len(whole) % 3
    groups = [whole[:first]] if first else []
    groups += [whole[i : i + 3] for i in range(first, len(whole), 3)]
    return THIN_SPACE.join(groups)
