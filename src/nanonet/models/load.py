"""A model folder -> a model, by the kind that its card names."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

from nanonet.errors import InputError
from nanonet.formats import model_folder
from nanonet.formats.model_folder import CARD, ModelFolder
from nanonet.models import nanonet, process_folder
from nanonet.models.base import CurveModel

LOADERS: dict[str, Callable[[ModelFolder], CurveModel]] = {
    process_folder.KIND: process_folder.read,
    nanonet.KIND: nanonet.OnnxNanoNet.read,
}
"""Who reads a folder of which kind. Another model enters here."""

SHIPPED = ("gp", "nanonet", "sq", "grafted")
"""Names of the shipped models: g(r) by a Gaussian process, the default, and by nanoNET; by a Gaussian process too S(q),
and g(r) of grafted NPs, of which it knows little.

A folder of such a name has to be given as a path, ./gp.
"""


def load_model(model: str | os.PathLike[str] | None = None) -> tuple[CurveModel, ModelFolder]:
    """Load a model folder, or a shipped one by its name (None: the first of `SHIPPED`); no code in the files is run.

    Raises
    ------
    InputError
        The folder or a file in it is missing, damaged, or of another format; the file and the reason are named.

    Examples
    --------
    >>> model, folder = load_model("gp")
    >>> model.uncertain, folder.card["kind"]
    (True, 'gaussian process')
    """
    if model is not None and not isinstance(model, str | os.PathLike):
        raise InputError(f"model = {model!r} is not a folder, nor one of {', '.join(SHIPPED)}")
    if model is None or str(model) in SHIPPED:
        with as_file(files("nanonet") / "data" / str(model or SHIPPED[0])) as path:
            return _load(path)
    return _load(Path(model))


def _load(path: Path) -> tuple[CurveModel, ModelFolder]:
    if not os.path.isdir(path):  # noqa: PTH112  # a name that is too long is none either
        raise InputError(f"model {path} is not a folder, nor one of {', '.join(SHIPPED)}")
    folder = model_folder.read(path)
    kind = folder.card["kind"]
    if kind not in LOADERS:
        raise InputError(f"model file {path / CARD} has kind {kind!r}, which is not known")
    try:
        model = LOADERS[kind](folder)
        shape = model.predict(model.X[:1]).shape
    except InputError:
        raise
    except Exception as error:  # whatever files that do not belong together make the readers raise
        raise InputError(f"model {path} cannot be used: {error}") from None
    if shape != (1, len(model.x)):
        raise InputError(f"model {path} cannot be used: it predicts shape {shape}, not (1, {len(model.x)})")
    return model, folder
