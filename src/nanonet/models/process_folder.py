"""A Gaussian process in a model folder: `process.npz`, of its prior mean `potential.npz` and `emulator.npz`, its card.

A folder without one of the latter two, whose card has the hash of the one that comes with nanonet, means that one.
Folders of earlier versions have the dilute limit as their prior mean, and no noise of each curve's own: they are read.
"""

from __future__ import annotations

import io

import numpy as np

from nanonet.errors import InputError
from nanonet.formats import emulator_file, potential_table
from nanonet.formats.model_folder import CARD, ModelFolder
from nanonet.formats.reading import read_arrays
from nanonet.models.base import PriorMean
from nanonet.models.calibration import Calibration
from nanonet.models.gaussian_process import ARRAYS, CurveProcess
from nanonet.models.transforms import TRANSFORMS
from nanonet.potentials.dilute import DiluteLimit
from nanonet.potentials.many_body import PARAMETERS, ManyBody
from nanonet.potentials.table import PotentialTable

KIND = "gaussian process"
FILE = "process.npz"

_FILED = {name: "r" if name == "x" else name for name in ARRAYS}  # names in the file
_OWN_NOISE = "own_noise"  # which earlier versions did not write: the same for all curves
_PRIOR = "prior"  # entry of the card, which they did not write either
_SETTINGS = ("floor", "cap", "width", "factor", "share")
"""Numbers of the process: in the card by name, or, as earlier versions wrote them, in the file in this order."""


def read(folder: ModelFolder) -> CurveProcess:
    """The process of a folder; `InputError` names what cannot be used."""
    content, what = folder.content(FILE), f"model file {folder.path / FILE}"
    arrays = read_arrays(content, [one for one in _FILED.values() if one != _OWN_NOISE or _PRIOR in folder.card], what)
    arrays.setdefault(_OWN_NOISE, np.ones(len(arrays["X"])))
    numbers = None if "settings" in folder.card else read_arrays(content, ("settings",), what)["settings"]
    try:
        named = folder.card["settings"] if numbers is None else dict(zip(_SETTINGS, numbers.tolist(), strict=True))
        floor, cap, *calibration = (float(named[name]) for name in _SETTINGS)
        process = CurveProcess(
            **{name: arrays[filed] for name, filed in _FILED.items()},
            kernel=str(folder.card.get("kernel")),
            transform=TRANSFORMS[str(folder.card.get("transform"))](floor),
            calibration=Calibration(*calibration),
            prior=_prior(folder, cap),
        )
    except Exception as error:  # whatever numbers that do not belong together make NumPy raise
        raise InputError(f"{what} cannot be used: {error}") from None
    if not (np.array_equal(folder.array("X", 2), process.X) and np.array_equal(folder.array("r", 1), process.x)):
        raise InputError(f"{CARD} and {FILE} do not belong together")
    return process


def _prior(folder: ModelFolder, cap: float) -> PriorMean | None:
    """The prior mean of a folder, None where it has none."""
    if potential_table.NAME not in folder.card["sha256"]:
        return None
    content = folder.content(potential_table.NAME, potential_table.shipped_bytes)
    table = potential_table.parse(content, f"model file {folder.path / potential_table.NAME}")
    if emulator_file.NAME not in folder.card["sha256"]:
        return DiluteLimit(table, cap)
    content = folder.content(emulator_file.NAME, emulator_file.shipped_bytes)
    emulator = emulator_file.parse(content, f"model file {folder.path / emulator_file.NAME}", table)
    return ManyBody(emulator, **{name: float(folder.card[_PRIOR][name]) for name in PARAMETERS})


def files_of(process: CurveProcess) -> dict[str, bytes]:
    """The files of a process by name; `InputError` where its prior mean is none that a folder can hold."""
    content = io.BytesIO()
    np.savez_compressed(content, **{filed: getattr(process, name) for name, filed in _FILED.items()})
    files = {FILE: content.getvalue()}
    prior = process.prior
    if prior is None:
        return files
    potential = prior.emulator.potential if isinstance(prior, ManyBody) else getattr(prior, "potential", None)
    if not (isinstance(prior, DiluteLimit | ManyBody) and isinstance(potential, PotentialTable)):
        raise InputError("a model folder holds no prior mean but those that rest on a table of W_poly")
    files[potential_table.NAME] = potential_table.to_bytes(potential)
    if isinstance(prior, ManyBody):
        files[emulator_file.NAME] = emulator_file.to_bytes(prior.emulator)
    return files


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
        _PRIOR: {name: getattr(process.prior, name) for name in PARAMETERS if isinstance(process.prior, ManyBody)},
    }
