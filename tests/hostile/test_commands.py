"""Hostile files, sources, job files and catalogs, given to every command that takes one: a row, a
message and an exit code of ours, whatever they hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from children import Child
from known import KNOWN, SUFFIXES, table

from zoo_spectra.sources import Source, literal
from zoo_spectra.sources.adapter import adapter_names
from zoo_spectra.terminal.app import COMMANDS

TOGETHER = 150  # files in one run: what it may take is what a single file may
LIGHT = 100_000  # bytes: heavier files are opened in test_hostile
SELECT = "SELECT name, status, reason FROM networks"
ASKING = ("query", "@", SELECT, "--json")
SHOWING = (("show", "@", "--failed"), ASKING)
ON_CATALOGS = (
    ("show", "@"),
    ("show", "@", "--failed"),
    ("show", "@", "an"),
    ASKING,
    ("show", "@", "--run", "1"),
    ("classify", "@"),
    ("sweep", "@"),
    ("nearest", "an", "--in", "@"),
    ("cheapest", "an", "--in", "@"),
    ("duplicates", "@"),
    ("groups", "@", "--by", "family"),
    ("nulls", "@", "--model", "weights", "--draws", "2", "--in-process"),
    ("report", "@", "-o", "@.html"),
    ("plot", "csd", "@", "-o", "@.svg"),
    ("diff", "@", "@"),
    ("merge", "@", "@", "-o", "@.merged"),
    ("export", "@", "-o", "@.csv"),
    ("remove", "@", "--where", "name = 'an'", "--dry-run"),
    ("compact", "@"),
    ("run", "memory:none", "--in-process", "--catalog", "@"),
)
ON_SOURCES = (
    ("ls", "@"),
    ("run", "@", "--dry-run"),
    ("samples", "@"),
    ("compare", "@", "@", "--json"),
)
ON_JOBS = (
    ("ls", "@"),
    ("run", "@", "--dry-run"),
    ("run", "@", "--in-process"),
    ("submit", "@", "--address", "http://127.0.0.1:9"),
)


def filled(words: tuple[str, ...], place: object) -> tuple[str, ...]:
    """The words with the place for ``@``, and a file beside it for ``@.svg`` and the like."""
    return tuple(str(place) + word[1:] if re.match(r"@(\.\w+)?$", word) else word for word in words)


def test_every_command_is_attacked() -> None:
    lines = (*ON_CATALOGS, *ON_SOURCES, *ON_JOBS)
    assert {words[0] for words in lines} == {command.__name__ for command in COMMANDS}


@pytest.mark.parametrize("door", sorted({door for door, _ in KNOWN}))
def test_files(door: str, tmp_path: Path, child: Child) -> None:
    """One run over many of them: each has its row, and those after it too."""
    from generic import by_any_name, junk
    from good import GOOD

    cases = []
    for name in (name for of, name in KNOWN if of == door):
        cases += [*table(f"{door}_{name}"), *by_any_name(GOOD[door, name][0])]
        cases += [case for suffix in SUFFIXES[door, name] for case in junk(suffix)]
    for start in range(0, len(cases), TOGETHER):
        # What each file left in the catalog is shown; the other commands see the first of them.
        then = ON_CATALOGS[:-2] if start == 0 else SHOWING
        over_all(door, cases[start : start + TOGETHER], tmp_path / str(start), then, child)


def over_all(
    door: str, cases: list[Any], folder: Path, then: tuple[tuple[str, ...], ...], child: Child
) -> None:
    from cases import written
    from commands import commanded

    folder.mkdir()
    paths = written(cases, folder / "files")
    for path in paths:
        if path.is_file() and path.stat().st_size > LIGHT:
            path.unlink()
    source, catalog = f"{door}:{folder}/files/*/*", str(folder / "zoo")
    said, faults = commanded(
        [
            ("ls", source),
            ("ls", source, "--json", "--cost"),
            ("run", source, "--in-process", "--catalog", catalog),
            *(filled(words, catalog) for words in then),
        ],
        folder,
        child,
    )
    assert not faults, "\n".join(faults)
    assert [each["code"] for each in said[:3]] == [0, 0, 1]
    asked = 3 + then.index(ASKING)
    rows = {row["name"]: row for row in json.loads(said[asked]["out"])}
    found = {int(name.partition("/")[0]): row for name, row in rows.items()}
    listed = [at for at, path in enumerate(paths) if path.is_file() and path.name[0] != "."]
    assert sorted(found) == listed
    for at in listed:
        ended = found[at]["status"], bool(found[at]["reason"])
        if cases[at].expected != "either":
            wanted = ("failed", True) if cases[at].expected == "refused" else ("ok", False)
            assert ended == wanted, (cases[at].name, found[at])


def test_sources(tmp_path: Path, child: Child) -> None:
    """For every adapter that is installed."""
    from commands import commanded
    from tables.sources import PATTERNS

    lines = [
        filled(ON_SOURCES[at % 2], f"{name}:{pattern}")
        for name in [*adapter_names(), "nobody", ""]
        for at, pattern in enumerate(PATTERNS)
    ]
    lines += [filled(ON_SOURCES[2], pattern) for pattern in PATTERNS if pattern]
    lines += [filled(ON_SOURCES[3], f"checkpoint:{pattern}") for pattern in PATTERNS]
    _, faults = commanded(lines, tmp_path, child)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("door", sorted({door for door, _ in KNOWN}))
def test_files_are_compared(door: str, tmp_path: Path, child: Child) -> None:
    """The first good and bad ones of each format, each with itself: a verdict, or a message."""
    from cases import written
    from commands import commanded
    from generic import by_any_name
    from good import GOOD

    cases = []
    for name in (name for of, name in KNOWN if of == door):
        cases += [*islice(by_any_name(GOOD[door, name][0]), 2), *table(f"{door}_{name}")[:6]]
    places = [path for path in written(cases, tmp_path / "files") if path.is_file()]
    light = [path for path in places if path.stat().st_size <= LIGHT]
    lines = [filled(ON_SOURCES[3], Source(door, literal(str(path)))) for path in light]
    said, faults = commanded(lines, tmp_path, child)
    assert not faults, "\n".join(faults)
    assert {0, 2} <= {each["code"] for each in said} <= {0, 1, 2}


def test_job_files(tmp_path: Path, child: Child) -> None:
    from commands import commanded
    from tables.jobs import FILES

    lines = []
    for at, made in enumerate(FILES.values()):
        path = tmp_path / f"{at}.toml"
        path.write_bytes(made) if isinstance(made, bytes) else made(path)
        lines += [filled(words, path) for words in ON_JOBS]
    said, faults = commanded(lines, tmp_path, child)
    assert not faults, "\n".join(faults)
    for words, each in zip(lines, said, strict=True):
        assert each["code"] == 2, words


def test_catalogs(tmp_path: Path, child: Child) -> None:
    """Each catalog with one of the commands, by turns; all uses of each: tests/catalog."""
    from commands import commanded

    from catalog.test_hostile import CHANGES, HEADERS
    from parts import commit
    from zoo_spectra.catalog import Catalog, compact

    def header(content: bytes) -> Callable[[Catalog], object]:
        return lambda made: (made.storage.root / "catalog.json").write_bytes(content)

    def manifest(change: dict[str, Any]) -> Callable[[Catalog], None]:
        def write(made: Catalog) -> None:
            compact(made)
            (path,) = made.storage.root.glob("compactions/*.json")
            path.write_text(json.dumps(json.loads(path.read_text()) | change))

        return write

    spoilt = [*map(header, HEADERS.values()), *map(manifest, CHANGES.values())]
    lines = []
    for at, spoil in enumerate(spoilt):
        made = Catalog.create(tmp_path / str(at))
        commit(made, "an", "a1")
        spoil(made)
        lines.append(filled(ON_CATALOGS[at % len(ON_CATALOGS)], tmp_path / str(at)))
    said, faults = commanded(lines, tmp_path, child)
    assert not faults, "\n".join(faults)
    for words, each in zip(lines, said, strict=True):
        assert each["code"] == 2, words
