"""A notebook's bytes depend on nothing but its cells and outputs."""

import json

import nbformat

from reportgen.notebooks.compose import Cell
from reportgen.notebooks.paper import blank_notebook, notebook_bytes, plain_notebook

CELLS = (Cell("markdown", "Hola.\nAdiós."), Cell("code", "1 + 1"))


def executed(**noise):
    notebook = blank_notebook(CELLS)
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.99"}
    notebook["cells"][1] |= {
        "execution_count": 1,
        "metadata": noise,
        "outputs": [
            {
                "output_type": "execute_result",
                "execution_count": 1,
                "data": {"text/plain": "2\n3", "image/svg+xml": "<a>\n</a>", "image/png": "AA=="},
                "metadata": {"reportgen": {"net.x": 2}, "width": 3},
            },
            {"output_type": "stream", "name": "stdout", "text": "a\nb\n"},
        ],
    }
    return notebook


def test_a_blank_notebook_is_valid():
    nbformat.validate(blank_notebook(CELLS))


def test_noise_is_left_out():
    plain = plain_notebook(executed(execution={"time": "now"}), {"source": "s"})
    assert plain == plain_notebook(executed(), {"source": "s"})
    assert "3.99" not in str(plain)
    nbformat.validate(plain)


def test_facts_move_from_the_outputs_to_the_notebook():
    plain = plain_notebook(executed(), {"source": "s"})
    assert plain["metadata"]["reportgen"] == {"source": "s", "facts": {"net.x": 2}}
    assert plain["cells"][1]["outputs"][0]["metadata"] == {"width": 3}


def test_text_stands_as_lines_and_reads_back():
    data = notebook_bytes(plain_notebook(executed(), {}))
    raw = json.loads(data)
    assert raw["cells"][0]["source"] == ["Hola.\n", "Adiós."]
    result, stream = raw["cells"][1]["outputs"]
    assert result["data"] == {
        "text/plain": ["2\n", "3"],
        "image/svg+xml": ["<a>\n", "</a>"],
        "image/png": "AA==",
    }
    assert stream["text"] == ["a\n", "b\n"]
    assert data.endswith(b"}\n")
    again = nbformat.reads(data.decode(), as_version=4)
    assert again.cells[1].source == "1 + 1"
