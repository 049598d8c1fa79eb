"""A chart as the bytes of a file: vector graphics, or a picture of 216 dots per inch."""

from __future__ import annotations

import json
import resource
from typing import Any

from zoo_spectra.errors import FigureError

# Bytes of addresses, not of memory, that V8 sets aside to draw; without them it ends the process.
ROOM = 128 << 30
VERSION = "6.1"  # of Vega-Lite
NOWHERE: list[str] = []
PIXELS = 3.0  # of a PNG for each of the chart's


def written(chart: Any, suffix: str) -> bytes:
    """The chart in the format of a suffix of ``FILES``. Nothing is fetched from anywhere.

    Raises FigureError in a process that may not have the addresses.
    """
    _check_room()
    import vl_convert

    try:
        spec = json.dumps(chart.to_dict(), allow_nan=False)
    except ValueError as error:
        raise FigureError(
            "a curve of these networks has values that are no numbers; another program has written "
            "it: remove that network, and run the job again"
        ) from error
    match suffix:
        case ".svg":
            return vl_convert.vegalite_to_svg(spec, VERSION, allowed_base_urls=NOWHERE).encode()
        case ".png":
            return vl_convert.vegalite_to_png(
                spec, VERSION, scale=PIXELS, allowed_base_urls=NOWHERE
            )
        case _:
            return vl_convert.vegalite_to_pdf(spec, VERSION, allowed_base_urls=NOWHERE)


def _check_room() -> None:
    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    if most != resource.RLIM_INFINITY and most < ROOM:
        raise FigureError(
            f"drawing sets aside {ROOM / 1e9:.0f} GB of addresses (it uses little memory), and "
            f"this process may have {most / 1e9:.1f} GB: plot where ulimit -v is unlimited"
        )
