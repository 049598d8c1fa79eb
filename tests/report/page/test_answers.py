"""The sections of a report that answer questions: groups, and null models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from selenium import webdriver

import zoo_spectra as zs
from browser import THEMES, Page
from parts import commit
from zoo_curves import zoo_curves
from zoo_spectra.catalog import Catalog
from zoo_spectra.classes import against_nulls, groups
from zoo_spectra.errors import DesignError
from zoo_spectra.report import write_report
from zoo_spectra.runner import make_nulls
from zoo_spectra.sources import fetch_samples

MICE = (
    "connectome:@samples/mice/edgelists/sub-548[12][1357]*.edgelist?directed=false"
    "&about=@samples/mice/participants.csv&family=genotype"
)
DRAWN = "edgelists/sub-54811_ses-1_dti"  # of which there are draws


@pytest.fixture(scope="module")
def mice(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Six mice of two genotypes; of one of them four draws by each of two null models."""
    fetch_samples(("mice",), echo=lambda line: None)
    place = str(tmp_path_factory.mktemp("mice") / "zoo")
    zs.run([MICE], catalog=place, in_process=True, progress=False)
    for model in ("weights", "erdos-renyi"):
        make_nulls(place, [DRAWN], model=model, draws=4, in_process=True)
    zs.classify(Catalog(place))
    return Catalog(place)


@pytest.fixture(scope="module")
def answers(mice: Catalog, browser: webdriver.Chrome) -> Page:
    path = Path(str(mice.location)).parent / "report.html"
    write_report(mice, path, by="genotype")
    return Page(browser, path)


@pytest.mark.parametrize("theme", THEMES)
def test_groups_are_what_groups_says(answers: Page, mice: Catalog, theme: str) -> None:
    answers.open(theme=theme)
    found = groups(mice, "genotype")
    assert answers.text("#groups-title") == "Groups of genotype"
    for line in found.lines():
        assert line in answers.text("#groups-lines")
    for note in found.notes:
        assert note in answers.text("#groups-notes")
    answers.wait("document.querySelector('#groups canvas')")
    assert answers.text("#groups-legend") == "".join(
        f"{group} ({units})" for group, units, _ in found.groups.iter_rows()
    )
    answers.js("for (const each of document.querySelectorAll('details')) each.open = true")
    tables = "#groups-tables details:nth-of-type({})"
    shown = answers.every(tables.format(1))
    assert [cells[:2] for cells in shown] == [
        [group, str(units)] for group, units, _ in found.groups.iter_rows()
    ]
    (pair,) = answers.every(tables.format(2))
    assert pair[:2] == [found.pairs["one"][0], found.pairs["other"][0]]
    assert float(pair[4]) == pytest.approx(found.pairs["p_value"][0], rel=1e-3)
    assert len(answers.every(tables.format(4))) == 6
    assert answers.faults() == []


def test_null_models_are_what_nulls_says(answers: Page, mice: Catalog) -> None:
    answers.open()
    found = against_nulls(mice).sort("model")
    rows = sorted(answers.every("#chance-rows"), key=lambda cells: cells[1])
    assert [cells[:3] for cells in rows] == [[DRAWN, model, "4"] for model in found["model"]]
    for cells, row in zip(rows, found.iter_rows(named=True), strict=True):
        assert float(cells[3]) == pytest.approx(row["distance"], rel=1e-3)
        assert float(cells[5]) == pytest.approx(row["p_value"], rel=1e-3)
        assert float(cells[6]) == pytest.approx(0.2)
    answers.set("#search", DRAWN)
    answers.js("document.querySelector('#found button:not(.plain)').click()")
    answers.wait("document.querySelector('#chance canvas')")
    answers.js("for (const each of document.querySelectorAll('details')) each.open = true")
    for at, model in enumerate(found["model"]):
        answers.set("#null-model", model)
        curve = found["z"].to_list()[at]
        for cells, expected in zip(answers.every("#chance-table"), curve, strict=True):
            if expected is None:
                assert cells[1] == "–"
            else:
                assert float(cells[1]) == pytest.approx(expected, rel=1e-3, abs=1e-9)
    assert answers.faults() == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [360, 1200])
def test_they_are_accessible_and_narrow(answers: Page, theme: str, width: int) -> None:
    answers.open(width, theme)
    answers.wait("document.querySelector('#groups canvas')")
    answers.js("for (const each of document.querySelectorAll('details')) each.open = true")
    assert answers.violations() == []
    assert answers.js("return document.documentElement.scrollWidth") <= width


def test_without_a_column_or_draws_there_is_no_section(page: Page) -> None:
    page.open()
    for place in ("#groups-section", "#chance-section"):
        assert not page.find(place).is_displayed()


def test_names_of_groups_are_text(browser: webdriver.Chrome, tmp_path: Path) -> None:
    hostile = ["<img src=x onerror=alert(1)>", "__proto__"]
    catalog = Catalog.create(tmp_path / "zoo")
    for at, curve in enumerate(zoo_curves(3, 8)):
        csd = curve.tolist()
        about = json.dumps({"arm": hostile[at % 2]})
        commit(catalog, f"n{at}", f"c{at}", csd=csd, csd_depth=[csd] * 4, metadata=about)
    write_report(catalog, tmp_path / "r.html", by="arm")
    page = Page(browser, tmp_path / "r.html").open()
    page.wait("document.querySelector('#groups canvas')")
    assert [cells[0] for cells in page.every("#groups-tables details:nth-of-type(1)")] == sorted(
        hostile
    )
    assert page.js("return document.querySelectorAll('main img').length") == 0
    assert page.faults() == []


def test_groups_that_cannot_be_compared_are_refused_and_nothing_is_written(
    mice: Catalog, tmp_path: Path
) -> None:
    with pytest.raises(DesignError):
        write_report(mice, tmp_path / "r.html", by="participant_id")
    assert not (tmp_path / "r.html").exists()
