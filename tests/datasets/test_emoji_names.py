"""Which emoji a class holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reportgen.datasets.emoji_names import Emoji, choose_emoji, read_emoji
from reportgen.errors import DataError

ROWS = [
    {"unified": "1F427", "name": "PENGUIN", "subcategory": "animal-bird"},
    {"unified": "1F43B-200D-2744-FE0F", "name": "POLAR BEAR", "subcategory": "animal-mammal"},
    {"unified": "1F34E", "name": "RED APPLE", "subcategory": "food-fruit"},
    {"unified": "1F54A-FE0F", "name": "DOVE", "subcategory": "animal-bird"},
    {"unified": "1F43B", "name": "BEAR FACE", "subcategory": "animal-mammal"},
]
APPLE = Emoji((0x1F34E,), "RED APPLE", "food-fruit")
PENGUIN = Emoji((0x1F427,), "PENGUIN", "animal-bird")
BEAR = Emoji((0x1F43B,), "BEAR FACE", "animal-mammal")
POLAR_BEAR = Emoji((0x1F43B, 0x200D, 0x2744, 0xFE0F), "POLAR BEAR", "animal-mammal")
DOVE = Emoji((0x1F54A, 0xFE0F), "DOVE", "animal-bird")
ALL = (APPLE, PENGUIN, BEAR, POLAR_BEAR, DOVE)


def test_emoji_are_read_in_the_order_of_their_code_points(tmp_path: Path) -> None:
    path = tmp_path / "emoji.json"
    path.write_text(json.dumps(ROWS), encoding="utf-8")
    assert read_emoji(path) == ALL


DAMAGES = {
    "cut": '[{"unified": "1F34E", "name"',
    "a mapping": '{"a": 1}',
    "no subcategory": '[{"unified": "1F34E", "name": "A"}]',
    "no number": '[{"unified": "apple", "name": "A", "subcategory": "b"}]',
    "null": '[{"unified": null, "name": "A", "subcategory": "b"}]',
}


@pytest.mark.parametrize("text", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_list_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "emoji.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"emoji\.json is damaged: expected a list of emoji"):
        read_emoji(path)


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"emoji\.json cannot be read"):
        read_emoji(tmp_path / "emoji.json")


def test_classes_hold_subcategories_and_single_emoji() -> None:
    chosen = choose_emoji(ALL, {"white": ["U+1F54A", "animal-mammal"], "red": ["U+1F34E"]})
    assert chosen == {"white": (BEAR, POLAR_BEAR, DOVE), "red": (APPLE,)}
    assert list(chosen) == ["white", "red"]


def test_an_unknown_subcategory_brings_the_nearest() -> None:
    with pytest.raises(DataError) as caught:
        choose_emoji(ALL, {"birds": ["animal-brid"]})
    message = caught.value.message
    assert message.startswith(
        'dataset.glyphs.classes.birds: unknown subcategory of emoji "animal-brid"; '
    )
    assert "animal-bird" in message


def test_a_code_point_that_is_no_emoji() -> None:
    with pytest.raises(DataError, match=r"classes\.a: U\+0041 is no emoji"):
        choose_emoji(ALL, {"a": ["U+0041"]})


@pytest.mark.parametrize(
    "classes",
    [
        {"birds": ["animal-bird"], "antarctic": ["U+1F427"]},
        {"antarctic": ["U+1F427", "animal-bird"]},
    ],
    ids=["in two classes", "twice in one"],
)
def test_an_emoji_is_chosen_once(classes: dict[str, list[str]]) -> None:
    with pytest.raises(DataError, match=r"U\+1F427 \(penguin\) is chosen twice, in"):
        choose_emoji(ALL, classes)
