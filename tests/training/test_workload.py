"""What a run computes, and the threads that it is worth."""

import pytest
import torch
from torch import nn

from reportgen.training.workload import (
    SMALL_STEP,
    Workload,
    count_multiply_adds,
    has_groups,
)


class Functional(nn.Module):
    """Noise, a layer that is called twice, and one that gives a pair."""

    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(4, 4)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        assert not self.training
        return self.dense(self.drop(self.dense(x.flatten(1)))), x


@pytest.mark.parametrize(
    ("model", "shape", "expected"),
    [
        (nn.Conv2d(3, 8, 3), (3, 6, 6), 4 * 4 * 8 * 3 * 9),
        (nn.Conv2d(4, 8, 3, padding=1, groups=2), (4, 5, 5), 25 * 8 * 2 * 9),
        (nn.Sequential(nn.Flatten(), nn.Linear(12, 5)), (3, 2, 2), 12 * 5),
        (nn.Sequential(nn.MaxPool2d(2), nn.ReLU()), (1, 4, 4), 0),
        (Functional(), (1, 2, 2), 2 * 16),
    ],
)
def test_multiply_adds_of_one_image(model, shape, expected):
    model.train()
    state = torch.get_rng_state()
    assert count_multiply_adds(model, shape) == expected
    assert model.training
    assert not any(layer._forward_hooks for layer in model.modules())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("multiply_adds", "batch_size", "threads"),
    [
        (SMALL_STEP // 10 - 1, 10, 1),
        (SMALL_STEP // 10, 10, 6),
        (1, SMALL_STEP, 6),
        (SMALL_STEP, 1, 6),
    ],
)
def test_a_small_step_has_one_thread_and_a_large_one_all(multiply_adds, batch_size, threads):
    assert Workload(multiply_adds, batch_size, 1, 1).threads(6) == threads


@pytest.mark.parametrize(
    ("multiply_adds", "n_steps", "grouped", "expected"),
    [
        (SMALL_STEP, 1, False, "bfloat16"),
        (SMALL_STEP - 1, 1, False, "float32"),
        (SMALL_STEP, 1, True, "float32"),
        (SMALL_STEP, 0, True, "float32"),
        (SMALL_STEP, 0, False, "bfloat16"),
        (SMALL_STEP - 1, 0, False, "float32"),
    ],
)
def test_bfloat16_is_for_large_steps_without_groups(multiply_adds, n_steps, grouped, expected):
    work = Workload(multiply_adds, 1, n_steps, 1, grouped)
    assert work.precision("bfloat16") == expected
    assert work.precision("float32") == "float32"


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.Conv2d(4, 4, 3, groups=4), True),
        (nn.Conv1d(4, 8, 3, groups=2), True),
        (nn.Conv2d(4, 4, 3), False),
        (nn.GroupNorm(2, 4), False),
    ],
)
def test_groups_are_those_of_convolutions(layer, expected):
    assert has_groups(nn.Sequential(nn.Conv2d(4, 4, 1), nn.Sequential(layer))) is expected


def test_neither_length_nor_measurements_change_the_threads():
    """A run that is made longer goes on with the threads that it began with."""
    assert {Workload(10**6, 10, n, n).threads(4) for n in (0, 10, 10**9)} == {1}
