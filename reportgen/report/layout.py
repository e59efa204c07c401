"""What is wrong with a page: what cannot be laid out, what stands out, what did not get onto it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from reportgen.errors import Fault

if TYPE_CHECKING:
    from weasyprint import Document

SLACK = 1.0
"""Pixels by which a box may stand out: rounding, not overflow."""
IN_COLUMN = 'its column; let it have the page\'s width: ancho="pagina"'
TOO_TALL = 'what stands across columns must fit on one page: ancho="columna", or divide it'
SPANS = ("colspan", "rowspan", "span")
MOST_SPANNED = 1000
UNSEEN = frozenset({"head", "title", "style", "script", "meta", "link"})


def vast_cells(root: Any) -> list[Fault]:
    """Return a fault for each cell or column that spans more than browsers take.

    The renderer makes a column for each, in vain: a million take it minutes.

    Parameters
    ----------
    root : Element
        The page's tree of elements.
    """
    found = []
    for element in root.iter():
        for name in SPANS:
            span = element.get(name, "").strip()
            if span.isdecimal() and (len(span) > 9 or int(span) > MOST_SPANNED):
                text = f'{name}="{span[:12]}" of <{element.tag}>: at most {MOST_SPANNED}'
                found.append(Fault("", 0, 0, text))
    return found


def overflows(document: Document) -> list[Fault]:
    """Return a fault for each text, picture or table that stands out of its page or column."""
    from weasyprint.formatting_structure import boxes

    kinds = (boxes.TextBox, boxes.ReplacedBox, boxes.TableBox)
    faults = []
    for number, page in enumerate(document.pages, start=1):
        for child, frame in _outstanding(page._page_box, page._page_box, kinds):  # noqa: SLF001
            excess = (_end(child) - _right(frame)) * 25.4 / 96
            text = f"page {number}: {_name_box(child)} is {excess:.1f} mm wider than "
            text += IN_COLUMN if frame.is_column else "the page's text"
            faults.append(Fault("", 0, 0, text))
    return faults


def lost_text(document: Document, root: Any) -> list[Fault]:
    """Return a fault for the first text that no page shows, as where a block could not be broken.

    Parameters
    ----------
    document : Document
    root : Element
        The page's tree of elements, from which the document was laid out.
    """
    from weasyprint.formatting_structure import boxes

    shown: Counter[Any] = Counter()
    for page in document.pages:
        for box in page._page_box.descendants():  # noqa: SLF001 (the layout has no public form)
            if isinstance(box, boxes.TextBox) and "::" not in str(box.element_tag):
                shown[box.element] += _letters(box.text)
    for element in root.iter():
        if element.tag in UNSEEN or not isinstance(element.tag, str):
            continue
        own = [element.text or "", *(child.tail or "" for child in element)]
        if shown[element] < sum(map(_letters, own)):
            text = " ".join(" ".join(own).split())
            return [Fault("", 0, 0, f'no page shows all of the text "{text[:60]}"; {TOO_TALL}')]
    return []


def _outstanding(box: Any, frame: Any, kinds: tuple[type, ...]) -> Iterator[tuple[Any, Any]]:
    """Yield what stands out of its frame, a column or else the page, but nothing inside that."""
    for child in getattr(box, "children", ()):
        if isinstance(child, kinds) and _end(child) > _right(frame) + SLACK:
            yield child, frame
        else:
            yield from _outstanding(child, child if child.is_column else frame, kinds)


def _end(box: Any) -> float:
    """Return where a box ends, in pixels; a blank that ends a line of code hangs out of it."""
    text = getattr(box, "text", "") or "x"
    return float(box.position_x + box.width * len(text.rstrip(" ")) / len(text))


def _right(frame: Any) -> float:
    """Return where the content of a page or column ends, in pixels."""
    return float(frame.content_box_x() + frame.width)


def _letters(text: str) -> int:
    """Count letters and digits: hyphens and blanks come and go at the ends of lines."""
    return sum(map(str.isalnum, text))


def _name_box(box: Any) -> str:
    """Say which box it is in the words of the page."""
    text = getattr(box, "text", "")
    if text:
        return f'the text "{text[:40]}"'
    element = box.element
    source = element.get("src") if element is not None else None
    return f"the {box.element_tag}{f' {source}' if source else ''}"
