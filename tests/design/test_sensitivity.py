from __future__ import annotations

from pathlib import Path

import pytest

import nanonet
from nanonet import InputError
from nanonet.design.sensitivity import sensitivities
from tests.design.made_up import flat_model


def test_indices_and_the_share_of_the_band_are_the_exact_ones() -> None:
    """c = temperature / 100 + 0.1 size noise, the temperature even over 300, the size 1, 2, ... 5."""
    (found,) = sensitivities(flat_model(), ["c@2"], points=1024)
    explained, left_open = 3.0**2 / 12, 0.01 * (1 + 4 + 9 + 16 + 25) / 5
    assert found.band == pytest.approx(left_open / (explained + left_open), rel=0.1)
    assert found.mean == pytest.approx(3.5, abs=0.1)
    temperature, size = found.shares
    assert (temperature.name, size.name) == ("temperature", "size")
    assert temperature.first == pytest.approx(1, abs=0.1)
    assert size.total == pytest.approx(0, abs=0.05)


def test_of_the_shipped_model(tmp_path: Path, run: object) -> None:
    found = sensitivities(nanonet.load(), points=32)
    assert [one.reading.name for one in found][:2] == ["peak_height", "neighbours"]
    for one in found:
        assert 0 <= one.band <= 1
        assert max(one.shares, key=lambda share: share.total).name == "eps_pn"
    status, out, _ = run("sensitivity", "--points", 16, "--plot", tmp_path / "s.png")  # type: ignore[operator]
    assert status == 0
    assert "left open by the model" in out
    assert (tmp_path / "s.png").stat().st_size > 10_000


def test_bad_questions_are_explained() -> None:
    model = flat_model()
    for given, message in (
        ({"points": 100}, "points = 100 is not a power of 2"),
        ({"points": 8}, "points = 8 is not a whole number between 16"),
        ({"names": ["charge"]}, "charge is not one of"),
        ({"fixed": {"size": 1}}, "only temperature is free"),
    ):
        with pytest.raises(InputError, match=message):
            sensitivities(model, **given)
    with pytest.raises(InputError, match="does not know how sure it is"):
        sensitivities(nanonet.load("nanonet"))
