"""Figures of the page and the service on this machine: python benchmarks/serve.py [seconds of load, default 60].

Starts a service of its own. Slider, first paint and map are measured in headless Chromium, where there is one. Load
comes at even times over connections that stay open; a reply's time counts from the moment it was due. `--hostile` sends
1,000 cases that schemathesis makes of the OpenAPI document (dependency group `hostile`).
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np

if TYPE_CHECKING:
    from playwright.sync_api import Page

FIVE = {"diameter": 3.0, "chain_length": 40, "density": 0.002, "eps_nn": 0.5, "eps_pn": 1.0}
RATE, CONNECTIONS = 300, 32

_DRAG = """async ([name, n, wait]) => {
  const slider = document.getElementById('slider-' + name), low = Number(slider.min), high = Number(slider.max);
  const found = [];
  for (let i = 0; i < n; i++) {
    const painted = new Promise(done => document.addEventListener('drawn', () => requestAnimationFrame(() => {
      const channel = new MessageChannel(); channel.port1.onmessage = done; channel.port2.postMessage(0);
    }), { once: true }));
    const started = performance.now();
    slider.value = low + (high - low) * (0.5 + 0.45 * Math.sin(0.13 * i));
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await Promise.race([painted, new Promise((_, no) => setTimeout(() => no(new Error("not drawn in 5 s")), 5000))]);
    found.push(performance.now() - started);
    await new Promise(done => setTimeout(done, wait));
  }
  return found;
}"""


def main(seconds: int, hostile: bool) -> None:
    command = [sys.executable, "-m", "nanonet.serve.start", "serve", "--port", "0", "--quiet"]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        address = re.findall(r"http://[^ ]+", process.stdout.readline())[0]
        show("start of the service", f"{time.perf_counter() - started:.1f} s")
        try:
            pages(address)
            asyncio.run(load(address, seconds, process.pid))
            batches(address, process.pid)
            searches(address, process.pid)
            if hostile:
                cases(address, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
        show("exit status after TERM", str(process.wait(30)))


def show(what: str, figure: str) -> None:
    print(f"{what:46} {figure}", flush=True)


def spread(values: Any, unit: str = "ms") -> str:
    middle, high, most = np.quantile(values, (0.5, 0.95, 1.0))
    return f"median {middle:.3g}, 95 % {high:.3g}, most {most:.3g} {unit}"


def memory(pid: int) -> float:
    """Resident memory (MB) of a process."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1]) / 1024


def pages(address: str) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        print("no Chromium: the page is not measured")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])

        def opened(place: str) -> Page:
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.goto(f"{address}/{place}")
            page.locator("#figure path").first.wait_for(state="attached")
            return page

        started = time.perf_counter()
        page = opened("")
        curve = time.perf_counter() - started
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
        show("page: first paint, first curve", f"{paint or 0:.0f} ms, {1e3 * curve:.0f} ms")
        size = page.evaluate("performance.getEntriesByType('resource').reduce((s, r) => s + r.decodedBodySize, 0)")
        show("page: what it loads, with the answers", f"{size / 1e6:.2f} MB")
        page.wait_for_timeout(3_000)
        for place, what in (
            ("#view=g&show=dilute", "g(r), dilute limit"),
            ("#view=g&show=dilute,simulated,models", "g(r), all lines beside it"),
            ("#view=S&show=dilute", "S(q), dilute limit"),
        ):
            page = opened(place)
            page.wait_for_timeout(2_500)
            show(f"slider to redrawn plot: {what}", spread(page.evaluate(_DRAG, ["eps_pn", 150, 20])))
        others = [opened("#view=g&show=dilute") for _ in range(9)]
        page.bring_to_front()
        page.evaluate("location.hash = '#view=g&show=dilute'")
        page.wait_for_timeout(4_000)
        show("the same, ten pages open", spread(page.evaluate(_DRAG, ["eps_pn", 150, 20])))
        for one in others:
            one.evaluate(f"() => {{ window.other = ({_DRAG})(['diameter', 40, 200]); }}")
        show("the same, all ten dragged in this browser", spread(page.evaluate(_DRAG, ["eps_pn", 150, 20])))
        for one in others:
            one.close()
        with elsewhere(address, 9):
            page.wait_for_timeout(1_000)
            show("the same, nine dragged in browsers elsewhere", spread(page.evaluate(_DRAG, ["eps_pn", 150, 20])))
        browser.close()
    for diameter in (3.0, 4.0):
        times = []
        asked = {"inputs": FIVE | {"diameter": diameter}, "x": "eps_pn", "y": "eps_nn"}
        for _ in range(2):
            started = time.perf_counter()
            httpx.post(f"{address}/api/phase", json=asked, timeout=60).raise_for_status()
            times.append(1e3 * (time.perf_counter() - started))
        show(f"phase map of 24 x 24 points at D = {diameter:g}", f"{times[0]:.0f} ms, again {times[1]:.0f} ms")


class Client:
    """A connection that stays open; one question at a time."""

    def __init__(self, address: str) -> None:
        host, _, port = address.removeprefix("http://").rpartition(":")
        self.host, self.port = host, int(port)

    async def __aenter__(self) -> Client:
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        return self

    async def __aexit__(self, *error: object) -> None:
        self.writer.close()

    async def post(self, path: str, body: bytes) -> int:
        head = f"POST {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n"
        self.writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        reply = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", reply)
        assert length is not None, reply
        await self.reader.readexactly(int(length[1]))
        return int(reply[9:12])


@contextmanager
def elsewhere(address: str, count: int) -> Iterator[None]:
    """Pages that are dragged on other machines: what they ask the service for, and nothing of what they draw."""
    ended = threading.Event()

    async def all_of_them() -> None:
        await asyncio.gather(*(dragged(address, i, ended) for i in range(count)))

    thread = threading.Thread(target=asyncio.run, args=(all_of_them(),))
    thread.start()
    yield
    ended.set()
    thread.join()


