"""Networks saved in several files: ``model-00001-of-00003.safetensors`` and its siblings."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Matrix
from zoo_spectra_checkpoint.formats import open_tensors
from zoo_spectra_checkpoint.tensors import Entry, TensorFile

_SHARD = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<total>\d{5})(?P<suffix>\.\w+)")


def stem(path: Path) -> str:
    """The name of the file without its suffix and, of a shard, without its number."""
    match = _SHARD.fullmatch(path.name)
    return match["stem"] if match else path.name.removesuffix(path.suffix)


def is_later_shard(path: Path) -> bool:
    """Whether a file is a shard other than the first of its network."""
    match = _SHARD.fullmatch(path.name)
    return match is not None and int(match["number"]) != 1


def shards(path: Path) -> list[Path]:
    """The files of the network whose first file is ``path``; itself alone when not in shards."""
    match = _SHARD.fullmatch(path.name)
    if match is None:
        return [path]
    total = int(match["total"])
    parts = (f"{number:05d}-of-{match['total']}" for number in range(1, total + 1))
    return [path.with_name(f"{match['stem']}-{part}{match['suffix']}") for part in parts]


def open_network(path: Path) -> TensorFile:
    """Open a file, or all shards of a network as one, in their order.

    Raises as ``open_tensors`` does; a missing shard is a NetworkError that names it.
    """
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

    return replace(files[0], entries=tuple(e for f in files for e in f.entries), fetch=fetch)
