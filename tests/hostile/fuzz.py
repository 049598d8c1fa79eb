"""A seeded fuzzer: good files, changed a little in many ways, must be read or refused.

    python tests/hostile/fuzz.py [--count N] [--seed N] [NAME …]

``make fuzz`` runs it. The files of each format are opened in a process of their own; a mutation is
named by its seed, and is written down where it escapes.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from children import Child

Bytes = bytearray
EXTREMES = (0, 1, 2, 127, 255, 256, 32767, 65535, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32)
EXTREMES += ((1 << 63) - 1, 1 << 63, (1 << 64) - 1)
WORDS = (
    "-1",
    "0",
    "1e999",
    "nan",
    "inf",
    "-0",
    "2147483648",
    "9223372036854775808",
    "1_0",
    "",
    "9" * 50,
)


def flip(data: Bytes, dice: random.Random) -> None:
    """One bit."""
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def replace(data: Bytes, dice: random.Random) -> None:
    """One byte."""
    data[dice.randrange(len(data))] = dice.randrange(256)


def delete(data: Bytes, dice: random.Random) -> None:
    """A few bytes are gone."""
    at = dice.randrange(len(data))
    del data[at : at + dice.choice((1, 2, 4, 8, 30))]


def insert(data: Bytes, dice: random.Random) -> None:
    """A few bytes more."""
    at = dice.randrange(len(data) + 1)
    data[at:at] = dice.randbytes(dice.choice((1, 2, 4, 8)))


def repeat(data: Bytes, dice: random.Random) -> None:
    """A piece again."""
    at, size = dice.randrange(len(data)), dice.choice((1, 4, 16, 64))
    data[at:at] = data[at : at + size] * dice.choice((1, 2, 50))


def swap(data: Bytes, dice: random.Random) -> None:
    """Two pieces in the place of each other."""
    size = dice.choice((1, 2, 4, 8, 32))
    first, second = (dice.randrange(len(data)) for _ in range(2))
    one, other = data[first : first + size], data[second : second + size]
    data[first : first + size], data[second : second + size] = other, one


def cut(data: Bytes, dice: random.Random) -> None:
    """The end is gone."""
    del data[dice.randrange(1, len(data) + 1) :]


def binary_number(data: Bytes, dice: random.Random) -> None:
    """A number of 2, 4 or 8 bytes, at its extremes."""
    size = dice.choice((2, 4, 8))
    at = dice.randrange(max(1, len(data) - size))
    value = dice.choice(EXTREMES) & ((1 << 8 * size) - 1)
    data[at : at + size] = value.to_bytes(size, dice.choice(("little", "big")))


def written_number(data: Bytes, dice: random.Random) -> None:
    """A number in text, at its extremes."""
    found = list(re.finditer(rb"[0-9.]+", data[:20_000]))
    if found:
        start, stop = dice.choice(found).span()
        word = dice.choice((*WORDS, str(dice.choice(EXTREMES))))
        data[start:stop] = word.encode()


def word(data: Bytes, dice: random.Random) -> None:
    """A word in the place of another."""
    found = list(re.finditer(rb"[A-Za-z_]{2,}", data[:20_000]))
    if found:
        (start, stop), other = dice.choice(found).span(), dice.choice(found).group()
        data[start:stop] = other


MUTATIONS: tuple[Callable[[Bytes, random.Random], None], ...] = (
    *(flip, replace, delete, insert, repeat, swap, cut, binary_number, written_number, word),
)


def mutated(data: bytes, seed: str) -> bytes:
    """The same change for the same seed, on every machine; some find nothing to change, alone."""
    dice, changed = random.Random(seed), bytearray(data)
    left = dice.choice((1, 1, 1, 2, 3))
    while changed and (left > 0 or changed == data):
        dice.choice(MUTATIONS)(changed, dice)
        left -= 1
    return bytes(changed)


def mutations(door: str, name: str, seed: int) -> Iterator[tuple[str, str, bytes, Any]]:
    """Without end: a seed, the file's name, its bytes, and the good file they were."""
    from good import GOOD

    number = 0
    while True:
        for good in GOOD[door, name]:
            which = f"{seed}/{number}/{good.name}"
            yield which, good.file, good.pack(mutated(good.data, which)), good
        number += 1


def fuzz(door: str, name: str, seed: int, count: int, child: Child) -> list[str]:
    """What went wrong with so many mutations of a format."""
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        changed = islice(mutations(door, name, seed), count)
        for number, (which, file, content, good) in enumerate(changed):
            ways = ("walk", "analyze") if number % 8 == 0 else ("walk",)
            path = Path(folder) / file
            path.write_bytes(content)
            said = child.told(["file", ways, door, str(path), dict(good.options)], Path(folder))
            faults += [f"{which}{wrong}" for wrong in _wrong(said)]
    return faults


def _wrong(said: Mapping[str, Any]) -> Iterator[str]:
    from cases import PEAK, SECONDS

    if "died" in said:
        yield f": {said['died']}"
        return
    for how, each in said.items():
        if each["outcome"] == "escaped":
            yield f" ({how}): {each['message'][-1500:]}"
        elif each["peak"] > PEAK or each["seconds"] > SECONDS:
            yield f" ({how}): {each['peak'] / 1e9:.2f} GB, {each['seconds']:.0f} s"
        elif each["outcome"] == "refused" and "/a" not in each["message"]:
            yield f" ({how}): refused without its name: {each['message'][:300]}"


def main() -> None:
    """The command line: so many files of every format."""
    from good import GOOD

    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", help="formats, such as torch; all by default")
    parser.add_argument("--count", type=int, default=5000, help="files of each format")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**9)
    given = parser.parse_args()
    failed = False
    for door, name in GOOD:
        if not given.names or name in given.names:
            with closing(Child()) as child:
                faults = fuzz(door, name, given.seed, given.count, child)
            print(f"{door} {name}: {given.count:,} files of seed {given.seed}, {len(faults)} bad")
            for fault in faults[:10]:
                print(f"  {fault}")
            failed = failed or bool(faults)
    sys.exit(failed)


if __name__ == "__main__":
    main()
