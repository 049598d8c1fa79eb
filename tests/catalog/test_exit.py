"""A program whose question failed ends with its own exit code, whatever is still being read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from parts import commit
from zoo_spectra.catalog.catalog import Catalog

# Of the two scans of a query the first fails as soon as the second has begun, which goes on
# for two seconds.
PROGRAM = """
import sys, threading, time
from zoo_spectra.catalog import Catalog, scan
from zoo_spectra.errors import CatalogError
look_at, begun, both = scan.look_at, [], threading.Event()
def disturbed(snapshot, table, names):
    if table == "removals":
        return look_at(snapshot, table, names)
    begun.append(table)
    if len(begun) == 1:
        both.wait(60)
        raise CatalogError("the line was cut")
    both.set()
    end = time.monotonic() + 2
    while time.monotonic() < end:
        time.sleep(0.01)
    look_at(snapshot, table, names)
scan.look_at = disturbed
try:
    query = "SELECT commit_id FROM networks UNION ALL SELECT commit_id FROM spectra"
    Catalog(sys.argv[1]).query(query)
except CatalogError as error:
    sys.exit(f"{error}, {both.is_set()}")
"""


def test_a_read_that_goes_on_after_the_error_does_not_take_the_process_down(
    tmp_path: Path,
) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    for name in ("an", "bo", "cy"):
        commit(catalog, name, f"{name}1")
    for _ in range(3):
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(catalog.location)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert ran.returncode == 1, ran.stderr
        assert ran.stderr.strip() == "the line was cut, True"
