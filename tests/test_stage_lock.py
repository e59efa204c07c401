"""Code that a stage runs does not change unsaid: the same results, or a raised version."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import stage_lock
from reportgen.plan.keys import STAGE_VERSIONS

SPACE = Path("reportgen/measures/space.py")


def test_the_lock_is_that_of_the_code() -> None:
    lines = stage_lock.differences(stage_lock.read_lock(), stage_lock.current())
    advice = (
        "say whether results are the same (python tools/stage_lock.py --same) or other ones "
        "(--raise STAGE)"
    )
    assert lines == [], advice


# ── which modules ───────────────────────────────────────────────────────────


def test_each_stage_that_has_a_version_is_locked() -> None:
    assert list(stage_lock.ROOTS) == [*STAGE_VERSIONS, "notebook"]


def test_what_is_named_exists(project: Path) -> None:
    roots = [name for names in stage_lock.ROOTS.values() for name in names]
    for name in (*roots, *stage_lock.LEFT_OUT):
        assert stage_lock.module_file(project, name), name


def test_all_that_makes_results_is_locked_or_left_out(project: Path) -> None:
    """A module that nothing reaches would change unseen, so none of these folders has one."""
    locked = {name for entry in stage_lock.current().values() for name in entry["code"]}
    for folder in ("datasets", "models", "training", "measures", "stages"):
        for file in (project / "reportgen" / folder).glob("[a-z]*.py"):
            name = f"{folder}.{file.stem}"
            assert name in locked or stage_lock.is_left_out(name), name


@pytest.mark.parametrize(
    ("module", "stage"),
    [
        ("datasets.idx", "data"),
        ("training.loop", "train"),
        ("models.backbones", "train"),
        ("measures.linear_svm", "train"),
        ("stages.evaluate", "evaluate"),
        ("measures.embedding", "embed"),
        ("measures.structure", "embed"),
        ("models.summary", "record"),
        ("measures.confusion", "record"),
        ("notebooks.execute", "notebook"),
    ],
)
def test_a_module_stands_at_its_first_stage(module: str, stage: str) -> None:
    lock = stage_lock.current()
    assert [name for name, entry in lock.items() if module in entry["code"]] == [stage]


@pytest.mark.parametrize("module", ["console", "progress", "errors", "report.html", "store.files"])
def test_what_only_tells_or_keeps_is_not_locked(module: str) -> None:
    assert all(module not in entry["code"] for entry in stage_lock.current().values())


# ── what counts ─────────────────────────────────────────────────────────────


@pytest.fixture
def copy(project: Path, tmp_path: Path) -> Path:
    """Return a copy of the package with its lock."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(project / "reportgen", tmp_path / "reportgen", ignore=ignored)
    (tmp_path / "tools").mkdir()
    stage_lock.main(["--same"], tmp_path)
    return tmp_path


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def changed(root: Path) -> list[str]:
    lock = stage_lock.read_lock(root / "tools" / "stages.lock.json")
    return stage_lock.differences(lock, stage_lock.current(root))


def test_layout_does_not_count(copy: Path) -> None:
    file = copy / SPACE
    edit(
        file, "from __future__ import annotations\n", "from __future__ import annotations\n\n# x\n"
    )
    edit(file, '"""', '"""Another text. ')
    assert changed(copy) == []


def test_code_counts(copy: Path) -> None:
    with (copy / "reportgen/measures/structure.py").open("a", encoding="utf-8") as file:
        file.write("\n\nNEW = 1\n")
    assert changed(copy) == ["embed: the code changed of measures.structure"]


def test_a_new_module_is_followed(copy: Path) -> None:
    (copy / "reportgen/measures/fresh.py").write_text("A = 1\n", encoding="utf-8")
    assert changed(copy) == []
    with (copy / "reportgen/measures/structure.py").open("a", encoding="utf-8") as file:
        file.write(
            "\n\ndef late():\n    from reportgen.measures import fresh\n    return fresh.A\n"
        )
    assert changed(copy) == ["embed: the code changed of measures.fresh, measures.structure"]


def test_a_module_that_is_gone(copy: Path) -> None:
    lock = stage_lock.current(copy)
    lock["embed"]["code"]["measures.gone"] = "0"  # type: ignore[index]
    assert stage_lock.differences(lock, stage_lock.current(copy)) == [
        "embed: the code changed of measures.gone"
    ]


# ── the tool ────────────────────────────────────────────────────────────────


def test_it_tells_and_writes_nothing_without_a_word(copy: Path, capsys) -> None:
    assert stage_lock.main([], copy) == 0
    before = (copy / "tools/stages.lock.json").read_bytes()
    edit(
        copy / "reportgen/measures/embedding.py",
        "import annotations\n",
        "import annotations\nB=2\n",
    )
    capsys.readouterr()
    assert stage_lock.main([], copy) == 1
    assert capsys.readouterr().out == "embed: the code changed of measures.embedding\n"
    assert (copy / "tools/stages.lock.json").read_bytes() == before


def test_the_same_results_leave_the_versions(copy: Path) -> None:
    edit(
        copy / "reportgen/measures/embedding.py",
        "import annotations\n",
        "import annotations\nB=2\n",
    )
    keys = (copy / "reportgen/plan/keys.py").read_bytes()
    assert stage_lock.main(["--same"], copy) == 0
    assert changed(copy) == []
    assert (copy / "reportgen/plan/keys.py").read_bytes() == keys


def test_other_results_raise_the_versions(copy: Path) -> None:
    edit(
        copy / "reportgen/measures/embedding.py",
        "import annotations\n",
        "import annotations\nB=2\n",
    )
    assert stage_lock.main(["--raise", "embed", "notebook"], copy) == 0
    old = stage_lock.versions()
    text = (copy / "reportgen/plan/keys.py").read_text(encoding="utf-8")
    assert f'"embed": {old["embed"] + 1},\n' in text
    assert f'"train": {old["train"]},\n' in text
    keep = (copy / "reportgen/notebooks/keep.py").read_text(encoding="utf-8")
    assert f"\nVERSION = {old['notebook'] + 1}\n" in keep
    lock = json.loads((copy / "tools/stages.lock.json").read_text(encoding="utf-8"))
    raised = {stage: entry["version"] - old[stage] for stage, entry in lock.items()}
    assert raised == dict.fromkeys(old, 0) | {"embed": 1, "notebook": 1}


def test_a_version_raised_by_hand_is_told() -> None:
    lock = stage_lock.current()
    lock["train"]["version"] = 0
    assert stage_lock.differences(lock, stage_lock.current()) == [
        f"train: version {STAGE_VERSIONS['train']}, locked 0"
    ]


def test_both_words_at_once_are_refused(copy: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        stage_lock.main(["--same", "--raise", "embed"], copy)
    assert ended.value.code == 2
