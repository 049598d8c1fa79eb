"""A folder as a source: the file in it that transformers or diffusers would read."""

from __future__ import annotations

import shlex
from pathlib import Path

from zoo_spectra.errors import SourceError
from zoo_spectra.sources import Source, literal
from zoo_spectra_checkpoint.formats import SUFFIXES
from zoo_spectra_checkpoint.shards import Shelf, stem
from zoo_spectra_checkpoint.slices import SLICED

INDEX = ".index.json"
# In the order in which they are looked for: transformers, PEFT, diffusers.
CHOICES = (
    "model.safetensors",
    "pytorch_model.bin",
    "adapter_model.safetensors",
    "adapter_model.bin",
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.bin",
)
# Names that say nothing: a network of such a file is called by its repository.
USUAL = frozenset(choice.partition(".")[0] for choice in CHOICES)


def chosen_file(folder: Path) -> Path:
    """The file, or the first part of the index, that a library would read of a folder.

    Raises SourceError with what to write when there is none.
    """
    shelf = Shelf()
    inside = _snapshot(folder)
    for choice in CHOICES:
        if (inside / choice).exists():
            return inside / choice
        for index in shelf.indexes(inside):
            if index.path.name == choice + INDEX:
                if index.fault:
                    raise SourceError(f"{index.path} is an index {index.fault}")
                return inside / min(index.files.values(), default=choice)
    known = (*SUFFIXES, SLICED)
    names = sorted(name for name in shelf.names(inside) if name.lower().endswith(known))
    below = sorted(
        each.name for each in map(inside.joinpath, shelf.names(inside)) if _has_weights(each)
    )
    if names:
        write = [Source("checkpoint", literal(str(inside / name))) for name in names[:3]]
        raise SourceError(
            f"{folder} is a folder in which no file is called {CHOICES[0]} or {CHOICES[1]}; write "
            + " or ".join(shlex.quote(str(each)) for each in write)
        )
    if below:
        write = [Source("checkpoint", literal(str(inside / name))) for name in below[:3]]
        raise SourceError(
            f"{folder} is a folder without weights; there are some in folders of it, write "
            + " or ".join(shlex.quote(str(each)) for each in write)
        )
    inner = Source("checkpoint", f"{literal(str(inside))}/**/*")
    raise SourceError(
        f"{folder} is a folder, and there is no file of weights in it; for those in folders of it "
        f"write {shlex.quote(str(inner))}"
    )


def first_part(index: Path) -> Path:
    """The first file that an index names. Raises SourceError when it names none."""
    found = [each for each in Shelf().indexes(index.parent) if each.path == index]
    if not found or found[0].fault or not found[0].files:
        raise SourceError(f"{index} is an index {found[0].fault if found else 'of no weights'}")
    return index.with_name(min(found[0].files.values()))


def network_stem(path: Path) -> str:
    """What a file's network is called in its folder; empty for a name that says nothing."""
    name = stem(path)
    return "" if name in USUAL else name


def _snapshot(folder: Path) -> Path:
    """Of a repository in the hub's cache the snapshot of its branch main, or the only one."""
    snapshots = folder / "snapshots"
    if not folder.name.startswith("models--") or not snapshots.is_dir():
        return folder
    try:
        with (folder / "refs" / "main").open(encoding="ascii") as stream:
            at = snapshots / stream.read(100).strip()
        if at.parent == snapshots and at.is_dir():
            return at
    except (OSError, ValueError):
        pass
    found = sorted(each for each in snapshots.iterdir() if each.is_dir())
    if len(found) == 1:
        return found[0]
    write = [Source("checkpoint", literal(str(each))) for each in found[:3]]
    raise SourceError(
        f"{folder} has {len(found)} snapshots, none of which its branch main is at; write "
        + (" or ".join(shlex.quote(str(each)) for each in write) or "that of another repository")
    )


def _has_weights(folder: Path) -> bool:
    try:
        return folder.is_dir() and any(
            each.name.lower().endswith(SUFFIXES) for each in folder.iterdir()
        )
    except OSError:
        return False
