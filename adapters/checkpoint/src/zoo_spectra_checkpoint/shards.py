"""Networks saved in several files: ``model-00001-of-00003.safetensors`` and its siblings.

An index beside them (``model.safetensors.index.json``) decides which they are; without one their
numbers do. What an index does not name is stale.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Entry, Matrix
from zoo_spectra_checkpoint.copies import check_copies, part
from zoo_spectra_checkpoint.formats import SUFFIXES, format_of, open_tensors
from zoo_spectra_checkpoint.slices import SLICED, slices_of
from zoo_spectra_checkpoint.tensors import TensorFile, reading
from zoo_spectra_checkpoint.uncounted import check_not_a_part
from zoo_spectra_checkpoint.which import WHOLE, Which

_SHARD = re.compile(
    r"(?P<stem>.+?)(?P<join>[-_.])(?P<number>[0-9]+)(?P<of>[-_.]of[-_.])(?P<total>[0-9]+)"
    r"(?P<suffix>(\.\w+)+)"
)
_INDEX = re.compile(r"(?P<stem>.+?)(?P<suffix>\.\w+)\.index(\.[\w-]+)?\.json")
MAX_INDEX = 32 << 20  # bytes: a few hundred thousand tensors


@dataclass(frozen=True)
class Index:
    """An index: the file of each tensor by its name. ``fault``: why it says nothing."""

    path: Path
    files: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True)
class Parts:
    """The files of one network, in order. ``fault``: why they are none, which opening says.

    ``stale``: the index that does not name the file which was asked about.
    """

    files: tuple[Path, ...]
    index: Index | None = None
    fault: str = ""
    stale: Path | None = None


class Shelf:
    """What lies in folders: each is looked at once, while many files are told apart."""

    def __init__(self) -> None:
        self._names: dict[Path, frozenset[str]] = {}
        self._indexes: dict[Path, tuple[Index, ...]] = {}

    def names(self, folder: Path) -> frozenset[str]:
        """The names in a folder; none where it cannot be looked at."""
        if folder not in self._names:
            try:
                self._names[folder] = frozenset(os.listdir(folder))
            except OSError:
                self._names[folder] = frozenset()
        return self._names[folder]

    def indexes(self, folder: Path) -> tuple[Index, ...]:
        """The indexes in a folder, broken ones too."""
        if folder not in self._indexes:
            found = sorted(name for name in self.names(folder) if _INDEX.fullmatch(name))
            self._indexes[folder] = tuple(_index(folder / name) for name in found)
        return self._indexes[folder]


def stem(path: Path) -> str:
    """The name of the file without its suffix and, of a part, without its number."""
    match = _SHARD.fullmatch(path.name)
    if match is not None:
        return match["stem"]
    lower = path.name.lower()
    fitting = [suffix for suffix in (*SUFFIXES, SLICED) if lower.endswith(suffix)]
    name = path.name[: -max(map(len, fitting))] if fitting else path.name
    return re.sub(r"^(consolidated)\.[0-9]+$", r"\1", name) or path.name


def parts_of(path: Path, shelf: Shelf | None = None) -> Parts:
    """The files of the network that ``path`` is, or is a part of. No file of weights is opened."""
    shelf = shelf or Shelf()
    names = shelf.names(path.parent)
    match = _SHARD.fullmatch(path.name)
    naming = [each for each in shelf.indexes(path.parent) if path.name in each.files.values()]
    if naming:
        index = naming[0]
        told = sorted(set(index.files.values()))
        if any(set(each.files.values()) != set(told) for each in naming):
            both = " and ".join(each.path.name for each in naming[:2])
            return Parts((path,), fault=f"is named by {both}, which differ; remove one")
        return Parts(tuple(map(path.with_name, told)), index)
    if match is not None:
        told_by = _by_index(path, match, shelf.indexes(path.parent))
        return told_by or _by_number(path, match, names)
    sliced = slices_of(path, names)
    return Parts(sliced.files, fault=sliced.said) if sliced else Parts((path,))


def open_network(path: Path, which: Which = WHOLE) -> TensorFile:
    """Open a file, or all parts of a network as one, in their order; of it, the part that is meant.

    Raises as ``open_tensors`` does; NetworkError that names a missing part, a tensor that two have,
    one that the index names and no part has, slices, and a network of several copies.
    """
    shelf = Shelf()
    parts = parts_of(path, shelf)
    if parts.fault or parts.stale:
        stale = parts.stale and f"is no part that {parts.stale.name} names: a stale one; remove it"
        raise NetworkError(f"{path} {parts.fault or stale}")
    if len(parts.files) == 1 and parts.index is None:
        file = open_tensors(parts.files[0], which)
        check_not_a_part(file, shelf.names(path.parent))
    else:
        file = part(_joined(parts), which)
    if not which:
        check_copies(file)
    return file


def _joined(parts: Parts) -> TensorFile:
    gone = [part for part in parts.files if not part.is_file()]
    if gone:
        told = f"which {parts.index.path.name} names" if parts.index else "a part of the network"
        raise NetworkError(f"{gone[0]}, {told}, is missing: no such file; fetch it again")
    files = [open_tensors(part) for part in parts.files]
    holder: dict[str, TensorFile] = {}
    for file in files:
        for entry in file.entries:
            if entry.name in holder:
                raise NetworkError(
                    f"{file.path}, {entry.name}: also in {holder[entry.name].path}; remove the "
                    "part that is of another network, or fetch the parts again"
                )
            holder[entry.name] = file
    if parts.index is not None:
        _check_index(parts.index, holder)

    def fetch(entry: Entry) -> Matrix:
        return holder[entry.name].fetch(entry)

    entries = tuple(e for f in files for e in f.entries)
    tied, beside = (sum(getattr(file, what) for file in files) for what in ("tied", "beside"))
    by_names = any(file.by_names for file in files)
    return replace(
        files[0], entries=entries, fetch=fetch, tied=tied, beside=beside, by_names=by_names
    )


def _check_index(index: Index, holder: Mapping[str, TensorFile]) -> None:
    """Every tensor that the index names is in its part; torch's files drop prefixes and ties."""
    for name, file in index.files.items():
        where = index.path.with_name(file)
        found = holder.get(name)
        if (found is None or found.path != where) and format_of(where).name == "safetensors":
            said = f"{where} has no {name[:200]}, which {index.path.name} names"
            raise NetworkError(f"{said}; fetch both again")


