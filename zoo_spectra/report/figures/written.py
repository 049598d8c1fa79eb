"""A chart as the bytes of a file: vector graphics, or a picture of 216 dots per inch."""

from __future__ import annotations

import json
from typing import Any

VERSION = "6.1"  # of Vega-Lite
NOWHERE: list[str] = []
PIXELS = 3.0  # of a PNG for each of the chart's


def written(chart: Any, suffix: str) -> bytes:
    """The chart in the format of a suffix of ``FILES``. Nothing is fetched from anywhere."""
    import vl_convert

    # NaN is no JSON: a figure has none, or it is at fault.
    spec = json.dumps(chart.to_dict(), allow_nan=False)
    match suffix:
        case ".svg":
            return vl_convert.vegalite_to_svg(spec, VERSION, allowed_base_urls=NOWHERE).encode()
        case ".png":
            return vl_convert.vegalite_to_png(
                spec, VERSION, scale=PIXELS, allowed_base_urls=NOWHERE
            )
        case _:
            return vl_convert.vegalite_to_pdf(spec, VERSION, allowed_base_urls=NOWHERE)
