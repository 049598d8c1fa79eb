"""What a null model says of a network, in a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def verdict(row: Mapping[str, Any]) -> str:
    """Distance, p and draws, of a row of ``against_nulls``."""
    if row["distance"] is None:
        return f"{row['draws']} draws; {row['note']}"
    units = "scatter 0" if row["units"] is None else f"{row['units']:.2f} scatters"
    text = (
        f"d {row['distance']:.4f} ({units}), p {row['p_value']:.4f} "
        f"(floor {row['floor']:.4f}), {row['draws']:,} draws"
    )
    return text if row["note"] is None else f"{text}; {row['note']}"
