"""Notes of a page in columns."""

from __future__ import annotations

from reportgen.report.notes import notes_below

CALL = '<a class="call" href="#note-{0}"><span class="literal">{0}</span></a>'
NOTE = '<p class="note" id="note-{0}"><sup><span class="literal">{0}</span></sup> {1}</p>'


def test_a_note_is_a_paragraph_below_its_own() -> None:
    html = '<p>Sí<span class="footnote">Casi.</span> y no.</p><p>Más.</p>'
    below = NOTE.format(1, "Casi.")
    assert notes_below(html) == f"<p>Sí{CALL.format(1)} y no.</p>{below}<p>Más.</p>"


def test_notes_are_numbered_through_the_page_and_keep_what_is_in_them() -> None:
    html = '<p>a<span class="footnote">b <span class="n">1</span> <i>c</i></span></p>'
    first, second = (NOTE.format(i, 'b <span class="n">1</span> <i>c</i>') for i in (1, 2))
    assert notes_below(html * 2) == (
        f"<p>a{CALL.format(1)}</p>{first}<p>a{CALL.format(2)}</p>{second}"
    )


def test_a_note_of_a_list_stays_in_its_item() -> None:
    html = '<ul><li>a<span class="footnote">b</span>.</li></ul>'
    assert notes_below(html) == f"<ul><li>a{CALL.format(1)}.{NOTE.format(1, 'b')}</li></ul>"


def test_a_note_of_a_caption_or_a_cell_stays_where_it_is() -> None:
    html = (
        '<figure><figcaption>a<span class="footnote">b</span></figcaption>'
        '<table><tr><td>1<span class="footnote">c</span></td></tr></table></figure>'
    )
    assert notes_below(html) == html


def test_a_page_without_notes_is_left_as_it_is() -> None:
    html = "<!DOCTYPE html><p>a < b<br><span>c</span></p><style>p > a { x: y }</style>"
    assert notes_below(html) == html
