"""Times steps of the engine against a plain LAMMPS script of the same model, and against an earlier version of itself.

    python benchmarks/simulate.py [--former PATH/TO/src/nanonet/simulate] [--skins] [--ranks] [--overhead]

`--former` are the sources of an earlier version: its script and its plugin, compiled by it. Both plugins are compiled
for this machine and, on x86_64, for one without AVX-512. `--skins` tries list skins, `--ranks` MPI ranks, `--overhead`
shows the time outside LAMMPS. Machines are noisy: runs take turns, the best of each counts, in seconds of the processor
(which are those of the clock where nothing else runs).
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nanonet import Composition, NanonetError
from nanonet.formats import run_folder
from nanonet.protocol import preset
from nanonet.simulate import accelerate, engine
from nanonet.simulate.lmp import find_lmp, inspect

COMPOSITIONS = {
    "D=3": Composition(diameter=3, chain_length=40, density=0.0022, eps_nn=0.5, eps_pn=1.0),
    "D=5": Composition(diameter=5, chain_length=40, density=0.0015, eps_nn=0.5, eps_pn=1.0),
}
STEPS = 400
REPEATS = 3
PLAIN = "plain LAMMPS: lj/cut, default lists"
OURS = Path(accelerate.__file__).parent
BUILDS = {"": "", ", built for AVX2": "-mno-avx512f"} if platform.machine() == "x86_64" else {"": ""}
Run = tuple[list[str], int]
"""What LAMMPS is told, and how many such runs there are at once."""

# Run by Python with the sources of one version on its path: a deck from a folder, or a plugin
_DECK = """\
import sys; from dataclasses import replace; from pathlib import Path
from nanonet.simulate import engine, script
try:
    from nanonet.systems.kinds import system_from_json
except ImportError:
    system_from_json = engine.subject_of
try:
    from nanonet.protocol import protocol_of
except ImportError:
    from nanonet.simulate.protocol import protocol_of
