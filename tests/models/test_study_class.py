from __future__ import annotations

import sys

import pytest
import torch
from torch import nn

from reportgen.errors import ModelError
from reportgen.models.study_class import build_model
from reportgen.spec.network import StudyModel
from tests.models.study_file import build, write_models

NET = """
class Net(nn.Module):
    def __init__(self, width: int, depth: int = 1) -> None:
        super().__init__()
        self.dense = nn.Linear(width, 2)
"""


def test_the_class_is_built_with_its_arguments(tmp_path):
    model = build(tmp_path, NET, width=5)
    assert isinstance(model, nn.Module)
    assert model.dense.weight.shape == (2, 5)


def test_the_seed_decides_the_initial_weights(tmp_path):
    first, same, other = (build(tmp_path, NET, seed=seed, width=5) for seed in (3, 3, 4))
    assert torch.equal(first.dense.weight, same.dense.weight)
    assert not torch.equal(first.dense.weight, other.dense.weight)


def test_the_random_state_of_the_caller_is_left_as_it_was(tmp_path):
    before = torch.get_rng_state()
    build(tmp_path, NET, seed=3, width=5)
    assert torch.equal(torch.get_rng_state(), before)


def test_two_studies_with_the_same_names_do_not_mix(tmp_path):
    one = build(tmp_path / "one", "class Net(nn.Module):\n    kind = 1\n")
    two = build(tmp_path / "two", "class Net(nn.Module):\n    kind = 2\n")
    assert (one.kind, two.kind) == (1, 2)
    assert "models" not in sys.modules


def test_the_file_may_hold_dataclasses_with_postponed_annotations(tmp_path):
    text = """
    from dataclasses import dataclass
    @dataclass
    class Options:
        width: int = 3
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(Options().width, 2)
    """
    header = "from __future__ import annotations\nimport torch\nfrom torch import nn\n"
    file = write_models(tmp_path, text, header=header)
    spec = StudyModel.model_validate({"class": "Net"})
    assert build_model(file, spec, seed=0).dense.in_features == 3


def test_the_folder_of_the_study_stays_clean(tmp_path):
    build(tmp_path, NET, width=5)
    assert [p.name for p in (tmp_path / "experiments" / "toy").iterdir()] == ["models.py"]


def test_an_unknown_class_names_the_nearest(tmp_path):
    with pytest.raises(ModelError) as caught:
        build(tmp_path, NET + "class Other(nn.Module): ...\n", "Nett", width=5)
    assert str(caught.value) == (
        'experiments/toy/models.py: there is no class "Nett"; '
        'did you mean "Net"? Allowed: Net, Other'
    )


@pytest.mark.parametrize("text", ["Net = 3\n", "class Net:\n    pass\n", "def Net(): ...\n"])
def test_what_is_no_module_class_is_refused(tmp_path, text):
    with pytest.raises(ModelError, match=r"Net must be a class derived from torch\.nn\.Module"):
        build(tmp_path, text)


def test_unknown_and_missing_arguments_are_told_together(tmp_path):
    with pytest.raises(ModelError) as caught:
        build(tmp_path, NET, widht=5)
    assert str(caught.value).splitlines() == [
        (
            'experiments/toy/models.py: Net takes no argument "widht" (model.args); '
            'did you mean "width"? Allowed: depth, width'
        ),
        'experiments/toy/models.py: Net needs the argument "width": give it in model.args',
    ]


def test_an_error_of_the_constructor_names_its_line(tmp_path):
    with pytest.raises(ModelError) as caught:
        build(tmp_path, NET, width="wide")  # super() stands on line 5, nn.Linear on line 6
    assert str(caught.value).startswith("experiments/toy/models.py:6: Net cannot be constructed: ")
    assert "TypeError" in str(caught.value)


def test_the_deepest_line_of_the_study_is_named(tmp_path):
    text = """
    def units():
        raise KeyError("units")
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(units(), 2)
    """
    with pytest.raises(ModelError, match=r"models\.py:4: .*KeyError: 'units'"):
        build(tmp_path, text)


def test_an_error_of_the_file_itself_names_its_line(tmp_path):
    with pytest.raises(ModelError, match=r"^experiments/toy/models\.py:3: .*ZeroDivisionError"):
        build(tmp_path, "x = 1 / 0\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("raise SystemExit", ":3: cannot be run: SystemExit: no message"),
        ("import sys\nsys.exit('adios')", ":4: cannot be run: SystemExit: adios"),
        (
            "class Net(nn.Module):\n    def __init__(self): raise SystemExit(0)",
            ":4: Net cannot be constructed: SystemExit: 0",
        ),
        (
            "class Odd(Exception):\n    def __str__(self): return 5\nraise Odd",
            ":5: cannot be run: Odd: no message",
        ),
        ("x = " + "-" * 100_000 + "1", "this is not Python: "),
        ("def f(): f()\nf()", ":3: cannot be run: RecursionError: "),
    ],
    ids=["exit", "sys.exit", "in the constructor", "odd error", "deep", "endless"],
)
def test_a_file_that_ends_the_program_or_breaks_oddly_is_told(tmp_path, text, told):
    with pytest.raises(ModelError, match=r"^experiments/toy/models\.py:") as caught:
        build(tmp_path, text)
    assert told in caught.value.message


def test_an_interruption_goes_through(tmp_path):
    """Ctrl-C while the file runs is the user's, not the file's fault."""
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, "raise KeyboardInterrupt")


def test_what_is_not_python_names_its_line(tmp_path):
    with pytest.raises(ModelError, match=r"^experiments/toy/models\.py:3: this is not Python"):
        build(tmp_path, "class Net(nn.Module)\n    pass\n")


def test_a_missing_file_is_told(tmp_path):
    file = tmp_path / "experiments" / "toy" / "models.py"
    file.parent.mkdir(parents=True)
    with pytest.raises(ModelError, match=r"^experiments/toy/models\.py: cannot be read"):
        build_model(file, StudyModel.model_validate({"class": "Net"}), seed=0)


def test_parameters_without_a_size_are_refused(tmp_path):
    text = """
    import warnings
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.dense = nn.LazyLinear(2)
    """
    with pytest.raises(ModelError, match=r"Net: dense\.weight, dense\.bias has no size"):
        build(tmp_path, text)
