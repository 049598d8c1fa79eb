"""Who can read the report, and where: themes, widths, keys, paper; it asks for nothing."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from browser import THEMES, Page
from zoo_spectra.catalog import Catalog


@pytest.mark.parametrize("theme", THEMES)
def test_it_opens_and_asks_for_nothing(page: Page, theme: str) -> None:
    page.open(theme=theme)
    page.charts_drawn()
    assert page.painted("#map")
    assert page.painted("#tree")
    for chart in ("#csd canvas", "#tail canvas", "#depth-1 canvas", "#levels canvas"):
        assert page.painted(chart), chart
    assert page.faults() == []


def test_every_network_is_reached_by_keyboard(page: Page, names: set[str]) -> None:
    page.open()
    page.find("#choose-none").click()
    page.find("#search").send_keys("copy of")
    page.find("#search").send_keys(Keys.ENTER)
    page.js("document.querySelector('#map').focus()")
    keys = ActionChains(page.browser)
    keys.send_keys(Keys.ARROW_RIGHT).perform()
    assert page.text("#map-said").startswith("copy of alpha0, class ")
    ActionChains(page.browser).send_keys(Keys.ARROW_LEFT, Keys.ARROW_UP).perform()
    other = page.text("#map-said").split(",")[0]
    ActionChains(page.browser).send_keys(Keys.ARROW_RIGHT, Keys.ENTER).perform()
    assert other in names
    assert len(page.chosen()) in (0, 2)
    seen = set()
    page.find("#networks input[type=search]").click()
    for _ in range(400):
        ActionChains(page.browser).send_keys(Keys.TAB).perform()
        at = page.js(
            "const at = document.activeElement;"
            "return [at.className, at.textContent, Boolean(at.closest('#networks'))]"
        )
        if not at[2]:
            break
        if at[0] == "plain":
            seen.add(at[1])
        if at[1] == "Next" and not page.js("return document.activeElement.disabled"):
            ActionChains(page.browser).send_keys(Keys.ENTER).perform()
            page.js("document.querySelector('#networks input[type=search]').focus()")
    assert seen == names | {"raises"}


def test_a_card_has_the_facts_and_gives_the_focus_back(page: Page, catalog: Catalog) -> None:
    page.open()
    button = page.find("#networks td.name button")
    name = button.text
    button.send_keys(Keys.ENTER)
    page.wait("document.querySelector('#card').open")
    row = catalog.network(name)
    facts = page.text("#card-facts")
    for key in ("decay_rate", "gap_ratio", "scale", "tail_mass"):
        assert f"{float(f'{row[key]:.4g}'):g}" in facts
    assert row["source"] in facts
    page.wait("document.querySelector('#card-depth canvas')")
    assert page.painted("#card-csd canvas")
    page.js("document.querySelector('#card-csd-table').open = true")
    page.wait("document.querySelector('#card-csd-table tbody tr')")
    shown = page.every("#card-csd-table")
    assert len(shown) == 129
    assert abs(float(shown[40][1]) - row["csd"][40]) <= 0.5001e-4
    page.find("#card-choose").click()
    assert name in page.chosen()
    ActionChains(page.browser).send_keys(Keys.ESCAPE).perform()
    assert page.js("return document.activeElement.textContent") == name
    assert page.faults() == []


def test_the_theme_is_the_systems_until_it_is_changed(page: Page) -> None:
    paper = "return getComputedStyle(document.body).backgroundColor"
    page.open(theme="dark")
    assert page.js(paper) == "rgb(20, 23, 26)"
    page.charts_drawn()
    pixels = "return document.querySelector('#csd canvas').toDataURL()"
    dark = page.js(pixels)
    assert page.text("#theme") == "Light theme"
    page.find("#theme").click()
    assert page.js(paper) == "rgb(255, 255, 255)"
    assert page.text("#theme") == "Dark theme"
    page.wait("document.querySelector('#csd canvas')")
    assert page.js(pixels) != dark


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [360, 1200])
def test_axe_finds_nothing(page: Page, theme: str, width: int) -> None:
    page.open(width, theme)
    page.charts_drawn()
    page.js("for (const each of document.querySelectorAll('details')) each.open = true")
    assert page.violations() == []
    page.js("document.querySelector('#networks td.name button').click()")
    page.wait("document.querySelector('#card-depth canvas')")
    assert page.violations() == []


@pytest.mark.parametrize("width", [360, 800])
def test_nothing_is_wider_than_a_narrow_screen(page: Page, width: int) -> None:
    page.open(width)
    page.charts_drawn()
    page.js("for (const each of document.querySelectorAll('details')) each.open = true")
    assert page.js("return document.documentElement.scrollWidth") <= width
    page.js("document.querySelector('#networks td.name button').click()")
    page.wait("document.querySelector('#card-depth canvas')")
    assert page.js("return document.querySelector('#card').getBoundingClientRect().right") <= width


def test_it_prints_on_light_paper(page: Page) -> None:
    page.open(theme="dark")
    page.charts_drawn()
    page.js(
        "window.seen = []; for (const name of ['beforeprint', 'afterprint'])"
        " addEventListener(name, () => window.seen.push([name, theme()]));"
        "const theme = () => document.documentElement.dataset.theme ?? 'of the system';"
    )
    assert page.browser.execute_cdp_cmd("Page.printToPDF", {})["data"]
    page.wait("window.seen.length === 2")
    assert page.js("return window.seen") == [
        ["beforeprint", "light"],
        ["afterprint", "of the system"],
    ]
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        shown = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
        assert page.js(shown, "#bar", "display") == "none"
        assert page.js(shown, "#map", "display") != "none"
        assert page.js(shown, "body", "backgroundColor") == "rgb(255, 255, 255)"
    finally:
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
