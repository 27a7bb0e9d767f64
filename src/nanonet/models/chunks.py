"""Many inputs, some at a time: what is worked out between stays in the cache, and threads share the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import numpy as np

from nanonet.models.base import Array

_CHUNK = 500
_MANY, _THREADS = 8, 4  # chunks from which on threads share them, and how many at most: beyond, memory is the limit


def chunks_of(inputs: Array) -> list[Array]:
    """Inputs (n, p) in chunks.

    Examples
    --------
    >>> [len(part) for part in chunks_of(np.ones((1200, 3)))]
    [500, 500, 200]
    """
    return [inputs[i : i + _CHUNK] for i in range(0, len(inputs), _CHUNK)]


def work_out(curves: Callable[[Array], Sequence[Array]], inputs: Array, count: int, bins: int) -> list[Array]:
    """The `count` arrays (n, bins) that `curves` gives for all inputs (n, p), from its arrays for each chunk.

    Examples
    --------
    >>> work_out(lambda rows: (2 * rows, rows**2), np.ones((1200, 3)), 2, 3)[1].shape
    (1200, 3)
    """
    parts = chunks_of(inputs)
    if len(parts) > 1:  # glibc keeps freed memory up to twice the largest block freed so far: without this, each part
        np.empty(1 << 24, dtype=np.uint8)  # would give its memory back and fault it in anew, a third of the time
    found = [np.empty((len(inputs), bins)) for _ in range(count)]

    def one(i: int) -> None:
        for whole, values in zip(found, curves(parts[i]), strict=True):
            whole[i * _CHUNK : i * _CHUNK + len(values)] = values

    if len(parts) >= _MANY:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as threads:
            list(threads.map(one, range(len(parts))))
    else:
        for i in range(len(parts)):
            one(i)
    return found
