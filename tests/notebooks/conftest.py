"""A toy project with its notebook run once: starting a kernel takes seconds."""

import json
from pathlib import Path

import pytest

from tests.toy_project import Toy, make_toy

NAME = "1_red_de_juguete.ipynb"
OWN = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@pytest.fixture(scope="session")
def booked_toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """Return a toy project with a generated notebook and one of its own, built once."""
    from reportgen.pipeline import Order, build
    from reportgen.progress import Silence

    toy = make_toy(tmp_path_factory.mktemp("booked"))
    (toy.folder / "extra.ipynb").write_text(OWN, encoding="utf-8")
    toy.write(report={"notebooks": ["generated", "extra.ipynb"]})
    build(Order(toy.root, "toy", data_dir=toy.data), Silence())
    return toy


@pytest.fixture
def booked(booked_toy: Toy, tmp_path: Path) -> Toy:
    """Return a copy of it, which may be changed."""
    return booked_toy.copy(tmp_path / "project", build=True)


@pytest.fixture
def notebook(booked_toy: Toy) -> dict:
    """Return the generated notebook."""
    return json.loads((booked_toy.build_folder / "notebooks" / NAME).read_bytes())
