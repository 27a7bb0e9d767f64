"""What ships of the multiscale engine: umbrella runs, implicit compositions, the comparisons on its page."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import nanonet
from nanonet import Dataset, InputError, umbrella_runs
from nanonet.analyze import potential_gp
from nanonet.analyze.potential_gp import PotentialGP
from nanonet.campaign import fidelity
from nanonet.campaign.implicit import MAX_VOLUME_FRACTION
from nanonet.campaign.potentials import TARGET, contact_error
from nanonet.check_dataset import check_dataset
from nanonet.dataset import SHIPPED
from nanonet.potentials.mediated import CONDENSES, PairInputs

RUNS = umbrella_runs.shipped()
COMPARED = Path(__file__).parents[1] / "docs" / "results" / "multiscale.json"


@pytest.fixture(scope="module")
def model() -> PotentialGP:
    return potential_gp.fit(umbrella_runs.by_pair_inputs(RUNS))


def test_the_pairs_span_the_papers_range() -> None:
    pairs = [run.windows.pair_inputs for run in RUNS]
    assert len(set(pairs)) >= 6
    for name, low, high in (("diameter", 2, 5), ("chain_length", 25, 40), ("eps_pn", 0.1, 1.5)):
        values = [getattr(pair, name) for pair in pairs]
        assert (min(values), max(values)) == (low, high)
    assert min(run.record["tau"] for run in RUNS) >= 1_500


def test_every_pair_reaches_its_target_within_its_hours() -> None:
    """0.5 kT at contact in one core-hour up to D = 3, rising to 1 kT in three at D = 5; errors fall as time^-1/2."""
    for pair, group in umbrella_runs.grouped(RUNS).items():
        spent = sum(
            (run.record["protocol"]["equilibration_steps"] + run.record["protocol"]["production_steps"])
            / run.record["steps_per_second"]
            for run in group
        )
        ratio = contact_error(group) / float(np.interp(pair.diameter, *TARGET))
        assert spent / 3600 * ratio**2 <= np.interp(pair.diameter, (3, 5), (1, 3))
        assert ratio < 1.2


def test_replicas_differ_by_as_much_as_their_errors_say(model: PotentialGP) -> None:
    """The same windows from another start, in standard errors with the factor by which the process widens them."""
    squares = []
    for group in umbrella_runs.grouped(RUNS).values():
        for one, other in pairwise(run.forces for run in group if run.windows == group[0].windows):
            squares += ((one.force - other.force) ** 2 / (one.error**2 + other.error**2)).tolist()
    assert len(squares) >= 20
    widened = np.mean(squares) / np.exp(2.0 * model.scales[3])
    assert widened == pytest.approx(1.0, abs=3.0 * np.sqrt(2.0 / len(squares)))


def test_depletion_attracts_over_about_a_monomer(model: PotentialGP) -> None:
    """At eps_pn = 0.1 (half a well at a gap of 0.2, little beyond a monomer), and D = 5 more than D = 2."""
    depths = []
    for pair in (PairInputs(2, 40, 0.1), PairInputs(5, 25, 0.1)):
        found = model.predict(pair)
        contact, error = found.at(pair.diameter)
        beyond, beyond_error = found.at(pair.diameter + 1.5)
        assert contact < -5 * error
        assert abs(beyond) < 3 * beyond_error + 0.1 * abs(contact)
        depths.append(contact)
    assert depths[1] < 1.5 * depths[0]


def test_strong_attraction_makes_a_barrier(model: PotentialGP) -> None:
    found = model.predict(PairInputs(3, 40, 1.0))
    height, error = found.at(3.7)
    assert 3.0 < height < 5.0
    assert error < 0.5


def _agrees(one: fidelity.Comparison) -> bool:
    """Whether a dispersed explicit run and its implicit one agree, as docs/results/multiscale.md counts it."""
    return one.regime == "dispersed" and one.difference <= 1.5 * one.expected


def test_implicit_compositions_are_marked_and_carry_their_errors() -> None:
    data = Dataset.shipped("implicit")
    assert {entry["fidelity"] for entry in data.provenance} == {"implicit"}
    assert {entry["fidelity"] for entry in Dataset.shipped().provenance} == {"explicit"}
    assert len(data) >= 1_000
    assert np.isfinite(data.errors).all()
    assert check_dataset(Path(nanonet.__file__).parent / "data" / SHIPPED["implicit"]) == []
    compared = fidelity.load(COMPARED)
    spread = {
        c: entry["convergence"]["spread"] or 0.0
        for c, entry in zip(Dataset.shipped().compositions, Dataset.shipped().provenance, strict=True)
    }  # explicit runs of one composition that differ among themselves check nothing
    checked = max(one.composition.volume_fraction for one in compared if _agrees(one) and spread[one.composition] < 0.5)
    assert pytest.approx(checked, rel=0.05) == MAX_VOLUME_FRACTION
    for composition, entry in zip(data.compositions, data.provenance, strict=True):
        assert entry["nps"] == composition.nps
        dense = any("volume fraction" in flag for flag in entry["flags"])
        assert dense == (composition.volume_fraction > MAX_VOLUME_FRACTION)
        assert entry["w_contact_error"] > 0
        assert {"clustered", "dispersed"} <= set(entry["starts"])
        assert any("may condense" in flag for flag in entry["flags"]) == (entry["second_virial"] < CONDENSES)
    with pytest.raises(InputError, match="fidelity = 'both'"):
        Dataset.shipped("both")


def test_dispersed_explicit_and_implicit_runs_agree() -> None:
    """The law behind it all: the same number of NPs in the same volume, at least three dispersed compositions.

    Agreement, within 1.5 times what is expected, is claimed for most up to `MAX_VOLUME_FRACTION`, beyond which implicit
    entries warn. Nothing is off by more than three times what is expected at any density where NPs moved by their
    diameter or more, and nothing by more than four: where they moved less, error bars of a run are lower bounds.
    """
    found = fidelity.load(COMPARED)
    moved = {c: provenance["convergence"]["mobility"] for c, _, provenance, _ in Dataset.shipped()}
    assert {one.composition for one in found} == set(moved)
    for one in found:
        if one.regime == "dispersed":
            assert one.difference < (3 if moved[one.composition] >= 1.0 else 4) * one.expected
    claimed = [one for one in found if one.composition.volume_fraction <= MAX_VOLUME_FRACTION]
    dispersed = [one for one in claimed if one.regime == "dispersed"]
    agree = [one for one in dispersed if _agrees(one)]
    assert len(agree) >= 3
    assert len(agree) >= 0.7 * len(dispersed)
    assert np.median([one.difference / one.expected for one in dispersed]) < 1.2
