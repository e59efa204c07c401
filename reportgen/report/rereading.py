"""Reads the templates of a report once more after one has failed, to tell all mistakes at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reportgen.errors import Fault, ReportgenError
from reportgen.report.draft import MACROS, Draft, page_name, roots
from reportgen.report.mistakes import ABSORBED
from reportgen.report.places import locate, tell
from reportgen.report.proof import Copy, Proof
from reportgen.report.stand_ins import TolerantRegistry
from reportgen.report.survey import Slip, Survey
from reportgen.report.tolerance import Tolerant
from reportgen.spec.study import Study

_DEFINES = re.compile(r"\{%[-+]?\s*(?:macro|set)\s+(\w+)")


class Rereading:
    """Renders a report's templates in spite of their mistakes; nothing is drawn.

    Parameters
    ----------
    study : Study
    filters, names : mapping
        As of `Environment`; `names` holds `pictures` that draw nothing.
    """

    def __init__(self, study: Study, filters: Mapping[str, Any], names: Mapping[str, Any]) -> None:
        self._study = study
        self._registry = TolerantRegistry()
        self._environment = Tolerant(study.templates, filters, names, self._registry)
        self._pictures = names["pictures"]

    def faults(self, failed: Draft) -> set[Fault]:
        """Return every fault of every template.

        Parameters
        ----------
        failed : Draft
            What was rendered before; what stopped it is told even if it does not come up again.
        """
        environment, templates = self._environment, self._study.templates
        macros = dict.fromkeys(self._macro_names(), ABSORBED)
        environment.globals |= macros
        slips = Survey(environment, roots(self._study)).slips()
        environment.know(slips)
        draft = Draft(self._study, environment, self._registry)
        draft.render(macros)
        faults = {*draft.faults, *(tell(slip.message, (slip.line,), templates) for slip in slips)}
        faults |= set(self._dangling(draft))
        faults |= set(self._proofread(draft))
        faults |= set(environment.mistakes.faults())
        faults |= set(self._stopped(draft.failed))
        return faults | set(self._stopped(self._unseen(failed, draft, slips, faults)))

    def _macro_names(self) -> list[str]:
        """Return what the macros define, as far as their text shows."""
        text = (self._study.templates / MACROS).read_text(encoding="utf-8", errors="replace")
        return _DEFINES.findall(text)

    def _dangling(self, draft: Draft) -> Iterator[Fault]:
        """Yield references to nothing, unless a mistake may hide what they refer to."""
        registry = self._registry
        complete = not (registry.blind or draft.faults or draft.failed)
        for id in list(registry.references):
            if not complete or id in registry.hidden:
                registry.references.pop(id)
        yield from registry.dangling(self._study.templates)

    def _proofread(self, draft: Draft) -> list[Fault]:
        """Return what is against the rules, where no mistake has to do with it."""
        environment = self._environment
        environment.closed = True
        around = Copy(page_name(self._study), {"sections": (), "styles": ()}, doubtful=True)
        proof = Proof(
            environment, self._study.templates, MACROS, self._pictures, TolerantRegistry()
        )
        faults = proof.read([*draft.copies, around])
        environment.closed = False
        return faults

    def _stopped(self, failed: Mapping[str, Exception]) -> Iterator[Fault]:
        """Yield what stopped templates altogether."""
        environment, folder = self._environment, self._study.templates
        vocabulary = {"filter": list(environment.filters), "test": list(environment.tests)}
        for name, error in failed.items():
            fault = locate(error, folder, vocabulary)
            yield Fault(fault.file or f"{folder.name}/{name}", fault.line, 0, fault.message)

    def _unseen(
        self, failed: Draft, draft: Draft, slips: list[Slip], faults: set[Fault]
    ) -> dict[str, Exception]:
        """Return what stopped a template before and left no trace now, as in a figure's drawing."""
        seen = {*draft.doubtful, *(slip.template for slip in slips), *draft.failed}
        return {
            name: error
            for name, error in failed.failed.items()
            if isinstance(error, ReportgenError) or name not in seen or not faults
        }
