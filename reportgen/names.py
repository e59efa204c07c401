"""The file name of a submission: surnames, then given name, in plain capitals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Protocol

from reportgen.errors import SpecError

BETWEEN_AUTHORS = "__"
MAX_CHARACTERS = 200
"""File systems hold 255 bytes; the rest is for the suffix and a temporary name."""

SPELLED_OUT = {
    "Æ": "AE",
    "Œ": "OE",
    "Ø": "O",
    "Đ": "D",
    "Ð": "D",
    "Ħ": "H",
    "Ł": "L",
    "Ŋ": "NG",
    "Ŧ": "T",
    "Þ": "TH",
    "ẞ": "SS",
    "Ə": "E",
}
"""Latin capitals that Unicode does not take apart into a letter and an accent."""

APOSTROPHES = "'’‘ʼ`´′·"  # and the middle dot of Gal·la: they join letters
HYPHENS = "‐‑‒–—−"


class PersonName(Protocol):
    """What the rule reads of an author."""

    @property
    def name(self) -> str:
        """Given name or names."""

    @property
    def surnames(self) -> str:
        """Surname or surnames, particles included."""


def submission_stem(authors: Sequence[PersonName]) -> str:
    """Return the file name, without suffix, of these authors' submission.

    Surnames, then given name; upper case, folded to ASCII; `_` for spaces and
    between the parts, `-` kept; two authors are joined by `__`, in the order of
    the list.

    Raises
    ------
    SpecError
        If there is no author, if nothing of a part is left after folding, if a
        character has no ASCII form, or if the name is too long for a file system.

    Examples
    --------
    >>> from reportgen.spec.report import Author
    >>> submission_stem([Author(name="Íñigo", surnames="Muñoz-Ríos")])
    'MUNOZ-RIOS_INIGO'
    """
    if not authors:
        msg = "authors: name at least one; the submission is called after its authors"
        raise SpecError(msg)
    parts = []
    for i, author in enumerate(authors):
        surnames = _fold(author.surnames, f"authors[{i}].surnames")
        parts.append(f"{surnames}_{_fold(author.name, f'authors[{i}].name')}")
    stem = BETWEEN_AUTHORS.join(parts)
    if len(stem) > MAX_CHARACTERS:
        msg = (
            f"authors: the submission's file name would have {len(stem)} characters, and at most "
            f"{MAX_CHARACTERS} fit; shorten the names"
        )
        raise SpecError(msg)
    return stem


def _fold(text: str, field: str) -> str:
    """Return a name in plain capitals, its words joined by `_`."""
    # A full stop ends a word, but not in M.ª.
    spaced = re.sub(r"\.(?![ªº])", " ", text).replace(".", "")
    joined = "".join(character for character in spaced if character not in APOSTROPHES)
    decomposed = unicodedata.normalize("NFKD", joined).upper()
    folded = "".join(map(_fold_character, decomposed))
    strange = sorted({character for character in folded if not re.match(r"[A-Z0-9 _-]", character)})
    if strange:
        msg = (
            f'{field}: "{text}" holds {" ".join(strange)}, which has no place in a file name '
            "of plain capitals; write the name in Latin letters"
        )
        raise SpecError(msg)
    words = [word.strip("-") for word in re.split(r"[ _]+", re.sub(r" *-[ -]*", "-", folded))]
    stem = "_".join(filter(None, words))
    if not stem:
        msg = f'{field}: nothing of "{text}" is left in a file name; write it in Latin letters'
        raise SpecError(msg)
    return stem


def _fold_character(character: str) -> str:
    """Return the plain form of one decomposed capital; what has none comes back as it is."""
    if character.isspace():
        return " "
    if unicodedata.combining(character):
        return ""
    if character in HYPHENS:
        return "-"
    return SPELLED_OUT.get(character, character)
