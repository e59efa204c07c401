"""What a theme's `theme.yaml` may say: how wide the page is, and what needs all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from reportgen.errors import TemplateError, nearest
from reportgen.spec.base import SpecModel, placed
from reportgen.spec.report import Artefact

FOLDER = "themes"
"""Below `templates/`; each theme is a folder here."""
FILE = "theme.yaml"
STYLE = "style.css"
"""A theme's own rules; they come after those that all themes share."""
PAGE = "page.html.j2"
"""A theme's own layout of the page, where it has one."""
PLAIN = "report"
"""The theme without a folder: the shared style and layout, in one column."""

Width = Literal["", "column", "page"]
"""How wide something is to be; "" leaves it to the theme."""
WIDTHS: tuple[str, ...] = get_args(Width)

Millimetres = Annotated[float, Field(ge=40.0, le=250.0)]


class Theme(SpecModel):
    """Widths of the page's text and of a column of it; with one column both are the same."""

    text: Millimetres = Field(138.0, description="Width of the page's text, in mm.")
    column: Millimetres = Field(138.0, description="Width of one column of it, in mm.")
    wide: tuple[Artefact, ...] = Field(
        (), description="Figures, tables and listings that stand across all columns."
    )

    @model_validator(mode="after")
    def _column_fits(self) -> Theme:
        if self.column > self.text:
            fault = (("column",), f"cannot be wider than the text, {self.text:g} mm")
            raise placed(type(self), [fault])
        return self

    @property
    def has_columns(self) -> bool:
        """Whether text stands in several columns."""
        return self.column < self.text

    def narrow(self, artefact: str, width: str = "") -> bool:
        """Whether something stands in one column of several; as `spans`."""
        return self.has_columns and not self.spans(artefact, width)

    def spans(self, artefact: str, width: str = "") -> bool:
        """Whether something stands across several columns.

        Parameters
        ----------
        artefact : str
            What it is, "" for none of the assignment's.
        width : {"", "column", "page"}
            What its author asks for.

        Raises
        ------
        TemplateError
            If the width is none of those.
        """
        if width not in WIDTHS:
            msg = f'there is no width "{width}"; {nearest(width, [w for w in WIDTHS if w])}'
            raise TemplateError(msg)
        wanted = width == "page" or (not width and artefact in self.wide)
        return self.has_columns and wanted

    def width(self, artefact: str, width: str = "") -> float:
        """Return the millimetres that something may fill; as `spans`."""
        return self.text if self.spans(artefact, width) else self.column


def known_themes(templates: Path) -> list[str]:
    """Return the names of the themes that a folder of templates holds, sorted."""
    found = {file.parent.name for file in (templates / FOLDER).glob(f"*/{FILE}")}
    return sorted(found | {PLAIN})


SINGLE = Theme()
"""Of the theme without a folder: one column."""
