"""Attributes in braces, as networkx writes them into text: literals, and nothing is run."""

from __future__ import annotations

import ast
import re
from typing import Any

from zoo_spectra.errors import FileFormatError

MAX_LENGTH, MAX_NESTING = 1 << 16, 20
_NUMPY = re.compile(r"\b(?:np|numpy)\.(?:float|int|uint)\d+\(([-+.\w]*)\)")


def attributes_of(text: str, where: str) -> dict[Any, Any]:
    """The dictionary that ``{'weight': 5.0, 'kind': 'chem'}`` is. Raises FileFormatError."""
    if len(text) > MAX_LENGTH or sum(map(text.count, "([{")) > MAX_NESTING:
        raise FileFormatError(f"{where}: its attributes are too long, or nested too deep")
    plain = _NUMPY.sub(r"\1", text)
    try:
        found = ast.literal_eval(plain.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise FileFormatError(
            f"{where}: its attributes {text[:60]!r} are no dictionary of plain values; write the "
            "list again with them, or without (networkx's data=False)"
        ) from error
    if not isinstance(found, dict):
        raise FileFormatError(f"{where}: its attributes {text[:60]!r} are no dictionary")
    return found
