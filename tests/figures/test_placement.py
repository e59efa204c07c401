"""Label placement, by small drawings that can be checked by hand."""

from __future__ import annotations

from reportgen.figures.placement import UNDERNEATH, Box, Label, place_labels

PAGE = Box(0, 0, 100, 100)


def test_overlap_is_the_shared_area() -> None:
    # From x 5 to 10 and from y 8 to 10: 5 × 2.
    assert Box(0, 0, 10, 10).overlap(Box(5, 8, 20, 20)) == 10


def test_boxes_that_only_touch_do_not_overlap() -> None:
    assert Box(0, 0, 10, 10).overlap(Box(10, 0, 20, 10)) == 0


def test_a_free_label_goes_to_its_preferred_corner() -> None:
    (box,) = place_labels([Label(50, 50, 20, 10, 5)], (), PAGE)
    # Right and above; a corner comes nearer: 0.7 of the clearance of 5.
    assert box == Box(53.5, 53.5, 73.5, 63.5)


def test_underneath_is_the_first_choice_when_asked_for() -> None:
    (box,) = place_labels([Label(50, 50, 20, 10, 5)], (), PAGE, UNDERNEATH)
    assert box == Box(40, 35, 60, 45)


def test_a_label_without_clearance_lies_on_its_point() -> None:
    (box,) = place_labels([Label(50, 50, 20, 10, 0)], (), PAGE)
    assert box == Box(40, 45, 60, 55)


def test_a_label_gives_way_to_an_obstacle() -> None:
    wall = Box(51, 0, 100, 100)  # everything right of the point
    (box,) = place_labels([Label(50, 50, 20, 10, 5)], [wall], PAGE)
    assert box.overlap(wall) == 0
    assert box.right <= 50


def test_labels_of_one_point_do_not_cover_each_other() -> None:
    boxes = place_labels([Label(50, 50, 20, 10, 5)] * 4, (), PAGE)
    shared = [a.overlap(b) for i, a in enumerate(boxes) for b in boxes[:i]]
    assert shared == [0.0] * 6


def test_a_label_at_the_edge_stays_inside() -> None:
    (box,) = place_labels([Label(98, 98, 20, 10, 5)], (), PAGE)
    assert PAGE.holds(box)


def test_a_label_that_fits_nowhere_is_still_placed() -> None:
    (box,) = place_labels([Label(5, 5, 200, 10, 5)], (), PAGE)
    assert box.width == 200


def test_no_labels_give_no_boxes() -> None:
    assert place_labels([], (), PAGE) == ()
