"""What sources match, and what it would cost, for people."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from zoo_spectra.errors import ZooSpectraError, explain
from zoo_spectra.runner import Cost
from zoo_spectra.sources import Escape, NetworkRef, Scalar, get_adapter, opened
from zoo_spectra.terminal.cells import cell, name_column
from zoo_spectra.text import count


def network_listing(refs: Iterable[NetworkRef]) -> Table:
    """A row a network: name, kind, family, matrices, largest order, parameters, coverage.

    ``?``: unknown. Coverage is the share of the stored entries that are in matrices.
    """
    found = list(refs)
    table = Table()
    name_column(table, "network", (ref.name for ref in found))
    table.add_column("kind")
    table.add_column("family", overflow="fold")
    for title in ("matrices", "largest order", "parameters", "coverage"):
        table.add_column(title, justify="right")
    for ref in found:
        orders = [min(shape) for shape in ref.shapes or ()]
        table.add_row(
            cell(ref.name),
            ref.kind,
            cell(ref.family),
            str(len(orders)) if ref.shapes is not None else "?",
            str(max(orders)) if orders else "?",
            f"{ref.parameters:,}" if ref.parameters is not None else "?",
            f"{ref.coverage:.1%}" if ref.coverage is not None else "?",
        )
    return table


def peeked(ref: NetworkRef) -> dict[str, Scalar]:
    """What was understood of a network when it was read: its metadata; ``error`` if it was not."""
    try:
        network = opened(get_adapter(ref.adapter), ref)
    except (ZooSpectraError, Escape) as error:
        return {"error": str(error)}
    except Exception as error:  # a plug-in may raise anything
        return {"error": explain(error)}
    said = {f"{reason} (left out)": number for reason, number in network.left_out.items()}
    return {**network.metadata, **said}


def cost_lines(estimate: Cost) -> list[str]:
    """An estimate in words: core-hours, memory of a worker, largest order, what is unknown."""
    if not estimate.networks:
        return []
    order = f"{estimate.order_max:,}" if estimate.order_max is not None else "unknown"
    lines = [
        f"about {_hours(estimate.core_hours)}, {_gigabytes(estimate.memory)} for the largest "
        f"task, {estimate.parameters:,} parameters, largest order {order}"
    ]
    if estimate.unknown:
        size = "size is known only when it is read; it counts"
        sizes = "sizes are known only when they are read; they count"
        unknown = count(estimate.unknown, "network")
        lines.append(f"{unknown}: the {size if estimate.unknown == 1 else sizes} as medium")
    return lines


def _hours(hours: float) -> str:
    if hours < 1 / 60:
        return f"{hours * 3600:.1f} core-seconds"
    return f"{hours * 60:.1f} core-minutes" if hours < 1 else f"{hours:,.1f} core-hours"


def _gigabytes(memory: int) -> str:
    return f"{memory / 1e9:.1f} GB" if memory >= 1e8 else f"{memory / 1e6:.0f} MB"
