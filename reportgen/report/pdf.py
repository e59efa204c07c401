"""From HTML to a tagged PDF: nothing fetched from outside, no warning ignored, the same bytes."""

from __future__ import annotations

import datetime as dt
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from reportgen.errors import Fault, ReportgenError, TemplateError
from reportgen.report.fonts import FAMILIES, lay_out_fonts
from reportgen.report.ink import figures_by_url
from reportgen.report.layout import TOO_TALL, lost_text, overflows, vast_cells
from reportgen.report.strict_log import BASE_URL, StrictLog
from reportgen.staging import write_synced
from reportgen.system import loading_by_file_name

if TYPE_CHECKING:
    from weasyprint import Document

VARIANT = "pdf/ua-1"
PRINT_FLAG = 4
"""Bit of an annotation that is to be printed (ISO 32000-1, table 165)."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the PDF."""

    name: str
    content: bytes
    description: str


def write_pdf(
    html: str,
    out: Path,
    *,
    root: Path,
    date: dt.date,
    attachments: tuple[Attachment, ...] = (),
    link_names: Mapping[str, str] | None = None,
    style_sheets: Sequence[Path] = (),
) -> int:
    """Write a page of HTML as PDF/UA-1 and return its number of pages.

    Parameters
    ----------
    html : str
    out : Path
        Replaced only once the new file is whole.
    root : Path
        The only folder that the page may read from; its fonts are laid out there.
    date : date
        Stands in the file in place of today's.
    attachments : tuple of Attachment
    link_names : mapping of str to str, optional
        What a link to an id is called by a screen reader, as ``Figura 3``.
    style_sheets : sequence of Path
        The files that the page's style is made of, in order, to name faults in them.

    Raises
    ------
    TemplateError
        With everything that the renderer warned of, every box that is wider
        than its page or column, text that no page shows, and every font that is
        not ours.
    """
    lay_out_fonts(root)
    with loading_by_file_name():
        from weasyprint.urls import FatalURLFetchingError

    with StrictLog(style_sheets) as log:
        try:
            tree, document = _lay_out(html, root)
            document.metadata.attachments = [_attach(item, date) for item in attachments]
            content = document.write_pdf(finisher=Finisher(link_names or {}), pdf_variant=VARIANT)
        except FatalURLFetchingError as cause:
            raise TemplateError(faults=[Fault("", 0, 0, str(cause)), *log.faults()]) from cause
        except (AssertionError, IndexError) as cause:  # of the renderer itself, over columns
            text = f"the page cannot be laid out ({type(cause).__name__} in WeasyPrint); {TOO_TALL}"
            raise TemplateError(faults=[Fault("", 0, 0, text), *log.faults()]) from cause
        except ReportgenError:
            raise
        except Exception as cause:  # whatever the renderer makes of a style
            told = f"{type(cause).__name__} in WeasyPrint: {cause}"
            text = f"the page cannot be laid out ({told}); look for odd values in its style sheets"
            raise TemplateError(faults=[Fault("", 0, 0, text), *log.faults()]) from cause
    faults = [*log.faults(), *overflows(document), *foreign_fonts(document)]
    faults += lost_text(document, tree)
    if faults:
        raise TemplateError(faults=faults)
    write_synced(out, content)
    return len(document.pages)


def _lay_out(html: str, root: Path) -> tuple[Any, Document]:
    """Return a page's tree of elements and its layout, unless that would take for ever."""
    from weasyprint import HTML

    fetcher = local_fetcher(root)
    source = HTML(string=html, base_url=BASE_URL, url_fetcher=fetcher)
    if vast := vast_cells(source.etree_element):
        raise TemplateError(faults=vast)
    figures = figures_by_url(root, BASE_URL, fetcher)
    return source.etree_element, source.render(pdf_variant=VARIANT, cache=figures)


def local_fetcher(root: Path) -> Any:
    """Return a fetcher of WeasyPrint that reads only below a folder, and `data:` addresses."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    base, folder = urlsplit(BASE_URL), root.resolve()

    class LocalFetcher(URLFetcher):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(allowed_protocols={"data"})

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("data:"):
                return super().fetch(url, headers)
            parts = urlsplit(url)
            path = (folder / unquote(parts.path).lstrip("/")).resolve()
            if (parts.scheme, parts.netloc) != (base.scheme, base.netloc):
                msg = (
                    f"the page asks for {url}; it may read only files of its own folder: "
                    "look for that address in the templates, and take it out"
                )
                raise FatalURLFetchingError(msg)
            if not path.is_relative_to(folder) or not path.is_file():
                msg = f"the page asks for {parts.path.lstrip('/')}, which is no file of its folder"
                raise FatalURLFetchingError(msg)
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})

    return LocalFetcher()


class Finisher:
    """Completes the tags that WeasyPrint leaves out: header scopes, link texts, print flags."""

    def __init__(self, link_names: Mapping[str, str]) -> None:
        self.link_names = link_names

    def __call__(self, _document: Document, pdf: Any) -> None:
        """Complete a PDF before it is written (WeasyPrint's hook)."""
        from pydyf import String  # type: ignore[import-untyped]

        elements = {item.reference: item for item in pdf.objects if _is(item, "/StructElem")}
        for item in elements.values():
            if item["S"] == "/TH":
                group = elements[elements[item["P"]]["P"]]["S"]
                item["A"]["Scope"] = "/Column" if group == "/THead" else "/Row"
        for item in pdf.objects:
            if _is(item, "/Annot"):
                item["F"] = PRINT_FLAG
                if "Dest" in item:
                    target = item["Dest"].string
                    item["Contents"] = String(self.link_names.get(target, target))


def _is(item: Any, kind: str) -> bool:
    """Whether an object of a PDF is a dictionary of a type."""
    return isinstance(item, dict) and item.get("Type") == kind


def foreign_fonts(document: Document) -> list[Fault]:
    """Return a fault for each font in the PDF that is not one of ours."""
    used = {font.family for font in document.fonts.values()}
    return [
        Fault(
            "",
            0,
            0,
            f'the page uses the font "{family}"; its own are {", ".join(sorted(FAMILIES))}',
        )
        for family in sorted(used - FAMILIES)
    ]


def _attach(item: Attachment, date: dt.date) -> Any:
    """Return WeasyPrint's form of an attachment, dated by the report: its own default is now."""
    from weasyprint import Attachment as WeasyAttachment

    midnight = dt.datetime.combine(date, dt.time(), dt.UTC)
    return WeasyAttachment(
        string=item.content,
        name=item.name,
        description=item.description,
        created=midnight,
        modified=midnight,
        relationship="Data",
    )
