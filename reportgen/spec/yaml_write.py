"""Writes plain values as YAML that people like to read: short mappings and lists on one line."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

WIDTH = 88
"""Characters that a mapping or a list on one line may have."""


def yaml_text(value: Any) -> str:
    r"""Return plain values as YAML, which reads back as the same values.

    Examples
    --------
    >>> yaml_text({"model": {"class": "Net"}, "seeds": [1, 2], "weights": None})
    'model: {class: Net}\nseeds: [1, 2]\nweights:\n'
    """
    yaml = YAML()
    yaml.width = 4 * WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.allow_unicode = True
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    stream = io.StringIO()
    laid = _laid_out(value)
    if isinstance(laid, CommentedMap):
        laid.fa.set_block_style()
    yaml.dump(laid, stream)
    return stream.getvalue()


def _laid_out(value: Any) -> Any:
    """Return the values with what is short and flat set on one line."""
    if isinstance(value, dict):
        laid_map = CommentedMap({key: _laid_out(item) for key, item in value.items()})
        if _fits(value):
            laid_map.fa.set_flow_style()
        return laid_map
    if isinstance(value, list):
        laid_list = CommentedSeq([_laid_out(item) for item in value])
        if _fits(value):
            laid_list.fa.set_flow_style()
        return laid_list
    if isinstance(value, str) and not value[:1].isalpha():
        return DoubleQuotedScalarString(value)  # the library leaves some of these bare: `:0`
    return value


def _fits(value: Any) -> bool:
    """Tell whether a mapping or a list is short enough for one line."""
    return len(str(value)) <= WIDTH
