"""Hostile job files: what is written, or how the file is made; each is refused."""

from __future__ import annotations

import os

from makers import Table

GOOD = b'sources = ["checkpoint:x.npz"]\n'
FILES: Table = {
    "nothing": b"",
    "a zero": b"\0",
    "noise": bytes(range(128, 256)) * 20,
    "half a character": GOOD + b'catalog = "\xff"\n',
    "UTF-16": GOOD.decode().encode("utf-16"),
    "brackets": b"sources = " + b"[" * 500,
    "many brackets": b"sources = " + b"[" * 200_000,
    "tables in tables": b"[" + b".".join([b"a"] * 100_000) + b"]\n",
    "keys in keys": GOOD + b".".join([b'"a"'] * 100_000) + b" = 1\n",
    "ten thousand keys": GOOD + b"".join(b"k%d = 1\n" % k for k in range(10_000)),
    "ten thousand numbers": b"sources = [" + b"1,\n" * 10_000 + b"]\n",
    "a number of 5,000 digits": GOOD + b"realisations = " + b"9" * 5000,
    "a billion realisations": GOOD + b"realisations = 1000000000\n",
    "a limit of 2^31": GOOD + b"exact_limit = 2147483648\n",
    "a key that is not known": GOOD + b"colour = 1\n",
    "a key of escapes": GOOD + b'"\\u001b[31m\\u202e" = 1\n',
    "sources that are numbers": b"sources = [1, 2]\n",
    "sources that are empty": b"sources = []\n",
    "a source of zeros": b'sources = ["checkpoint:a\\u0000b.npz"]\n',
    "a catalog of zeros": GOOD + b'catalog = "a\\u0000b"\n',
    "a line of 10 MB": b"#" * 10_000_000,
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "a link to zeros": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
}
