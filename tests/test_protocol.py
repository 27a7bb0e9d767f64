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
    standard = preset("standard")
    assert standard.equilibration_steps * standard.timestep >= 1_000
    assert standard.production_steps * standard.timestep >= 2_500
    assert standard.min_box >= 20.5
    assert standard.min_nps >= 8
    assert standard.frame_every * standard.timestep == 1.0


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


def test_a_preset_has_an_alias_and_keeps_its_identity() -> None:
    """`desk` is accepted for `standard`, and runs of either have the ids that runs of `desk` have always had."""
    assert preset("desk") is preset("standard")
    assert preset("standard").name == "desk"


def test_unknown_preset() -> None:
    with pytest.raises(InputError, match="'desktop' is not one of smoke, standard, paper"):
        preset("desktop")
