"""Text made clean where it enters a row: what Arrow or a reader of JSON would refuse is escaped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

from zoo_spectra import text

# Columns that hold JSON objects.
_JSON = ("metadata", "versions")


def clean(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with every lone surrogate as an escape, also in JSON, which has no NaN then."""
    return {name: _clean(name, value) for name, value in row.items()}


def _clean(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    value = text.clean(value)
    suspicious = "\\u" in value or "NaN" in value or "Infinity" in value
    if name in _JSON and suspicious:
        try:
            return json.dumps(_plain(json.loads(value)), sort_keys=True)
        except (ValueError, RecursionError):
            return value
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return text.clean(value)
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {text.clean(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
