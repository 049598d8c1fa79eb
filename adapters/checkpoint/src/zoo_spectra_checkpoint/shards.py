"""Networks saved in several files: ``model-00001-of-00003.safetensors`` and its siblings."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Entry, Matrix
from zoo_spectra_checkpoint.formats import open_tensors
from zoo_spectra_checkpoint.tensors import TensorFile

_SHARD = re.compile(r"(?P<stem>.+)-(?P<number>[0-9]{5})-of-(?P<total>[0-9]{5})(?P<suffix>\.\w+)")


def stem(path: Path) -> str:
    """The name of the file without its suffix and, of a shard, without its number."""
    match = _SHARD.fullmatch(path.name)
    return match["stem"] if match else path.name.removesuffix(path.suffix)


def is_later_shard(path: Path) -> bool:
    """Whether a file is a shard other than the first of its network."""
    match = _SHARD.fullmatch(path.name)
    return match is not None and int(match["number"]) != _first(path, match)


def shards(path: Path) -> list[Path]:
    """The files of the network whose first file is ``path``; itself alone when not in shards.

    They are counted from one, or from zero where there is a file of the number zero.
    """
    match = _SHARD.fullmatch(path.name)
    if match is None:
        return [path]
    first = _first(path, match)
    return [_sibling(path, match, first + at) for at in range(max(1, int(match["total"])))]


def _first(path: Path, match: re.Match[str]) -> int:
    return 0 if int(match["number"]) == 0 or _sibling(path, match, 0).is_file() else 1


def _sibling(path: Path, match: re.Match[str], number: int) -> Path:
    return path.with_name(f"{match['stem']}-{number:05d}-of-{match['total']}{match['suffix']}")


def open_network(path: Path) -> TensorFile:
    """Open a file, or all shards of a network as one, in their order.

    Raises as ``open_tensors`` does; a missing shard is a NetworkError that names it.
    """
    _check_numbers(path)
    files = [open_tensors(part) for part in shards(path)]
    if len(files) == 1:
        return files[0]
    holder: dict[str, TensorFile] = {}
    for file in files:
        for entry in file.entries:
            if entry.name in holder:
                raise NetworkError(f"{file.path}, {entry.name}: also in {holder[entry.name].path}")
            holder[entry.name] = file

    def fetch(entry: Entry) -> Matrix:
        return holder[entry.name].fetch(entry)

    entries = tuple(e for f in files for e in f.entries)
    return replace(files[0], entries=entries, fetch=fetch, tied=sum(f.tied for f in files))


def _check_numbers(path: Path) -> None:
    match = _SHARD.fullmatch(path.name)
    if match is None:
        return
    total = int(match["total"])
    if int(match["number"]) > total:
        raise NetworkError(f"{path} is not one of {total} parts; rename it")
    last = _sibling(path, match, total)
    if _first(path, match) == 0 and last != path and last.is_file():
        raise NetworkError(
            f"{path} counts its parts from zero, and {last.name} is one too many; remove one"
        )
