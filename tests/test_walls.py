"""The walls between the rooms stand, and fall over when they are broken on purpose."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ADAPTERS = [path.relative_to(ROOT) for path in sorted(ROOT.glob("adapters/*/src"))]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages and of the rules."""
    place = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", place)
    for folder in (Path("zoo_spectra"), *ADAPTERS):
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / folder, place / folder, ignore=ignored)
    return place


def look(house: Path) -> str:
    """What import-linter prints of the copy, and of nothing else."""
    path = os.pathsep.join(str(house / folder) for folder in (".", *ADAPTERS))
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=house,
        env=os.environ | {"PYTHONPATH": path, "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == ("0 broken" in done.stdout), done.stdout + done.stderr
    return done.stdout


def test_the_walls_stand(house: Path) -> None:
    assert "0 broken" in look(house)


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        (
            "zoo_spectra/sources/network.py",
            "from zoo_spectra.method import Spectrum",
            "Floors: each room imports lower rooms only",
        ),
        (
            "zoo_spectra/errors.py",
            "def late():\n    from zoo_spectra.sources import Network",
            "Floors: each room imports lower rooms only",
        ),
        (
            "zoo_spectra/cellar.py",
            "",
            "Floors: each room imports lower rooms only",
        ),
        (
            "zoo_spectra/method/lapack.py",
            "from zoo_spectra.method.spectrum import METHOD_VERSION",
            "No circles inside a room",
        ),
        (
            "zoo_spectra/report/figures/csd.py",
            "from zoo_spectra.terminal.cells import cell",
            "Floors: each room imports lower rooms only",
        ),
        (
            "zoo_spectra/report/figures/csd.py",
            "import ray",
            "Ray is imported in the runner only",
        ),
        (
            "zoo_spectra/terminal/commands/plot.py",
            "from zoo_spectra.report.figures.written import written",
            "The room report is entered by its face",
        ),
        (
            "zoo_spectra/catalog/views.py",
            "import ray",
            "Ray is imported in the runner only",
        ),
        (
            "adapters/timm/src/zoo_spectra_timm/names.py",
            "from zoo_spectra.catalog import Catalog",
            "Adapters know where networks come from, and nothing above",
        ),
        (
            "zoo_spectra/runner/plan.py",
            "from zoo_spectra.catalog.views import blame",
            "The room catalog is entered by its face",
        ),
        (
            "zoo_spectra/terminal/shown.py",
            "from zoo_spectra.report.page.rows import rounded",
            "The room report is entered by its face",
        ),
        (
            "zoo_spectra/runner/plan.py",
            "from zoo_spectra.report import write_report",
            "Floors: each room imports lower rooms only",
        ),
    ],
)
def test_a_broken_wall_is_seen(house: Path, file: str, line: str, broken: str) -> None:
    path = house / file
    before = path.read_text() if path.exists() else None
    try:
        path.write_text(f"{before or ''}\n\n{line}\n")
        assert f"{broken} BROKEN" in look(house)
    finally:
        path.write_text(before) if before is not None else path.unlink()
