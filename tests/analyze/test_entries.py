from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest

from nanonet import RDF, Composition
from nanonet.analyze.entries import choose, entry, regime, second_virial
from nanonet.dataset import Run
from nanonet.protocol import preset
from nanonet.rdf import standard_grid
from nanonet.records import MeasuredRun, TrajectoryStatistics

FEW = TrajectoryStatistics((1.0, 2.0), (0.02, 0.02), (50.0, 50.0), 10.0, 0.0, 20, True, 2.0, 0.0, 0.3, 0)
MANY = replace(FEW, means=(6.0, 14.0), largest=1.0)
SAME = replace(MANY, means=(6.1, 14.2))
R = standard_grid()
CONDENSING = Composition(diameter=3, chain_length=40, density=0.002, eps_nn=0.5, eps_pn=0.3)
EDGE = Composition(diameter=3.03, chain_length=30, density=0.003, eps_nn=0.56, eps_pn=0.66)


def _run(
    seen: TrajectoryStatistics, start: str, height: float, composition: Composition = CONDENSING, tau: float = 2500
) -> Run:
    g = np.where(R > 2.5, 1.0 + height * np.exp(-((R - 2.85) ** 2) / 0.02), 0.0)
    protocol = asdict(replace(preset("standard"), start=start))
    record = {
        "id": f"{start}{height}", "start": start, "protocol": protocol, "composition": asdict(composition), "nps": 18,
        "density": composition.density, "density_error": 1e-6, "production_tau": tau, "examination": seen.to_json(),
    }  # fmt: skip
    return Run(MeasuredRun.from_json(record), RDF(R, g, np.full(100, 0.01)), np.tile(g, (5, 1)))


def test_regimes() -> None:
    assert [regime(x) for x in (-9.0, -8.0, -4.0, -1.0, 1.0, None)] == [
        *("condensing", "edge", "edge", "edge", "dispersed", "edge")
    ]
    assert second_virial(CONDENSING) == pytest.approx(-166, rel=0.05)
    assert second_virial(replace(CONDENSING, diameter=8, density=0.0002)) is None


def test_starts_that_agree_all_count() -> None:
    for kind in ("condensing", "edge", "dispersed"):
        choice = choose([MANY, SAME, MANY], ["dispersed", "clustered", "implicit"], kind)
        assert choice.used == (0, 1, 2)
        assert not choice.left_out
        assert not choice.between


def test_a_dispersed_start_of_a_condensing_composition_is_still_gathering() -> None:
    choice = choose([FEW, MANY, SAME], ["dispersed", "clustered", "implicit"], "condensing")
    assert choice.used == (1, 2)
    assert "still gathering" in choice.left_out[0]
    choice = choose([FEW, MANY], ["dispersed", "clustered"], "dispersed")
    assert choice.used == (0,)
    assert "still dissolving" in choice.left_out[1]
    assert choose([FEW], ["dispersed"], "condensing").used == (0,)  # there is no other


def test_at_the_edge_the_entry_lies_between() -> None:
    choice = choose([FEW, MANY], ["dispersed", "clustered"], "edge")
    assert choice.used == (0, 1)
    assert choice.between
    data = entry([_run(FEW, "dispersed", 9.0, EDGE), _run(MANY, "clustered", 31.0, EDGE)])
    rdf, provenance = data.rdfs[0], data.provenance[0]
    peak = np.argmax(rdf.g)
    assert rdf.error is not None
    assert rdf.g[peak] == pytest.approx(21.0, rel=0.05)
    assert rdf.error[peak] == pytest.approx(11.0, rel=0.05)  # reaches from one to the other
    assert provenance["between"]
    assert not provenance["convergence"]["converged"]


def test_annealed_runs_stand_for_those_that_they_replace() -> None:
    choice = choose([FEW, MANY, MANY, SAME], ["dispersed", "clustered", "annealed", "annealed"], "dispersed")
    assert choice.used == (2, 3)
    assert set(choice.left_out) == {0, 1}
    record = _run(FEW, "dispersed", 20.0).record
    assert record.starting_point == "dispersed"
    assert replace(record, protocol=replace(record.protocol, anneal_from=2.0)).starting_point == "annealed"


def test_an_entry_is_made_of_the_runs_that_count_and_keeps_the_others() -> None:
    runs = [_run(FEW, "dispersed", 20.0), _run(MANY, "implicit", 58.0), _run(SAME, "clustered", 62.0, tau=5000)]
    data = entry(runs)
    provenance = data.provenance[0]
    assert data.runs[0] == tuple(runs)
    assert provenance["weights"] == pytest.approx([0.0, 1 / 3, 2 / 3])
    assert provenance["left_out"].keys() == {"dispersed20.0"}
    assert provenance["regime"] == "condensing"
    assert provenance["nps"] == 18
    assert provenance["volume"] == pytest.approx(18 / 0.002)
    assert provenance["convergence"]["converged"]
    assert provenance["production_tau"] == 7500
    assert data.rdfs[0].g == pytest.approx((runs[1].rdf.g + 2 * runs[2].rdf.g) / 3)


def test_two_dispersed_runs_of_a_condensing_composition_show_nothing() -> None:
    """They agree with one another while both gather."""
    data = entry([_run(FEW, "dispersed", 20.0), _run(FEW, "dispersed", 20.1)])
    assert data.provenance[0]["convergence"]["reason"] == "no independent starts"
