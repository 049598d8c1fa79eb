"""The files that a glob names, in any tree: each once, links of folders followed, loops not.

The rules are those of Python's ``glob`` (``**``: any folders; a leading dot is matched by a dot
only), but for two: a folder is entered once, by its real place, and a part with brackets that is
there literally (``d[v2]``) is that folder or file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import translate

from zoo_spectra.sources.source import plain
from zoo_spectra.sources.telling import Pulse

Matches = Callable[[str], object]
ANY_FOLDERS = "**"


@dataclass
class Found:
    """Absolute paths whose folders are real, links followed; the last part may be a link.

    ``links`` lead nowhere. ``folders`` are those that the end of the pattern matches, ``closed``
    those that may not be read, ``special`` pipes and devices.
    """

    files: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    special: list[str] = field(default_factory=list)


def find(pattern: str) -> Found:
    """What an absolute glob pattern names. Takes as long as its folders are large; ``tell`` hears.

    In ``pattern``, ``[*]``, ``[?]`` and ``[[]`` are the characters themselves.
    """
    found, pulse = Found(), Pulse()
    parts = tuple(part for part in pattern.split("/") if part not in ("", "."))
    todo, entered = [("/", parts)], {("/", parts)}
    while todo:
        folder, rest = todo.pop()
        if pulse.due():
            count = f"{len(found.files):,} found in {len(entered):,} folders so far"
            pulse.say(f"{count}; now in {folder}")
        for step in _steps(folder, rest, found):
            if step not in entered:
                entered.add(step)
                todo.append(step)
    for paths in (found.files, found.links, found.folders, found.closed, found.special):
        paths[:] = sorted(set(paths))
    return found


def _steps(
    folder: str, parts: tuple[str, ...], found: Found
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Take one folder by the first of ``parts``: note what ends there, give what to do next."""
    if not parts:
        found.folders.append(folder)
        return
    part, rest = parts[0], parts[1:]
    if part == "..":
        yield os.path.dirname(folder), rest
        return
    name = _literally(folder, part)
    if name is not None:
        path = os.path.join(folder, name)
        if rest:
            if os.path.isdir(path):
                yield _real(path), rest
        else:
            _note(path, found)
        return
    if part == ANY_FOLDERS and rest:
        yield folder, rest
    try:
        with os.scandir(folder) as entries:
            yield from _scanned(entries, part, rest, parts, found)
    except PermissionError:
        found.closed.append(folder)
    except OSError:  # no folder, or gone meanwhile
        return


def _literally(folder: str, part: str) -> str | None:
    """The name that a part stands for by itself, or as it is typed where that is there."""
    name = plain(part)
    if name is None and "*" not in part and os.path.lexists(os.path.join(folder, part)):
        return part
    return name


def _scanned(
    entries: Iterator[os.DirEntry[str]],
    part: str,
    rest: tuple[str, ...],
    parts: tuple[str, ...],
    found: Found,
) -> Iterator[tuple[str, tuple[str, ...]]]:
    deep = part == ANY_FOLDERS
    matches = _matcher(part)
    after = parts if deep else rest
    for entry in entries:
        if not matches(entry.name):
            continue
        if not after or (deep and not rest):
            _note(entry.path, found, entry)
        if after and _is_folder(entry):
            yield (_real(entry.path) if entry.is_symlink() else entry.path), after


def _matcher(part: str) -> Matches:
    match: Matches = re.compile(translate("*" if part == ANY_FOLDERS else part)).match
    if part.startswith("."):
        return match
    return lambda name: not name.startswith(".") and match(name)


def _note(path: str, found: Found, entry: os.DirEntry[str] | None = None) -> None:
    if entry is not None and entry.is_file(follow_symlinks=False):  # costs no look at the file
        found.files.append(path)
    elif os.path.isdir(path):
        found.folders.append(path)
    elif os.path.isfile(path):
        found.files.append(path)
    elif os.path.exists(path):
        found.special.append(path)
    elif os.path.islink(path):
        found.links.append(path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _real(path: str) -> str:
    """Where a path leads whose folder is real already."""
    return os.path.realpath(path) if os.path.islink(path) else path
