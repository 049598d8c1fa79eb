"""From the chosen files to one table of tensors, of all parts together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Entry, Matrix, stand_in
from zoo_spectra_checkpoint.beside import CONFIG
from zoo_spectra_checkpoint.copies import check_copies
from zoo_spectra_checkpoint.copies import part as part_of
from zoo_spectra_checkpoint.formats import by_suffix, format_of, open_tensors
from zoo_spectra_checkpoint.hub.cached import cached, etag_of
from zoo_spectra_checkpoint.hub.choosing import Chosen, Part
from zoo_spectra_checkpoint.hub.downloads import downloaded
from zoo_spectra_checkpoint.hub.ranged import is_safetensors, open_ranged
from zoo_spectra_checkpoint.hub.refusals import Missing
from zoo_spectra_checkpoint.hub.remote_path import remote_path
from zoo_spectra_checkpoint.tensors import TensorFile
from zoo_spectra_checkpoint.which import WHOLE, Which

ZIPPED = ("torch", "npz")  # formats whose zip archives are read in Python alone


@dataclass(frozen=True)
class Opened:
    """A network's tensors. ``format``, ``size`` in bytes and ``etags`` of its files.

    ``tensors``: None where they are not known before a file is fetched whole. ``fetched``: the
    files that were.
    """

    format: str
    size: int | None
    etags: tuple[str, ...]
    tensors: TensorFile | None
    fetched: tuple[str, ...] = ()


def opened(chosen: Chosen, which: Which, fetch: bool) -> Opened:
    """Open all files, or the part that is meant; with ``fetch`` also those fetched whole for it.

    Raises NetworkError (FileFormatError, UnsafeFileError) when one cannot be opened.
    """
    if not fetch and chosen.index and by_suffix(Path(chosen.parts[0].file)).name == "torch":
        return Opened("torch", None, (), None)
    inner = WHOLE if chosen.index else which
    found = [_open(part, inner, fetch) for part in chosen.parts]
    files = [each.tensors for each in found if each.tensors is not None]
    tensors = None
    if len(files) == len(found):
        tensors = part_of(_joined(files, chosen), which) if chosen.index else files[0]
        if not which:
            check_copies(tensors)
        tensors = replace(tensors, settings={**tensors.settings, **_beside(chosen)})
    return Opened(
        found[0].format,
        sum(each.size or 0 for each in found),
        tuple(etag for each in found for etag in each.etags),
        tensors,
        tuple(name for each in found for name in each.fetched),
    )


def _open(part: Part, which: Which, fetch: bool) -> Opened:
    path = cached(part.place, part.file)
    if path is not None:
        form = format_of(path).name
        seen = fetch or form != "torch"
        tensors = open_tensors(path, which) if seen else None
        etag = etag_of(path) or (part.begun[0].etag if part.begun else "")
        return Opened(form, path.stat().st_size, (etag,), tensors)
    file, head = part.begin()
    instead = stand_in(head)
    if instead is not None:
        raise FileFormatError(f"{file.where} is {instead}")
    if is_safetensors(head, file.size):
        tensors = part_of(open_ranged(file, head), which)
        return Opened("safetensors", file.size, (file.etag,), tensors)
    if part.file.lower().endswith(".safetensors"):
        raise FileFormatError(
            f"{file.where} does not begin as safetensors files do, or is cut off; tell its owner"
        )
    form = by_suffix(Path(part.file)).name
    if not fetch:
        return Opened(form, file.size, (file.etag,), None)
    if head.startswith(b"PK\x03\x04") and form in ZIPPED:
        path = remote_path(file, head)
        return Opened(format_of(path).name, file.size, (file.etag,), open_tensors(path, which))
    path = downloaded(file)
    tensors = open_tensors(path, which)
    return Opened(format_of(path).name, file.size, (file.etag,), tensors, (file.file,))


def _joined(files: list[TensorFile], chosen: Chosen) -> TensorFile:
    """The tensors of all parts as one table. Raises FileFormatError.

    ``index`` is held against what the parts have.
    """
    where = chosen.place.where(chosen.file)
    holder: dict[str, tuple[str, TensorFile]] = {}
    for part, file in zip(chosen.parts, files, strict=True):
        for entry in file.entries:
            if entry.name in holder:
                first = holder[entry.name][0]
                raise FileFormatError(
                    f"{where}: {entry.name[:200]} is in {first} and in {part.file}; tell its owner"
                )
            holder[entry.name] = part.file, file
    tied = sum(file.tied for file in files)
    for name, file_name in chosen.index.items():
        bare = name.removeprefix("module.").removeprefix("_orig_mod.")  # as torch's files are read
        if name not in holder and bare not in holder and not tied:
            raise FileFormatError(
                f"{where} names {name[:200]}, which {file_name} does not have; tell its owner"
            )

    def fetch(entry: Entry) -> Matrix:
        return holder[entry.name][1].fetch(entry)

    entries = tuple(entry for file in files for entry in file.entries)
    return TensorFile(Path(where), entries, fetch, tied, files[0].settings)


def _beside(chosen: Chosen) -> Mapping[str, object]:
    """The settings of the low-rank adapters in a file called ``adapter_…``, as on a disk."""
    file = PurePosixPath(chosen.file)
    if not file.name.startswith("adapter_"):
        return {}
    name = str(file.with_name(CONFIG))
    path = cached(chosen.place, name)
    try:
        text = chosen.place.whole(name).body if path is None else path.read_bytes()
        found = json.loads(text)
    except Missing:
        return {}
    except (ValueError, RecursionError) as error:
        raise NetworkError(f"{chosen.place.where(name)} is no JSON; tell its owner") from error
    return found if isinstance(found, dict) else {}
