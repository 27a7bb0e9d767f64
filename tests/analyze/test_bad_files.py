"""Trajectories and options that cannot be used: one message, which names what is wrong."""

from __future__ import annotations

import gzip
import re
import struct
from pathlib import Path

import numpy as np
import pytest

from nanonet import InputError
from nanonet.analyze.files import measure_files

pytest.importorskip("MDAnalysis", exc_type=ImportError)

from tests.analyze.made_up_files import TILTED, UPRIGHT, data, dump, extended_xyz, fluid, write

POSITIONS, BOXES = fluid(UPRIGHT)
GOOD = dump(POSITIONS, BOXES, 40)
FRAMES = [f"ITEM: TIMESTEP{text}" for text in GOOD.split("ITEM: TIMESTEP")[1:]]
FEWER = "ITEM: TIMESTEP" + dump(POSITIONS[:, :59], BOXES, 40).split("ITEM: TIMESTEP")[3]
OTHER_TYPES, OTHER_IDS = (FRAMES[1].replace("\n41 1 ", "\n41 2 "), FRAMES[1].replace("\n60 1 ", "\n61 1 "))
REAL, CGS = (GOOD.replace("ITEM: TIMESTEP", f"ITEM: UNITS\n{style}\nITEM: TIMESTEP") for style in ("real", "cgs"))
FLAT = np.where([True, True, False], POSITIONS, 0.0)
XYZ = extended_xyz(POSITIONS, BOXES, 40)
LAST_XYZ = XYZ[XYZ.rindex("60\nLattice") :]


def _refused(path: Path, what: str, **options: object) -> None:
    given = {"selection": "index 0:39", "units": "lj", "bins": 50} | options
    with pytest.raises(InputError) as error:
        measure_files([path], **given)  # type: ignore[arg-type]
    assert re.search(what, str(error.value)), str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (GOOD[: len(GOOD) // 2], "frame 10: it is cut short"),
        (GOOD[:-3], "frame 19: it is cut short: 60 lines, the last not whole"),
        ("".join(FRAMES[:6] + FRAMES[5:]), "frame 6: its step is 500, .* is 500: frames stand doubled"),
        ("".join([*FRAMES[:6], FRAMES[7], FRAMES[6]]), "frame 7: its step is 600, that of the frame before is 700"),
        (re.sub(r"\n7 2 \S+", "\n7 2 nan", GOOD), "frame 0: x = 'nan' is not a finite number"),
        (GOOD.replace("\n7 2 ", "\n8 2 "), "frame 0: id = 8 stands twice"),
        ("".join([*FRAMES[:2], FEWER, *FRAMES[3:]]), "frame 2: it has 59 particles, the first 60"),
        ("".join([FRAMES[0], OTHER_TYPES, *FRAMES[2:]]), "frame 1: its particles are of other types"),
        ("".join([FRAMES[0], OTHER_IDS, *FRAMES[2:]]), "frame 1: its particles have other ids"),
        (GOOD.replace("id type", "mol type"), "id is needed"),
        (GOOD.replace("pp pp pp", "pp pp ff"), "'ITEM: BOX BOUNDS pp pp ff'; allowed are periodic ones"),
        (REAL, "units = 'lj' is not one of .*have: real"),
        (CGS, "its units are 'cgs'; allowed are lj"),
        (dump(FLAT, BOXES, 40), "all particles have one z; allowed are three dimensions"),
        ("", "it is empty"),
        ("hello\nworld\n", "its header has 'hello'"),
    ],
)  # fmt: skip
def test_bad_dumps(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "a.lammpstrj").write_text(text)
    _refused(tmp_path / "a.lammpstrj", what, **({"units": None} if "cgs" in text else {}))


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"units": None}, r"units of .* are not given .*; allowed are lj, real, metal, nm, A"),
        ({"units": "si"}, "units = 'si' is not one of"),
        ({"sigma": "0.5nm"}, "sigma = 0.5nm: lengths in the file are in sigma"),
        ({"units": "nm", "sigma": "0.5"}, "sigma = 0.5 has no unit; allowed are nm and A"),
        ({"units": "nm", "sigma": "-1nm"}, "sigma = -1nm is not a length above 0"),
        ({"units": "nm"}, "r_max is not given"),
        ({"r_max": "big"}, "r_max = big is not a length"),
        ({"r_max": "5nm"}, "r_max = 5nm: lengths are in sigma"),
        ({"r_max": "13"}, "box edge = 23.52 is too small: g.r. to 13 sigma needs more than 26"),
        ({"units": "nm", "r_max": "13"}, "g.r. to 13 nm needs more than 26"),
        ({"bins": 0}, "bins = 0 is not a whole number"),
        ({"first": 20}, "first = 20 is not a whole number between 0 and 19"),
        ({"last": 20}, "last = 20 is not"),
        ({"every": 0}, "every = 0 is not"),
        ({"every": 5}, "4 frames cannot be cut into 5 blocks"),
        ({"selection": "type 9"}, "selection 'type 9' matches nothing; particle types are .'1', '2'."),
        ({"selection": "typo 9"}, "selection 'typo 9' cannot be used: Unknown selection token"),
        ({"selection": "prop x > 5"}, "without positions, so that it means the same particles in all frames"),
        ({"selection": "index 3"}, "1 NPs; a pair needs 2"),
        ({"selection": None}, "particle types are .'1', '2'.; one must be called NP, or say which"),
        ({"cross": "type 2"}, "cross = 'type 2' shares 40 particles"),
    ],
)
def test_bad_options(tmp_path: Path, options: dict[str, object], what: str) -> None:
    (tmp_path / "a.lammpstrj").write_text(GOOD)
    _refused(tmp_path / "a.lammpstrj", what, **options)


