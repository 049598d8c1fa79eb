"""What a MATLAB file holds, as far as a network may be made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from zoo_spectra.errors import UnsafeFileError


@dataclass
class Variables:
    """``matrices``: square ones and stacks, by name (inside a structure: ``s.field``), dense or
    sparse; ``texts``: lists of texts; ``others``: what else there is, and why it is no matrix.
    """

    matrices: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, Sequence[str]] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)


def refuse_object(name: str, kind: str) -> UnsafeFileError:
    """The error of a variable that is code, or would need MATLAB's own."""
    return UnsafeFileError(
        f"variable {name[:40]!r} is {kind} of MATLAB, which is not read; save the matrix alone: "
        "save('file.mat', 'matrix', '-v7')"
    )


def lines(text: str) -> list[str]:
    """The lines of a text, which is how DSI Studio writes a list of names."""
    return [line.strip() for line in text.replace("\0", "").strip().splitlines()]
