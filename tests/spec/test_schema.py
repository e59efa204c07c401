"""The JSON Schemas beside the study files."""

from __future__ import annotations

import json
from pathlib import Path

from reportgen.spec.schema import schemas, stale_schemas, write_schemas


def test_the_schemas_are_fresh(project: Path) -> None:
    """Mend with `python -m reportgen.spec.schema`."""
    assert stale_schemas(project / "experiments" / "schema") == []


def test_only_what_is_stale_is_written(tmp_path: Path) -> None:
    assert len(write_schemas(tmp_path)) == 4
    (tmp_path / "report.schema.json").write_text("{}")
    (tmp_path / "profile.schema.json").unlink()
    assert stale_schemas(tmp_path) == ["profile.schema.json", "report.schema.json"]
    assert {path.name for path in write_schemas(tmp_path)} == {
        "profile.schema.json",
        "report.schema.json",
    }
    assert stale_schemas(tmp_path) == []


def test_an_experiment_needs_its_parts_and_a_profile_none() -> None:
    experiment = json.loads(schemas()["experiment.schema.json"])
    assert experiment["required"] == ["title", "dataset", "model"]
    assert experiment["additionalProperties"] is False
    profile = json.loads(schemas()["profile.schema.json"])
    partial = profile["properties"]["experiments"]["additionalProperties"]
    assert "required" not in partial
    training, nothing = partial["properties"]["training"]["anyOf"]
    assert nothing == {"type": "null"}
    assert "required" not in training
    assert training["additionalProperties"] is False
    phases = training["properties"]["phases"]
    assert phases["items"] == {"$ref": "#/$defs/Phase"}
    assert profile["$defs"]["Phase"]["required"] == ["epochs", "optimizer"]


def test_every_reference_leads_to_a_definition() -> None:
    for name, text in schemas().items():
        schema = json.loads(text)
        used = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
        assert used <= set(schema.get("$defs", {})), name


def test_study_files_name_their_schema(project: Path) -> None:
    """Editors find the schema by the first line; the path in it must lead there."""
    folder = project / "experiments"
    files = sorted(file for file in folder.glob("*/**/*.yaml"))
    assert files
    for file in files:
        first = file.read_text(encoding="utf-8").splitlines()[0]
        marker = "# yaml-language-server: $schema="
        assert first.startswith(marker), file
        assert (file.parent / first.removeprefix(marker)).is_file(), file


def test_an_editor_takes_an_estimator_by_its_name() -> None:
    experiment = json.loads(schemas()["experiment.schema.json"])
    forms = experiment["properties"]["estimator"]["anyOf"]
    assert {"const": "linear_svm", "type": "string"} in forms
    assert {"$ref": "#/$defs/LinearSvm"} in forms
