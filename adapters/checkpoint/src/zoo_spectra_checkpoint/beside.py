"""What a file beside the weights says of them: PEFT's adapter_config.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

CONFIG = "adapter_config.json"
MAX_BYTES = 1 << 20


def beside(path: Path) -> Mapping[str, object]:
    """The settings of the low-rank adapters in a file called ``adapter_…``; nothing without them.

    What is no legible configuration says nothing: the scales are unknown then.
    """
    config = path.with_name(CONFIG)
    try:
        if not path.name.startswith("adapter_") or config.stat().st_size > MAX_BYTES:
            return {}
        found = json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
