"""What a pickle would import, read off its opcodes; nothing is run or imported."""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from zoo_spectra.sources import zip_members

# Where the pickle of a plain state dict has its names from.
PLAIN = {"collections", "torch", "torch._utils", "torch._tensor", "torch.nn.parameter"}
PLAIN |= {"torch.storage"}
MAX_PICKLES = 8  # a file of the old format is a row of pickles


def foreign_globals(path: Path) -> list[str]:
    """The functions and classes that a .pt file names beyond those of a state dict.

    Covers both of torch's formats and plain pickles. A stream that is cut off or is no pickle
    gives what was found before that point. Raises OSError when the file cannot be read.
    """
    names: list[str] = []
    for stream in _pickles(path):
        names += _globals(stream)
    return [name for name in dict.fromkeys(names) if name.rpartition(".")[0] not in PLAIN]


def is_torchscript(path: Path) -> bool:
    """Whether a file is a TorchScript archive: a program, with its weights."""
    return any("/code/" in info.filename for info in zip_members(path))


def _pickles(path: Path) -> Iterator[IO[bytes]]:
    inside = [info for info in zip_members(path) if info.filename.endswith(".pkl")]
    if not inside:
        with path.open("rb") as stream:
            yield stream
        return
    with zipfile.ZipFile(path) as archive:
        for info in inside:
            try:
                member = archive.open(info)
            except Exception:  # damaged, as above
                continue
            with member:
                yield member


def _globals(stream: IO[bytes]) -> list[str]:
    found: list[str] = []
    for _ in range(MAX_PICKLES):
        texts: list[str] = []
        try:
            for opcode, argument, _ in pickletools.genops(stream):
                if opcode.name in {"GLOBAL", "INST"}:
                    found.append(str(argument).replace(" ", "."))
                elif opcode.name == "STACK_GLOBAL":
                    found.append(".".join(texts[-2:]))
                elif isinstance(argument, str):
                    texts.append(argument)
        except Exception:  # pickletools raises what it meets: the end of what can be read
            break
    return found
