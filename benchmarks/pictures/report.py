"""The README's picture of a report: its map in the light theme, and curves and tree in the dark.

python -m benchmarks.pictures.report CATALOG -o docs/report.png

Needs Chromium and chromedriver. CATALOG is made by jobs/demo.toml.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

import zoo_spectra as zs
from zoo_spectra.report import write_report

WIDTH, HEIGHT = 880, 800  # pixels of the page, and of the picture
GAP = 12
# Theme, by what is coloured, and the part of the page: from a heading, to a picture.
HALVES = (("light", "family", "#map-title", "#legend"), ("dark", "class", "#csd-title", "#tree"))
DRAWN = (
    "return [...document.querySelectorAll('#pictures .chart')]"
    ".every((chart) => chart.querySelector('canvas'))"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalog")
    parser.add_argument("-o", "--output", default="docs/report.png")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        write_report(zs.Catalog(given.catalog), path)
        halves = [_half(path, *half) for half in HALVES]
    width = sum(half.width for half in halves) + GAP
    picture = Image.new("RGB", (width, HEIGHT), "white")
    picture.paste(halves[0], (0, 0))
    picture.paste(halves[1], (halves[0].width + GAP, 0))
    picture.save(given.output, optimize=True)


def _half(path: Path, theme: str, colour_by: str, first: str, last: str) -> Image.Image:
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars"):
        options.add_argument(argument)
    service = webdriver.ChromeService(shutil.which("chromedriver") or "chromedriver")
    browser = webdriver.Chrome(options=options, service=service)
    try:
        feature = {"name": "prefers-color-scheme", "value": theme}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get(path.as_uri())
        WebDriverWait(browser, 60).until(lambda page: page.execute_script(DRAWN))
        browser.execute_script(
            "const by = document.querySelector('#colour-by'); by.value = arguments[0];"
            "by.dispatchEvent(new Event('change'));",
            colour_by,
        )
        WebDriverWait(browser, 60).until(lambda page: page.execute_script(DRAWN))
        box = browser.execute_script(
            "const [top, end] = [0, 1].map((at) => document.querySelector(arguments[at])"
            ".getBoundingClientRect());"
            "return [top.top + scrollY - 12, end.bottom + scrollY + 2]",
            first,
            last,
        )
        clip = {"x": 0, "y": box[0], "width": WIDTH, "height": box[1] - box[0], "scale": 1}
        taken = browser.execute_cdp_cmd(
            "Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip}
        )
    finally:
        browser.quit()
    half = Image.open(BytesIO(base64.b64decode(taken["data"]))).convert("RGB")
    scale = HEIGHT / half.height
    return half.resize((round(half.width * scale), HEIGHT), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
