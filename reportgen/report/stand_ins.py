"""What stands in for parts of a report that a mistake keeps from being there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from reportgen.report.mistakes import ABSORBED, tainted
from reportgen.report.proof import ProofRegistry


class TolerantRegistry(ProofRegistry):
    """A registry that takes absorbed ids; `hidden` holds those that it may have missed."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: set[str] = set()
        self.blind = False

    def define(self, kind: str, id: str, artefact: str = "") -> Any:
        """Register a captioned item and return its number."""
        if tainted(id):
            self.blind = True
            return ABSORBED
        return super().define(kind, str(id), "" if tainted(artefact) else artefact)

    def refer(self, id: str) -> Any:
        """Return a reference."""
        return ABSORBED if tainted(id) else super().refer(str(id))

    def require_text(self, text: str, what: str) -> str:
        """Return a text that must not be empty."""
        return text if tainted(text) else super().require_text(text, what)


class Hollow:
    """Stands for a template that cannot be read: it prints nothing, and has every name."""

    blocks: Mapping[str, Any] = MappingProxyType({})
    _body_stream: tuple[str, ...] = ()

    def root_render_func(self, _: object) -> Iterator[str]:
        """Print nothing."""
        yield from ()

    def new_context(self, *_: object) -> Hollow:
        """Return what nothing is looked up in."""
        return self

    def make_module(self, *_: object) -> Hollow:
        """Return what has every name."""
        return self

    _get_default_module = make_module

    def get_exported(self) -> dict[str, Any]:
        """Return nothing: who imports it has the names already."""
        return {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return ABSORBED
