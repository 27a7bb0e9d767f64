from __future__ import annotations

import numpy as np
import pytest

from nanonet import Composition, InputError
from nanonet.formats.potential_table import shipped
from nanonet.potentials.theory import DILUTE, lines, theory

SPARSE = Composition(diameter=3, chain_length=40, density=1e-5, eps_nn=0.5, eps_pn=1.0)


def test_at_infinite_dilution_every_theory_is_the_dilute_limit() -> None:
    expected = theory(shipped(), SPARSE, DILUTE).rdf.g
    for closure in ("HNC", "PY"):
        found = theory(shipped(), SPARSE, closure)
        assert (found.closure, found.converged) == (closure, True)
        assert found.rdf.g == pytest.approx(expected, abs=0.01)


def test_bins_hold_means_of_g_over_their_shells() -> None:
    found = theory(shipped(), SPARSE, DILUTE).rdf
    r = np.linspace(2.8, 2.9, 1_001)
    g = np.exp(-shipped().pmf(np.array([SPARSE.values]), r)[0])
    assert found.g[28] == pytest.approx(float((g * r**2).sum() / (r**2).sum()), rel=2e-3)


def test_a_closure_without_a_solution_is_named() -> None:
    condensing = Composition(diameter=5, chain_length=30, density=0.001, eps_nn=2, eps_pn=0.2)
    found = theory(shipped(), condensing, "PY")
    assert (found.closure, found.asked, found.converged) == (DILUTE, "PY", False)
    assert theory(shipped(), condensing).asked == "HNC and PY"
    assert [one.closure for one in lines(shipped(), condensing)] == [DILUTE]
    assert [one.closure for one in lines(shipped(), SPARSE)] == [DILUTE, "HNC"]
    with pytest.raises(InputError, match="closure = 'MSA' is not one of HNC, PY, dilute"):
        theory(shipped(), SPARSE, "MSA")
