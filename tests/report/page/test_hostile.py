"""Names and metadata that would be markup, scripts or commands, and catalogs of odd shapes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from selenium import webdriver

import zoo_spectra as zs
from browser import Page
from networks import FaultyAdapter
from parts import commit
from zoo_curves import zoo_curves
from zoo_spectra.catalog import Catalog
from zoo_spectra.report import write_report
from zoo_spectra.report.page.written import written
from zoo_spectra.text import visible

HOSTILE = [
    "</script><script>window.hurt = 1</script>",
    "<img src=x onerror='window.hurt = 2'>",
    "<!--<script>",
    "</style></details></table><iframe src='http://127.0.0.1:9/'></iframe>",
    "javascript:window.hurt=3",
    "\"'`${window.hurt = 4}{{window.hurt = 5}}\\",
    "line\u2028separator\u2029s",
    "bidi\u202egnp.exe\u2066x\u2069",
    "control\x1b[31m\x07\x9b tab\there",
    "&lt;b&gt;&amp;",
    "__proto__",
    "constructor",
    "datum.s + 1",
    "𝓤nicode ☃ e\u0301",
    "n" * 400,
    " ",
]


def filled(place: Path, names: list[str]) -> Catalog:
    """A catalog in which all text is hostile; each third network failed, with such a reason."""
    catalog = Catalog.create(place)
    for at, (name, curve) in enumerate(zip(names, zoo_curves(4, len(names)), strict=True)):
        told = {"key": name, name.strip() or "blank": at, "__proto__": name}
        changes = {
            "csd": curve.tolist(),
            "csd_depth": [curve.tolist()] * 4,
            "family": name,
            "metadata": json.dumps(told),
            "notes": name,
            "left_out": json.dumps({name: 1}),
        }
        if at % 3 == 2:
            changes |= {"status": "failed", "reason": name}
        commit(catalog, name, f"c{at}", **changes)
    return catalog


def test_all_text_is_text(browser: webdriver.Chrome, tmp_path: Path) -> None:
    catalog = filled(tmp_path / "zoo", HOSTILE)
    zs.classify(catalog, accuracy=0.2)
    write_report(catalog, tmp_path / "r.html")
    page = Page(browser, tmp_path / "r.html").open()
    page.charts_drawn()
    shown = {row[1] for row in page.every("#networks")}
    assert shown == {visible(name) if name.strip() else "' '" for name in HOSTILE}
    failed = {(row[0], row[2]) for row in page.every("#failed")}
    assert failed == {(visible(name), visible(name)) for name in HOSTILE[2::3]}
    keys = page.js("return [...document.querySelector('#colour-by').options].map((o) => o.value)")
    for key in keys:
        page.set("#colour-by", key)
    page.js("for (const each of document.querySelectorAll('details')) each.open = true")
    for at in range(len(page.table("#networks"))):
        page.js("document.querySelectorAll('#networks td.name button')[arguments[0]].click()", at)
        page.wait("document.querySelector('#card').open")
        page.js("document.querySelector('#card').close()")
    page.js("document.querySelector('#search').focus()")
    page.set("#search", "<img")
    assert "1 network found" in page.text("#found")
    assert page.js("return window.hurt ?? null") is None
    assert page.js("return document.querySelectorAll('img, iframe, object, embed').length") == 0
    assert page.js("return document.scripts.length") == 2
    assert page.js("return document.documentElement.scrollWidth") <= 1200
    assert page.faults() == []
    assert page.violations() == []


def test_the_page_allows_no_other_script_and_no_request(
    browser: webdriver.Chrome, tmp_path: Path
) -> None:
    write_report(filled(tmp_path / "zoo", ["a", "b"]), tmp_path / "r.html")
    page = Page(browser, tmp_path / "r.html").open()
    page.charts_drawn()
    page.js(
        "const bad = document.createElement('script'); bad.textContent = 'window.hurt = 1';"
        "document.body.append(bad);"
        "const picture = document.createElement('img'); picture.src = 'http://127.0.0.1:9/x.png';"
        "document.body.append(picture);"
        "fetch('http://127.0.0.1:9/y').catch(() => 0);"
        "setTimeout('window.hurt = 2', 0); setTimeout(() => (window.later = true), 20);"
    )
    page.wait("window.later")
    assert page.js("return window.hurt ?? null") is None
    assert any("Content Security Policy" in fault for fault in page.faults())


@pytest.mark.parametrize("count", [1, 2])
def test_catalogs_of_one_network_and_of_two(
    browser: webdriver.Chrome, tmp_path: Path, count: int
) -> None:
    catalog = filled(tmp_path / "zoo", [f"net{at}" for at in range(count)])
    write_report(catalog, tmp_path / "r.html")
    page = Page(browser, tmp_path / "r.html").open()
    page.charts_drawn()
    page.js("for (const each of document.querySelectorAll('details')) each.open = true")
    assert page.painted("#map")
    assert len(page.table("#networks")) == count
    page.set("#exact", "100")
    assert page.text("#class-count") == "1 class"
    assert page.faults() == []
    assert page.violations() == []


def test_only_failed_networks(browser: webdriver.Chrome, tmp_path: Path) -> None:
    place = str(tmp_path / "zoo")
    zs.run(["faulty:raises"], catalog=place, in_process=True, adapters=[FaultyAdapter()])
    write_report(Catalog(place), tmp_path / "r.html")
    page = Page(browser, tmp_path / "r.html").open()
    assert "No network can be drawn" in page.text("#warnings")
    assert [row[0] for row in page.table("#failed")] == ["raises"]
    assert not page.find("#map").is_displayed()
    page.find("#failed td.name button").click()
    assert page.text("#card-title") == "raises"
    assert page.faults() == []
    assert page.violations() == []


def test_medoids_of_classes(browser: webdriver.Chrome, tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    for at, curve in enumerate(zoo_curves(2, 40)):
        csd = curve.tolist()
        commit(catalog, f"net{at}", f"c{at}", csd=csd, csd_depth=[csd] * 4)
    classes = zs.classify(catalog, accuracy=0.3)
    written(catalog, tmp_path / "r.html", most=39)
    page = Page(browser, tmp_path / "r.html").open()
    page.charts_drawn()
    count = classes["class"].max()
    assert page.text("#map-about").startswith(f"{count} medoids by classical scaling")
    sizes = classes.unique("class").sort("class").select("class", "class_size", "medoid").rows()
    shown = [(int(row[0]), int(row[1]), row[2]) for row in page.every("#classes")]
    assert shown == sizes
    assert not page.find("#accuracy").is_displayed()
    assert page.painted("#tree")
    assert page.faults() == []
    assert page.violations() == []
