"""`results.json`: every fact of a report, for other programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from reportgen.facts.fact import Fact

RESULTS_SCHEMA = 1


def results_json(study: str, profile: str, facts: Sequence[Fact]) -> bytes:
    """Return the facts as JSON, sorted by id, a fact a line; null for what has no value."""
    head = json.dumps({"schema": RESULTS_SCHEMA, "study": study, "profile": profile})
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    rows = [
        encode(
            {
                "id": fact.id,
                "value": fact.value,
                "unit": fact.unit,
                "source": {"run": fact.source.run, "field": fact.source.field},
            }
        )
        for fact in sorted(facts, key=lambda fact: fact.id)
    ]
    return (head[:-1] + ', "facts": [\n' + ",\n".join(rows) + "\n]}\n").encode()
