"""Files that are slices of one network: cut for several devices, each with a piece of every weight.

Shards have whole tensors and are read together; slices are not, and are refused.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

SLICED = ".distcp"  # the suffix of torch.distributed.checkpoint


@dataclass(frozen=True)
class Scheme:
    """How the slices of one program are called. ``alone``: also a single file is one."""

    name: re.Pattern[str]
    cure: str
    alone: bool = False


_MEGATRON = "put them together with the converter of Megatron or NeMo, to tensor parallel size 1"
_SCHEMES = (
    Scheme(
        re.compile(r"()consolidated\.(?P<n>[0-9]+)(\.\w+)"),
        "put them together, as convert_llama_weights_to_hf.py of transformers does",
    ),
    Scheme(
        re.compile(r"(.*)zero_pp_rank_(?P<n>[0-9]+)(_.*)"),
        "put them together with DeepSpeed's zero_to_fp32.py",
        alone=True,
    ),
    Scheme(re.compile(r"(.*)mp_rank_(?P<n>[0-9]+)(_.*)"), _MEGATRON),
    Scheme(
        re.compile(r"()layer_(?P<n>[0-9]+)(-model_[0-9]+-model_states\.pt)"),
        "put the layers together with DeepSpeed's or the program's own converter",
        alone=True,
    ),
    Scheme(
        re.compile(r"()__(?P<n>[0-9]+)_[0-9]+(\.distcp)"),
        "put them together with: python -m torch.distributed.checkpoint.format_utils dcp_to_torch",
        alone=True,
    ),
    Scheme(
        re.compile(
            r"((?:.*[._-])?(?:tp|pp|mp|fsdp|model|shard)?[._-]?rank[._-]?)(?P<n>[0-9]+)(\D.*)"
        ),
        "put them together with the program that has saved them",
    ),
)
_FOLDER = re.compile(r"()mp_rank_(?P<n>[0-9]+)((?:_[0-9]+)?)")


@dataclass(frozen=True)
class Slices:
    """``files``: those of one network, in order; ``cure``: how they are put together."""

    files: tuple[Path, ...]
    cure: str

    @property
    def said(self) -> str:
        """The error's text for one of them."""
        count = len(self.files)
        what = f"one of {count} slices" if count > 1 else "a slice"
        return f"is {what} of a network, cut for several devices; {self.cure}, and name the whole"


def slices_of(path: Path, names: Set[str]) -> Slices | None:
    """The slices that a file is one of; None when it is whole. ``names``: of its folder's files.

    Slices are counted from zero: ``rank4`` and ``rank8`` alone are ranks of something else.
    """
    for scheme in _SCHEMES:
        match = scheme.name.fullmatch(path.name)
        if match is None:
            continue
        found = {
            (int(other["n"]), name)
            for name in names | {path.name}
            if (other := scheme.name.fullmatch(name)) and other.group(1, 3) == match.group(1, 3)
        }
        ranks = {number for number, _ in found}
        counted = 0 in ranks and ranks == set(range(len(ranks))) and len(ranks) > 1
        cut_off = "consolidated" in path.name and ranks != {0}
        if scheme.alone or counted or cut_off:
            return Slices(tuple(path.with_name(name) for _, name in sorted(found)), scheme.cure)
    return _in_folders(path)


def _in_folders(path: Path) -> Slices | None:
    """Megatron's: one file in each of ``mp_rank_00``, ``mp_rank_01``."""
    match = _FOLDER.fullmatch(path.parent.name)
    if match is None:
        return None
    try:
        folders = [each for each in path.parent.parent.iterdir() if _FOLDER.fullmatch(each.name)]
    except OSError:
        return None
    found = sorted(each / path.name for each in folders if (each / path.name).is_file())
    whole = len(found) < 2 and int(match["n"]) == 0
    return None if whole else Slices(tuple(found), _MEGATRON)
