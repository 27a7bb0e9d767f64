"""The page as people use it, in Debian's Chromium; without it these tests are skipped, and counted."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

import nanonet
from nanonet.formats.curve_csv import read_rdf
from tests.web.conftest import FIVE, start_service, stop_service

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing: apt-get install chromium")

START = "#model=gp&diameter=3&chain_length=40&density=0.002&eps_nn=0.5&eps_pn=1&view=g&show=dilute"

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


class Opened:
    """A page of the service, with what went wrong on it and what it asked for elsewhere."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1400, "height": 1000}} | options)
        self.context.set_default_timeout(30_000)
        self.page, self.address = self.context.new_page(), address
        self.troubles: list[str] = []
        self.page.on("console", lambda message: self._told(message.type, message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))

    def _told(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.troubles.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "blob:", "data:")):
            self.troubles.append(f"asked for {url}")

    def go(self, place: str = START) -> Page:
        self.page.goto(f"{self.address}/{place}")
        drawn(self.page)
        return self.page


def drawn(page: Page) -> None:
    """Wait for a curve."""
    page.locator("#figure path").first.wait_for(state="attached")  # wait_for_function would need eval


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Opened]:
    found = Opened(browser, address)
    yield found
    found.context.close()
    assert found.troubles == []


def settled(page: Page) -> None:
    """Wait for state, map and configuration."""
    expect(page.locator("#facts-card.stale")).to_have_count(0, timeout=30_000)
    expect(page.locator("#verdict")).not_to_have_text("…", timeout=30_000)
    expect(page.locator("#map-legend .dot")).to_have_count(3, timeout=30_000)
    expect(page.locator("#map.stale")).to_have_count(0, timeout=30_000)
    expect(page.locator("#scene-text")).to_contain_text("NPs of", timeout=30_000)


def said(page: Page) -> dict[str, str]:
    """What the address holds."""
    page.wait_for_timeout(200)
    return dict(one.split("=", 1) for one in page.evaluate("location.hash.slice(1)").split("&"))


def download(page: Page, name: str) -> Path:
    with page.expect_download() as found:
        page.locator(f'[data-file="{name}"]').click()
    return Path(found.value.path())


