"""What a source names: ``ORG/NAME@REVISION``, and a file of it. Names are data: all are checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from zoo_spectra.errors import SourceError
from zoo_spectra_checkpoint.hub_cache import is_name

MAIN = "main"
_REVISION = re.compile(r"[\w.+-]+(/[\w.+-]+)*")


@dataclass(frozen=True)
class Wanted:
    """A repository, its revision, and the file that was asked for (empty: the standard one)."""

    name: str
    revision: str = MAIN
    file: str = ""

    @property
    def text(self) -> str:
        """As a source's pattern has it."""
        return f"{self.name}@{self.revision}"


def wanted(pattern: str, file: str | None) -> Wanted:
    """Read a source's pattern, and its option ``file``. Raises SourceError."""
    if set(pattern) & set("*?["):
        raise SourceError(
            "hf: a repository is named whole, without wildcards: hf:ORG/NAME or "
            "hf:ORG/NAME@REVISION; name several in a job"
        )
    name, at, revision = pattern.partition("@")
    if not is_name(name):
        raise SourceError(
            f"hf:{pattern} names no repository; write hf:ORG/NAME, hf:ORG/NAME@REVISION"
        )
    if (at and not _REVISION.fullmatch(revision)) or ".." in revision:
        raise SourceError(
            f"hf:{pattern}: {revision!r} is no revision; write a branch, a tag or a commit's hash"
        )
    if file is not None and not is_inside(file):
        raise SourceError(
            f"hf:{pattern}: file={file!r} is no file of a repository; write a path in it"
        )
    return Wanted(name, revision or MAIN, file or "")


def is_inside(file: str) -> bool:
    """Whether a name is that of a file below the repository's folder, plainly written."""
    return (
        file.isprintable()
        and "\\" not in file
        and file == str(PurePosixPath(file))
        and not {"", ".", "..", "/"} & set(PurePosixPath(file).parts)
        and file not in ("", ".")
        and len(file) <= 1000
    )
