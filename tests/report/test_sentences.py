"""Where Spanish sentences end, and where they only seem to."""

from __future__ import annotations

import time

import pytest

from reportgen.report.sentences import split


@pytest.mark.parametrize(
    "sentences",
    [
        ["Sube.", "Baja."],
        ["Llega al 98,94\u202f%.", "En inglés, al 98.94."],
        ["Varias capas, p. ej. la primera, ven bordes.", "Otras no."],
        ["Varias, p.\u00a0ej. dos.", "Fin."],
        ["Cuesta memoria, tiempo, etc. y no compensa.", "Fin."],
        ["Cuesta memoria, tiempo, etc.", "Por eso no compensa."],
        ["Véase la fig. 3 y el núm. 4.", "Fin."],
        ["Mejora en la 3.ª época y en la n.º 4.", "Fin."],
        ["Lo mostró J. Pérez en su tesis.", "Fin."],
        ["Baja… y vuelve a subir.", "Fin."],
        ["Baja…", "Y vuelve a subir."],
        ["¿Sirve de algo?", "No."],
        ["¿Sirve?, ¡claro!, dijo.", "Fin."],
        ["¡Sirve! y mucho.", "Fin."],
        ["«Sirve.»", "Eso dicen."],
        ["(Sirve poco.)", "Pero sirve."],
        ["Confunde «4» con «9».", "«A» no."],
        ["La salida es conv1.", "conv2 la recibe."],
        ["Una sola sin punto"],
        ["Con dos puntos: esto; y aquello."],
    ],
)
def test_sentences(sentences: list[str]) -> None:
    text = " \n ".join(sentences)
    assert [text[start:end] for start, end in split(text)] == sentences


@pytest.mark.parametrize("text", ["", "  \n", "\u00a0"])
def test_no_sentence(text: str) -> None:
    assert list(split(text)) == []


def test_a_long_paragraph_is_walked_once() -> None:
    """60,000 sentences: for each, all of the text before it would be 10^10 characters."""
    began = time.process_time()
    assert len([*split("La red. " * 60_000)]) == 60_000
    assert time.process_time() - began < 10


def test_a_long_word_is_no_abbreviation() -> None:
    """Of the long word fifty letters are looked at, which are none of the list either."""
    assert [*split(f"{'x' * 60}. No.")] == [(0, 61), (62, 65)]
