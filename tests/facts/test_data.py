"""Facts on the data."""

from reportgen.facts.data import data_facts
from tests.facts.hand_made import record, values

FACTS = list(data_facts("net", record(), "key"))
FOUND = values(FACTS)


def test_the_whole():
    assert FOUND["net.data.name"] == "toy"
    assert FOUND["net.data.n"] == 42  # 30 + 12
    assert FOUND["net.data.n_classes"] == 3
    assert FOUND["net.data.classes.2"] == "cat"
    assert FOUND["net.data.shared"] == 1
    assert (FOUND["net.data.mean.0"], FOUND["net.data.std.0"]) == (0.25, 0.5)


def test_by_split():
    at = "net.data.train"
    assert [FOUND[f"{at}.{name}"] for name in ("n", "height", "width", "channels")] == [30, 8, 6, 1]
    assert (FOUND[f"{at}.smallest_class"], FOUND[f"{at}.largest_class"]) == (8, 12)
    assert [FOUND[f"net.data.validation.classes.{i}"] for i in range(3)] == [5, 5, 2]


def test_source():
    fields = {fact.id: fact.source.field for fact in FACTS}
    assert fields["net.data.validation.n"] == "data.splits[1].n"
    assert {fact.source.run for fact in FACTS} == {"key"}
