"""Hostile files, for every format and every reader that there is: none escapes as more than an
error of ours that names the file, in bounded time and memory.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from children import Child
from known import IDS, KNOWN, SUFFIXES, table


def held(door: str, cases: list[object], folder: Path, child: Child) -> None:
    from cases import attack

    assert cases
    faults = attack(door, cases, folder, child)
    assert not faults, "\n".join(faults)


def test_every_format_has_its_table_and_good_files() -> None:
    from good import GOOD

    tables = {path.stem for path in Path(__file__).parent.glob("tables/*_*.py")} - {"__init__"}
    assert tables == {f"{door}_{name}" for door, name in KNOWN}
    assert set(GOOD) == set(KNOWN)
    for known, suffixes in SUFFIXES.items():
        assert all(good.file.endswith(suffixes) for good in GOOD[known])


@pytest.mark.parametrize(("door", "name"), KNOWN, ids=IDS)
def test_hostile_files(door: str, name: str, tmp_path: Path, child: Child) -> None:
    """What its table has, and what can be done to any file."""
    from generic import attacks, by_any_name, junk
    from good import GOOD

    cases = table(f"{door}_{name}")
    cases += [case for good in GOOD[door, name] for case in attacks(good)]
    cases += by_any_name(GOOD[door, name][0])
    cases += [case for suffix in SUFFIXES[door, name] for case in junk(suffix)]
    held(door, cases, tmp_path, child)


def test_tables_beside_a_network(tmp_path: Path, child: Child) -> None:
    held("connectome", table("beside"), tmp_path, child)


def test_parts_and_indexes(tmp_path: Path, child: Child) -> None:
    held("checkpoint", table("shards"), tmp_path, child)


def test_a_child_that_dies_is_told_and_replaced(tmp_path: Path) -> None:
    with closing(Child()) as child:
        for _ in range(2):
            assert "KeyError" in child.told(["no such task"], tmp_path)["died"]
            assert child.told(["command", "--version"], tmp_path)["code"] == 0
