"""What files beside the weights say of them: PEFT's adapter_config.json, how they are quantised."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

CONFIG = "adapter_config.json"
# Where the quantisation is described: in the network's configuration, or by itself.
QUANTISED = ("config.json", "quantize_config.json", "quant_config.json")
MAX_BYTES = 1 << 20


def beside(path: Path) -> Mapping[str, object]:
    """The settings of the low-rank adapters in a file called ``adapter_…``, where they are beside.

    ``quantization_config``: how a network is quantised, as transformers writes it.
    What is no legible configuration says nothing: the scales are unknown then.
    """
    found: dict[str, object] = {}
    for _, said in _said(path):
        found.update(said)
    return found


def files_beside(path: Path) -> tuple[Path, ...]:
    """The files that ``beside`` takes anything from."""
    return tuple(config for config, _ in _said(path))


def _said(path: Path) -> Iterator[tuple[Path, Mapping[str, object]]]:
    if path.name.startswith("adapter_"):
        found = _read(path.with_name(CONFIG))
        if found:
            yield path.with_name(CONFIG), found
    for name in QUANTISED:
        said = _read(path.with_name(name))
        inner = said.get("quantization_config") if name == QUANTISED[0] else said
        if isinstance(inner, dict) and inner:
            yield path.with_name(name), {"quantization_config": inner}
            return


def _read(config: Path) -> dict[str, Any]:
    try:
        if not config.is_file() or config.stat().st_size > MAX_BYTES:  # a pipe has no end
            return {}
        found = json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
