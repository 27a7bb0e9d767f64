"""Trajectory files that other packages write: g(r) as freud and MDAnalysis have it of the same file."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nanonet.analyze import pairs
from nanonet.analyze.files import FileMeasurement, measure_files
from nanonet.analyze.trajectory import read

pytest.importorskip("MDAnalysis", exc_type=ImportError)

from tests.analyze.made_up_files import (
    TILTED,
    UPRIGHT,
    data,
    dimensions_of,
    dump,
    extended_xyz,
    fluid,
    freud_rdf,
    universe,
    write,
)

NPS, R_MAX, BINS = 40, 10.0, 50
BOXES = pytest.mark.parametrize("box", [UPRIGHT, TILTED], ids=["upright", "tilted"])


def _near(a: NDArray, b: NDArray) -> None:
    """Equal to 1e-3, but for the pairs that single precision takes from one bin to its neighbour."""
    differs = np.abs(a - b) > 1e-3
    assert np.count_nonzero(differs) <= 2, np.flatnonzero(differs)
    assert np.abs(np.cumsum(a - b)[~differs]).max() < 0.1


def _measure(path: Path, **options: object) -> FileMeasurement:
    given = {"selection": "type 2", "units": "lj", "r_max": str(R_MAX), "bins": BINS} | options
    return measure_files([path], **given)  # type: ignore[arg-type]


def _write(path: Path, box: tuple[float, ...], frames: int = 20) -> tuple[NDArray, NDArray]:
    positions, boxes = fluid(box, frames)
    if ".lammpstrj" in path.name:
        text = dump(positions, boxes, NPS, scaled="scaled" in path.name).encode()
        if path.suffix == ".zst":
            import zstandard

            text = zstandard.ZstdCompressor().compress(text)
        path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    elif path.suffix == ".xyz":
        path.write_text(extended_xyz(positions, boxes, NPS))
    else:
        write(path, positions, boxes, NPS)
    return positions, boxes


@BOXES
@pytest.mark.parametrize(
    "name", ["a.lammpstrj", "scaled.lammpstrj", "a.lammpstrj.gz", "a.lammpstrj.zst", "a.gsd", "a.dcd", "a.xtc", "a.trr",
             "a.xyz"],
)  # fmt: skip
def test_every_format_gives_the_g_of_freud(tmp_path: Path, box: tuple[float, ...], name: str) -> None:
    path = tmp_path / name
    positions, boxes = _write(path, box)
    options: dict[str, object] = {}
    if path.suffix in (".gsd", ".xyz"):
        options["selection"] = "type NP"
    if path.suffix in (".xtc", ".trr", ".dcd"):
        options |= {"topology": tmp_path / "top.data"}
        (tmp_path / "top.data").write_text(data(positions[0], boxes[0], NPS))
    if path.suffix in (".xtc", ".trr"):  # MDAnalysis takes the lengths as angstrom and writes nm
        options |= {"units": "nm", "sigma": "1A"}
    before = set(tmp_path.iterdir())
    found = _measure(path, **options)
    expected = freud_rdf(positions[:, :NPS], boxes, R_MAX, BINS)
    if path.suffix == ".xtc":  # three digits of a nanometre
        assert np.abs(found.measured.rdf.g - expected).mean() < 0.02
    else:
        _near(found.measured.rdf.g, expected)
    assert found.unit == "sigma"
    assert set(tmp_path.iterdir()) == before  # no files of offsets
    cross = _measure(path, **options, cross="not (type 2 or type NP)")
    assert cross.others == 20
    if path.suffix != ".xtc":
        _near(cross.measured.rdf.g, freud_rdf(positions[:, :NPS], boxes, R_MAX, BINS, positions[:, NPS:]))


@BOXES
@pytest.mark.parametrize("name", ["a.dcd", "a.xtc", "a.trr"])
def test_g_is_that_of_mdanalysis(tmp_path: Path, box: tuple[float, ...], name: str) -> None:
    """Which divides by the mean volume: in a box that is the same in all frames."""
    positions, boxes = fluid(box)
    boxes[:] = boxes[0]
    path = tmp_path / name
    write(path, positions, boxes, NPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import MDAnalysis
        from MDAnalysis.analysis.rdf import InterRDF

        whole = MDAnalysis.Universe(universe(positions, dimensions_of(boxes), NPS)._topology, str(path))
        nps, others = whole.atoms[:NPS], whole.atoms[NPS:]
        same = InterRDF(nps, nps, nbins=BINS, range=(0.0, R_MAX), exclusion_block=(1, 1)).run().results.rdf
        between = InterRDF(nps, others, nbins=BINS, range=(0.0, R_MAX)).run().results.rdf
    units = {"units": "A" if name == "a.dcd" else "nm", "sigma": "1A"}
    found = _measure(path, selection=f"index 0:{NPS - 1}", **units)
    assert np.abs(found.measured.rdf.g - same).max() < 1e-3
    found = _measure(path, selection=f"index 0:{NPS - 1}", cross=f"index {NPS}:59", **units)
    assert np.abs(found.measured.rdf.g - between).max() < 1e-3


def test_many_particles_are_counted_as_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path / "a.lammpstrj", TILTED)
    few = [_measure(tmp_path / "a.lammpstrj", cross=cross).measured.rdf.g for cross in (None, "type 1")]
    monkeypatch.setattr(pairs, "_FEW", 10)
    for g, cross in zip(few, (None, "type 1"), strict=True):
        _near(_measure(tmp_path / "a.lammpstrj", cross=cross).measured.rdf.g, g)


@BOXES
def test_an_ideal_gas_gives_1_within_its_errors(tmp_path: Path, box: tuple[float, ...]) -> None:
    rng = np.random.default_rng(3)
    _, boxes = fluid(box, 200)
    (tmp_path / "gas.lammpstrj").write_text(dump(rng.uniform(0, 1, (200, 60, 3)) @ boxes, boxes, NPS))
    for cross in (None, "type 1"):
        rdf = _measure(tmp_path / "gas.lammpstrj", cross=cross).measured.rdf
        assert rdf.error is not None
        assert np.average(rdf.g, weights=rdf.r**2) == pytest.approx(1.0, abs=0.01)
        assert np.sqrt(np.mean(((rdf.g - 1.0) / rdf.error)[10:] ** 2)) < 1.3


def test_a_gsd_file_gives_what_our_own_measure_gives(tmp_path: Path) -> None:
    """The same answer, errors and blocks to 1e-12, frames in whatever batches."""
    _write(tmp_path / "a.gsd", UPRIGHT, 333)
    found = measure_files([tmp_path / "a.gsd"]).measured
    ours = pairs.measure(read(tmp_path / "a.gsd"))
    for name in ("g", "error"):
        assert getattr(found.rdf, name) == pytest.approx(getattr(ours.rdf, name), rel=1e-12)
    assert found.blocks == pytest.approx(ours.blocks, rel=1e-12)
    assert (found.density, found.density_error) == pytest.approx((ours.density, ours.density_error), rel=1e-12)


def test_frames_files_and_lengths_are_chosen(tmp_path: Path) -> None:
    positions, boxes = _write(tmp_path / "a.lammpstrj", UPRIGHT)
    found = _measure(tmp_path / "a.lammpstrj", first=4, last=18, every=2)
    assert found.frames == 8
    _near(found.measured.rdf.g, freud_rdf(positions[4:19:2, :NPS], boxes[4:19:2], R_MAX, BINS))
    text = dump(positions, boxes, NPS).split("ITEM: TIMESTEP")
    for name, part in (("one", text[1:8]), ("two", text[8:])):
        (tmp_path / f"{name}.lammpstrj").write_text("".join(f"ITEM: TIMESTEP{frame}" for frame in part))
    both = measure_files(
        [tmp_path / "one.lammpstrj", tmp_path / "two.lammpstrj"], selection="type 2", units="lj", bins=BINS
    )
    assert np.array_equal(both.measured.rdf.g, _measure(tmp_path / "a.lammpstrj").measured.rdf.g)
    real = _measure(tmp_path / "a.lammpstrj", units="real", r_max="1nm")
    assert (real.unit, real.measured.rdf.g.tolist()) == ("A", both.measured.rdf.g.tolist())
    scaled = _measure(tmp_path / "a.lammpstrj", units="real", r_max="2sigma", sigma="0.5nm", diameter="15A")
    assert scaled.unit == "sigma"
    assert scaled.diameter == pytest.approx(3.0)
    assert scaled.measured.rdf.r[-1] == pytest.approx(1.98)
    assert scaled.measured.rdf.g == pytest.approx(both.measured.rdf.g, abs=0.3)
    assert scaled.verdict is not None


def test_the_verdict_is_that_of_our_own_runs(tmp_path: Path) -> None:
    from nanonet.analyze.equilibrium import assess_trajectories

    _write(tmp_path / "a.gsd", UPRIGHT, 200)
    found = measure_files([tmp_path / "a.gsd"], diameter="3")
    assert found.verdict == assess_trajectories([read(tmp_path / "a.gsd")], 3.0, ["dispersed"])
    assert "give --diameter" in measure_files([tmp_path / "a.gsd"]).no_verdict
    assert measure_files([tmp_path / "a.gsd"], diameter="3", cross="type M").verdict is None


def test_data_files_are_frames(tmp_path: Path) -> None:
    positions, boxes = fluid(TILTED, 6)
    paths = [tmp_path / f"{i}.data" for i in range(6)]
    for path, points, box in zip(paths, positions, boxes, strict=True):
        path.write_text(data(points, box, NPS))
    found = measure_files(paths, selection="type 2", units="lj", bins=BINS)
    _near(found.measured.rdf.g, freud_rdf(positions[:, :NPS], boxes, R_MAX, BINS))
