"""Which repository of the hub a file on disk comes from: by the hub's cache, or a clone's origin.

The cache is ``models--ORG--NAME/snapshots/COMMIT/FILE``, each file a link into ``blobs``. Paths are
all that is looked at, so that a link to nothing has its repository too.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

MAX_LINKS = 40  # as the kernel
MAX_CONFIG = 1 << 16  # bytes of a clone's .git/config
_PART = r"[A-Za-z0-9_](?:[\w.-]*\w)?"
_NAME = re.compile(rf"{_PART}(?:/{_PART})?", re.ASCII)
_ORIGIN = re.compile(r'\[remote "origin"\][^\[]*?^\s*url\s*=\s*(\S+)\s*$', re.MULTILINE)
_HUB = re.compile(r"(?:https://(?:[^/@\s]+@)?|(?:ssh://)?git@)(?:huggingface\.co|hf\.co)[/:](\S+)")


@dataclass(frozen=True)
class Repository:
    """``name``: ORG/NAME, or NAME of the few without an owner. ``revision``: the commit, or empty.

    It is empty where the path does not say it: a blob that is named itself, a clone.
    """

    name: str
    revision: str = ""


def is_name(text: str) -> bool:
    """Whether a repository of the hub may be called so."""
    return bool(_NAME.fullmatch(text)) and ".." not in text and "--" not in text


def repository_of(path: Path) -> Repository | None:
    """The model repository that a file or folder belongs to; None where the disk does not say.

    Links are followed one by one: ``best.safetensors`` may lead into a snapshot. The file need not
    be there.
    """
    found: Repository | None = None
    for step in _steps(path):
        inside = _in_cache(step)
        if inside is not None and inside.revision:
            return inside
        found = found or inside
    return found or _of_clone(path)


def _steps(path: Path) -> list[Path]:
    """The path, and what it leads to, link by link, each with its real folders."""
    steps: list[Path] = []
    at = path.absolute()
    for _ in range(MAX_LINKS):
        try:
            at = Path(os.path.realpath(at.parent), at.name) if at.name != ".." else at.resolve()
            steps.append(at)
            at = at.parent / os.readlink(at)
        except (OSError, RuntimeError, ValueError):  # no link, a circle, a zero byte
            break
    return steps


def _in_cache(path: Path) -> Repository | None:
    """The repository by the folders of a path: the innermost that is called as the cache does."""
    parts = path.parts
    for at in reversed(range(len(parts))):
        kind, *name = parts[at].split("--")
        joined = "/".join(name)
        if kind == "models" and is_name(joined):
            below = parts[at + 1 : at + 3]
            in_snapshot = len(below) == 2 and below[0] == "snapshots"
            return Repository(joined, below[1] if in_snapshot else "")
    return None


def _of_clone(path: Path) -> Repository | None:
    """The repository whose clone the file lies in, by the origin in the nearest ``.git``."""
    folders = path.absolute().parents
    for folder in (path, *folders) if path.is_dir() else folders:
        config = folder / ".git" / "config"
        try:
            if config.is_file():
                with config.open("rb") as stream:
                    text = stream.read(MAX_CONFIG).decode("utf-8", "replace")
                return _of_origin(text)
        except OSError:
            return None
    return None


def _of_origin(config: str) -> Repository | None:
    origin = _ORIGIN.search(config)
    hub = _HUB.fullmatch(origin[1]) if origin else None
    name = hub[1].strip("/").removesuffix(".git") if hub else ""
    return Repository(name) if is_name(name) else None
