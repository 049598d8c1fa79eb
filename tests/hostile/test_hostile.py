"""Hostile files, for every format and every reader that there is: none escapes as more than an
error of ours that names the file, in bounded time and memory.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from zoo_spectra_checkpoint.formats import FORMATS
from zoo_spectra_connectome.readers import READERS

SUFFIXES = {("checkpoint", form.name): form.suffixes for form in FORMATS}
for reader in READERS:  # one of them may stand in the table twice
    known = SUFFIXES.get(("connectome", reader.name), ())
    SUFFIXES["connectome", reader.name] = known + reader.suffixes
KNOWN = list(SUFFIXES)
IDS = [f"{door}-{name}" for door, name in KNOWN]


def table(name: str) -> list[Any]:
    """The cases of a format: some are large, so they are made when asked for."""
    cases: list[Any] = import_module(f"tables.{name}").CASES
    return cases


def held(door: str, cases: list[Any], folder: Path, analyze: bool = False) -> None:
    from cases import attack

    assert cases
    faults = attack(door, cases, folder, analyze)
    assert not faults, "\n".join(faults)


def test_every_format_has_its_table_and_good_files() -> None:
    from good import GOOD

    tables = {path.stem for path in Path(__file__).parent.glob("tables/*_*.py")} - {"__init__"}
    assert tables == {f"{door}_{name}" for door, name in KNOWN}
    assert set(GOOD) == set(KNOWN)
    for known, suffixes in SUFFIXES.items():
        assert {f".{good.file.partition('.')[2]}" for good in GOOD[known]} <= set(suffixes)


@pytest.mark.parametrize(("door", "name"), KNOWN, ids=IDS)
def test_what_its_table_has(door: str, name: str, tmp_path: Path) -> None:
    held(door, table(f"{door}_{name}"), tmp_path, analyze=True)


@pytest.mark.parametrize(("door", "name"), KNOWN, ids=IDS)
def test_what_can_be_done_to_any_file(door: str, name: str, tmp_path: Path) -> None:
    from generic import attacks, by_any_name, junk
    from good import GOOD

    cases = [case for good in GOOD[door, name] for case in attacks(good)]
    cases += by_any_name(GOOD[door, name][0])
    cases += [case for suffix in SUFFIXES[door, name] for case in junk(suffix)]
    held(door, cases, tmp_path)


def test_tables_beside_a_network(tmp_path: Path) -> None:
    held("connectome", table("beside"), tmp_path)
