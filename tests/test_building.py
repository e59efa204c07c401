"""The build folder: one build at a time; who waited finds what the other one made."""

from __future__ import annotations

import threading

from reportgen import pipeline
from reportgen.building import building, last_build
from reportgen.order import Order
from reportgen.progress import Silence
from tests.toy_project import Toy


def test_what_a_killed_build_left_half_written_is_removed(built: Toy) -> None:
    order = Order(built.root, "toy", data_dir=built.data)
    half = [
        built.build_folder / ".report.html.0123abcd",
        built.build_folder / ".RIOS_PENA_ALBA.zip.0123abcd",
        built.build_folder / "fonts" / ".maps-1.svg.0123abcd",
    ]
    for path in half:
        path.write_bytes(b"ha")
    whole = {path for path in built.build_folder.rglob("*") if path not in half}
    with building(pipeline.load(order), Silence()) as alone:
        assert alone
    assert set(built.build_folder.rglob("*")) == whole


def test_a_build_that_waited_for_the_same_one_does_not_do_it_again(built: Toy) -> None:
    order = Order(built.root, "toy", data_dir=built.data)
    pipeline.build(order, Silence())
    stamp = built.build_folder / ".stamp.json"
    kept = stamp.read_bytes()
    stamp.unlink()
    waits, made = threading.Event(), []

    class Waiting(Silence):
        def note(self, text: str) -> None:
            assert "another build of toy is under way" in text
            waits.set()

    second = threading.Thread(target=lambda: made.append(pipeline.build(order, Waiting())))
    with building(pipeline.load(order), Silence()):
        second.start()
        assert waits.wait(20)
        stamp.write_bytes(kept)  # as the first one does when it ends
    second.join(60)
    assert [one.fresh for one in made] == [True]


def test_a_build_that_waited_for_another_one_builds(built: Toy) -> None:
    order = Order(built.root, "toy", data_dir=built.data)
    waits, made = threading.Event(), []

    class Waiting(Silence):
        def note(self, text: str) -> None:
            waits.set()

    second = threading.Thread(target=lambda: made.append(pipeline.build(order, Waiting())))
    (built.build_folder / ".stamp.json").unlink(missing_ok=True)
    with building(pipeline.load(order), Silence()):
        second.start()
        assert waits.wait(20)
    second.join(60)
    assert [one.fresh for one in made] == [False]
    assert last_build(order) is not None
