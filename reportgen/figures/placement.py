"""Where labels go so that they cover neither data nor each other. Pure geometry, in points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Places around a point, in order of preference (map-makers' habit: right and
# above read best). -1, 0, 1 is left, middle, right of the point, and below,
# middle, above it; a half lies between.
PLACES: tuple[tuple[float, float], ...] = (
    *((1, 1), (1, 0), (1, -1), (-1, 1), (-1, 0), (-1, -1)),
    *((0, 1), (0, -1), (0.5, 1), (0.5, -1), (-0.5, 1), (-0.5, -1)),
)
# The same for a point on a curve that is one of the lowest: its room is underneath.
UNDERNEATH: tuple[tuple[float, float], ...] = (
    *((0, -1), (-0.5, -1), (0.5, -1), (-1, -1), (1, -1)),
    *((0, 1), (-0.5, 1), (0.5, 1), (-1, 1), (1, 1), (1, 0), (-1, 0)),
)
# How much farther a place seems for each one preferred to it, in points.
RANK_WEIGHT = 0.4
# Distances tried, as multiples of the label's own clearance.
REACHES = (1.0, 2.0, 3.5, 5.0)
# Sweeps over all labels; they end earlier once no label moves.
MAX_SWEEPS = 20
# A covered square point of data or label weighs as much as this many points of distance.
COVER_WEIGHT = 20.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in points; y rises."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        """Width in points."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height in points."""
        return self.top - self.bottom

    def overlap(self, other: Box) -> float:
        """Area shared with another box, in square points."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.top, other.top) - max(self.bottom, other.bottom)
        return width * height if width > 0 and height > 0 else 0.0

    def holds(self, other: Box) -> bool:
        """Whether another box lies wholly inside."""
        return (
            self.left <= other.left
            and self.bottom <= other.bottom
            and self.right >= other.right
            and self.top >= other.top
        )


@dataclass(frozen=True, slots=True)
class Label:
    """A label to place: its point, its size, and how far from the point it stays.

    With `clearance` 0 the label is written over its point if nothing is in the way.
    """

    x: float
    y: float
    width: float
    height: float
    clearance: float


def place_labels(
    labels: Sequence[Label],
    obstacles: Sequence[Box],
    bounds: Box,
    preferred: Sequence[tuple[float, float]] = PLACES,
) -> tuple[Box, ...]:
    """Choose a box for each label: little covered, near its point, inside the bounds.

    Each label in turn takes the cheapest of its places while the others stay,
    until none moves. The same input gives the same boxes; of two places that
    cost the same the one that is preferred is taken.

    Parameters
    ----------
    labels : sequence of Label
    obstacles : sequence of Box
        What must not be covered.
    bounds : Box
        Where labels may lie. A label that fits nowhere inside is put at its first place.
    preferred : sequence of pairs, default `PLACES`
        Places around a point, best first.

    Returns
    -------
    tuple of Box
        In the order of the labels.
    """
    places = [_places(label, bounds, preferred) for label in labels]
    # Who has the least choice chooses first.
    order = sorted(range(len(labels)), key=lambda i: len(places[i]))
    chosen: dict[int, Box] = {}
    for _ in range(MAX_SWEEPS):
        before = dict(chosen)
        for i in order:
            others = [*obstacles, *(box for j, box in chosen.items() if j != i)]
            chosen[i] = min(places[i], key=lambda place: _cost(place, others))[0]
        if chosen == before:
            break
    return tuple(chosen[i] for i in range(len(labels)))


def _cost(place: tuple[Box, float], others: Sequence[Box]) -> float:
    box, distance = place
    return distance + COVER_WEIGHT * sum(box.overlap(other) for other in others)


def _places(
    label: Label, bounds: Box, preferred: Sequence[tuple[float, float]]
) -> list[tuple[Box, float]]:
    """List a label's boxes inside the bounds, each with its distance from the best."""
    step = label.clearance or label.height / 3
    places = [] if label.clearance else [(_box(label, 0, 0, 0.0), 0.0)]
    for reach in REACHES:
        for rank, (across, up) in enumerate(preferred):
            if label.clearance:
                box = _box(label, across, up, step * reach)
            else:  # written over its point: shifted a little, not pushed outside
                box = _shifted(_box(label, 0, 0, 0.0), across, up, step * reach)
            places.append((box, step * reach + rank * RANK_WEIGHT))
    inside = [place for place in places if bounds.holds(place[0])]
    return inside or places[:1]


def _box(label: Label, across: float, up: float, gap: float) -> Box:
    # Corners come nearer, so that all places look equally far.
    near = gap * 0.7 if abs(across * up) == 1 else gap
    x = label.x + across * (near + label.width / 2)
    y = label.y + up * (near + label.height / 2)
    return Box(x - label.width / 2, y - label.height / 2, x + label.width / 2, y + label.height / 2)


def _shifted(box: Box, across: float, up: float, distance: float) -> Box:
    dx, dy = across * distance, up * distance
    return Box(box.left + dx, box.bottom + dy, box.right + dx, box.top + dy)
