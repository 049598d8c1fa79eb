"""The notebooks run in a fresh kernel, without an error, and show what is stored in them."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest

from pages import script
from zoo_spectra.sources import samples

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "docs/notebooks").glob("*.ipynb"))
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
PASSING = re.compile(r"\d+\.\d s;|size=\d+|[▁▂▃▄▅▆▇█─━┌┬┐└┴┘├┼┤╞╪╡│┆═]")  # times, sizes, frames


@pytest.fixture(scope="module")
def runner() -> ModuleType:
    """docs/site/notebooks.py, which stores the outputs, too."""
    return script("notebooks")


@pytest.fixture(scope="module", autouse=True)
def sample_files() -> None:
    samples.fetch(["worms", "mice"], echo=lambda line: None)


def shown(notebook: Any) -> list[tuple[str, list[str], str]]:
    """Of each code cell its source, the kinds of its outputs, and their text."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            data = [output.get("data", {}) for output in cell.outputs]
            kinds = [
                f"{o.output_type}: {sorted(d)}" for o, d in zip(cell.outputs, data, strict=True)
            ]
            texts = [
                d.get("text/plain", o.get("text", ""))
                for o, d in zip(cell.outputs, data, strict=True)
            ]
            found.append((cell.source, kinds, "\n".join(texts)))
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_shows_what_is_stored(runner: ModuleType, path: Path) -> None:
    stored, fresh = shown(nbformat.read(path, as_version=4)), shown(runner.executed(path))
    assert len(fresh) == len(stored) > 5
    for (source, kinds, text), (_, old_kinds, old_text) in zip(fresh, stored, strict=True):
        assert kinds == old_kinds, source
        assert "error" not in "".join(kinds)
        new, old = (PASSING.sub("", each) for each in (text, old_text))
        numbers, old_numbers = (list(map(float, NUMBER.findall(each))) for each in (new, old))
        assert numbers == pytest.approx(old_numbers, rel=2e-3, abs=2e-3), source
        words, old_words = (NUMBER.sub("", each).split() for each in (new, old))
        assert words == old_words, source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_stored_names_nobody_s_folders(runner: ModuleType, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for place in re.findall(r"/(?:home|root|tmp|work|Users)/[^\"'\\ ]*", text):
        assert place.startswith(runner.HOME), place


def test_spectra_catalogs_and_summaries_show_pictures() -> None:
    for path in NOTEBOOKS:
        pages = [
            output["data"]["text/html"]
            for cell in nbformat.read(path, as_version=4).cells
            for output in cell.get("outputs", ())
            if "<svg" in output.get("data", {}).get("text/html", "")
        ]
        for begin in ("Spectrum of ", "Catalog ", "networks asked for"):
            assert any(begin in page for page in pages), (path.name, begin)
