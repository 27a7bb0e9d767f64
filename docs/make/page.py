"""Makes the screenshots of docs/service.md from a service that runs: `python -m docs.make.page` (needs Chromium)."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

RESULTS = Path(__file__).parents[1] / "results"
NEAR = "#model=gp&diameter=3&chain_length=40&density=0.002&eps_nn=0.5&eps_pn=0.6&show=dilute,simulated"
SHOTS = (
    ("page.png", NEAR, 1400, False),
    ("page-dark.png", NEAR + "&view=W&axis=gap&from=-0.6&to=5&polymer=1", 1400, True),
    ("page-design.png", NEAR + "&want=state=dispersion,neighbours=:2&hold=diameter", 1400, False),
    ("page-phone.png", "#eps_pn=2.2&show=dilute", 390, False),
)


def main() -> None:
    command = [sys.executable, "-m", "nanonet.serve.start", "serve", "--port", "0", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, sync_playwright() as playwright:
        try:
            assert process.stdout is not None
            address = re.findall(r"http://[^ ]+", process.stdout.readline())[0]
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for name, place, width, dark in SHOTS:
                page = browser.new_page(
                    viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
                )
                page.goto(f"{address}/{place}")
                page.locator("#map-legend .dot").first.wait_for()
                page.locator("#scene-text", has_text="NPs of").wait_for()
                page.wait_for_timeout(1_500)
                if "want=" in place:
                    page.locator(".answer").first.wait_for(timeout=60_000)
                    page.locator("#design-card").screenshot(path=RESULTS / name)
                else:
                    page.screenshot(path=RESULTS / name, full_page=width > 1_000)
                with Image.open(RESULTS / name) as image:
                    image.convert("RGB").quantize(256).save(RESULTS / name, optimize=True)
            browser.close()
        finally:
            process.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