async def dragged(address: str, seed: int, ended: threading.Event) -> None:
    """What a page asks for whose diameter moves each 200 ms: a curve, and when it rests what it takes back again."""
    rng, rest = np.random.default_rng(seed), 0.14

    async def ask(path: str, asked: dict[str, Any]) -> None:
        async with Client(address) as client:
            await client.post(path, json.dumps(asked).encode())

    async with Client(address) as client:
        while not ended.is_set():
            five = FIVE | {"diameter": round(rng.uniform(2, 5), 4)}
            await client.post("/api/explore", json.dumps({"inputs": five, "beside": ["dilute"]}).encode())
            if rest > 0.2:
                await asyncio.sleep(0.2)
                continue
            await asyncio.sleep(rest)
            held = {name: five[name] for name in ("diameter", "chain_length", "density")}
            later = [
                asyncio.create_task(ask("/api/explore", {"inputs": five, "details": True})),
                asyncio.create_task(ask("/api/phase", {"inputs": held, "x": "eps_pn", "y": "eps_nn"})),
            ]
            _, left = await asyncio.wait(later, timeout=0.2 - rest)
            for one in left:
                one.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            rest = 0.28 if later[0] in left else 0.14  # a page that was superseded waits longer


async def load(address: str, seconds: int, pid: int) -> None:
    rng = np.random.default_rng(0)
    bodies = [
        json.dumps({"inputs": FIVE | {"eps_pn": round(x, 4), "eps_nn": round(y, 4)}}).encode()
        for x, y in rng.uniform((0.1, 0.1), (1.4, 2.4), (1_000, 2))
    ]
    await asked(address, bodies, 5)
    before = memory(pid)
    times, wrong = await asked(address, bodies, seconds)
    show(f"{RATE} predictions a second for {seconds} s", f"{spread(times)}; {wrong} errors of {len(times)}")
    show("memory of the service, before and after", f"{before:.0f} MB, {memory(pid):.0f} MB")
    host, _, port = address.removeprefix("http://").rpartition(":")
    idle = [socket.create_connection((host, int(port))) for _ in range(250)]
    slow = b"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"
    for one in idle[200:]:
        one.sendall(slow)
    times, wrong = await asked(address, bodies, min(seconds, 8))
    show("the same beside 200 idle, 50 slow clients", f"{spread(times)}; {wrong} errors of {len(times)}")
    for one in idle:
        one.close()


async def asked(address: str, bodies: list[bytes], seconds: int) -> tuple[list[float], int]:
    """Times (ms) of replies to `RATE` requests a second, and how many were not 200."""
    due: asyncio.Queue[float] = asyncio.Queue()
    times: list[float] = []
    wrong = 0

    async def ask() -> None:
        nonlocal wrong
        async with Client(address) as client:
            while (moment := await due.get()) >= 0:
                wrong += await client.post("/api/predict", bodies[len(times) % len(bodies)]) != 200
                times.append(1e3 * (time.perf_counter() - moment))

    clients = [asyncio.create_task(ask()) for _ in range(CONNECTIONS)]
    first = time.perf_counter()
    for i in range(RATE * seconds):
        moment = first + i / RATE
        if (wait := moment - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        due.put_nowait(moment)
    for _ in clients:
        due.put_nowait(-1.0)
    await asyncio.gather(*clients)
    return times, wrong


def batches(address: str, pid: int) -> None:
    rng = np.random.default_rng(1)
    points = [FIVE | {"eps_pn": x} for x in rng.uniform(0.1, 1.4, 1_000)]
    for kind in ("application/json", "text/csv", "application/vnd.apache.arrow.stream"):
        times, sizes = [], []
        for _ in range(20):
            started = time.perf_counter()
            reply = httpx.post(f"{address}/api/predict", json={"inputs": points}, headers={"accept": kind}, timeout=60)
            reply.raise_for_status()
            times.append(1e3 * (time.perf_counter() - started))
            sizes.append(memory(pid))
        held = f"{len(reply.content) / 1e6:.1f} MB; memory after 5 {sizes[4]:.0f} MB, 20 {sizes[-1]:.0f} MB"
        show(f"1,000 predictions as {kind.rpartition('/')[2]}", f"{spread(times)}, {held}")


def searches(address: str, pid: int) -> None:
    times, sizes = [], []
    for diameter in (3.0, 3.5, 4.0):
        started = time.perf_counter()
        asked = {"targets": ["state=dispersion", "neighbours=:3"], "fixed": {"diameter": diameter}}
        httpx.post(f"{address}/api/design", json=asked, timeout=60).raise_for_status()
        times.append(time.perf_counter() - started)
        sizes.append(memory(pid))
    show("five answers of /api/design", f"{spread(times, 's')}; memory after 1 {sizes[0]:.0f} MB, 3 {sizes[-1]:.0f} MB")


def cases(address: str, pid: int) -> None:
    before = memory(pid)
    command = ["schemathesis", "run", f"{address}/api/openapi.json", "--max-examples", "400", "--seed", "1"]
    command += ["--request-timeout", "60"]  # a search takes seconds
    command += ["--exclude-checks", "positive_data_acceptance", "--no-color"]  # limits are those of the model
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    number = re.search(r"(\d+) generated.*", found.stdout)
    what = number[0] if number else found.stdout[-2_000:] + found.stderr
    show("cases of schemathesis", f"{what}; exit status {found.returncode}")
    show("memory, before and after", f"{before:.0f} MB, {memory(pid):.0f} MB")


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:] if one.isdigit()]
    main(numbers[0] if numbers else 60, "--hostile" in sys.argv)
