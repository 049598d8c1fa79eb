"""A report of real results, open in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from selenium import webdriver

import zoo_spectra as zs
from browser import Page, chromium
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


@pytest.fixture
def names() -> set[str]:
    """Networks that ended ok."""
    return set(NETS)
