"""What a file is by its bytes, where its name does not say: its beginning, a zip's members."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

HEAD = 1024

_LFS_POINTER = b"version https://git-lfs"
_WEB_PAGE = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b",
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


def zip_members(path: Path) -> list[zipfile.ZipInfo]:
    """What a zip archive holds; nothing when the file is no archive, or a broken one.

    Raises OSError when the file cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except OSError:
        raise
    except Exception:  # zipfile raises BadZipFile, and whatever decoding a damaged list raises
        return []
