"""The file name rule, on names that real submissions had and on names that break rules."""

from __future__ import annotations

import pytest

from reportgen.errors import SpecError
from reportgen.names import submission_stem
from reportgen.spec.report import Author


def stem(surnames: str, name: str) -> str:
    return submission_stem([Author(name=name, surnames=surnames)])


@pytest.mark.parametrize(
    ("surnames", "name", "expected"),
    [
        ("del Valle Cano", "Gloria", "DEL_VALLE_CANO_GLORIA"),
        ("Muñoz-Ríos", "Íñigo", "MUNOZ-RIOS_INIGO"),
        ("Ríos Peña", "Alba", "RIOS_PENA_ALBA"),
        ("Müller-Weiß", "Jörg", "MULLER-WEISS_JORG"),
        ("Sørensen", "Bjørn", "SORENSEN_BJORN"),
        ("Næss", "Åse", "NAESS_ASE"),
        ("Wałęsa", "Łucja", "WALESA_LUCJA"),
        ("Đorđević", "Ðana", "DORDEVIC_DANA"),
        ("O'Brien", "Zoë", "OBRIEN_ZOE"),
        ("O´Brien", "Zoë", "OBRIEN_ZOE"),
        ("D’Angelo", "Niccolò", "DANGELO_NICCOLO"),
        ("Çelik", "Işıl", "CELIK_ISIL"),
        ("Nguyễn", "Thị Hương", "NGUYEN_THI_HUONG"),
        ("Puig i Gal·la", "Núria", "PUIG_I_GALLA_NURIA"),
        ("Gil", "M.ª Ángeles", "GIL_MA_ANGELES"),
        ("Gil", "J.R.", "GIL_J_R"),
        ("  Ríos \t Peña ", "Alba\u00a0María", "RIOS_PENA_ALBA_MARIA"),
        ("Saint‑Exupéry", "Ana", "SAINT-EXUPERY_ANA"),
        ("García - López", "Ana", "GARCIA-LOPEZ_ANA"),
        ("van_der_Berg", "Ana", "VAN_DER_BERG_ANA"),
        ("Peña III", "Luis 2", "PENA_III_LUIS_2"),
    ],
)
def test_one_author(surnames: str, name: str, expected: str) -> None:
    assert stem(surnames, name) == expected


def test_composed_and_decomposed_letters_give_one_name() -> None:
    assert stem("Pen\u0303a", "I\u0301n\u0303igo") == stem("Peña", "Íñigo") == "PENA_INIGO"


def test_two_authors_are_joined_by_two_underscores_in_their_order() -> None:
    authors = [
        Author(name="Gloria", surnames="del Valle Cano"),
        Author(name="Íñigo", surnames="Muñoz-Ríos"),
    ]
    assert submission_stem(authors) == "DEL_VALLE_CANO_GLORIA__MUNOZ-RIOS_INIGO"
    assert submission_stem(authors[::-1]) == "MUNOZ-RIOS_INIGO__DEL_VALLE_CANO_GLORIA"


def test_no_author_is_refused() -> None:
    with pytest.raises(SpecError, match="at least one"):
        submission_stem([])


@pytest.mark.parametrize("empty", ["-", " ' ", "´", "\u0301", "_ _"])
def test_a_part_of_which_nothing_is_left_is_named(empty: str) -> None:
    with pytest.raises(SpecError, match=r"authors\[0\]\.surnames: nothing of"):
        stem(empty, "Alba")
    with pytest.raises(SpecError, match=r"authors\[0\]\.name: nothing of"):
        stem("Peña", empty)


@pytest.mark.parametrize(
    ("surnames", "strange"),
    [("Пенья", "Е"), ("Ríos/Peña", "/"), ("..\\Ríos", r"\\"), ("Ríos, P", ",")],
)
def test_a_character_without_a_plain_form_is_named(surnames: str, strange: str) -> None:
    with pytest.raises(SpecError, match=rf"surnames: .* holds .*{strange}"):
        stem(surnames, "Alba")


def test_the_faulty_author_is_counted_from_zero() -> None:
    authors = [Author(name="Alba", surnames="Ríos"), Author(name="?", surnames="Peña")]
    with pytest.raises(SpecError, match=r'authors\[1\]\.name: "\?" holds \?'):
        submission_stem(authors)


def test_a_name_that_no_file_system_holds_is_refused() -> None:
    assert len(stem("R" * 195, "Alba")) == 200
    with pytest.raises(SpecError, match="201 characters"):
        stem("R" * 196, "Alba")
