"""How much a run computes, and the threads and the precision that are worth it on a CPU."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from reportgen.models.outputs import evaluating, first_tensor
from reportgen.models.study_code import located_errors

if TYPE_CHECKING:
    from reportgen.training.placement import Precision

SMALL_STEP = 100_000_000
"""Multiply-adds of a step forward, below which a second thread, or bfloat16, gains little.

`benchmarks/side_by_side.py` measures what they gain.
"""

WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
"""The layers whose multiply-adds are counted: nearly all of an image network's."""

PROBE_SAMPLES = 2
STEP_S = 1e-3
RATE = 20e9
TRAINING_PASSES = 3
"""One forward, two backward: to the weights and to the inputs."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What a run computes, as its spec, its data and its network say.

    Parameters
    ----------
    multiply_adds : int
        Of one sample, forward; see `count_multiply_adds`.
    batch_size : int
        Samples of a step.
    n_steps : int
        Steps of the optimiser; 0 for an estimator.
    n_read : int
        Samples that are read without learning, all measurements together.
    grouped : bool
        Whether some convolution has groups, as a depthwise one.
    """

    multiply_adds: int
    batch_size: int
    n_steps: int
    n_read: int
    grouped: bool = False

    def threads(self, cores: int) -> int:
        """Return the threads that a run computes with: one if its steps are small, or all.

        It depends on nothing but the run and the machine's cores: not on what else is
        run, since other counts give other bits.

        Examples
        --------
        >>> Workload(1_000_000, 10, 500, 0).threads(8)
        1
        >>> Workload(1_000_000, 512, 500, 0).threads(8)
        8
        """
        return 1 if self._is_small else cores

    def precision(self, fast: Precision) -> Precision:
        """Return the precision that pays where a CPU is fast at one: it, or float32.

        Small steps lose by the conversions what they gain by the arithmetic, and the
        backward pass of a grouped convolution has no fast kernel in bfloat16. Where
        nothing is learnt that would not matter, but methods that are compared with each
        other had better compute alike.

        Examples
        --------
        >>> Workload(1_000_000, 512, 500, 0).precision("bfloat16")
        'bfloat16'
        >>> Workload(1_000_000, 512, 500, 0, grouped=True).precision("bfloat16")
        'float32'
        """
        return "float32" if self._is_small or self.grouped else fast

    @property
    def _is_small(self) -> bool:
        return self.multiply_adds * self.batch_size < SMALL_STEP

    @property
    def seconds(self) -> float:
        """A guess at the run's seconds on one core, good to a factor of a few.

        Whether processes of their own pay is decided by it, and nothing else is.

        Examples
        --------
        >>> round(Workload(1_000_000, 10, 500, 10_000).seconds, 2)
        1.75
        """
        learnt = self.n_steps * self.batch_size * TRAINING_PASSES
        return self.n_steps * STEP_S + (learnt + self.n_read) * self.multiply_adds / RATE


def has_groups(model: nn.Module) -> bool:
    """Tell whether a network has a convolution with groups.

    Examples
    --------
    >>> has_groups(nn.Conv2d(4, 4, 3, groups=4))
    True
    """
    return any(getattr(layer, "groups", 1) > 1 for layer in model.modules() if _convolves(layer))


def _convolves(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Conv3d)


def count_multiply_adds(model: nn.Module, input_shape: tuple[int, int, int]) -> int:
    """Return the multiply-adds of one image's way through convolutions and dense layers.

    Each weight is used once at each place of the output.

    Examples
    --------
    >>> count_multiply_adds(nn.Conv2d(1, 4, 3, padding=1, bias=False), (1, 8, 8))
    2304
    """
    calls: list[int] = []

    def count(layer: nn.Module, _inputs: object, output: object) -> None:
        made, weight = first_tensor(output), layer.weight
        assert made is not None
        assert isinstance(weight, Tensor)
        calls.append(weight.numel() * made.numel() // len(weight))

    with ExitStack() as hooks:
        for layer in model.modules():
            if isinstance(layer, WEIGHTED):
                hooks.callback(layer.register_forward_hook(count).remove)
        hooks.enter_context(evaluating(model))
        hooks.enter_context(torch.random.fork_rng([]))
        hooks.enter_context(located_errors(f"{type(model).__name__}.forward failed"))
        model(torch.zeros((PROBE_SAMPLES, *input_shape)))
    return sum(calls) // PROBE_SAMPLES
