"""A class is taken out of its file with all that it reaches, and means the same."""

import pytest

from reportgen.errors import ModelError
from reportgen.plan.code import fingerprint_class, module_source

FILE = '''"""All networks."""

from __future__ import annotations

import math, torch
from torch import nn

# How wide.
# In channels.
WIDTH = 4

UNUSED = 5


def helper(x):
    return x * WIDTH


@torch.no_grad()
class Base(nn.Module):
    pass



# The one.
class Net(Base):
    def forward(self, x):
        return helper(x)


class Other(nn.Module):
    """```"""


if __name__ == "__main__":
    Net()
'''

NET = """from __future__ import annotations

import math, torch
from torch import nn

# How wide.
# In channels.
WIDTH = 4


def helper(x):
    return x * WIDTH


@torch.no_grad()
class Base(nn.Module):
    pass


# The one.
class Net(Base):
    def forward(self, x):
        return helper(x)
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "models.py"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_only_what_is_reached_is_kept_as_written(file):
    assert module_source(file, ["Net"]) == NET


@pytest.mark.parametrize("names", [["Net"], ["Other"], ["Net", "Other"], ["Base"]])
def test_the_fingerprint_stays(file, tmp_path, names):
    part = tmp_path / "part" / "models.py"
    part.parent.mkdir()
    part.write_text(module_source(file, names), encoding="utf-8")
    for name in names:
        assert fingerprint_class(part, name).digest == fingerprint_class(file, name).digest


def test_a_class_that_is_not_there(file):
    with pytest.raises(ModelError, match='did you mean "Net"'):
        module_source(file, ["Nett"])
