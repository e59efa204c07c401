"""`results.json`: the shape that other programs rely on."""

import json

from reportgen.facts.fact import Fact, Source
from reportgen.facts.results import results_json

FACTS = [
    Fact("b.x", 0.5, "fraction", Source("k1", "f"), "B"),
    Fact("a.y", None, "ratio", Source("k1+k2", "g"), "A"),
    Fact("a.x", "ñandú", "text", Source("k2", "h"), "C"),
    Fact("a.z", True, "bool", Source("k2", "i"), "D"),
]


def test_shape():
    assert json.loads(results_json("toy", "embedded", FACTS)) == {
        "schema": 1,
        "study": "toy",
        "profile": "embedded",
        "facts": [
            {"id": "a.x", "value": "ñandú", "unit": "text", "source": {"run": "k2", "field": "h"}},
            {"id": "a.y", "value": None, "unit": "ratio", "source": {"run": "k1+k2", "field": "g"}},
            {"id": "a.z", "value": True, "unit": "bool", "source": {"run": "k2", "field": "i"}},
            {"id": "b.x", "value": 0.5, "unit": "fraction", "source": {"run": "k1", "field": "f"}},
        ],
    }


def test_one_line_a_fact_in_utf8():
    text = results_json("toy", "default", FACTS).decode()
    assert len(text.splitlines()) == len(FACTS) + 2
    assert "ñandú" in text


def test_without_facts_it_is_json_still():
    assert json.loads(results_json("toy", "default", []))["facts"] == []
