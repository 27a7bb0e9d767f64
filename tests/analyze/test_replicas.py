from __future__ import annotations

import numpy as np
import pytest

from nanonet import RDF, InputError
from nanonet.analyze.pairs import Measurement
from nanonet.analyze.replicas import combine
from nanonet.rdf import standard_grid


def _measurement(g: float, error: float, density: float = 1e-3, bins: int = 10) -> Measurement:
    r = standard_grid(bins / 10, bins)
    return Measurement(RDF(r, np.full(bins, g), np.full(bins, error)), density, 1e-6, 20, np.full((5, bins), g))


def test_the_error_is_that_between_replicas_where_it_is_larger() -> None:
    far = combine([_measurement(1.0, 0.01), _measurement(2.0, 0.01)], [1, 1])
    assert far.rdf.g == pytest.approx(1.5)
    assert far.rdf.error == pytest.approx(0.5)  # half the difference: the standard error of two values
    near = combine([_measurement(1.0, 0.3), _measurement(1.0, 0.4)], [1, 1])
    assert near.rdf.error == pytest.approx(0.25)
    assert near.blocks.shape == (10, 10)


def test_a_longer_replica_counts_more() -> None:
    both = combine([_measurement(1.0, 0.1, 1e-3), _measurement(2.0, 0.1, 2e-3)], [3, 1])
    assert both.rdf.g == pytest.approx(1.25)
    assert both.density == pytest.approx(1.25e-3)


def test_between_replica_error_is_the_textbook_one() -> None:
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(400):
        values = rng.normal(5.0, 1.0, 4)
        errors.append(combine([_measurement(v, 1e-9) for v in values], [1] * 4).rdf.error[0])  # type: ignore[index]
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(0.5, rel=0.1)


def test_one_replica_is_itself() -> None:
    one = _measurement(1.3, 0.2)
    same = combine([one], [7])
    assert same.rdf == one.rdf
    assert same.density == one.density


def test_what_cannot_be_combined() -> None:
    one = _measurement(1.0, 0.1)
    for measurements, weights in (
        ([], []),
        ([one], [1, 2]),
        ([one], [0]),
        ([one, _measurement(1, 0.1, bins=9)], [1, 1]),
    ):
        with pytest.raises(InputError):
            combine(measurements, weights)
