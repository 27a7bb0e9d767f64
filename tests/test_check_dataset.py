from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nanonet import RDF, Dataset
from nanonet.analyze.runs import analyze
from nanonet.check_dataset import check_dataset
from nanonet.dataset import Run


@pytest.fixture(scope="module")
def good(smoke_run: Path) -> Dataset:
    return analyze([smoke_run])


def _faults(data: Dataset, tmp_path: Path) -> list[str]:
    data.save(tmp_path / "data.nc")
    return check_dataset(tmp_path / "data.nc")


def _with(data: Dataset, **changes: object) -> Dataset:
    """The dataset with other g, error, or provenance of its one entry."""
    rdf = RDF(data.r, changes.pop("g", data.rdfs[0].g), changes.pop("error", data.rdfs[0].error))  # type: ignore[arg-type]
    runs = changes.pop("runs", data.runs)
    return Dataset(data.compositions, (rdf,), ({**data.provenance[0], **changes},), runs)  # type: ignore[arg-type]


def test_a_good_file_has_none(good: Dataset, tmp_path: Path) -> None:
    assert _faults(good, tmp_path) == []


@pytest.mark.parametrize("name", ["explicit", "grafted"])
def test_the_shipped_data_have_none(name: str) -> None:
    import nanonet.dataset

    path = Path(nanonet.dataset.__file__).parent / "data" / nanonet.dataset.SHIPPED[name]
    assert check_dataset(path) == []


def test_each_fault_is_explained(good: Dataset, tmp_path: Path) -> None:
    g, error = good.rdfs[0].g, good.rdfs[0].error
    assert error is not None
    run = good.runs[0][0]

    def changed(**entries: object) -> Run:
        return replace(run, record=replace(run.record, **entries))  # type: ignore[arg-type]

    near = g.copy()
    near[3] = 1.0
    for data, said in (
        (_with(good, error=None), "no error bars"),
        (_with(good, error=np.where(good.r > 5, 0.0, error)), "its error is 0 at r = 5.05"),
        (_with(good, g=near), "g is above 0 at r = 0.35"),
        (_with(good, g=np.zeros(100)), "g is 0 everywhere"),
        (_with(good, g=g * 1.1), "was changed by hand"),
        (_with(good, nominal_density=0.003), "more than a tenth off"),
        (_with(good, nps=5), "it has 5 NPs; allowed are 8 or more"),
        (_with(good, runs=()), "no runs stand behind it"),
        (_with(good, runs=((replace(run, blocks=run.blocks * 2),),)), "the mean of its blocks is not its g"),
        (
            _with(good, runs=((Run(replace(run.record, box=19.5), run.rdf, run.blocks),),)),
            "box edge is 19.50, too small",
        ),
        (
            _with(good, runs=((Run(replace(run.record, id="x", chains=None), run.rdf, run.blocks),),)),
            "run x: its record lacks chains",
        ),
        (_with(good, runs=((run, run),)), "stands 2 times"),
    ):
        faults = _faults(data, tmp_path)
        assert any(said in fault for fault in faults), (said, faults)


def test_what_is_no_dataset_is_one_fault(tmp_path: Path) -> None:
    (tmp_path / "data.nc").write_bytes(b"no netCDF")
    for name in ("data.nc", "none.nc"):
        (fault,) = check_dataset(tmp_path / name)
        assert name in fault
