"""A Gaussian process in a model folder: `process.npz`, with a dilute limit `potential.npz`, and entries of the card.

A folder without a `potential.npz`, whose card has the hash of the table that comes with nanonet, means that table.
"""

from __future__ import annotations

import io

import numpy as np

from nanonet.errors import InputError
from nanonet.formats import potential_table
from nanonet.formats.model_folder import CARD, ModelFolder
from nanonet.formats.reading import read_arrays
from nanonet.models.calibration import Calibration
from nanonet.models.gaussian_process import ARRAYS, CurveProcess
from nanonet.models.transforms import TRANSFORMS
from nanonet.potentials.dilute import DiluteLimit
from nanonet.potentials.table import PotentialTable

KIND = "gaussian process"
FILE = "process.npz"

_FILED = {name: "r" if name == "x" else name for name in ARRAYS}  # names in the file
_LATER = "own_noise"  # which earlier versions did not write: the same for all curves
_SETTINGS = ("floor", "cap", "width", "factor", "share")
"""Numbers of the process: in the card by name, or, as earlier versions wrote them, in the file in this order."""


def read(folder: ModelFolder) -> CurveProcess:
    """The process of a folder; `InputError` names what cannot be used."""
    content, what = folder.content(FILE), f"model file {folder.path / FILE}"
    filed = [name for name in _FILED.values() if name != _LATER or "share" in folder.card.get("settings", {})]
    arrays = read_arrays(content, filed, what)
    arrays.setdefault(_LATER, np.ones(len(arrays["X"])))
    numbers = None if "settings" in folder.card else read_arrays(content, ("settings",), what)["settings"]
    table = None
    if potential_table.NAME in folder.card["sha256"]:
        path = folder.path / potential_table.NAME
        content_of_table = folder.content(potential_table.NAME, potential_table.shipped_bytes)
        table = potential_table.parse(content_of_table, f"model file {path}")
    try:
        named = folder.card["settings"] if numbers is None else dict(zip(_SETTINGS, numbers.tolist(), strict=True))
        floor, cap, *calibration = (float(named[name]) for name in _SETTINGS)
        process = CurveProcess(
            **{name: arrays[filed] for name, filed in _FILED.items()},
            kernel=str(folder.card.get("kernel")),
            transform=TRANSFORMS[str(folder.card.get("transform"))](floor),
            calibration=Calibration(*calibration),
            prior=None if table is None else DiluteLimit(table, cap),
        )
    except Exception as error:  # whatever numbers that do not belong together make NumPy raise
        raise InputError(f"{what} cannot be used: {error}") from None
    if not (np.array_equal(folder.array("X", 2), process.X) and np.array_equal(folder.array("r", 1), process.x)):
        raise InputError(f"{CARD} and {FILE} do not belong together")
    return process


def files_of(process: CurveProcess) -> dict[str, bytes]:
    """The files of a process by name; `InputError` where its prior mean is none that a folder can hold."""
    content = io.BytesIO()
    np.savez_compressed(content, **{filed: getattr(process, name) for name, filed in _FILED.items()})
    files = {FILE: content.getvalue()}
    if process.prior is None:
        return files
    if not (isinstance(process.prior, DiluteLimit) and isinstance(process.prior.potential, PotentialTable)):
        raise InputError("a model folder holds no prior mean but the dilute limit of a table of W_poly")
    return files | {potential_table.NAME: potential_table.to_bytes(process.prior.potential)}


def entries_of(process: CurveProcess) -> dict[str, object]:
    """Entries of a process in the card; arrays are in its files."""
    cap = process.prior.cap if isinstance(process.prior, DiluteLimit) else 0.0
    numbers = (process.transform.floor, cap, *vars(process.calibration).values())
    return {
        "X": process.X.tolist(),
        "r": process.x.tolist(),
        "kernel": process.kernel,
        "transform": process.transform.name,
        "settings": dict(zip(_SETTINGS, numbers, strict=True)),
    }
