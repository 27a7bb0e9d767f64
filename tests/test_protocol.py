from __future__ import annotations

from dataclasses import replace

import pytest

from nanonet import InputError
from nanonet.protocol import PRESETS, preset


def test_paper_is_the_papers() -> None:
    paper = preset("paper")
    assert (paper.timestep, paper.equilibration_steps, paper.production_steps) == (0.005, 10**7, 10**7)
    assert (paper.temperature, paper.pressure, paper.frames) == (1.0, 1.0, 10_000)


def test_desk_is_long_enough() -> None:
    desk = preset("desk")
    assert desk.equilibration_steps * desk.timestep >= 1_000
    assert desk.production_steps * desk.timestep >= 2_500
    assert desk.min_box >= 20.5
    assert desk.min_nps >= 8
    assert desk.frame_every * desk.timestep == 1.0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timestep", 0.0),
        ("timestep", float("nan")),
        ("timestep", "0.01"),
        ("production_steps", 1500.5),
        ("production_steps", 1_510),
        ("production_steps", 0),
        ("equilibration_steps", 1_510),
        ("configurations", 7),
        ("min_nps", -1),
        ("seed", 900_000_000),
        ("seed", True),
        ("temperature", -1.0),
    ],
)
def test_a_bad_field_is_named(field: str, value: object) -> None:
    with pytest.raises(InputError, match=field):
        replace(PRESETS["smoke"], **{field: value})  # type: ignore[arg-type]


def test_unknown_preset() -> None:
    with pytest.raises(InputError, match="'desktop' is not one of smoke, desk, paper"):
        preset("desktop")
