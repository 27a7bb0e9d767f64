"""Builds wheel and sdist, and uses each in an empty environment: `make release-check`.

With the lowest versions that pyproject.toml allows on the lowest Python, and with the newest versions on the Python
that is named (`python release/check.py python3.13`), away from the repository.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUT = ROOT / "build" / "release"
BIN = Path(sys.executable).parent
WHEEL = ("nanonet/py.typed", "nanonet/data/LICENSE", "nanonet/data/CITATION.cff", "nanonet/data/SHA256SUMS")
SDIST = ("PKG-INFO", "LICENSE", "Makefile", "constraints.txt", "tests/conftest.py", "src/nanonet/data/SHA256SUMS")
COMPOSITION = "--diameter 3 --chain-length 40 --density 0.002 --eps-nn 0.5 --eps-pn 1.0"
IN_PYTHON = """
import hashlib, importlib.resources, nanonet
folder = importlib.resources.files("nanonet") / "data"
for digest, name in map(str.split, (folder / "SHA256SUMS").read_text().splitlines()):
    assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
for name in ("gp", "nanonet", "sq"):
    nanonet.load(name).predict([3, 40, 0.002, 0.5, 1.0])
nanonet.load("grafted").predict(nanonet.Dataset.shipped("grafted").points[0])
print(nanonet.load().predict(nanonet.Composition(3, 40, 0.002, 0.5, 1.0)).first_peak)
"""


def main(newest: str) -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "build", "--installer", "uv", "--outdir", OUT, ROOT], check=True)
    (wheel,), (sdist,) = OUT.glob("*.whl"), OUT.glob("*.tar.gz")
    _holds(wheel, set(zipfile.ZipFile(wheel).namelist()), WHEEL)
    with tarfile.open(sdist) as archive:
        _holds(sdist, {name.partition("/")[2] for name in archive.getnames()}, SDIST)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest = "python" + project["requires-python"].removeprefix(">=")
    for package in (wheel, sdist):
        _use(package, project["version"], lowest, "lowest-direct")
        _use(package, project["version"], newest, "highest")


def _holds(package: Path, names: set[str], needed: tuple[str, ...]) -> None:
    missing = [name for name in needed if name not in names]
    if missing:
        raise SystemExit(f"{package.name} lacks {', '.join(missing)}")
    print(f"{package.name}: {len(names)} files, {package.stat().st_size / 1e6:.1f} MB", flush=True)


def _use(package: Path, version: str, python: str, resolution: str) -> None:
    """Install a package into an empty environment, and predict from an empty folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder, "environment")

        def run(*command: str | Path) -> str:
            done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
            return done.stdout

        run(BIN / "uv", "venv", "--python", python, environment)
        run(BIN / "uv", "pip", "install", "--python", environment, "--resolution", resolution, package)
        run(BIN / "uv", "pip", "check", "--python", environment)
        nanonet = environment / "bin" / "nanonet"
        found = run(nanonet, "--version").strip()
        if found != f"nanonet {version}":
            raise SystemExit(f"{package.name} is {found}, not nanonet {version}")
        run(nanonet, "predict", *COMPOSITION.split(), "--plot", "g.png", "--csv", "g.csv")
        run(nanonet, "dataset", "check", "explicit")
        run(nanonet, "dataset", "check", "implicit")
        peak = run(environment / "bin" / "python", "-c", IN_PYTHON).strip()
        installed = len(run(BIN / "uv", "pip", "freeze", "--python", environment).splitlines())
        print(f"{package.name}: {resolution} on {python}, {installed} packages: {peak}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