def test_a_tilted_box_is_too_small_by_its_height(tmp_path: Path) -> None:
    (tmp_path / "a.lammpstrj").write_text(dump(*fluid(TILTED), 40))
    _refused(
        tmp_path / "a.lammpstrj",
        "height of the tilted box = 22.62 is too small: g.* needs more than 23.6",
        r_max="11.8",
    )


@pytest.mark.parametrize("name", ["a.dcd", "a.xtc", "a.trr", "a.gsd"])
def test_binary_files_cut_short_empty_and_of_something_else(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, POSITIONS, BOXES, 40)
    whole = (tmp_path / name).read_bytes()
    units = {"units": "lj", "r_max": "1" if name in ("a.xtc", "a.trr") else "10"}
    cut = "cut short|Corrupt|Not a GSD"
    cases = [(whole[:end], cut) for end in (10, len(whole) // 2 + 50, -1)]
    for content, what in [*cases, (b"", "it is empty"), (b"\x07" * 500, "no .*file|Not a GSD")]:
        (tmp_path / name).write_bytes(content)
        _refused(tmp_path / name, f"{name} cannot be used: .*({what})", **units)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_damaged_coordinates_of_an_xtc_file_crash_nothing_here(tmp_path: Path) -> None:
    """MDAnalysis's reader ends by a signal on some of these, and reads the others: no file has a checksum."""
    path = tmp_path / "a.xtc"
    write(path, POSITIONS, BOXES, 40)
    whole = path.read_bytes()
    assert whole[84:88] == struct.pack(">i", whole[87])  # of the first frame, the size of small differences
    path.write_bytes(whole[:84] + struct.pack(">i", 1000) + whole[88:])
    _refused(path, "cannot be used: it is cut short, damaged, or no such file: ", units="lj", r_max="1")


def test_a_damaged_dcd_header_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.dcd"
    write(path, POSITIONS, BOXES, 40)
    whole = path.read_bytes()
    path.write_bytes(whole[:96] + struct.pack("<i", 2**31 - 1) + whole[100:])  # lines of the title
    _refused(path, "cannot be used: it is damaged, or no DCD file: ")
    assert capsys.readouterr().err == ""


def test_what_is_not_finite_or_stands_twice_in_binary_files(tmp_path: Path) -> None:
    bad = POSITIONS.copy()
    bad[7, 3, 1] = np.nan
    for name in ("a.dcd", "a.trr", "a.gsd"):
        write(tmp_path / name, bad, BOXES, 40)
        _refused(tmp_path / name, "frame 7: the position of a particle is not finite", r_max="1")
    twice = [0, 1, 2, 3, 3, 4]
    write(tmp_path / "twice.dcd", POSITIONS[twice], BOXES[twice], 40)
    _refused(tmp_path / "twice.dcd", "frame 4: all positions are those of the frame before")
    write(tmp_path / "a.xtc", POSITIONS, BOXES, 40)
    _refused(tmp_path / "a.xtc", "units = 'real' is not one of .*: nm, lj", units="real")
    _refused(tmp_path / "a.xtc", "the particles have no types", selection=None)
    _refused(tmp_path / "a.xtc", "'type 2' cannot be used: .* needed is --topology", selection="type 2")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (XYZ[:-2], "frame 19: it is cut short"),
        (XYZ + LAST_XYZ, "frame 20: all positions are those of the frame before"),
        (XYZ.replace("Lattice", "Cell"), "no Lattice"),
        (XYZ.replace("T T T", "T T F"), "pbc = 'T T F'"),
        (XYZ.replace(":pos:", ":place:"), "lacks pos"),
    ],
)
def test_bad_xyz(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "a.xyz").write_text(text)
    _refused(tmp_path / "a.xyz", what)


def test_bad_compressed_files(tmp_path: Path) -> None:
    import zstandard

    packed = {"gz": gzip.compress(GOOD.encode()), "zst": zstandard.ZstdCompressor().compress(GOOD.encode())}
    for suffix, content in packed.items():
        path = tmp_path / f"a.lammpstrj.{suffix}"
        for damaged in (content[:-100], content[:500] + b"\0" * 20 + content[520:], b"nothing of the kind"):
            path.write_bytes(damaged)
            _refused(path, path.name)


def test_topologies_of_other_systems(tmp_path: Path) -> None:
    path, topology = tmp_path / "a.lammpstrj", tmp_path / "top.data"
    path.write_text(GOOD)
    for text, what in (
        (data(POSITIONS[0][:59], BOXES[0], 40), "has 59 particles, .* has 60: they are of different systems"),
        (data(POSITIONS[0], BOXES[0], 41), "gives the particles other types"),
        (data(POSITIONS[0], BOXES[0], 40).replace("# atomic", ""), "`Atoms # STYLE`"),
        ("hello", "top.data cannot be used"),
    ):
        topology.write_text(text)
        _refused(path, what, topology=topology)
    _refused(path, "topology .* does not exist", topology=tmp_path / "none.gro")
    _refused(tmp_path / "none.xtc", "does not exist")
    (tmp_path / "a.foo").write_text(GOOD)
    _refused(tmp_path / "a.foo", "files .foo are not known; allowed are .gsd")
