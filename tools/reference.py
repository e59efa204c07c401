"""Write docs/hechos.md anew: `python tools/run.py python tools/reference.py`.

The kinds of fact, their order and their units come from the package; their
Spanish meanings from docs/hechos.yaml. A kind without a meaning, or a meaning
without a kind, is told and nothing is written.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from ruamel.yaml import YAML

import reportgen.facts
from place import ROOT
from reportgen.facts.fact import DEFINITIONS, Definition
from reportgen.report.formatters import FILTER_FOR

MEANINGS = ROOT / "docs" / "hechos.yaml"
PAGE = ROOT / "docs" / "hechos.md"

UNITS = {
    "fraction": "fracción",
    "count": "cuenta",
    "epoch": "época",
    "px": "píxeles",
    "nats": "nats",
    "ratio": "número",
    "bytes": "bytes",
    "s": "segundos",
    "text": "texto",
    "bool": "sí o no",
}
HOLDERS = {
    "run": "EXP",
    "trial": "VAR",
    "h": "N",
    "layer": "CAPA",
    "space": "ESPACIO",
    "split": "CONJUNTO",
    "i": "I",
    "j": "J",
    "k": "K",
    "epoch": "ÉPOCA",
    "library": "BIBLIOTECA",
    "g": "GRUPO",
    "other": "OTRO",
    "alias": "ALIAS",
}
SPACES = re.compile(r"(?<=\.)(?:features|map)(?=\.)")

HEAD = """\
<!-- Generado por tools/reference.py a partir de docs/hechos.yaml: no se edita a mano. -->

# Los hechos

Todo lo que un informe afirma sobre una ejecución es un **hecho**: un valor con identificador,
unidad y procedencia. Esta página dice cuáles hay; [plantillas.md](plantillas.md), cómo se usan.
Los de un estudio concreto, con sus valores, los escribe

```console
$ reportgen facts practica1 simple_cnn --brief
```

En los identificadores, lo que va en mayúsculas se sustituye:

| | |
|---|---|
| `EXP` | un experimento (`simple_cnn`), una variante (`simple_cnn.tiny`) u otra semilla \
(`simple_cnn.seed7`) |
| `VAR` | una variante (`tiny`), detrás de su experimento |
| `N` | un horizonte en épocas: `h10` |
| `CAPA` | una capa por su nombre en `features`: `intermediate`, `final` |
| `ESPACIO` | `features`, las características, o `map`, el mapa en dos dimensiones |
| `CONJUNTO` | `train`, `validation` o `test` |
| `I`, `J`, `K`, `ÉPOCA` | números: `run.epochs[7]`, `h.pairs[1]` |
| `BIBLIOTECA` | una biblioteca: `torch` |
| `GRUPO` | un grupo de clases por su nombre en `class_groups` |
| `ALIAS` | unas imágenes por su nombre en `maximization.images`: `conv1` |
| `OTRO` | otro experimento del mismo apartado u otro grupo |

La unidad decide el filtro con que se escribe un hecho. Un hecho que es un texto no lo necesita,
salvo las clases, que piden `label`; uno que es sí o no elige palabras con `{% if … %}` o sostiene
una afirmación con `{% claim … %}`.
"""


def definitions() -> Mapping[str, Definition]:
    """Return every kind of fact by its pattern."""
    for module in pkgutil.iter_modules(reportgen.facts.__path__):
        importlib.import_module(f"reportgen.facts.{module.name}")
    return DEFINITIONS


def folded(pattern: str) -> str:
    """Return a pattern with both spaces of features told as one.

    Examples
    --------
    >>> folded("{run}.h{h}.maps.{layer}.map.purity")
    '{run}.h{h}.maps.{layer}.{space}.purity'
    >>> folded("{run}.h{h}.maps.{layer}.split.{k}.map")
    '{run}.h{h}.maps.{layer}.split.{k}.map'
    """
    return SPACES.sub("{space}", pattern) if re.search(r"\.(maps|layers)\.", pattern) else pattern


def read_meanings() -> list[dict[str, Any]]:
    """Return the sections of docs/hechos.yaml: title, about, and meaning by folded pattern."""
    sections: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(MEANINGS)
    return sections


def mismatches(kinds: Iterable[str], sections: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a line for each kind without a Spanish meaning, and each meaning without a kind."""
    wanted = {folded(pattern) for pattern in kinds}
    told = [pattern for section in sections for pattern in section["facts"]]
    return [
        *(f"docs/hechos.yaml lacks the meaning of {name}" for name in sorted(wanted - set(told))),
        *(f"docs/hechos.yaml: no fact is called {name}" for name in told if name not in wanted),
        *(f"docs/hechos.yaml: {name} stands twice" for name in told if told.count(name) > 1),
    ]


def page(kinds: Mapping[str, Definition], sections: Iterable[Mapping[str, Any]]) -> str:
    """Return the text of docs/hechos.md."""
    units = {folded(pattern): kind.unit for pattern, kind in kinds.items()}
    parts = [HEAD]
    for section in sections:
        rows = [
            f"| `{_shown(name)}` | {UNITS[units[name]]} | {_filter(units[name])} | {meaning} |"
            for name, meaning in section["facts"].items()
        ]
        head = "| hecho | unidad | filtro | qué es |\n|---|---|---|---|\n"
        parts.append(f"## {section['title']}\n\n{section['about']}\n\n{head}" + "\n".join(rows))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _shown(pattern: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: HOLDERS[match[1]], pattern)


def _filter(unit: str) -> str:
    return f"`{FILTER_FOR[unit]}`" if unit in FILTER_FOR else "`if`" if unit == "bool" else ""


def main() -> int:
    """Write the page, or say why it cannot be written; return the exit code."""
    kinds, sections = definitions(), read_meanings()
    wrong = mismatches(kinds, sections)
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    PAGE.write_text(page(kinds, sections), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
