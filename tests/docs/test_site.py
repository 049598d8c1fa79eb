"""The site: built strictly, all links lead somewhere, nothing from elsewhere, legible to all."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from selenium import webdriver

from browser import THEMES, Page, chromium

ROOT = Path(__file__).parents[2]
STRICT = (sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-c", ROOT / "docs/site")
SOURCES = {
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "adapters/README.md", "catalogs/README.md"),
    *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
    *(f"docs/notebooks/{path.name}" for path in (ROOT / "docs/notebooks").glob("*.ipynb")),
}


def build(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """As `make docs` does it."""
    command = [*STRICT, "-d", target / "doctrees", source, target / "html"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    ran = build(ROOT, place)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    return place / "html"


class Tags(HTMLParser):
    """What a page asks for, what it links to, and the ids in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids |= {found["id"]} if "id" in found else set()
        self.links += [found["href"]] if tag == "a" and "href" in found else []
        self.asked += [found["src"]] if "src" in found else []
        self.asked += [found["href"]] if tag == "link" and "href" in found else []


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Tags]:
    return {path: Tags(path) for path in sorted(site.rglob("*.html"))}


def test_every_page_of_the_repository_is_one_of_the_site(site: Path) -> None:
    for source in SOURCES:
        assert (site / source).with_suffix(".html").is_file(), source


def test_every_link_inside_leads_to_a_page_and_a_place_in_it(pages: dict[Path, Tags]) -> None:
    seen = 0
    for path, tags in pages.items():
        for link in tags.links + tags.asked:
            parts = urlsplit(link)
            if parts.scheme or link.startswith("//"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), (path.name, link)
            if parts.fragment and target.suffix == ".html":
                place = unquote(parts.fragment)
                assert place in pages[target].ids, (path.name, link)
            seen += 1
    assert seen > 1000


def test_nothing_is_asked_for_elsewhere(site: Path, pages: dict[Path, Tags]) -> None:
    for path, tags in pages.items():
        outside = [url for url in tags.asked if urlsplit(url).scheme or url.startswith("//")]
        assert outside == [], path.name
    for sheet in site.rglob("*.css"):
        found = re.findall(r"url\(([^)]*)\)|@import\s+(\S+)", sheet.read_text(encoding="utf-8"))
        urls = [(one or other).strip("\"'") for one, other in found]
        assert [url for url in urls if url.startswith(("http", "//"))] == [], sheet.name


FAULTS = {
    "[a](no-such.md)": "no-such",
    "[b](other.md#no-such-heading)": "no-such-heading",
    "[c](#nowhere)": "nowhere",
    "![d](no-such.png)": "no-such.png",
    "$\\nonsense{x}$": "nonsense",
    "[e](../elsewhere/file.py)": "elsewhere/file.py",
}


def test_a_fault_fails_the_build_and_is_named(tmp_path: Path) -> None:
    pages = tmp_path / "docs"
    pages.mkdir()
    (pages / "other.md").write_text("# Other\n\n## A heading\n")
    (pages / "alone.md").write_text("# In no table of contents\n")
    good = "# First\n\n[a place](other.md#a-heading)\n\n```{toctree}\nother\n```\n"
    (pages / "index.md").write_text(good + "\n" + "\n\n".join(FAULTS))
    ran = build(tmp_path, tmp_path / "built")
    assert ran.returncode != 0
    for name in (*FAULTS.values(), "alone.md"):
        assert name in ran.stderr, (name, ran.stderr)
    shutil.rmtree(tmp_path / "built")
    (pages / "alone.md").unlink()
    (pages / "index.md").write_text(good)
    ran = build(tmp_path, tmp_path / "built")
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium() as found:
        yield found


def opened(browser: webdriver.Chrome, path: Path, width: int, theme: str) -> Page:
    page = Page(browser, path)
    page.look(width, theme)
    page.wait("document.readyState === 'complete'")
    return page


def test_a_browser_asks_for_nothing_elsewhere_and_has_no_errors(
    site: Path, pages: dict[Path, Tags], browser: webdriver.Chrome
) -> None:
    own = (site.as_uri(), "data:")
    for path in pages:
        page = opened(browser, path, 1400, "light")
        said, asked = page.log()
        assert [url for url in asked if not url.startswith(own)] == [], path.name
        assert said == [], path.name


def test_no_page_is_wider_than_a_telephone(
    pages: dict[Path, Tags], browser: webdriver.Chrome
) -> None:
    for path in pages:
        page = opened(browser, path, 360, "light")
        assert page.js("return document.documentElement.scrollWidth") <= 360, path.name


def test_the_search_finds_a_page(site: Path, browser: webdriver.Chrome) -> None:
    page = Page(browser, site / "search.html")
    page.browser.get(page.path.as_uri() + "?q=connectome")
    page.wait("document.querySelector('#search-results li a')")
    assert "connectome" in page.text("#search-results").lower()


# Of each kind of content one; in the light theme all pages.
KINDS = ("docs/index", "docs/method", "docs/python", "docs/notebooks/neuroscientist")


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(
    site: Path, pages: dict[Path, Tags], browser: webdriver.Chrome, theme: str
) -> None:
    kinds = [(site / name).with_suffix(".html") for name in KINDS]
    for path in pages if theme == "light" else kinds:
        page = opened(browser, path, 1400, theme)
        page.wait("document.querySelector('h1')")
        assert page.violations() == [], path.name
