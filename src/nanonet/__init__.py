"""nanonet: from a polymer nanocomposite's composition to the radial distribution function of its nanoparticles.

>>> import nanonet
>>> nanonet.Composition(diameter=3, chain_length=40, density=0.002, eps_nn=0.5, eps_pn=1.0)
Composition(diameter=3.0, chain_length=40, density=0.002, eps_nn=0.5, eps_pn=1.0)
"""

from __future__ import annotations

TYPE_CHECKING = False  # as typing's, which takes its time: until `nanonet.serve.start` Ctrl-C is not quiet
if TYPE_CHECKING:
    from typing import Any

    from nanonet.composition import Composition as Composition
    from nanonet.dataset import Dataset as Dataset
    from nanonet.errors import InputError as InputError
    from nanonet.errors import MissingExtraError as MissingExtraError
    from nanonet.errors import NanonetError as NanonetError
    from nanonet.errors import SimulationError as SimulationError
    from nanonet.plots.explore import explore as explore
    from nanonet.predict.predictor import OutsideDataWarning as OutsideDataWarning
    from nanonet.predict.predictor import Predictor as Predictor
    from nanonet.predict.predictor import load as load
    from nanonet.rdf import RDF as RDF
    from nanonet.rdf import Peak as Peak

_HOME = {
    "Composition": "composition",
    "Dataset": "dataset",
    "InputError": "errors",
    "MissingExtraError": "errors",
    "NanonetError": "errors",
    "SimulationError": "errors",
    "explore": "plots.explore",
    "OutsideDataWarning": "predict.predictor",
    "Predictor": "predict.predictor",
    "load": "predict.predictor",
    "RDF": "rdf",
    "Peak": "rdf",
}

__all__ = [*_HOME]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("nanonet-pnc")
    if name not in _HOME:
        raise AttributeError(f"module 'nanonet' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"nanonet.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
