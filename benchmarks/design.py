"""How long inverse design and sensitivities take: `python benchmarks/design.py`. Seconds of one core, imports apart."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

os.environ["OMP_NUM_THREADS"] = "1"

import nanonet
from nanonet.design.inverse import find
from nanonet.design.sensitivity import sensitivities
from nanonet.design.targets import parse

QUESTIONS: tuple[tuple[list[str], dict[str, float]], ...] = (
    (["state=dispersion"], {}),
    (["state=bridging"], {"eps_pn": 0.1}),
    (["peak_position=4.5", "peak_height=2:3"], {}),
    (["neighbours=3"], {}),
    (["state=dispersion", "small_q=lowest"], {}),
)


def main() -> None:
    model = nanonet.load()
    find(model, parse(["g@4=2"], model), count=1)  # imports
    for texts, tolerances in QUESTIONS:
        targets = parse(texts, model)
        seconds = _seconds(lambda: find(model, targets, tolerances=tolerances))  # noqa: B023
        robust = "".join(f", {name} off by up to {value:g}" for name, value in tolerances.items())
        print(f"{seconds:6.1f} s   five answers for {' and '.join(texts)}{robust}")
    print(f"{_seconds(lambda: sensitivities(model)):6.1f} s   sensitivities of five numbers")


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