def _index(path: Path) -> Index:
    """Read an index; its files lie in its own folder."""
    try:
        with reading(path):
            if path.stat().st_size > MAX_INDEX:
                return Index(path, fault=f"of more than {MAX_INDEX >> 20} MB; remove it")
            found = json.loads(path.read_bytes())["weight_map"]
            files = {str(name): str(file) for name, file in found.items()}
    except NetworkError:
        return Index(path, fault="which cannot be read; fetch it again, or remove it")
    if any(os.path.basename(f) != f or f in ("", ".", "..") or "\0" in f for f in files.values()):
        return Index(path, fault="which names files outside its folder; fetch it again")
    return Index(path, files)


def _by_index(path: Path, match: re.Match[str], indexes: tuple[Index, ...]) -> Parts | None:
    """What the indexes say of a part that none of them names; None when they are of others."""
    for index in indexes:
        if index.fault:
            own = _INDEX.fullmatch(index.path.name)
            if own is not None and (own["stem"], own["suffix"]) == match.group("stem", "suffix"):
                said = f"has an index beside it, {index.path.name}, {index.fault}"
                return Parts((path,), fault=said)
        for file in index.files.values():
            other = _SHARD.fullmatch(file)
            if other and other.group("stem", "suffix") == match.group("stem", "suffix"):
                return Parts((path,), stale=index.path)
    return None


def _by_number(path: Path, match: re.Match[str], names: frozenset[str]) -> Parts:
    """The parts that are counted from one, or from zero where there is one of the number zero."""
    total = int(match["total"][:9])
    kin = ("stem", "join", "of", "total", "suffix")
    found: dict[int, list[str]] = {}
    for name in names | {path.name}:
        other = _SHARD.fullmatch(name)
        if other is not None and other.group(*kin) == match.group(*kin):
            found.setdefault(int(other["number"][:9]), []).append(name)
    first = 0 if 0 in found else 1
    width = len(match["number"])
    begin, end = match.span("number")

    def called(number: int) -> str:
        return found.get(number, [f"{path.name[:begin]}{number:0{width}d}{path.name[end:]}"])[0]

    twice = [sorted(each) for each in found.values() if len(each) > 1]
    if twice:
        return Parts((path,), fault=f"is one of {' and '.join(twice[0])}; remove one")
    if first == 0 and total in found and total:
        return Parts(
            (path,),
            fault=f"counts its parts from zero, and {called(total)} is one too many; remove one",
        )
    if int(match["number"][:9]) >= first + max(1, total):
        return Parts((path,), fault=f"is not one of {total} parts; rename it")
    gone = next((n for n in range(first, first + total) if n not in found), None)
    if gone is not None:
        what = f"{called(gone)}, a part of the network, is missing: no such file; fetch it again"
        files = tuple(path.with_name(called(number)) for number in sorted(found))
        return Parts(files, fault=f"is one of {total:,} parts; {path.with_name(what)}")
    return Parts(tuple(path.with_name(called(n)) for n in range(first, first + max(1, total))))
