"""A notebook as bytes: format 4.5, always the same for the same cells and outputs.

What a kernel adds that differs from run to run or from machine to machine
(times, its version, identifiers) is left out. What is kept of how it was made
stands in the metadata under `OWN`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reportgen.notebooks.compose import Cell

OWN = "reportgen"
"""Name of what this package notes in the metadata of a notebook, and of an output."""

LANGUAGE = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "pygments_lexer": "ipython3",
}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

Notebook = dict[str, Any]


def blank_notebook(cells: Sequence[Cell]) -> Notebook:
    """Return a notebook of cells that nobody has run, in the form that a kernel's client takes."""
    return {
        "cells": [_blank_cell(number, cell) for number, cell in enumerate(cells, start=1)],
        "metadata": {"kernelspec": dict(KERNEL), "language_info": dict(LANGUAGE)},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _blank_cell(number: int, cell: Cell) -> dict[str, Any]:
    head = {"id": f"cell-{number:02d}", "metadata": {}, "source": cell.source}
    if cell.kind == "markdown":
        return {"cell_type": "markdown", **head}
    return {"cell_type": "code", **head, "execution_count": None, "outputs": []}


def plain_notebook(executed: Mapping[str, Any], noted: Mapping[str, Any]) -> Notebook:
    """Return an executed notebook without what differs from run to run.

    Parameters
    ----------
    executed : mapping
        As `nbclient` leaves it.
    noted : mapping
        What is noted of its making; the facts that its outputs show come beside it.
    """
    facts: dict[str, Any] = {}
    cells = [_plain_cell(cell, facts) for cell in executed["cells"]]
    own = {**noted, "facts": dict(sorted(facts.items()))}
    metadata = {"kernelspec": dict(KERNEL), "language_info": dict(LANGUAGE), OWN: own}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _plain_cell(cell: Mapping[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    plain = {key: cell[key] for key in ("cell_type", "id", "source")} | {"metadata": {}}
    if cell["cell_type"] == "code":
        plain["execution_count"] = cell["execution_count"]
        plain["outputs"] = [_plain_output(output, facts) for output in cell["outputs"]]
    return plain


def _plain_output(output: Mapping[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Return an output; the facts that it shows are moved into `facts`."""
    plain = dict(output)
    plain.pop("transient", None)
    if "metadata" in plain:
        metadata = dict(plain["metadata"])
        facts.update(metadata.pop(OWN, {}))
        plain["metadata"] = metadata
    return plain


def notebook_bytes(notebook: Notebook) -> bytes:
    """Return a notebook as a file holds it: texts as lists of lines, keys sorted."""
    whole = {**notebook, "cells": [_in_lines(cell) for cell in notebook["cells"]]}
    text = json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    return f"{text}\n".encode()


def _in_lines(cell: Mapping[str, Any]) -> dict[str, Any]:
    lined = {**cell, "source": cell["source"].splitlines(keepends=True)}
    if "outputs" in cell:
        lined["outputs"] = [_output_in_lines(output) for output in cell["outputs"]]
    return lined


def _output_in_lines(output: Mapping[str, Any]) -> dict[str, Any]:
    lined = dict(output)
    if isinstance(lined.get("text"), str):
        lined["text"] = lined["text"].splitlines(keepends=True)
    if "data" in lined:
        lined["data"] = dict(_data_in_lines(lined["data"]))
    return lined


def _data_in_lines(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the forms of an output; what is text stands as lines, other pictures as they are."""
    for kind, value in data.items():
        is_text = kind.startswith("text/") or kind == "image/svg+xml"
        yield kind, value.splitlines(keepends=True) if is_text and isinstance(value, str) else value
