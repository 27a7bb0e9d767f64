from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from docs.make.pair import Pair
from nanonet import RDF, Dataset, InputError
from nanonet.phases.classify import (
    classify,
    classify_curves,
    decide,
    mean_force_potential,
    probabilities,
    states,
)
from nanonet.phases.curve_sampling import CORRELATION, sample_curves, sample_with_errors
from nanonet.phases.state import BRIDGING, CONTACT, DISPERSION, STATES, UNCERTAIN, Criteria
from nanonet.predict.phase_map import compute_map
from nanonet.rdf import standard_grid
from tests.synthetic import grid, made_up

THEORY = Path(__file__).parents[1] / "data" / "hooper-schweizer-2005"
WELLS = {CONTACT: (0.0, 3.0), BRIDGING: (1.2, 2.5), DISPERSION: (1.2, 0.4)}
"""Gap and depth of the deepest minimum of W in made-up curves of each state."""


def hard_spheres(r: NDArray[np.float64], diameter: float, fraction: float) -> NDArray[np.float64]:
    """g of hard spheres by the Percus-Yevick equation, whose direct correlation function is known."""
    density = 6.0 * fraction / np.pi / diameter**3
    fine, step = np.linspace(0, 12 * diameter, 3001)[1:], 12 * diameter / 3000
    a = (1 + 2 * fraction) ** 2 / (1 - fraction) ** 4
    b = -((1 + 0.5 * fraction) ** 2) / (1 - fraction) ** 4
    x = fine / diameter
    c = np.where(x < 1, -a - 6 * fraction * b * x - 0.5 * fraction * a * x**3, 0.0)
    q = np.pi * np.arange(1, 1001) / fine[-1]
    waves = np.sin(np.outer(q, fine))
    transformed = 4 * np.pi * step / q * (waves @ (fine * c))
    indirect = density * transformed**2 / (1 - density * transformed)
    at = np.maximum(r, 0.1)
    gamma = (q[1] - q[0]) / (2 * np.pi**2) / at * (np.sin(np.outer(at, q)) @ (q * indirect))
    return np.asarray(np.where(r < diameter, 0.0, np.maximum(1 + gamma, 0.0)), dtype=np.float64)


def theory(alpha: str) -> RDF:
    """PRISM's g of Hooper & Schweizer for D = 16, on an even grid from inside contact."""
    r, g = np.loadtxt(THEORY / f"alpha{alpha}.csv", delimiter=",", unpack=True)
    order = np.argsort(r)
    even = grid(18.0, 0.02)[750:1185]  # 15 to 23.7
    return RDF(even, np.interp(even, r[order], np.maximum(g[order], 0.0), left=0.0))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("diameter", [1.5, 3.0, 5.0, 16.0])
def test_known_states_are_found_at_any_size(state: str, diameter: float) -> None:
    r = grid(diameter)
    verdict = classify(RDF(r, made_up(r, diameter, WELLS[state])), diameter, density=1e-5)
    assert verdict.state == verdict.most_probable == state
    assert verdict.probabilities == {one: float(one == state) for one in STATES}
    place = verdict.contact if state == CONTACT else verdict.bridge
    assert place is not None
    assert place.gap == pytest.approx(WELLS[state][0], abs=0.15)
    assert -place.w.value == pytest.approx(WELLS[state][1], abs=0.4)
    assert np.isnan(place.w.error)


@pytest.mark.parametrize(
    ("alpha", "state", "gap"), [("0.25", BRIDGING, 1.08), ("0.5", DISPERSION, 2.13), ("1.0", DISPERSION, None)]
)
def test_states_of_hooper_and_schweizer(alpha: str, state: str, gap: float | None) -> None:
    """Their names: short attractions bridge by one layer, long ones stabilise; D = 16, so no sigma is hard-coded."""
    rdf = theory(alpha)
    verdict = classify(rdf, 16.0, density=6 / np.pi * 0.4e-3 / 16**3)
    assert verdict.state == state
    assert verdict.crowding < 0.01
    if gap is None:
        assert verdict.bridge is None
        assert verdict.closest > 3.0
    else:
        assert verdict.bridge is not None
        assert verdict.bridge.gap == pytest.approx(gap, abs=0.05)
        assert verdict.layers == round(gap)


