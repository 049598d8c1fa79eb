"""Command lines over hostile things, in one process: how each ended, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cases import PEAK, SECONDS
from children import Child

Words = tuple[str, ...]
CODES = (0, 1, 2)  # all ok, some networks failed, a message
# What a terminal would obey, and what a name must not turn around.
CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def commanded(
    lines: Sequence[Words], folder: Path, child: Child
) -> tuple[list[dict[str, Any]], list[str]]:
    """What each command line gave, and what went wrong."""
    said = [child.told(["command", *words], folder) for words in lines]
    faults = [
        f"{' '.join(words)[:300]!r} {wrong}"
        for words, each in zip(lines, said, strict=True)
        if (wrong := _wrong(each))
    ]
    return said, faults


def _wrong(said: Mapping[str, Any]) -> str:
    if "died" in said:
        return f"ended the process: {said['died']}"
    text = said["out"] + said["err"]
    if "Traceback" in said["err"] or said["code"] not in CODES:
        return f"ended with {said['code']}: {said['err'][-1500:]}"
    if said["code"] == 2 and not said["err"].strip():
        return "was refused without a word"
    if found := CONTROL.search(text):
        return f"wrote {found[0]!r}: {text[max(0, found.start() - 200) : found.end() + 50]!r}"
    if said["peak"] > PEAK or said["seconds"] > SECONDS:
        return f"took {said['peak'] / 1e9:.2f} GB, {said['seconds']:.0f} s"
    return ""
