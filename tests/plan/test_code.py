"""The fingerprint of a class: what counts and what does not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from reportgen.errors import ModelError
from reportgen.plan.code import class_source, fingerprint_class, normalize

SOURCE = '''\
"""Networks."""
import torch
from torch import nn, optim

WIDTH = 8
OTHER = 3

def block(n):
    """Return a layer."""
    return nn.Linear(n, n)  # square

class Base(nn.Module):
    bias = True

class Net(Base):
    """A network."""

    def __init__(self, width=WIDTH):
        super().__init__()
        self.layer = block(width)

class Unused(nn.Module):
    depth = OTHER
'''


@pytest.fixture
def models(tmp_path: Path) -> Path:
    path = tmp_path / "models.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def digest(models: Path, text: str) -> str:
    models.write_text(text, encoding="utf-8")
    return fingerprint_class(models, "Net").digest


def test_the_fingerprint_is_pinned(models: Path) -> None:
    """Another value means that every trained network would be trained again."""
    assert fingerprint_class(models, "Net").digest == (
        "79713ba07788023d35571d7a4bfe7d56870c8a4f04878400cc3e3c2fbcba8d2d"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""A network."""', '"""Another text,\n    of two lines."""'),
        ('    """A network."""\n', ""),
        ('    """Return a layer."""\n', "    # nothing\n    pass\n"),
        ("  # square", "\n\n"),
        ("\nclass Base", "\n\n\n# the base\nclass Base"),
        ("super().__init__()\n", "super().__init__(\n        )\n"),
        ("WIDTH = 8", "WIDTH = 0x8"),
        ("depth = OTHER", "depth = 7"),
        ("OTHER = 3", "OTHER = 4"),
        ("from torch import nn, optim", "from torch import optim\nfrom torch import nn"),
        ("from torch import nn, optim", "from torch import nn"),
        ('"""Networks."""', "from __future__ import annotations"),
        ("depth = OTHER\n", "depth = OTHER\n\nif __name__ == '__main__':\n    print(Unused())\n"),
    ],
)
def test_what_does_not_count(models: Path, old: str, new: str) -> None:
    assert old in SOURCE
    assert digest(models, SOURCE.replace(old, new)) == digest(models, SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("WIDTH = 8", "WIDTH = 9"),
        ("width=WIDTH", "width=8"),
        ("class Net(Base)", "class Net(nn.Module)"),
        ("bias = True", "bias = False"),
        ("bias = True", "bias = 1"),
        ("nn.Linear(n, n)", "nn.Linear(n, n, False)"),
        ("from torch import nn", "from other import nn"),
        ("OTHER = 3", "OTHER = 3\nnn.Linear.bias = None"),
        ("OTHER = 3", "OTHER = 3\nWIDTH += 1"),
        ("OTHER = 3", "OTHER = 3\nprint(WIDTH)"),
        ("depth = OTHER", "depth = OTHER\n\nclass Net(Base):\n    pass"),
    ],
)
def test_what_counts(models: Path, old: str, new: str) -> None:
    assert old in SOURCE
    assert digest(models, SOURCE.replace(old, new, 1)) != digest(models, SOURCE)


def test_fields_that_are_not_set_do_not_count() -> None:
    """A later Python may add fields, as 3.12 did with type parameters."""
    node = ast.parse("class A: x = 1").body[0]
    before = normalize(node)
    node._fields = (*node._fields, "type_params", "novelty")
    node.type_params, node.novelty = [], None  # type: ignore[attr-defined]
    assert normalize(node) == before


def test_the_source_is_as_written(models: Path) -> None:
    text, line = class_source(models, "Net")
    assert line == 15
    assert text.startswith('class Net(Base):\n    """A network."""\n')
    assert text.endswith("        self.layer = block(width)\n")
    assert fingerprint_class(models, "Net").source == text


def test_decorators_belong_to_the_source(models: Path) -> None:
    models.write_text("import a\n\n@a.b\n@a.c\nclass Net:\n    x = 1  # one\n")
    assert class_source(models, "Net") == ("@a.b\n@a.c\nclass Net:\n    x = 1  # one\n", 3)


def test_a_syntax_error_has_its_line(models: Path) -> None:
    models.write_text("import torch\n\nclass Net(:\n    pass\n")
    with pytest.raises(ModelError) as caught:
        fingerprint_class(models, "Net")
    [fault] = caught.value.faults
    assert (fault.file, fault.line) == ("models.py", 3)
    assert fault.message.startswith("this is not Python: ")


def test_a_missing_class_gets_the_nearest_name(models: Path) -> None:
    with pytest.raises(ModelError) as caught:
        class_source(models, "Nett")
    assert str(caught.value) == (
        'models.py: there is no class "Nett", which model.class asks for; '
        'did you mean "Net"? Allowed: Base, Net, Unused'
    )


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"models\.py: the study's network cannot be read: No such"
    ):
        fingerprint_class(tmp_path / "models.py", "Net")


@pytest.mark.parametrize("content", [b"\xf1", b"a = 1\x00"])
def test_bytes_that_are_no_text(models: Path, content: bytes) -> None:
    models.write_bytes(content)
    with pytest.raises(ModelError, match="this is not Python"):
        fingerprint_class(models, "Net")


def test_code_that_is_nested_too_deep(models: Path) -> None:
    models.write_text("class Net:\n    x = " + "+".join("1" * 3000) + "\n")
    with pytest.raises(ModelError, match="nested too deep|not Python"):
        fingerprint_class(models, "Net")


@pytest.mark.parametrize(
    ("statement", "name"),
    [("import blocks", "blocks"), ("from blocks import a", "blocks"), ("from .x import a", ".x")],
)
def test_code_beside_the_file_is_refused(models: Path, statement: str, name: str) -> None:
    """Its changes would not be seen, and a stale network would be taken for a fresh one."""
    (models.parent / "blocks.py").write_text("a = 1\n")
    used = "blocks" if statement == "import blocks" else "a"
    models.write_text(f"{statement}\n\nclass Net:\n    x = {used}\n")
    with pytest.raises(ModelError) as caught:
        fingerprint_class(models, "Net")
    [fault] = caught.value.faults
    assert fault.line == 1
    assert fault.message.startswith(f"imports {name}, whose changes would not be noticed")


def test_an_invalid_escape_is_no_error(models: Path) -> None:
    """Python itself only warns of it."""
    models.write_text('class Net:\n    x = "\\d"\n')
    assert len(fingerprint_class(models, "Net").digest) == 64