record = engine.read_record(Path(sys.argv[1]))
protocol = replace(protocol_of(record["protocol"]), bond_substeps=int(sys.argv[2]))
print(script.resume_text(system_from_json(record), protocol))
"""
_BUILD = """\
import sys; from pathlib import Path
from nanonet.simulate import accelerate, lmp
real = lmp.inspect(lmp.find_lmp())
accelerate._compile(sys.argv[1], accelerate._headers(real), real.version, Path(sys.argv[2]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--former", type=Path)
    for name in ("--skins", "--ranks", "--overhead"):
        parser.add_argument(name, action="store_true")
    options = parser.parse_args()
    lmp = inspect(find_lmp())
    print(f"LAMMPS {lmp.version}; best of {REPEATS} times {STEPS} steps of a standard box")
    versions = {"plugin": OURS, **({"former plugin": options.former.absolute()} if options.former else {})}
    with tempfile.TemporaryDirectory() as scratch:
        built = {
            name + build: _build(place, flags, Path(scratch) / f"{name}{build}.so")
            for name, place in versions.items()
            for build, flags in BUILDS.items()
        }
        for name, composition in COMPOSITIONS.items():
            folder = Path(scratch) / name
            short = replace(
                preset("smoke"), equilibration_steps=500, production_steps=500, frame_every=50, restart_every=500
            )
            engine.run(composition, short, folder)
            print(f"\n## {name}: {_particles(folder)} particles")
            table: dict[str, Run] = {PLAIN: (_plain(folder), 1)}
            for accelerator in ("none", "opt", "omp"):
                try:
                    extra = accelerate.choose(accelerator, lmp).arguments
                    table[f"our script, {accelerator}"] = ([*_deck(folder, accelerator), *extra], 1)
                except NanonetError as error:
                    print(f"{accelerator}: {error}")
            for version, place in versions.items():
                for build in BUILDS:
                    words = [*_deck(folder, version, place), *accelerate._options(built[version + build])]
                    table[version + build] = (words, 1)
                words = [*_deck(folder, version, place), *accelerate._options(built[version])]
                table[f"{version}, two runs side by side, in sum"] = (words, 2)
                whole = _deck(folder, f"{version} whole", place, substeps=1)
                table[f"{version}, no substeps of the bonds"] = (
                    [*whole, *accelerate._options(built[version])],
                    1,
                )
            for skin in (0.6, 0.8, 1.2, 1.4) if options.skins else ():
                words = [*_deck(folder, f"skin{skin}", skin=skin), *accelerate._options(built["plugin"])]
                table[f"plugin, skin {skin:g}"] = (words, 1)
            if options.ranks and (mpirun := Path(lmp.command[0]).with_name("mpirun")).exists():
                _report([str(mpirun), "-n", "2", *lmp.command], folder, {"plugin, two ranks": table["plugin"]})
            _report(lmp.command, folder, table)
        if options.overhead:
            _overhead(Path(scratch) / "overhead")


def _by(place: Path, code: str, *words: str) -> str:
    """What Python says that has the sources of one version on its path."""
    environment = os.environ | {"PYTHONPATH": str(place.parents[1])}
    done = subprocess.run([sys.executable, "-c", code, *words], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{place}: {done.stderr[-800:]}")
    return done.stdout


def _build(place: Path, flags: str, target: Path) -> Path:
    compiler = target.with_suffix(".sh")
    compiler.write_text(f'#!/bin/sh\nexec {shutil.which("c++") or "g++"} "$@" {flags}\n')
    compiler.chmod(0o755)
    _by(place, _BUILD, str(compiler), str(target))
    return target


def _particles(folder: Path) -> int:
    return int((folder / run_folder.DATA).read_text().splitlines()[2].split()[0])


def _deck(folder: Path, name: str, place: Path = OURS, skin: float | None = None, substeps: int = 2) -> list[str]:
    """The script of one version from the restart file on, without output, for `STEPS` steps."""
    text = re.sub(r"(?s)\nrestart \d.*", f"\nrun {STEPS}\n", _by(place, _DECK, str(folder), str(substeps)))
    if skin is not None:
        text = re.sub(r"neighbor [\d.]+ multi", f"neighbor {skin:g} multi", text)
    return _write(folder / f"{name}.in", text)


def _plain(folder: Path) -> list[str]:
    """The same model without any care for speed."""
    text = re.sub(r"(?s)\nrestart \d.*", f"\nrun {STEPS // 4}\n", (folder / run_folder.RESUME).read_text())
    defaults = "neighbor 0.3 bin\ncomm_modify mode single\natom_modify sort 1000 0.0\n"  # a restart file keeps others
    text = re.sub(r'(?s)if "\$\(is_active.*?neigh_modify[^\n]*\n.*?\n', defaults, text)
    assert "multi" not in text
    return _write(folder / "plain.in", text)


def _write(path: Path, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    return ["-log", "none", "-in", path.name, "-var", "restart", run_folder.END]


def _speeds(command: Sequence[str], folder: Path, at_once: int) -> tuple[float, float]:
    """Steps a second of the clock and of the processor, of all runs together."""
    started = [subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) for _ in range(at_once)]
    clock = processor = 0.0
    for process in started:
        said = process.communicate()[0]
        loop = re.search(r"Loop time of ([\d.]+) on .* for (\d+) steps(?s:.*?)([\d.]+)% CPU use", said)
        if loop is None:
            raise SystemExit(f"{command} failed: {said[-800:]}")
        clock += float(loop[2]) / float(loop[1])
        processor += float(loop[2]) / (float(loop[1]) * min(float(loop[3]) / 100.0, 1.0))
    return clock, processor


def _report(command: Sequence[str], folder: Path, table: dict[str, Run]) -> None:
    best = dict.fromkeys(table, (0.0, 0.0))
    for _ in range(REPEATS):
        for name, (words, at_once) in table.items():
            found = _speeds([*command, *words], folder, at_once)
            best[name] = max(best[name][0], found[0]), max(best[name][1], found[1])
    print("| | steps/s | steps a second of the processor | times plain | times former |\n|---|---|---|---|---|")
    for name, (clock, processor) in best.items():
        plain = f"{processor / best[PLAIN][1]:.1f}" if PLAIN in best else ""
        former = f"{processor / best[other][1]:.2f}" if (other := f"former {name}") in best else ""
        print(f"| {name} | {clock:.0f} | {processor:.0f} | {plain} | {former} |")


def _overhead(folder: Path) -> None:
    """Share of the wall time of a run that LAMMPS does not spend on its steps."""
    protocol = replace(
        preset("standard"), start="dispersed", equilibration_steps=2_000, production_steps=10_000, configurations=2
    )
    begun = time.monotonic()
    engine.run(COMPOSITIONS["D=3"], protocol, folder)
    wall = time.monotonic() - begun
    loops = [float(value) for value in re.findall(r"Loop time of ([\d.]+)", (folder / run_folder.LOG).read_text())]
    outside = wall - sum(loops)
    standard = preset("standard").total_steps / protocol.total_steps * sum(loops[-2:])
    print(f"\n## Outside of LAMMPS's steps\n{outside:.1f} s a run; standard spends {standard:.0f} s in its steps: "
          f"{100 * outside / (outside + standard):.2f} %")  # fmt: skip


if __name__ == "__main__":
    main()
