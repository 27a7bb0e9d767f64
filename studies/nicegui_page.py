"""What a page of NiceGUI takes: `python studies/nicegui_page.py`, with nicegui, plotly and playwright installed too.

Five sliders and g(r) with its band and the dilute limit, redrawn while a slider moves, in Python alone: the slider's
event goes over a websocket to the server, which predicts and sends the curve back. Measured as `benchmarks/serve.py`
does: from the slider's event to the frame after the plot was redrawn, in headless Chromium, alone and beside nine more
pages; first paint; memory of the process. docs/service.md quotes what it prints.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from playwright.sync_api import Page

PORT = 8091

_DRAG = """async ([n, wait]) => {
  const slider = getElement(window.sliders[4]), plot = document.querySelector('.js-plotly-plot'), found = [];
  for (let i = 0; i < n; i++) {
    const painted = new Promise(done => plot.once('plotly_afterplot', () => requestAnimationFrame(() => {
      const channel = new MessageChannel(); channel.port1.onmessage = done; channel.port2.postMessage(0);
    })));
    const started = performance.now(), value = 0.8 + 0.6 * Math.sin(0.13 * i);
    slider.$emit('update:model-value', value);
    await Promise.race([painted, new Promise((_, no) => setTimeout(() => no(new Error('not drawn in 5 s')), 5000))]);
    found.push(performance.now() - started);
    await new Promise(done => setTimeout(done, wait));
  }
  return found;
}"""


def serve() -> None:
    """The page."""
    import plotly.graph_objects as go
    from nicegui import ui

    import nanonet
    from nanonet import composition
    from nanonet.formats import potential_table
    from nanonet.potentials import theory
    from nanonet.predict import ranges

    model, table = nanonet.load(), potential_table.shipped()
    values = dict(zip(model.space.names, ranges.middle(model), strict=True))

    def curves(now: dict[str, float]) -> tuple[Any, Any]:
        point = composition.as_composition([*(now | {"chain_length": round(now["chain_length"])}).values()])
        return model.predict(point), theory.theory(table, point, theory.DILUTE).rdf

    @ui.page("/")  # type: ignore[untyped-decorator]
    def page() -> None:
        now = dict(values)
        rdf, dilute = curves(now)
        figure = go.Figure(
            [
                go.Scatter(x=rdf.r, y=rdf.low, line={"width": 0}),
                go.Scatter(x=rdf.r, y=rdf.high, fill="tonexty", line={"width": 0}),
                go.Scatter(x=dilute.r, y=dilute.g, name="dilute limit"),
                go.Scatter(x=rdf.r, y=rdf.g, name="predicted"),
            ]
        )
        figure.update_layout(width=900, height=400, template="none")

        def moved(name: str, value: float) -> None:
            now[name] = value
            rdf, dilute = curves(now)
            for line, y in zip(figure.data, (rdf.low, rdf.high, dilute.g, rdf.g), strict=True):
                line.y = y
            plot.update()

        sliders = []
        for one in model.space.inputs:
            low, high = ranges.offered(one, *ranges.known(model, one))
            ui.label(f"{one.long_name} {one.symbol}")
            step = 1 if one.whole else (high - low) / 200
            slider = ui.slider(
                min=low, max=high, step=step, value=now[one.name],
                on_change=lambda event, name=one.name: moved(name, event.value),
            )  # fmt: skip
            sliders.append(slider.props("throttle=0"))
        plot = ui.plotly(figure)
        ui.add_head_html(f"<script>window.sliders = {[one.id for one in sliders]}</script>")

    ui.run(port=PORT, host="127.0.0.1", reload=False, show=False, reconnect_timeout=5)


def main() -> None:
    from playwright.sync_api import sync_playwright

    command = [sys.executable, __file__, "serve"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process, sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            address = f"http://127.0.0.1:{PORT}"

            def opened() -> Page:
                page = browser.new_page(viewport={"width": 1400, "height": 1000})
                page.goto(address)
                page.locator(".js-plotly-plot .scatterlayer path").first.wait_for(state="attached")
                return page

            _wait_for(address)
            opened().close()
            started = time.perf_counter()
            page = opened()
            curve = time.perf_counter() - started
            paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
            show("first paint, first curve", f"{paint or 0:.0f} ms, {1e3 * curve:.0f} ms")
            size = page.evaluate("performance.getEntriesByType('resource').reduce((s, r) => s + r.decodedBodySize, 0)")
            show("what the page loads", f"{size / 1e6:.1f} MB")
            page.wait_for_timeout(2_000)
            show("slider to redrawn plot", spread(page.evaluate(_DRAG, [150, 20])))
            show("memory, one page", f"{memory(process.pid):.0f} MB")
            others = [opened() for _ in range(9)]
            page.bring_to_front()
            page.wait_for_timeout(2_000)
            show("the same, ten pages open", spread(page.evaluate(_DRAG, [150, 20])))
            for one in others:
                one.evaluate(f"() => {{ window.other = ({_DRAG})([40, 200]); }}")
            show("the same, all ten dragged in this browser", spread(page.evaluate(_DRAG, [150, 20])))
            show("memory, ten pages", f"{memory(process.pid):.0f} MB")
            browser.close()
        finally:
            process.terminate()


def _wait_for(address: str) -> None:
    from urllib.request import urlopen

    for _ in range(100):
        try:
            urlopen(address).close()
            return
        except OSError:
            time.sleep(0.3)
    raise TimeoutError(address)


def show(what: str, figure: str) -> None:
    print(f"{what:46} {figure}", flush=True)


def spread(values: list[float]) -> str:
    middle, high, most = np.quantile(values, (0.5, 0.95, 1.0))
    return f"median {middle:.3g}, 95 % {high:.3g}, most {most:.3g} ms"


def memory(pid: int) -> float:
    """Resident memory (MB) of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ in ("__main__", "__mp_main__"):
    serve() if "serve" in sys.argv else main()
