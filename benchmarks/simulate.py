"""Times steps of the engine against a plain LAMMPS script of the same model: `python benchmarks/simulate.py`.

Machines are noisy: every number is a ratio of runs that took turns, the best of each. Options: `--skins` (list skins),
`--ranks` (MPI ranks against separate runs, for machines with 2 cores or more), `--overhead` (time outside LAMMPS).
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nanonet import Composition, NanonetError
from nanonet.simulate import engine, script
from nanonet.simulate.accelerate import choose
from nanonet.simulate.lmp import find_lmp, inspect
from nanonet.simulate.protocol import preset

COMPOSITIONS = {
    "D=3": Composition(diameter=3, chain_length=40, density=0.0022, eps_nn=0.5, eps_pn=1.0),
    "D=5": Composition(diameter=5, chain_length=40, density=0.0015, eps_nn=0.5, eps_pn=1.0),
}
STEPS = 400
REPEATS = 3
PLAIN = "plain LAMMPS: lj/cut, default lists"


def main(options: Sequence[str]) -> None:
    lmp = inspect(find_lmp())
    print(f"LAMMPS {lmp.version}; best of {REPEATS} times {STEPS} steps of a desk box")
    with tempfile.TemporaryDirectory() as scratch:
        for name, composition in COMPOSITIONS.items():
            folder = Path(scratch) / name
            short = replace(
                preset("smoke"), equilibration_steps=500, production_steps=500, frame_every=50, restart_every=500,
                bond_substeps=1,
            )  # fmt: skip
            engine.run(composition, short, folder)
            print(f"\n## {name}: {_particles(folder)} particles")
            table = {PLAIN: _plain(folder)}
            for accelerator in ("none", "opt", "omp", "plugin"):
                try:
                    extra = choose(accelerator, lmp).arguments
                except NanonetError as error:
                    print(f"{accelerator}: {error}")
                    continue
                table[f"our script, {accelerator}"] = [*_deck(folder, accelerator), *extra]
            extra = choose("auto", lmp).arguments
            table["our script, auto, two substeps of the bonds"] = [*_deck(folder, "substeps", substeps=2), *extra]
            if "--skins" in options:
                extra = choose("plugin", lmp).arguments
                for skin in (0.3, 0.4, 0.6, 0.8):
                    table[f"our script, plugin, skin {skin:g}"] = [*_deck(folder, f"skin{skin}", skin), *extra]
            _report(lmp.command, folder, table)
            if "--ranks" in options:
                _ranks(lmp.command, folder, [*_deck(folder, "ranks"), *choose("auto", lmp).arguments])
        if "--overhead" in options:
            _overhead(Path(scratch) / "overhead")


def _particles(folder: Path) -> int:
    return int((folder / script.DATA).read_text().splitlines()[2].split()[0])


def _deck(folder: Path, name: str, skin: float | None = None, substeps: int = 1) -> list[str]:
    """Our script from the restart file on, without output, for `STEPS` steps."""
    text = re.sub(r"(?s)\nrestart \d.*", f"\nrun {STEPS}\n", (folder / script.RESUME).read_text())
    if substeps > 1:
        text = text.replace("\nfix npt", f"\nrun_style respa 2 {substeps} bond 1 pair 2\nfix npt")
    if skin is not None:
        text = re.sub(r"neighbor [\d.]+ multi", f"neighbor {skin:g} multi", text)
    return _write(folder / f"{name}.in", text)


def _plain(folder: Path) -> list[str]:
    """The same model without any care for speed."""
    text = re.sub(r"(?s)\nrestart \d.*", f"\nrun {STEPS}\n", (folder / script.RESUME).read_text())
    defaults = "neighbor 0.3 bin\ncomm_modify mode single\natom_modify sort 1000 0.0\n"  # a restart file keeps others
    text = re.sub(r'(?s)if "\$\(is_active.*?neigh_modify[^\n]*\n', defaults, text)
    assert "multi" not in text
    return _write(folder / "plain.in", text)


def _write(path: Path, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    return ["-log", "none", "-in", path.name, "-var", "restart", script.END]


def _steps_per_second(command: Sequence[str], folder: Path) -> float:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    found = re.search(r"Loop time of ([\d.]+)", done.stdout)
    if done.returncode or found is None:
        raise SystemExit(f"{command} failed: {done.stdout[-800:]}")
    return STEPS / float(found[1])


def _report(command: Sequence[str], folder: Path, table: dict[str, list[str]]) -> None:
    best = dict.fromkeys(table, 0.0)
    for _ in range(REPEATS):
        for name, words in table.items():
            best[name] = max(best[name], _steps_per_second([*command, *words], folder))
    print("| | steps/s | times plain |\n|---|---|---|")
    for name, speed in best.items():
        print(f"| {name} | {speed:.0f} | {speed / best[PLAIN]:.1f} |")


def _ranks(command: Sequence[str], folder: Path, words: list[str]) -> None:
    """Two MPI ranks on one run, against two runs at once."""
    mpirun = str(Path(command[0]).with_name("mpirun"))
    best = {"one run, two ranks": 0.0, "two runs, one rank each (sum)": 0.0}
    for _ in range(REPEATS):
        speed = _steps_per_second([mpirun, "-n", "2", *command, *words], folder)
        best["one run, two ranks"] = max(best["one run, two ranks"], speed)
        both = [subprocess.Popen([*command, *words], cwd=folder, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        loops = [re.search(r"Loop time of ([\d.]+)", process.communicate()[0]) for process in both]
        best["two runs, one rank each (sum)"] = max(
            best["two runs, one rank each (sum)"], sum(STEPS / float(loop[1]) for loop in loops if loop)
        )
    for name, speed in best.items():
        print(f"{name}: {speed:.0f} steps/s")


def _overhead(folder: Path) -> None:
    """Share of the wall time of a run that LAMMPS does not spend on its steps."""
    protocol = replace(
        preset("desk"), start="dispersed", equilibration_steps=2_000, production_steps=10_000, configurations=2
    )
    begun = time.monotonic()
    engine.run(COMPOSITIONS["D=3"], protocol, folder)
    wall = time.monotonic() - begun
    loops = [float(value) for value in re.findall(r"Loop time of ([\d.]+)", (folder / script.LOG).read_text())]
    outside = wall - sum(loops)
    desk = preset("desk").total_steps / protocol.total_steps * sum(loops[-2:])
    print(f"\n## Outside of LAMMPS's steps\n{outside:.1f} s a run; desk spends {desk:.0f} s in its steps: "
          f"{100 * outside / (outside + desk):.2f} %")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
