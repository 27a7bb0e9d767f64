"""Many inputs in chunks, by one thread or several."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from nanonet.models.chunks import chunks_of, work_out


@pytest.mark.parametrize("count", [0, 3, 500, 1_200, 5_001])
def test_the_answers_are_those_of_all_inputs_at_once(count: int) -> None:
    inputs = np.random.default_rng(0).normal(size=(count, 3))
    whole = (np.sin(inputs), inputs**2)
    found = work_out(lambda rows: (np.sin(rows), rows**2), inputs, 2, 3)
    assert all((one == other).all() for one, other in zip(found, whole, strict=True))
    assert sum(map(len, chunks_of(inputs))) == count


def test_an_error_in_a_thread_is_raised() -> None:
    seen = []

    def fails(rows: np.ndarray) -> tuple[np.ndarray]:
        seen.append(threading.current_thread().name)
        if rows[0, 0] == 3_500:
            raise ValueError("this chunk")
        return (rows,)

    with pytest.raises(ValueError, match="this chunk"):
        work_out(fails, np.arange(5_000.0)[:, None], 1, 1)
    assert all("ThreadPool" in name for name in seen)
