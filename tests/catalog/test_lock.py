"""One driver at a time on a local catalog."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from permissions import open_to_all
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.catalog.lock import exclusive
from zoo_spectra.errors import CatalogError

HOLD = """
import sys
from zoo_spectra.catalog.catalog import Catalog
with Catalog(sys.argv[1]).exclusive():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog.create(tmp_path / "zoo")


def test_a_second_driver_is_told_who_holds_the_catalog_until_that_one_is_killed(
    catalog: Catalog,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(catalog.location)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        message = rf"another run is at work .*process {holder.pid} on \S+, since 20.*[Ww]ait"
        with pytest.raises(CatalogError, match=message), catalog.exclusive():
            pass
        compact(catalog)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with catalog.exclusive():
            pass


def test_one_process_cannot_hold_it_twice_and_it_is_free_after_an_error(catalog: Catalog) -> None:
    def fail() -> None:
        with catalog.exclusive():
            with pytest.raises(CatalogError, match="another run"), catalog.exclusive():
                pass
            raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            fail()


def test_two_compactions_exclude_one_another(catalog: Catalog) -> None:
    with (
        exclusive(catalog.storage, "compaction"),
        pytest.raises(CatalogError, match="another compaction is at work"),
    ):
        compact(catalog)


def test_a_folder_that_cannot_be_written_is_an_error(
    catalog: Catalog, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    open_to_all(tmp_path)
    catalog.storage.root.chmod(0o555)
    request.getfixturevalue("powerless")
    with pytest.raises(CatalogError, match="cannot be written"), catalog.exclusive():
        pass
