"""What a reader does with the report in a real browser, and what it shows then."""

from __future__ import annotations

import polars as pl
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

import zoo_spectra as zs
from browser import Page
from zoo_spectra.catalog import Catalog


def classes_on(page: Page) -> dict[str, int]:
    """The class of every network, as the table shows them."""
    return {row[1]: int(row[2]) for row in page.every("#networks") if row[2] != "–"}


def test_it_says_what_was_run_and_what_failed(page: Page, catalog: Catalog) -> None:
    page.open()
    facts = page.text("#facts")
    assert "26: 25 ok, 1 failed, 0 quarantined" in facts
    classes = catalog.classes().select(pl.col("class").max()).collect().item()
    assert f"{classes} classes at ε = 0.3 e-folds, average linkage, measure pooled" in facts
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


def test_search_finds_and_chooses(page: Page, names: set[str]) -> None:
    page.open()
    pixels = "return document.querySelector('#map').toDataURL()"
    picture = page.js(pixels)
    page.find("#search").send_keys("ALPHA")
    assert "10 networks found" in page.text("#found")
    assert page.js(pixels) != picture
    page.find("#search").send_keys(Keys.ENTER)
    assert sorted(page.chosen()) == sorted(name for name in names if "alpha" in name)
    assert "10 networks chosen; the first 7 are in the charts" in page.text("#chosen-count")
    page.find("#search").clear()
    page.find("#search").send_keys("nothing like it")
    assert "0 networks found" in page.text("#found")


def test_a_lasso_lists_what_is_inside(page: Page, names: set[str]) -> None:
    page.open()
    page.find("#choose-none").click()
    assert page.chosen() == []
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
    assert sorted(page.chosen()) == sorted(names)
    assert "25 networks" in page.text("#map-said")
    left = ActionChains(page.browser).move_to_element_with_offset(canvas, -wide // 2, -high // 2)
    left.click_and_hold()
    for step in ((wide // 2, 0), (0, high), (-wide // 2, 0), (0, -high + 8)):
        left.move_by_offset(*step)
    left.release().perform()
    assert 0 < len(page.chosen()) < 25


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
    assert page.chosen() == []


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
    assert sorted(row[1] for row in page.every("#networks")) == sorted(page.chosen())
    page.js("document.querySelector('#classes button.plain').click()")
    assert page.find("#only-class").get_attribute("value") == "1"


def test_columns_can_be_added(page: Page) -> None:
    page.open()
    assert "adapter" not in page.text("#networks thead")
    page.js("document.querySelector('#networks details').open = true")
    page.find("input[data-column=adapter]").click()
    assert "adapter" in page.text("#networks thead")
    assert page.table("#networks")[0][-1] == "memory"


def test_tables_beside_pictures_have_the_catalogs_numbers(page: Page, catalog: Catalog) -> None:
    page.open()
    first = page.chosen()[0]
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
    page.set("#conjugate", "2")
    cse = page.every("#csd-table")[60]
    assert float(cse[2]) == pytest.approx(row["csd_fluctuation_cse"][60], abs=0.5001e-4)
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


def test_without_a_choice_there_is_nothing_to_draw(page: Page) -> None:
    page.open()
    page.charts_drawn()
    page.js("for (const each of document.querySelectorAll('details')) each.open = true")
    page.find("#choose-none").click()
    assert page.text("#csd") == "No network with a curve is chosen."
    assert page.js("return document.querySelectorAll('#depth .chart').length") == 0
    page.find("#search").send_keys("beta1", Keys.ENTER)
    page.charts_drawn()
    assert page.chosen() == ["beta1"]
    assert page.faults() == []