@given(
    state=st.sampled_from(STATES),
    diameter=st.floats(1.5, 12),
    scale=st.floats(0.2, 5),
    unit=st.floats(0.1, 10),
    step=st.sampled_from([0.02, 0.05, 0.1, 0.12]),
    noise=st.floats(0, 0.05),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_verdict_depends_on_the_physics_only(  # not on grid, scale of g far away, unit of length, small noise
    state: str, diameter: float, scale: float, unit: float, step: float, noise: float, seed: int
) -> None:
    r = grid(diameter, step)
    g = scale * made_up(r, diameter, WELLS[state])
    g = g * np.exp(noise * np.random.default_rng(seed).standard_normal(len(r)))
    rdf = RDF(unit * r, g, 0.05 * g)
    verdict = classify(rdf, unit * diameter, 1e-5 / unit**3, Criteria(monomer=unit), samples=200, seed=seed)
    assert verdict.state == state
    assert sum(verdict.probabilities.values()) == pytest.approx(1.0)
    assert all(0 <= p <= 1 for p in verdict.probabilities.values())


@pytest.mark.parametrize("fraction", [0.05, 0.2, 0.3, 0.4])
def test_crowding_is_no_attraction(fraction: float) -> None:
    """Hard spheres have a minimum of W at contact, however repulsive: it does not count when the density is known."""
    r = grid(3.0, 0.05)
    rdf = RDF(r, hard_spheres(r, 3.0, fraction))
    verdict = classify(rdf, 3.0, 6 / np.pi * fraction / 27)
    assert verdict.state == DISPERSION
    assert verdict.closest == pytest.approx(0.0, abs=0.05)
    assert verdict.crowding == pytest.approx(np.log((1 - fraction / 2) / (1 - fraction) ** 3), rel=0.1)
    blind = classify(rdf, 3.0)
    assert "no density" in " ".join(blind.caveats)
    assert blind.state == (CONTACT if fraction == 0.4 else DISPERSION)


def test_shells_of_a_cluster_are_no_bridges() -> None:
    r = grid(2.0)
    clustered = made_up(r, 2.0, (0.0, 2.0), (1.3, 2.5))
    assert classify(RDF(r, clustered), 2.0, 1e-5).state == CONTACT
    bridged = made_up(r, 2.0, (0.0, 1.2), (1.3, 2.8))  # contact holds pairs too, the layer far more
    assert classify(RDF(r, bridged), 2.0, 1e-5).state == BRIDGING


def test_pairs_beyond_the_layers_are_dispersed() -> None:
    r = grid(3.0)
    far_out = made_up(r, 3.0, (3.8, 2.0))
    assert classify(RDF(r, far_out), 3.0, 1e-5).state == DISPERSION
    two = made_up(r, 3.0, (2.1, 2.0))
    assert classify(RDF(r, two), 3.0, 1e-5).layers == 2
    assert classify(RDF(r, two), 3.0, 1e-5).state == BRIDGING
    assert classify(RDF(r, two), 3.0, 1e-5, Criteria(layers=1)).state == DISPERSION


def test_the_error_bars_decide_how_sure_it_is() -> None:
    r = grid(3.0)
    g = made_up(r, 3.0, (0.0, 1.3))
    shares = [classify(RDF(r, g, e * g), 3.0, 1e-5).probabilities[CONTACT] for e in (0.02, 0.3, 0.8)]
    assert shares[0] == 1.0
    assert shares[0] > shares[1] > shares[2]
    doubtful = classify(RDF(r, g, 0.3 * g), 3.0, 1e-5)
    assert doubtful.state == UNCERTAIN
    assert doubtful.most_probable == CONTACT
    assert doubtful.contact is not None
    assert doubtful.contact.w.error == pytest.approx(0.3, abs=0.1)
    # what all distances share has no say
    assert classify(RDF(r, g, 0.3 * g), 3.0, 1e-5, common=0.29).state == CONTACT


def test_probabilities_are_calibrated() -> None:
    """Of curves near the limits, seen with errors, a state of probability p is the true one in p of all cases."""
    r, random = grid(3.0), np.random.default_rng(0)
    said: list[float] = []
    true: list[bool] = []
    for k in range(300):
        error = random.choice([0.2, 0.4, 0.8])
        truth = made_up(r, 3.0, (random.choice([0.0, 1.2]), random.uniform(0.0, 2.2)))
        seen = sample_with_errors(r, truth, error * truth, 1, seed=1_000 + k)[0]
        said += classify(RDF(r, seen, error * seen), 3.0, 1e-5, samples=200, seed=k).probabilities.values()
        true += [bool(states(r, truth, 3.0, 1e-5) == i) for i in range(3)]
    p, hits = np.array(said), np.array(true)
    for low, high in ((0.0, 0.1), (0.1, 0.4), (0.4, 0.7), (0.7, 0.9), (0.9, 1.1)):
        inside = (p >= low) & (p < high)
        assert inside.sum() > 40
        assert hits[inside].mean() == pytest.approx(p[inside].mean(), abs=0.1)


def test_too_few_pairs_to_tell() -> None:
    """Nothing was seen in contact, but a single pair there would have been a high peak."""
    r = grid(3.0)
    g = np.where(r < 3.6, 0.0, 1.0)
    few = classify(RDF(r, g, np.where(g > 0, 0.05, 50.0)), 3.0, 1e-5)
    assert few.state == UNCERTAIN
    assert any("no pair was seen in contact" in text for text in few.caveats)
    assert classify(RDF(r, g, np.where(g > 0, 0.05, 0.1)), 3.0, 1e-5).state == DISPERSION


def test_draws_have_the_errors_that_they_were_given() -> None:
    r = standard_grid()
    g, error = np.full(100, 2.0), np.full(100, 0.5)
    g[:10], error[:10] = 0.0, 0.3
    curves = sample_with_errors(r, g, error, 20_000, seed=3)
    assert curves.min() >= 0
    np.testing.assert_allclose(curves[:, 10:].mean(axis=0), 2.0, atol=0.02)
    np.testing.assert_allclose(curves[:, 10:].std(axis=0), 0.5, atol=0.03)
    logs = np.log(curves[:, 10:])
    for lag in (1, 8, 20):
        found = np.corrcoef(logs[:, 5], logs[:, 5 + lag])[0, 1]
        assert found == pytest.approx(np.exp(-0.1 * lag / CORRELATION), abs=0.03)
    unseen = -np.log(curves[:, :10] / 0.3)
    assert 0.0 <= unseen.min() < unseen.max() < 10.0
    assert unseen.mean() == pytest.approx(5.0, abs=0.1)


def test_a_band_is_as_good_as_error_bars() -> None:
    r = grid(3.0)
    g = made_up(r, 3.0, (0.0, 1.3))
    banded = RDF(r, g, low=g * np.exp(-1.6449 * 0.8), high=g * np.exp(1.6449 * 0.4))
    curves = sample_curves(banded, 4_000)
    seen = g > 1e-6
    np.testing.assert_allclose(np.median(curves, axis=0)[seen], g[seen], rtol=0.05)
    assert banded.low is not None
    assert banded.high is not None
    inside = (curves >= banded.low) & (curves <= banded.high)
    assert inside[:, seen].mean() == pytest.approx(0.9, abs=0.01)
    assert 0.5 < classify(banded, 3.0, 1e-5).probabilities[CONTACT] < 0.9
    lower = RDF(r, 0.5 * g, low=np.where(r < 4.0, 0.0, 0.4) * g, high=np.where(r < 4.0, 1.0, 0.6) * g)
    assert classify(lower, 3.0, 1e-5).probabilities[CONTACT] < 0.9  # g may be nothing in contact, not above its band
    assert sample_curves(lower, 4_000)[:, r < 4.0].max() < 6 * g.max()
    np.testing.assert_array_equal(sample_curves(RDF(r, g), 10), g[None])


def test_samples_of_a_predictor_give_probabilities() -> None:
    r = grid(3.0)
    curves = np.array([made_up(r, 3.0, WELLS[s]) for s in (CONTACT,) * 6 + (BRIDGING,) * 3 + (DISPERSION,)])
    verdict = classify_curves(r, curves, 3.0, 1e-5)
    assert list(verdict.probabilities.values()) == [0.6, 0.3, 0.1]
    assert (verdict.state, verdict.most_probable) == (UNCERTAIN, CONTACT)
    assert classify_curves(r, curves, 3.0, 1e-5, Criteria(confidence=0.55)).state == CONTACT
    many = probabilities(r, np.stack([curves, curves[::-1], np.repeat(curves[:1], 10, axis=0)]), [3.0] * 3, 1e-5)
    np.testing.assert_allclose(many, np.array([[0.6, 0.3, 0.1], [0.6, 0.3, 0.1], [1.0, 0.0, 0.0]]))
    assert states(r, curves, 3.0, 1e-5).tolist() == [0] * 6 + [1] * 3 + [2]
    assert decide(np.array([0.05, 0.92, 0.03])) == BRIDGING


def test_evidence_counts_neighbours() -> None:
    r = grid(3.0, 0.02)
    g = made_up(r, 3.0, WELLS[CONTACT])
    verdict = classify(RDF(r, g, 0.1 * g), 3.0, 0.002)
    inside = r < 3.5
    expected = 0.002 * 4 * np.pi * (r[inside] ** 2 * (g[inside] - 1)).sum() * 0.02
    assert verdict.excess_contact is not None
    assert verdict.excess_contact.value == pytest.approx(expected, rel=0.01)
    assert 0 < verdict.excess_contact.error < 0.2 * abs(expected) + 0.1
    of_eight = classify(RDF(r, g, 0.1 * g), 3.0, 0.002, nps=8).excess_contact
    assert of_eight is not None
    assert of_eight.value == pytest.approx(expected * 7 / 8, rel=0.01)  # seven others stand in the box
    assert verdict.barrier is None or verdict.barrier.gap > 0
    two = classify(RDF(r, made_up(r, 3.0, (0.0, 3.0), (1.8, 0.5))), 3.0, 0.002)
    assert two.contact is not None
    assert two.barrier is not None
    assert two.bridge is not None
    assert two.contact.gap < two.barrier.gap < two.bridge.gap
    w = mean_force_potential(r, g, 3.0)
    assert w[-1] == pytest.approx(0.0, abs=1e-6)


def test_what_is_not_known_is_said() -> None:
    r = grid(3.0)
    g = made_up(r, 3.0, WELLS[CONTACT]) * np.exp(-0.2 * (r - 3.0))
    said = " ".join(classify(RDF(r, g), 3.0).caveats)
    for text in ("no density", "no error bars", "not levelled off"):
        assert text in said
    assert classify(RDF(r, made_up(r, 3.0, WELLS[CONTACT]), 0.01 * np.ones(len(r))), 3.0, 1e-5).caveats == ()


def test_nps_that_are_all_in_one_cluster_leave_none_far_away() -> None:
    """W then counts from the uniform density: the least depth that such a curve can mean."""
    r = grid(3.0)
    g = np.where(r < 6.0, made_up(r, 3.0, WELLS[CONTACT]), 0.0)
    found = classify(RDF(r, g, 0.01 * g), 3.0, 1e-3)
    assert found.state == CONTACT
    assert found.contact is not None
    assert found.contact.w.value == pytest.approx(-np.log(g.max()))
    assert 0 < found.contact.w.error < 0.05
    assert any("far away" in caveat for caveat in found.caveats)
    assert np.nanmin(mean_force_potential(r, g, 3.0)) == pytest.approx(-np.log(g.max()))


def test_the_page_s_pairs_can_be_mapped() -> None:
    """docs/make/phases.py draws W of the windows with the maps of the predictors."""
    held = {"diameter": 3, "chain_length": 40, "density": 1e-5}
    found = compute_map(Pair(), ("eps_pn", "eps_nn"), held, (None, None), 2, Criteria())
    assert found.shares.shape == (2, 2, len(STATES))
    assert found.shares.sum(axis=-1) == pytest.approx(1.0)


R = grid(3.0)
G = made_up(R, 3.0, WELLS[CONTACT])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Criteria(depth=0), "depth = 0 is not above 0"),
        (lambda: Criteria(monomer=-1), "monomer = -1 is not above 0"),
        (lambda: Criteria(layers=4), "layers = 4 is not 1, 2 or 3"),
        (lambda: Criteria(confidence=1.5), "confidence = 1.5 is not between 0.5 and 1"),
        (lambda: classify(RDF(R, G), 6.0), "r ends at a gap r - D of 3 for diameter = 6"),
        (lambda: classify(RDF(R[40:], G[40:]), 3.0), "r starts at 4.05, beyond contact"),
        (lambda: classify(RDF(R, G), -1.0), "diameter = -1 is not above 0"),
        (lambda: classify([1.0], 3.0), "list is not an RDF"),  # type: ignore[arg-type]  # as a notebook may
        (lambda: classify(RDF(R, G), 3.0, density=0.0), "density = 0 is not above 0"),
        (lambda: classify(RDF(R, G), 3.0, density=1e30), "at most 1e+06"),
        (lambda: classify(RDF(R, G), 3.0, 0.001, nps=1), "nps = 1 is not 2 or more"),
        (lambda: classify(RDF(R, G), 3.0, common=-1), "common = -1 is not 0 or above"),
        (lambda: classify(RDF(R, G, G), 3.0, samples=0), "samples = 0 is not 1 or more"),
        (lambda: classify_curves(R, G, 3.0), "allowed is (samples, 90)"),
        (lambda: classify_curves(R, -np.ones((2, 90)), 3.0), "not finite and 0 or above"),
    ],
)
def test_nonsense_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("eps_nn", "eps_pn", "state"), [(0.1, 0.1, CONTACT), (0.5, 1.0, DISPERSION), (0.2, 0.4, CONTACT)]
)
def test_our_runs_of_the_paper_s_figure_4(eps_nn: float, eps_pn: float, state: str) -> None:
    """The paper calls them contact aggregation, bridging and dispersion; docs/results/phases.md says why ours differ.

    An entry that lies between runs of different starts which have not met may be uncertain.
    """
    data = Dataset.shipped()
    (found,) = [
        (classify(rdf, c.diameter, c.density).state, provenance["between"])
        for c, rdf, provenance in zip(data.compositions, data.rdfs, data.provenance, strict=True)
        if (c.diameter, c.eps_nn, c.eps_pn) == (3, eps_nn, eps_pn) and c.density < 0.001
    ]
    assert found[0] == state or (found[1] and found[0] == UNCERTAIN)
