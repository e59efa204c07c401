"""JSON Schemas of the study files, for editors: generated from the models, kept beside the files.

``python -m reportgen.spec.schema`` writes them anew; a test fails if they are stale.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reportgen.project import EXPERIMENTS, find_root
from reportgen.spec.experiment import Experiment
from reportgen.spec.report import Assignment, Report

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FOLDER = "schema"

Schema = dict[str, Any]


def schemas() -> dict[str, str]:
    """Return the text of each schema file by its name."""
    whole: dict[str, Schema] = {
        "experiment": Experiment.model_json_schema(),
        "report": Report.model_json_schema(),
        "assignment": Assignment.model_json_schema(),
    }
    whole["profile"] = _profile(whole["experiment"], whole["report"])
    return {f"{name}.schema.json": _text(schema) for name, schema in whole.items()}


def write_schemas(folder: Path) -> list[Path]:
    """Write the schema files into a folder and return those that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = [folder / name for name in stale_schemas(folder)]
    texts = schemas()
    for path in changed:
        path.write_text(texts[path.name], encoding="utf-8", newline="\n")
    return changed


def stale_schemas(folder: Path) -> list[str]:
    """Return the names of the schema files of a folder that are missing or not as generated."""
    return [
        name
        for name, text in sorted(schemas().items())
        if not (folder / name).is_file() or (folder / name).read_bytes() != text.encode()
    ]


def _text(schema: Schema) -> str:
    whole = {"$schema": DIALECT, **schema}
    return json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _profile(experiment: Schema, report: Schema) -> Schema:
    """Return the schema of a profile: the same tree, of which nothing is required."""
    definitions = {**experiment.get("$defs", {}), **report.get("$defs", {})}
    names = experiment["properties"]["features"]["propertyNames"]
    return {
        "title": "Profile",
        "description": "What to set otherwise; mappings are merged, lists replaced.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "report": {**_partial(report, definitions), "description": "Of report.yaml."},
            "experiments": {
                "description": "By experiment, what to set otherwise.",
                "type": "object",
                "propertyNames": names,
                "additionalProperties": _partial(experiment, definitions),
            },
        },
        "$defs": definitions,
    }


def _partial(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Return a schema without required keys, down through mappings but not into lists."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return {**_partial(definitions[name], definitions), **beside}
    partial = {key: value for key, value in schema.items() if key not in {"required", "$defs"}}
    for union in ("anyOf", "oneOf"):
        if union in partial:
            partial[union] = [_partial(branch, definitions) for branch in partial[union]]
    if "properties" in partial:
        partial["properties"] = {
            key: _partial(value, definitions) for key, value in partial["properties"].items()
        }
    return partial


if __name__ == "__main__":
    write_schemas(find_root(Path.cwd()) / EXPERIMENTS / FOLDER)
