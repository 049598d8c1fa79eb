"""The report in a real browser: what a reader does with it, and what it shows then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

import zoo_spectra as zs
from browser import THEMES, Page, chromium
from networks import FaultyAdapter, arrays
from zoo_spectra.catalog import Catalog
from zoo_spectra.report import write_report

# More than a page of a table. Some lie near one another, and two are equal.
NETS = {
    **{f"alpha{seed}": arrays(seed, spread=0.1) for seed in range(9)},
    **{f"beta{seed}": arrays(seed, layers=6, spread=1.5) for seed in range(9)},
    **{f"wide{seed}": {"w": np.random.default_rng(seed).random((40, 60))} for seed in range(6)},
    "copy of alpha0": arrays(0, spread=0.1),
}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    place = str(tmp_path_factory.mktemp("report") / "zoo")
    adapters = [zs.MemoryAdapter(NETS, family="made"), FaultyAdapter()]
    zs.run(["memory:*", "faulty:raises"], catalog=place, in_process=True, adapters=adapters)
    opened = Catalog(place)
    zs.classify(opened, accuracy=0.3)
    return opened


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def page(catalog: Catalog, browser: webdriver.Chrome) -> Page:
    path = Path(str(catalog.location)).parent / "report.html"
    write_report(catalog, path)
    return Page(browser, path)


def classes_on(page: Page) -> dict[str, int]:
    """The class of every network, as the table shows them."""
    return {row[1]: int(row[2]) for row in page.every("#networks") if row[2] != "–"}


def chosen_on(page: Page) -> list[str]:
    return page.js(
        "return [...document.querySelectorAll('#chosen li button.plain')]"
        ".map((each) => each.textContent)"
    )


@pytest.mark.parametrize("theme", THEMES)
def test_it_opens_and_asks_for_nothing(page: Page, theme: str) -> None:
    page.open(theme=theme)
    page.charts_drawn()
    assert page.painted("#map")
    assert page.painted("#tree")
    for chart in ("#csd canvas", "#tail canvas", "#depth-1 canvas", "#levels canvas"):
        assert page.painted(chart), chart
    assert page.faults() == []


def test_it_says_what_was_run_and_what_failed(page: Page, catalog: Catalog) -> None:
    page.open()
    facts = page.text("#facts")
    assert "26: 25 ok, 1 failed, 0 quarantined" in facts
    assert "ε = 0.3 e-folds, average linkage, measure pooled" in facts
    (failed,) = page.table("#failed")
    reason = catalog.network("raises")["reason"]
    assert failed == ["raises", "failed", reason, "1"]
    assert "alpha0, copy of alpha0" in page.text("#left-out")
    assert page.text("#place") == f"Catalog {catalog.location}"


def test_classes_are_those_of_the_catalog_and_move_with_the_accuracy(
    page: Page, catalog: Catalog
) -> None:
    page.open()
    stored = catalog.classes().select("name", "class").collect()
    assert classes_on(page) == dict(stored.iter_rows())
    medoids = catalog.classes().select("class", "class_size", "medoid").unique().sort("class")
    shown = [(int(row[0]), int(row[1]), row[2]) for row in page.every("#classes")]
    assert shown == medoids.collect().rows()
    shown = [row[3] for row in page.open().every("#classes")]
    farthest = catalog.classes().group_by("class").agg(pl.col("medoid_distance").max())
    assert shown == [f"{far:.4f}" for _, far in farthest.sort("class").collect().iter_rows()]
    for accuracy in (0.0, 0.05, 0.6, 5.0):
        page.open()
        page.set("#exact", str(accuracy))
        found = zs.classify(catalog, accuracy=accuracy)
        assert classes_on(page) == dict(found.select("name", "class").iter_rows()), accuracy
        number = found["class"].max()
        assert page.text("#class-count") == f"{number} class{'es' if number != 1 else ''}"
    zs.classify(catalog, accuracy=0.3)


def test_the_slider_recolours_the_map_and_goes_back(page: Page) -> None:
    page.open()
    before = (page.text("#class-count"), page.text("#legend"), classes_on(page))
    pixels = "return document.querySelector('#map').toDataURL()"
    picture = page.js(pixels)
    slider = page.find("#accuracy")
    slider.send_keys(Keys.END)
    assert page.text("#class-count") == "1 class"
    assert page.text("#legend").startswith("1 (25)")
    assert page.js(pixels) != picture
    assert "the catalog has ε = 0.3" in page.text("#classes-about")
    page.find("#reset-accuracy").click()
    assert (page.text("#class-count"), page.text("#legend")) == before[:2]
    page.js("document.querySelectorAll('#networks .pager button')[0].click()")
    assert classes_on(page) == before[2]
    slider.send_keys(Keys.ARROW_LEFT)
    assert page.js("return Number(document.querySelector('#exact').value)") < 0.3


def test_the_line_of_the_dendrogram_can_be_dragged(page: Page) -> None:
    page.open()
    tree = page.find("#tree")
    page.js("document.querySelector('#tree').scrollIntoView({ block: 'center' })")
    height = tree.size["height"]
    line = page.js(
        "const { data } = document.querySelector('#tree').getContext('2d')"
        ".getImageData(innerWidth / 2, 0, 1, arguments[0]);"
        "const accent = [0, 90, 156];"
        "for (let y = 0; y < arguments[0]; y++)"
        " if (accent.every((own, at) => data[4 * y + at] === own)) return y;",
        height,
    )
    drag = ActionChains(page.browser).move_to_element_with_offset(tree, 0, line - height / 2)
    drag.click_and_hold().move_by_offset(0, -40).release().perform()
    assert page.js("return Number(document.querySelector('#exact').value)") > 0.3


def test_search_finds_and_chooses(page: Page) -> None:
    page.open()
    pixels = "return document.querySelector('#map').toDataURL()"
    picture = page.js(pixels)
    page.find("#search").send_keys("ALPHA")
    assert "10 networks found" in page.text("#found")
    assert page.js(pixels) != picture
    page.find("#search").send_keys(Keys.ENTER)
    assert sorted(chosen_on(page)) == sorted(name for name in NETS if "alpha" in name)
    assert "10 networks chosen; the first 7 are in the charts" in page.text("#chosen-count")
    page.find("#search").clear()
    page.find("#search").send_keys("nothing like it")
    assert "0 networks found" in page.text("#found")


def test_a_lasso_lists_what_is_inside(page: Page) -> None:
    page.open()
    page.find("#choose-none").click()
    assert chosen_on(page) == []
    canvas = page.find("#map")
    page.js("document.querySelector('#map').scrollIntoView({ block: 'center' })")
    page.find("#mode-lasso").click()
    assert page.find("#mode-lasso").get_attribute("aria-pressed") == "true"
    wide, high = canvas.size["width"] - 4, canvas.size["height"] - 4
    around = ActionChains(page.browser).move_to_element_with_offset(canvas, -wide // 2, -high // 2)
    around.click_and_hold()
    for step in ((wide, 0), (0, high), (-wide, 0), (0, -high + 8)):
        around.move_by_offset(*step)
    around.release().perform()
    assert sorted(chosen_on(page)) == sorted(NETS)
    assert "25 networks" in page.text("#map-said")
    left = ActionChains(page.browser).move_to_element_with_offset(canvas, -wide // 2, -high // 2)
    left.click_and_hold()
    for step in ((wide // 2, 0), (0, high), (-wide // 2, 0), (0, -high + 8)):
        left.move_by_offset(*step)
    left.release().perform()
    assert 0 < len(chosen_on(page)) < 25


def test_a_click_on_the_map_chooses_and_the_pointer_tells(page: Page) -> None:
    page.open()
    page.find("#choose-none").click()
    page.find("#search").send_keys("wide3")
    page.find("#search").send_keys(Keys.ENTER)
    canvas = page.find("#map")
    page.js("document.querySelector('#map').scrollIntoView({ block: 'center' })")
    place = page.js(  # the ring of the one that is chosen
        "const at = document.querySelector('#map');"
        "const { data } = at.getContext('2d').getImageData(0, 0, at.width, at.height);"
        "const ink = [26, 29, 33]; let [x, y, n] = [0, 0, 0];"
        "for (let p = 0; p < data.length; p += 4)"
        " if (data[p + 3] === 255 && ink.every((own, i) => Math.abs(data[p + i] - own) < 3))"
        " { x += (p / 4) % at.width; y += Math.floor(p / 4 / at.width); n++; }"
        "return [x / n - at.width / 2, y / n - at.height / 2]",
    )
    move = ActionChains(page.browser).move_to_element_with_offset(canvas, *map(round, place))
    move.perform()
    assert page.text("#map-tip").startswith("wide3\nclass ")
    ActionChains(page.browser).click().perform()
    assert chosen_on(page) == []


def test_tables_are_sorted_and_filtered(page: Page, catalog: Catalog) -> None:
    page.open()
    by = "#networks button[data-key='of-parameters']"
    page.find(by).click()
    falling = [int(row[6].replace(",", "")) for row in page.every("#networks") if row[6] != "–"]
    assert falling == sorted(falling, reverse=True)
    assert (
        page.js(f"return document.querySelector(\"{by}\").closest('th').ariaSort") == "descending"
    )
    page.find(by).click()
    rising = [row[6] for row in page.every("#networks")]
    assert [int(each.replace(",", "")) for each in rising if each != "–"] == falling[::-1]
    assert rising[-1] == "–"  # what is not known is last
    page.find("#networks input[type=search]").send_keys("BETA")
    assert sorted(row[1] for row in page.every("#networks")) == [f"beta{at}" for at in range(9)]
    page.find("#networks input[type=search]").send_keys(Keys.CONTROL, "a", Keys.DELETE)
    page.set("#only-class", "1")
    first = catalog.classes().filter(pl.col("class") == 1).collect()
    assert sorted(row[1] for row in page.every("#networks")) == first["name"].sort().to_list()
    page.set("#only-class", "")
    page.find("#only-chosen").click()
    assert sorted(row[1] for row in page.every("#networks")) == sorted(chosen_on(page))
    page.js("document.querySelector('#classes button.plain').click()")
    assert page.find("#only-class").get_attribute("value") == "1"


def test_columns_can_be_added(page: Page) -> None:
    page.open()
    assert "adapter" not in page.text("#networks thead")
    page.js("document.querySelector('#networks details').open = true")
    page.find("input[data-column=adapter]").click()
    assert "adapter" in page.text("#networks thead")
    assert page.table("#networks")[0][-1] == "memory"


def test_every_network_is_reached_by_keyboard(page: Page) -> None:
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
    assert other in NETS
    assert len(chosen_on(page)) in (0, 2)
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
    assert seen == {*NETS, "raises"}


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
    page.find("#card-choose").click()
    assert name in chosen_on(page)
    ActionChains(page.browser).send_keys(Keys.ESCAPE).perform()
    assert page.js("return document.activeElement.textContent") == name
    assert page.faults() == []


def test_tables_beside_pictures_have_the_catalogs_numbers(page: Page, catalog: Catalog) -> None:
    page.open()
    first = chosen_on(page)[0]
    row = catalog.network(first)
    page.js("for (const each of document.querySelectorAll('details')) each.open = true")
    page.wait("document.querySelector('#csd-table tbody tr')")
    shown = page.every("#csd-table")
    assert [float(cells[0]) for cells in shown] == zs.S_EDGES.tolist()
    for at, cells in enumerate(shown):
        csd = row["csd"][at]
        close = 0.5001e-4 if at < 70 else 0.00501 * abs(csd) + 1e-12
        assert abs(float(cells[1]) - csd) <= close, at
        band = row["csd_fluctuation_coe"][at]
        assert float(cells[2]) == pytest.approx(band, abs=0.5001e-4)
    (tail,) = [cells for cells in page.every("#tail-table") if cells[0] == first]
    assert tail[1] == f"{row['tail_mass']:.4g}"
    depth = [cells for cells in page.every("#depth-table") if cells[0] == first]
    spectra = catalog.spectra().filter(pl.col("network_id") == row["network_id"])
    names = spectra.sort("position").collect()["constituent"].to_list()
    assert [cells[2] for cells in depth] == names
    for cells in depth:
        assert sum(map(float, cells[4:])) <= 1 + 64 * 0.5e-4
    places = {cells[0]: tuple(map(float, cells[2:])) for cells in page.every("#map-table")}
    assert places["alpha0"] == places["copy of alpha0"]
    assert len(places) == 25
    heights = [float(cells[0]) for cells in page.every("#tree-table")]
    assert len(heights) == 24
    assert heights == sorted(heights)


def test_colours_by_family_and_by_number(page: Page) -> None:
    page.open()
    options = page.js(
        "return [...document.querySelector('#colour-by').options].map((o) => o.value)"
    )
    assert options[:3] == ["class", "family", "kind"]
    page.set("#colour-by", "family")
    assert page.text("#legend") == "made (25)"
    page.set("#colour-by", "parameters")
    assert "2,400" in page.text("#legend")  # the least of all
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


def test_without_a_choice_there_is_nothing_to_draw(page: Page) -> None:
    page.open()
    page.charts_drawn()
    page.js("for (const each of document.querySelectorAll('details')) each.open = true")
    page.find("#choose-none").click()
    assert page.text("#csd") == "No network with a curve is chosen."
    assert page.js("return document.querySelectorAll('#depth .chart').length") == 0
    page.find("#search").send_keys("beta1", Keys.ENTER)
    page.charts_drawn()
    assert chosen_on(page) == ["beta1"]
    assert page.faults() == []


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
