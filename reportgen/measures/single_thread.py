"""One thread for what must give the same bits on every number of cores."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def single_thread() -> Iterator[None]:
    """Run BLAS and OpenMP with one thread inside the block.

    Sums that threads share out are added in an order that depends on how many
    there are, and t-SNE makes another map of that.
    """
    import sklearn.utils  # noqa: F401  its OpenMP runtime must be there to be limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
