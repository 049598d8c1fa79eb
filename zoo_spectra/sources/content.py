"""What a file is by its first bytes, where its name does not say."""

from __future__ import annotations

import re
from pathlib import Path

HEAD = 1024

_LFS_POINTER = b"version https://git-lfs"
_WEB_PAGE = re.compile(
    # Atomic groups: else many comments could be divided in exponentially many ways.
    rb"(\xef\xbb\xbf)?\s*+(<\?xml[^>]*>\s*)?(<!--(?>.*?-->)\s*)*+<(!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)


def first_bytes(path: Path) -> bytes:
    """The first 1024 bytes of a file, or all of a shorter one. Raises OSError."""
    with path.open("rb") as stream:
        return stream.read(HEAD)


def stand_in(head: bytes) -> str | None:
    """What lies in the place of a file that never came, with the cure; None where ``head`` is data.

    ``head``: the first bytes of the file. The text goes on from "it is".
    """
    if not head:
        return "empty (0 bytes); fetch or save it again"
    if head.startswith(_LFS_POINTER):
        return "a Git LFS pointer, which only names the real file; get that with: git lfs pull"
    if _WEB_PAGE.match(head):
        return "a web page (HTML), such as a server's log-in or error page; fetch the file again"
    return None