def test_what_is_seen_at_the_start(opened: Opened) -> None:
    page = opened.go("")
    settled(page)
    assert page.locator("#sliders input[type=range]").count() == 5
    expect(page.locator("#badge")).to_have_text("within the data")
    expect(page.locator("#rests")).to_contain_text(f"{len(nanonet.load().X)} simulations")
    expect(page.locator("#peaks dt")).to_have_text(["first peak", "second peak", "neighbours", "box"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_curve_is_redrawn_while_the_slider_moves(opened: Opened) -> None:
    page = opened.go()
    slider, curves = page.locator("#slider-eps_pn"), []
    box = slider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    for i in range(1, 6):
        before = page.locator("#figure").inner_html()
        page.mouse.move(box["x"] + (0.5 - 0.07 * i) * box["width"], box["y"] + box["height"] / 2)
        while page.locator("#figure").inner_html() == before:
            page.wait_for_timeout(5)
        curves.append(page.locator("#figure").inner_html())
    page.mouse.up()
    assert len(set(curves)) == 5
    value = float(page.locator("#number-eps_pn").input_value())
    assert 0.1 < value < 0.8
    assert float(said(page)["eps_pn"]) == value


def test_a_link_reproduces_what_is_seen(browser: Browser, opened: Opened) -> None:
    page = opened.go("#model=gp&diameter=4&chain_length=30&density=0.001&eps_nn=1.2&eps_pn=0.4&view=n&axis=gap"
                     "&show=simulated,models&map=diameter,eps_pn&from=-1&to=5&polymer=1")  # fmt: skip
    settled(page)
    expect(page.locator("#scene")).to_have_attribute("aria-label", re.compile("with .* monomers"))
    seen = page.locator("#figure").inner_html(), page.locator("#map-figure").inner_html()
    other = Opened(browser, opened.address)
    page = other.go(page.evaluate("location.hash"))
    settled(page)
    assert (page.locator("#figure").inner_html(), page.locator("#map-figure").inner_html()) == seen
    assert page.locator("#number-diameter").input_value() == "4"
    assert other.troubles == []
    other.context.close()


def test_addresses_that_contradict_themselves_are_told_of(opened: Opened) -> None:
    page = opened.go("#model=theirs&eps_pn=NaN&eps_nn=9&view=zzz&from=5&to=2&map=eps_pn,eps_pn&diameter=<img src=x>")
    notice = page.locator("#notice")
    for text in (
        "model = theirs", "eps_pn = NaN is not a number", "eps_nn = 9 is not between 0.02 and 5", "view = zzz",
        "from = 5 is not below to = 2", "map = eps_pn,eps_pn", "diameter = <img src=x> is not a number",
    ):  # fmt: skip
        expect(notice).to_contain_text(text)
    page.evaluate("location.hash = '#eps_pn=0.7'")
    expect(page.locator("#number-eps_pn")).to_have_value("0.7")
    expect(notice).to_be_hidden()


def test_numbers_typed_are_checked_and_may_lie_beyond_the_slider(opened: Opened) -> None:
    page = opened.go()
    field = page.locator("#number-eps_pn")
    field.fill("7")
    expect(page.locator("#wrong-eps_pn")).to_have_text("eps_pn = 7 is not between 0 and 5")
    assert field.get_attribute("aria-invalid") == "true"
    field.fill("3.5")
    expect(page.locator("#wrong-eps_pn")).to_be_hidden()
    expect(page.locator("#badge")).to_have_text("outside of the data")
    expect(page.locator("#warnings li").first).to_contain_text("eps_pn = 3.5 is outside the simulated")
    page.locator("#number-eps_nn").fill("0.001")
    expect(page.locator("#wrong-eps_nn")).to_have_text("eps_nn = 0.001 is not between 0.02 and 5")


def test_the_map_is_clicked_and_the_sliders_jump_there(opened: Opened) -> None:
    page = opened.go()
    settled(page)
    page.locator("#map").scroll_into_view_if_needed()
    box = page.locator("#map-canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
    low, high = 0.1, 1.49
    assert float(page.locator("#number-eps_pn").input_value()) == pytest.approx(low + 0.25 * (high - low), abs=0.01)
    settled(page)
    expect(page.locator("#verdict")).to_contain_text("contact aggregation")
    page.locator("#map-x").select_option("diameter")
    expect(page.locator("#map")).to_have_attribute("aria-label", re.compile("over NP diameter and NP-NP attraction"))
    assert said(page)["map"] == "diameter,eps_nn"
    page.locator("#map-y").select_option("diameter")  # they change places
    assert said(page)["map"] == "eps_nn,diameter"


def test_the_keyboard_does_all(opened: Opened) -> None:
    page = opened.go()
    settled(page)
    page.locator("#slider-eps_pn").focus()
    page.keyboard.press("ArrowLeft")
    assert float(page.locator("#number-eps_pn").input_value()) < 1
    for key, group, value in (("ArrowRight", "views", "W"), ("ArrowRight", "axes", "gap")):
        page.locator(f"#{group} input:checked").focus()
        page.keyboard.press(key)
        expect(page.locator(f"#{group} input:checked")).to_have_value(value)
    expect(page.locator("#curve-title")).to_have_text("potential of mean force of two NPs")
    page.locator("#map").focus()
    before = float(page.locator("#number-eps_nn").input_value())
    page.keyboard.press("ArrowUp")
    assert float(page.locator("#number-eps_nn").input_value()) > before
    image = page.locator("#scene").screenshot()
    page.locator("#scene").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(200)
    assert page.locator("#scene").screenshot() != image
    settled(page)
    expect(page.locator("#spoken")).to_contain_text("state ")
    page.locator('[data-file="py"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#code")).to_be_hidden()


def test_downloads_hold_what_is_seen(opened: Opened) -> None:
    page = opened.go()
    settled(page)
    expected = nanonet.load().predict(list(FIVE.values()))
    found = read_rdf(download(page, "csv"))
    np.testing.assert_allclose(found.rdf.g, expected.g)
    np.testing.assert_allclose(np.asarray(found.rdf.low), np.asarray(expected.low))
    assert (found.diameter, found.density) == (3, 0.002)
    content = json.loads(download(page, "json").read_text(encoding="utf-8"))
    np.testing.assert_allclose(content["y"], expected.g)
    assert content["details"]["state"]["probabilities"]
    svg = download(page, "svg").read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert "dilute limit" in svg
    assert download(page, "png").read_bytes().startswith(b"\x89PNG")


def test_the_python_code_gives_the_same_numbers(opened: Opened) -> None:
    page = opened.go(START.replace("view=g", "view=S"))
    page.locator('[data-file="py"]').click()
    code = page.locator("#snippet").inner_text()
    names: dict[str, Any] = {}
    exec(compile(code, "snippet", "exec"), names)
    page.locator("#close").click()
    content = json.loads(download(page, "json").read_text(encoding="utf-8"))
    assert content["quantity"]["name"] == "S"
    for column in ("x", "y", "low", "high"):
        np.testing.assert_allclose(getattr(names["curve"], column), content[column])
        np.testing.assert_allclose(names["reply"][column], content[column])


def answered(page: Page) -> None:
    """Wait for the cards of a search."""
    expect(page.locator("#design-status")).to_contain_text("the best meets", timeout=60_000)
    expect(page.locator("#answers.stale")).to_have_count(0)


def test_what_is_wanted_is_found_and_a_card_moves_the_sliders(opened: Opened) -> None:
    page = opened.go()
    page.locator("#want-state").select_option("dispersion")
    page.locator("#want-neighbours-to").fill("2")
    for name in ("diameter", "chain_length", "density"):  # a search over two inputs takes less time
        page.locator(f"#hold-{name}").check()
    page.locator("#off-eps_pn").fill("0.1")
    page.locator("#off-eps_pn").press("Enter")
    answered(page)
    cards = page.locator("#answers button")
    assert cards.count() > 1
    expect(cards.first).to_contain_text("probability")
    expect(cards.first).to_contain_text("Rests on")
    assert page.locator("#answers svg path").count() >= 2 * cards.count()
    cards.first.focus()
    page.keyboard.press("Enter")
    expect(cards.first).to_have_attribute("aria-current", "true")
    assert page.locator("#number-diameter").input_value() == "3"
    assert page.locator("#number-eps_pn").input_value() != "1"
    settled(page)
    expect(page.locator("#verdict")).to_contain_text("dispersion")
    address = said(page)
    assert (address["want"], address["hold"]) == (
        "state=dispersion,neighbours=:2", "diameter,chain_length,density",
    )  # fmt: skip
    found = cards.all_inner_texts()
    page.reload()  # the address asks again
    answered(page)
    assert cards.all_inner_texts() == found


def test_what_cannot_be_looked_for_is_told(opened: Opened) -> None:
    page = opened.go(START + "&want=colour=3&hold=colour&off=eps_pn=-1")
    for text in ("want = colour=3", "hold = colour", "off = eps_pn=-1"):
        expect(page.locator("#notice")).to_contain_text(text)
    wrong = page.locator("#design-wrong")
    page.locator("#find").click()
    expect(wrong).to_contain_text("nothing is asked for")
    page.locator("#want-peak_height-from").fill("3")
    page.locator("#want-peak_height-to").fill("2")
    page.locator("#find").click()
    expect(wrong).to_contain_text("do not rise")
    page.locator("#model").select_option("nanonet")
    expect(page.locator("#design-status")).to_contain_text("does not know how sure it is")
    expect(page.locator("#design-form")).to_be_hidden()
    page.locator("#model").select_option("sq")
    expect(page.locator("#want-state")).to_have_count(0)
    page.locator("#want-peak_height-to").fill("1.2")
    for name in ("diameter", "chain_length", "density"):
        page.locator(f"#hold-{name}").check()
    page.locator("#find").click()
    answered(page)
    opened.troubles = [one for one in opened.troubles if "422" not in one]  # the browser's own line on an answer


def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, address: str) -> None:
    phone = Opened(browser, address, viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="dark")
    page = phone.go(START + "&hold=diameter,chain_length,density")
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.locator("#map").tap()
    settled(page)
    page.locator("#want-peak_height-from").fill("2")
    page.locator("#find").tap()
    answered(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert phone.troubles == []
    phone.context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("dark", 1400), ("light", 390)])
def test_axe_finds_nothing(browser: Browser, address: str, scheme: str, width: int) -> None:
    found = Opened(browser, address, color_scheme=scheme, viewport={"width": width, "height": 900})
    page = found.go(START + ",simulated&eps_pn=4&want=state=bridging&hold=diameter,chain_length,density")
    settled(page)
    answered(page)
    page.locator("#numbers summary").click()
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert found.troubles == []
    found.context.close()


def test_a_token_is_asked_for_once(browser: Browser) -> None:
    process, address = start_service("--quiet", "--token", "a-long-enough-word")
    try:
        found = Opened(browser, address)
        found.page.goto(address)
        found.page.locator("#token").fill("a-long-enough-word")
        found.page.keyboard.press("Enter")
        drawn(found.page)
        found.page.reload()
        drawn(found.page)
        assert all("401" in text for text in found.troubles)  # the browser's own line on the answer
        found.context.close()
    finally:
        stop_service(process)


def test_a_service_that_went_is_told_of_and_found_again(browser: Browser) -> None:
    process, address = start_service("--quiet")
    found = Opened(browser, address)
    page = found.go()
    settled(page)
    stop_service(process)
    page.locator("#number-eps_pn").fill("0.8")
    expect(page.locator("#notice")).to_contain_text("the service does not answer")
    again, _ = start_service("--quiet", "--port", address.rpartition(":")[2])
    page.locator("#number-eps_pn").fill("0.7")
    expect(page.locator("#notice")).to_be_hidden()
    stop_service(again)
    found.context.close()
