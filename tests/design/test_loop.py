"""The loop of a campaign that learns, with runs of LAMMPS: collect, fit what was found, suggest, run that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nanonet import Dataset
from nanonet.campaign import campaign
from nanonet.campaign.design import RANGES, design
from nanonet.campaign.workspace import create, open_workspace
from nanonet.design import active
from tests.conftest import TINY


@pytest.mark.long
def test_a_campaign_runs_what_its_own_results_suggest(tmp_path: Path, run: object) -> None:
    wide = replace(TINY, min_box=20.5)  # g(r) to 10 sigma
    workspace = create(tmp_path / "work", design(active.LEAST), wide, tmp_path / "data.nc")
    assert campaign.run(workspace, cores=2, max_replicas=1)
    first = campaign.collect(workspace)
    assert first is not None
    assert len(first) == active.LEAST
    np.testing.assert_array_equal(active.learnt_so_far(workspace).X, first.X)  # not the shipped dataset
    status, out, _ = run(  # type: ignore[operator]
        "campaign", "run", workspace.path, "--suggest", 2, "--hours", 0.05, "--cores", 2, "--replicas", 1
    )
    assert status == 0
    opened = open_workspace(workspace.path)
    new = opened.design[active.LEAST :]
    assert len(new) >= 4  # a second round stands on the runs of the first
    assert out.count("suggested") == len(new) == len(set(new) - set(workspace.design))
    for one in new:
        assert all(low <= x <= high for x, (low, high) in zip(one.values, RANGES.values(), strict=True))
    found = Dataset.load(tmp_path / "data.nc")
    assert len(found) >= active.LEAST + 2
    assert len(active.learnt_so_far(opened).X) == len(found)
