"""The long runs behind docs/results/validation.md: `make test-long`."""

from __future__ import annotations

from pathlib import Path

import pytest

from validation.cases import CASES


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_the_model_is_the_known_one(name: str, tmp_path: Path) -> None:
    checks = CASES[name](tmp_path)
    assert checks
    assert [check for check in checks if not check.passed] == []
