from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nanonet import RDF, InputError
from nanonet.models.image import HIGHEST, LOWEST, check_images, rasterize, read_images
from nanonet.rdf import standard_grid
from tests.synthetic import draw, trace

R = standard_grid()
ROW = R[-1] / 64 + 1e-9  # width of a row, to which a position may move


def test_an_image_is_a_white_line_on_black_with_rows_along_r() -> None:
    g = np.where(R > 5, 1.0, 0.0)
    image = draw(RDF(R, g))
    assert image.shape == (64, 64)
    assert image.dtype == np.float32
    assert image.min() == 0
    assert image.max() <= 1
    assert image[:30, 0] == pytest.approx(1.0)  # r below 5: the line lies at the bottom
    height = 63 * np.log(1 / LOWEST) / np.log(HIGHEST / LOWEST)
    assert image[40:] @ np.arange(64) == pytest.approx(height, abs=1e-4)
    assert np.count_nonzero(image[50]) == 2  # anti-aliased: shared between two pixels


@given(hnp.arrays(np.float64, (1, 100), elements=st.floats(0, 400)))
@settings(max_examples=50, deadline=None)
def test_tracing_a_drawn_curve_gives_the_largest_value_of_each_row(curves: np.ndarray) -> None:
    traced = read_images(rasterize(curves, R), R)[0]
    rows = np.floor(R / 10 * 64 + 1e-9).astype(int)
    for row in range(64):
        value = curves[0][rows == row].max()
        expected = np.clip(value, LOWEST, HIGHEST)
        if value > 1.02 * LOWEST:
            assert traced[rows == row] == pytest.approx(expected, rel=1e-3)
        else:
            assert traced[rows == row].max() < 1.03 * LOWEST


@given(position=st.floats(1.5, 8.5), height=st.floats(1.5, 290), width=st.floats(0.05, 1.0))
@settings(max_examples=50, deadline=None)
def test_the_first_peak_survives(position: float, height: float, width: float) -> None:
    g = 1 + (height - 1) * np.exp(-(((R - position) / width) ** 2))
    g[position - width > R] *= 1e-3
    before, after = RDF(R, g).first_peak, trace(draw(RDF(R, g))).first_peak
    if before is not None:
        assert after is not None
        assert after.height == pytest.approx(before.height, rel=0.03)
        assert abs(after.position - before.position) <= ROW


def test_below_and_above_the_ordinate() -> None:
    g = np.full((3, 100), [[0.0], [0.0005], [1000.0]])
    traced = read_images(rasterize(g, R), R)
    assert not traced[:2].any()
    assert traced[2] == pytest.approx(HIGHEST, rel=1e-4)


def test_a_steep_edge_stays_in_its_row() -> None:
    g = np.where(R > 2.9, 200.0, 0.0)
    traced = trace(draw(RDF(R, g))).g
    edge = np.flatnonzero(g)[0]
    assert traced[edge:] == pytest.approx(200.0, rel=1e-4)
    assert not traced[: edge - 1].any()  # the bin before the edge lies in the edge's row and takes its value


def test_haze_of_a_decoder_does_not_matter() -> None:
    g = 1 + 20 * np.exp(-(((R - 3) / 0.4) ** 2))
    image = draw(RDF(R, g))
    image += 0.008 * image.max(axis=1, keepdims=True) * (image == 0)
    assert trace(image).g == pytest.approx(trace(draw(RDF(R, g))).g, rel=0.02)


def test_a_row_without_light_reads_as_zero() -> None:
    assert not trace(np.zeros((64, 64))).g.any()


def test_other_grids_fit_in() -> None:
    r = 2.0 + 0.15 * np.arange(73)
    g = 1 + np.exp(-((r - 5) ** 2))
    traced = read_images(rasterize(g[None], r), r)[0]
    assert traced == pytest.approx(g, rel=0.1)
    coarse = np.arange(20) + 0.5
    assert read_images(rasterize(np.ones((1, 20)), coarse), coarse)[0] == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize("curves", [np.ones(100), np.ones((1, 99)), -np.ones((1, 100)), np.full((1, 100), np.nan)])
def test_bad_curves_are_refused(curves: np.ndarray) -> None:
    with pytest.raises(InputError):
        rasterize(curves, R)


@pytest.mark.parametrize("images", [np.ones((64, 64)), np.ones((1, 64, 63)), -np.ones((1, 64, 64))])
def test_bad_images_are_refused(images: np.ndarray) -> None:
    with pytest.raises(InputError):
        read_images(images, R)


@given(hnp.arrays(np.float64, (2, 100), elements=st.floats(0, 400)), st.sampled_from([16, 64, 128]))
@settings(max_examples=30, deadline=None)
def test_what_curves_drew_is_known_as_such(curves: np.ndarray, size: int) -> None:
    images = rasterize(curves, R, size)
    assert np.array_equal(check_images(images), images)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("black", "image 1 was drawn by no curve: the levels of row 0 add up to 0, not 1"),
        ("gap", "image 1 was drawn by no curve: the levels of row 7 add up to 0, not 1"),
        ("bright", "images have a level of"),
        ("two lines", "in row 20 the line that it shows is off by 0.5"),
        ("jump", "in row (29|30) the line that it shows is off"),
        ("blurred", "the line that it shows is off"),
    ],
)
def test_what_no_curve_could_have_drawn_is_refused(change: str, what: str) -> None:
    images = rasterize(np.ones((2, 100)), R)
    if change == "black":
        images[1] = 0
    elif change == "gap":
        images[1, 7] = 0
    elif change == "bright":
        images[1, 7] *= 3
    elif change == "two lines":
        images[1, 20] = 0
        images[1, 20, [5, 50]] = 0.5
    elif change == "jump":  # whole rows elsewhere, and no stroke that leads there
        images[1, 30:] = np.roll(images[1, 30:], 10, axis=1)
    else:
        images[1] = np.mean([np.roll(images[1], k, axis=1) for k in (-1, 0, 1)], axis=0)
    with pytest.raises(InputError, match=what):
        check_images(images)
