"""What can be done to a file of any format: nothing here knows one."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from cases import Case, of_bytes
from good_shared import Good

CUTS = (1, 2, 3, 5, 7, 8, 9, 11, 16, 31, 64)  # bytes that are kept, or that are missing
# Bytes that are no file of any format.
JUNK = {
    "nothing": b"",
    "a zero": b"\0",
    "zeros": bytes(5000),
    "ones": b"\xff" * 5000,
    "noise": np.random.default_rng(3).bytes(5000),
    "blanks": b" \r\n\t" * 5000,
    "a mark of order": b"\xef\xbb\xbf",
    "half a character": b"\xf0\x9f\xa7",
    "UTF-16": "0\n".encode("utf-16"),
    "a page": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "comments of a page": b"<!---->" * 140 + b"x",
    "a pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4380\n",
    "an empty zip": b"PK\x05\x06" + bytes(18),
    "the head of a zip": b"PK\x03\x04" + b"x" * 99,
    "the head of a gz": b"\x1f\x8b\x08\x00" + b"x" * 99,
    "the head of npy": b"\x93NUMPY\x01\x00v\x00",
    "the head of parquet": b"PAR1\x15\x04" + b"x" * 99 + b"PAR1",
    "the head of a pickle": b"\x80\x02}q\x00",
    "the head of safetensors": b"\x09" + bytes(7) + b'{"a":1e9}',
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(99),
    "brackets": b"[" * 200_000,
    "tags": b"<a>" * 200_000,
    "one long line": b"7" * 3_000_000,
    "200,000 columns": b"1," * 200_000,
}
# What stands under a file's name, and is none.
STRANGE: dict[str, Callable[[Path], object]] = {
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "a socket": lambda path: os.mknod(path, stat.S_IFSOCK | 0o600),
    "a link to nothing": lambda path: path.symlink_to("/nowhere/at/all"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to zeros": lambda path: path.symlink_to("/dev/zero"),
}
STEMS = (
    *("", "a" * 200, "new\nline", "\x1b[31mred", "\u202egnp", "a b", "q?a=b&c#d", "100%", "[x]*"),
    *("'quoted\"", "-dash", "a.b.c", "tab\t", "\u00e9\u4e2d", "\x7f\x80", ".hidden", "~"),
    "@samples",
)


def attacks(good: Good) -> Iterator[Case]:
    """Everything that needs no knowledge of the format, done to one good file."""
    yield Case(f"{good.name}, whole", good.file, of_bytes(good.content), good.expected)
    content = good.content
    cuts = {*CUTS, *(len(content) - cut for cut in CUTS)}
    cuts |= {len(content) * part // 8 for part in range(1, 8)}
    for cut in sorted(cut for cut in cuts if 0 < cut < len(content)):
        expected = "refused" if good.whole else "either"
        yield Case(f"{good.name}, cut at {cut}", good.file, of_bytes(content[:cut]), expected)
    for what, junk in {"zeros": bytes(99), "text": b"\nmore of it\n", "itself": content}.items():
        name = f"{good.name}, with {what} behind it"
        yield Case(name, good.file, of_bytes(content + junk), "either")


def by_any_name(good: Good) -> Iterator[Case]:
    """A good file under odd names: it is what it is."""
    suffix = good.file[1:]  # behind its stem, which is one letter
    for stem in STEMS:
        write = of_bytes(good.content)
        yield Case(f"{good.name}, called {stem!r}", f"{stem}{suffix}", write, good.expected)


def junk(suffix: str) -> Iterator[Case]:
    """Bytes of no format, and what is no file, under the suffix of one."""
    for what, content in JUNK.items():
        yield Case(f"{what} as {suffix}", f"a{suffix}", of_bytes(content), "refused")
    for what, write in STRANGE.items():
        yield Case(f"{what} as {suffix}", f"a{suffix}", write, "refused")
