"""Files that say their number but not of how many: ``model_00001.bin`` beside ``model_00002.bin``.

They may be parts of one network, or networks each, as checkpoints of several steps are. What is in
them tells: parts share no tensor, and go on with the layers of one another.
"""

from __future__ import annotations

import re
from collections.abc import Set
from contextlib import suppress
from pathlib import Path

from zoo_spectra.errors import NetworkError
from zoo_spectra_checkpoint.formats import open_tensors
from zoo_spectra_checkpoint.tensors import TensorFile

_NUMBERED = re.compile(r"(?P<stem>.*?)(?P<number>[0-9]+)(?P<suffix>(\.[A-Za-z]\w*)+)")
_DIGITS = re.compile(r"[0-9]+")


def check_not_a_part(file: TensorFile, names: Set[str]) -> None:
    """Raise NetworkError for a file that its neighbour by number goes on.

    ``names``: of the files in its folder.
    """
    path = file.path
    neighbour = _neighbour(path, names)
    if neighbour is None:
        return
    own = {entry.name for entry in file.entries if len(entry.shape) > 1}
    theirs: set[str] = set()
    with suppress(NetworkError):  # what cannot be read is said when it is asked for
        found = open_tensors(neighbour)
        theirs = {entry.name for entry in found.entries if len(entry.shape) > 1}
    if own & theirs or not _kinds(own) & _kinds(theirs) or _owns(own) & _owns(theirs):
        return
    raise NetworkError(
        f"{path} and {neighbour.name} are parts of one network: no tensor is in both, and layers "
        "of one go on in the other; their names do not say how many parts there are, so rename "
        "them to model-00001-of-0000N and so on, or put the index beside them"
    )


def _neighbour(path: Path, names: Set[str]) -> Path | None:
    """The next file by number, or the one before."""
    match = _NUMBERED.fullmatch(path.name)
    if match is None:
        return None
    number, width = int(match["number"][:9]), len(match["number"])
    for other in (number + 1, number - 1):
        name = f"{match['stem']}{other:0{width}d}{match['suffix']}"
        if other >= 0 and name in names:
            return path.with_name(name)
    return None


def _owns(names: Set[str]) -> set[str]:
    """The names below a first part such as ``net1``: each file's own name is no layer's."""
    heads = {name.partition(".")[0] for name in names}
    own = len(heads) == 1 and re.fullmatch(r"\D+[0-9]+", min(heads))
    return {name.partition(".")[2] for name in names} if own else set()


def _kinds(names: Set[str]) -> set[str]:
    """The names without the numbers in them, of those that have some."""
    return {kind for name in names if (kind := _DIGITS.sub("#", name)) != name}
