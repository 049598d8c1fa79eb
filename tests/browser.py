"""A real Chromium without a screen, and what a test asks of a page in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 120  # seconds, on a busy machine
THEMES = ("light", "dark")
_ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1200,900")
AXE = files("axe_core_python") / "axe.min.js"


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """A browser that keeps its logs. Without one a test is skipped, and with CI=true it fails."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        missing = "no chromium and chromedriver here: apt-get install chromium chromium-driver"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in _ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    browser.set_script_timeout(PATIENCE)
    try:
        yield browser
    finally:
        browser.quit()


class Page:
    """A report that is open in a browser."""

    def __init__(self, browser: webdriver.Chrome, path: Path) -> None:
        self.browser, self.path = browser, path

    def open(self, width: int = 1200, theme: str = "light") -> Page:
        """Load it anew, and wait until it is drawn."""
        self.look(width, theme)
        self.wait("document.documentElement.dataset.ready === 'yes'")
        return self

    def look(self, width: int, theme: str) -> None:
        """Load it anew; the logs begin with it."""
        feature = {"name": "prefers-color-scheme", "value": theme}
        self._cdp("Emulation.setEmulatedMedia", features=[feature])
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self._cdp("Emulation.setDeviceMetricsOverride", **size)
        for log in ("browser", "performance"):
            self.browser.get_log(log)
        self.browser.get(self.path.as_uri())

    def _cdp(self, command: str, **values: Any) -> None:
        self.browser.execute_cdp_cmd(command, values)

    def js(self, script: str, *values: Any) -> Any:
        return self.browser.execute_script(script, *values)

    def wait(self, condition: str) -> None:
        """Until an expression is true."""
        WebDriverWait(self.browser, PATIENCE, 0.05).until(
            lambda browser: browser.execute_script(f"return Boolean({condition})"), condition
        )

    def find(self, selector: str) -> Any:
        return self.browser.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        return self.browser.find_elements("css selector", selector)

    def text(self, selector: str) -> str:
        found: str = self.js("return document.querySelector(arguments[0]).textContent", selector)
        return found

    def set(self, selector: str, value: str) -> None:
        """Give an input a value as a reader would, with its events."""
        self.js(
            "const at = document.querySelector(arguments[0]); at.value = arguments[1];"
            "for (const name of ['input', 'change'])"
            " at.dispatchEvent(new Event(name, { bubbles: true }));",
            selector,
            value,
        )

    def table(self, place: str) -> list[list[str]]:
        """The cells of a table's rows that are shown."""
        found: list[list[str]] = self.js(
            "return [...document.querySelectorAll(arguments[0] + ' tbody tr')]"
            ".map((row) => [...row.cells].map((cell) => cell.textContent))",
            place,
        )
        return found

    def chosen(self) -> list[str]:
        """The networks that are listed as chosen."""
        found: list[str] = self.js(
            "return [...document.querySelectorAll('#chosen li button.plain')]"
            ".map((each) => each.textContent)"
        )
        return found

    def every(self, place: str) -> list[list[str]]:
        """The cells of all pages of a table, from the first."""
        rows = self.table(place)
        while self.js(
            "const next = document.querySelectorAll(arguments[0] + ' .pager button')[1];"
            "const more = !next.disabled; if (more) next.click(); return more",
            place,
        ):
            rows += self.table(place)
        return rows

    def painted(self, selector: str) -> bool:
        """Whether a canvas shows more than one colour."""
        found: bool = self.js(
            "const at = document.querySelector(arguments[0]);"
            "const data = new Uint32Array("
            "at.getContext('2d').getImageData(0, 0, at.width, at.height).data.buffer);"
            "return new Set(data).size > 3",
            selector,
        )
        return found

    def charts_drawn(self) -> None:
        """Wait until every chart of a section that is there has its canvas."""
        self.wait(
            "[...document.querySelectorAll('#pictures .chart')]"
            ".every((each) => each.closest('[hidden]') || each.querySelector('canvas'))"
        )

    def violations(self) -> list[str]:
        """What axe-core finds."""
        self.js(AXE.read_text(encoding="utf-8"))
        found: list[str] = self.browser.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run().then(({ violations }) => done(violations.map("
            "({ id, nodes }) => `${id}: ${nodes[0].html}`)), (error) => done([String(error)]))"
        )
        return found

    def log(self) -> tuple[list[str], list[str]]:
        """What the console said, and what was asked for, since the page was loaded."""
        said = [entry["message"] for entry in self.browser.get_log("browser")]
        events = [
            json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")
        ]
        asked = [
            event["params"].get("request", event["params"]).get("url", "")
            for event in events
            if event["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated")
        ]
        assert self.path.as_uri() in asked or not events
        return said, asked

    def faults(self) -> list[str]:
        """What the console said, and what was asked for but the file itself."""
        said, asked = self.log()
        own = (self.path.as_uri(), "data:")
        return said + [url for url in asked if not url.startswith(own)]
