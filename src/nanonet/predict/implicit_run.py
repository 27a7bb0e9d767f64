"""Predictions about implicit NPs that are run, in place of emulated ones: seconds, without the emulator's error."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nanonet.composition import Composition, check_repulsion
from nanonet.errors import InputError, MissingExtraError
from nanonet.models.base import Array, BoolArray, CurveModel
from nanonet.models.gaussian_process import CurveProcess
from nanonet.potentials.dilute import Expected
from nanonet.potentials.many_body import ManyBody
from nanonet.potentials.mediated import PairInputs
from nanonet.potentials.table import PotentialTable

EMULATED, RUN = "emulated", "run"
"""Where g(r) of implicit NPs comes from."""


@dataclass(frozen=True, eq=False)
class RunPrior:
    """A prior mean (`models.base.PriorMean`) that has been run for one composition X (1, 5): its curve (1, m)."""

    prior: ManyBody
    X: Array
    curve: Array
    beyond: str
    """Why the run is not to be relied on; empty where it is."""

    features = ManyBody.features
    parameters = ()

    def with_parameters(self, values: tuple[float, ...]) -> RunPrior:
        """Itself: it has none."""
        return self

    def evaluate(self, X: Array, x: Array) -> Expected:
        """As of the prior mean, with what the run gave where it was run."""
        found = self.prior.evaluate(X, x)
        return found._replace(curves=self.curve) if np.array_equal(X, self.X) else found

    def outside(self, X: Array) -> BoolArray:
        """Whether there is something to say of inputs (n,)."""
        return np.full(len(X), bool(self.beyond))

    def check(self, X: Array, x: Array) -> None:
        """As of the prior mean."""
        self.prior.check(X, x)


def about_run(model: CurveModel, composition: Composition, folder: Path | None = None) -> CurveProcess:
    """The model for a composition whose implicit NPs have been run to equilibrium, which takes seconds.

    The runs are kept in `folder`, where those of before are found again; left out: they are not kept.

    Raises
    ------
    InputError
        The model does not start from implicit NPs, or W_poly is not known for the composition.
    MissingExtraError
        The extra `sim` is not installed.

    Examples
    --------
    >>> from nanonet.models.load import load_model
    >>> composition = Composition(3, 40, 0.002, 0.5, 1.0)
    >>> about_run(load_model()[0], composition).predict(composition.values)  # doctest: +SKIP
    """
    prior = model.prior if isinstance(model, CurveProcess) else None
    if not (isinstance(prior, ManyBody) and isinstance(prior.emulator.potential, PotentialTable)):
        raise InputError(
            "the model does not start from implicit NPs, so that there are none to run; the shipped gp does"
        )
    check_repulsion(composition)
    potential = prior.emulator.potential.potential(PairInputs.of(composition))
    if potential.extrapolated:
        raise InputError(f"implicit NPs cannot be run: W_poly is not known, {potential.extrapolated}")
    try:
        from nanonet.analyze.implicit_runs import equilibrate
        from nanonet.analyze.runs import assemble
        from nanonet.systems.implicit import Implicit
    except ImportError as error:
        raise MissingExtraError(f"{error}: this needs  pip install 'nanonet-pnc[sim]'") from None
    assert isinstance(model, CurveProcess)
    X = np.array([composition.values])
    r, w = prior.polymer(X, potential)
    subject = Implicit(composition, tuple(np.round(r, 6).tolist()), tuple(np.round(w, 6).tolist()))
    with tempfile.TemporaryDirectory(prefix="nanonet-") as temporary:
        data = assemble(equilibrate(subject, folder or Path(temporary)))
    if not np.array_equal(data.r, model.x):
        raise InputError(f"the model's r ends at {model.x[-1]:g}; implicit NPs are measured to {data.r[-1]:g}")
    verdict = data.provenance[0].convergence
    problem = "" if verdict is None or verdict.converged else f"the implicit run has not converged: {verdict.reason}"
    curve = prior.expected(X, model.x, data.G, prior.gathered(X)).curves
    return replace(model, prior=RunPrior(prior, X, curve, problem))
