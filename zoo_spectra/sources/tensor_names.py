"""The parts of a tensor's name: dotted paths of torch, slashed ones of flax and keras."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def parts(name: str) -> list[str]:
    """``["a", "b", "kernel"]`` of ``a/b/kernel:0`` and of ``a.b.kernel``."""
    return re.split(r"[./]", name.removesuffix(":0"))


def leaf(name: str) -> str:
    """The last part."""
    plain = name.removesuffix(":0")
    return plain[max(plain.rfind("."), plain.rfind("/")) + 1 :]


def stem(name: str) -> str:
    """What stands before the last part, with its separator: siblings share it."""
    return name[: len(name.removesuffix(":0")) - len(leaf(name))]


@lru_cache(maxsize=4096)  # the parts of a network's names repeat
def words(part: str) -> frozenset[str]:
    """The words of one part in lower case: snake_case and CamelCase."""
    return frozenset(word.lower() for word in _WORD.findall(part))
