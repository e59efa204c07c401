"""When Python's garbage collector works: not while a report is made, whose objects only grow."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from reportgen.interrupts import held_interrupts


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the collector out of the block, and of what the block leaves.

    It would walk a growing tree in vain, a tenth of the time, and once more at the
    block's end, when a command is about to end as well. What is left is looked
    through when the next block begins, or by `collect`.
    """
    collect()
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


def collect() -> None:
    """Free what an earlier block has left, if there was one.

    Ctrl-C is heard after it: in the `__del__` of an object it would be lost.
    """
    if gc.get_freeze_count():
        gc.unfreeze()
        with held_interrupts():
            gc.collect()
