"""What a browser is shown, state by state."""

from __future__ import annotations

import json
import threading

from reportgen.preview.board import Board


def test_the_first_pdf_has_no_changes_and_the_next_one_has(draw):
    board = Board()
    assert board.show(draw(1, 2)).changed == ()
    assert board.show(draw(1, 3)).changed == (2,)
    assert board.show(draw(1, 3)).changed == ()


def test_a_fault_leaves_the_last_good_pages(draw):
    board = Board()
    good = board.show(draw(1, 2))
    board.begin()
    assert board.state.busy
    board.fail("x.html.j2:3: no")
    assert (board.state.pages, board.state.faults) == (good.pages, "x.html.j2:3: no")
    assert not board.state.busy
    assert board.picture(1, good.pages[1].key)
    assert board.show(draw(1, 2)).faults == ""


def test_states_are_counted_and_told_as_json(draw):
    board = Board()
    board.begin()
    board.show(draw(1, 2))
    board.show(draw(4, 2))
    told = json.loads(board.state.encode())
    keys = [page.key for page in board.state.pages]
    assert told == {
        "number": 3,
        "busy": False,
        "faults": "",
        "file": "RIOS_ANA.pdf",
        "changed": [1],
        "pages": [[key, 200, 100] for key in keys],
    }


def test_a_picture_that_is_no_longer_shown_is_not_given(draw):
    board = Board()
    assert board.picture(0, "0" * 16) is None
    old = board.show(draw(1)).pages[0].key
    new = board.show(draw(2)).pages[0].key
    assert board.picture(0, old) is None
    assert board.picture(1, new) is None
    assert board.picture(0, new).startswith(b"\x89PNG")


def test_the_pdf_is_given_by_its_name_alone(draw):
    board = Board()
    assert board.pdf("") is None
    content = draw(1).read_bytes()
    board.show(draw(1))
    assert board.pdf("RIOS_ANA.pdf") == content
    assert board.pdf("../RIOS_ANA.pdf") is None


def test_whoever_waits_gets_the_next_state_or_the_old_one_in_time(draw):
    board = Board()
    assert board.wait(0, 0.01).number == 0
    seen = []
    thread = threading.Thread(target=lambda: seen.append(board.wait(0, 30).number))
    thread.start()
    board.begin()
    thread.join(30)
    assert seen == [1]
    thread = threading.Thread(target=lambda: seen.append(board.wait(1, 30).number))
    thread.start()
    board.close()
    thread.join(30)
    assert seen == [1, 1]


def test_a_closed_board_has_no_pictures(draw):
    board = Board()
    key = board.show(draw(1)).pages[0].key
    board.close()
    assert board.picture(0, key) is None
    board.close()
