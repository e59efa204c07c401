"""Spanish class names, as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.errors import TemplateError
from reportgen.report.labels import Labels, load_labels


def write(folder: Path, text: str) -> Path:
    (folder / "labels").mkdir(parents=True)
    (folder / "labels" / "animals.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_labels_that_come_with_the_project(project: Path) -> None:
    cifar = load_labels(project / "templates", "cifar10")
    fashion = load_labels(project / "templates", "fashion-mnist")
    # Beside ten classes, CIFAR-10 has names for the groups that its experiment makes of them.
    assert (len(cifar.by_class), len(fashion.by_class)) == (12, 10)
    assert cifar.form("animals", "plural") == "animales"
    assert (cifar.form("frog", "the"), cifar.form("ship", "plural")) == ("la rana", "barcos")
    assert fashion.form("ankle-boot", "a") == "un botín"


def test_a_part_of_a_data_set_shares_its_labels(project: Path) -> None:
    templates = project / "templates"
    assert load_labels(templates, "mnist-5k") == load_labels(templates, "mnist")
    assert load_labels(templates, "mnist").form("4", "the") == "el 4"


def test_letters_drawn_and_by_hand_share_their_labels(project: Path) -> None:
    labels = load_labels(project / "templates", "letters")
    assert load_labels(project / "templates", "emnist-letters") == labels
    assert list(labels.by_class) == list("abcdefghijklmnopqrstuvwxyz")
    assert [labels.form(name, "the") for name in "any"] == ["la a", "la n", "la y"]
    assert [labels.form(name, "plural") for name in "aew"] == ["aes", "es", "uves dobles"]


def test_a_feminine_noun_may_take_the_masculine_articles(project: Path) -> None:
    """«El ave» and «un ave», but «la clase de las aves»."""
    labels = load_labels(project / "templates", "openmoji")
    assert [labels.form("birds", form) for form in ("the", "a")] == ["el ave", "un ave"]
    assert [labels.form("people", form) for form in ("the", "a")] == ["la persona", "una persona"]


def test_an_article_is_one_of_two_genders(tmp_path: Path) -> None:
    text = "cat: {label: gato, article: el}\n"
    with pytest.raises(TemplateError, match="article must be m or f, got the text .el."):
        load_labels(write(tmp_path / "templates", text), "animals")


def test_a_data_set_without_a_file_keeps_its_names(project: Path) -> None:
    labels = load_labels(project / "templates", "unheard-of")
    assert labels == Labels({})
    assert labels.form("alien", "the") == "el alien"


def test_an_unknown_form_names_the_nearest() -> None:
    with pytest.raises(ValueError, match='did you mean "plural"'):
        Labels({}).form("x", "plurals")


def test_every_fault_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    text = "cat: {label: gato, gendre: m}\ndog: perro\nbird: {label: ave, gender: x}\n"
    with pytest.raises(TemplateError) as caught:
        load_labels(write(tmp_path / "templates", text), "animals")
    first, second, third = map(str, caught.value.faults)
    assert 'templates/labels/animals.yaml:1:28: class "cat": no key "gendre"; did you' in first
    assert 'animals.yaml:2:6: class "dog": expected {label' in second
    assert 'animals.yaml:3:28: class "bird": gender must be m or f, got the text "x"' in third


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cat: {label: [", r"animals\.yaml:1:15: the file ends inside a list or mapping"),
        ("cat: &a {label: gato}\ndog: *a\n", r"animals\.yaml:1:6: the anchor \"&a\" is refused"),
        ("[a, b]: {label: gato}\n", r"animals\.yaml:1:1: a key must be text, got a list"),
        ("cat: " + "[" * 10_000, r"animals\.yaml:1:38: nested more than 32 levels deep"),
        ("cat: {label: gato, gender: [m]}\n", "gender must be m or f, got a list"),
        (
            "cat: {label: gato, plural: 2026-02-30, gender: 1e400}\n",
            "1:48: a number must be finite",
        ),
    ],
)
def test_a_file_that_is_no_plain_yaml(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        load_labels(write(tmp_path, text), "animals")
