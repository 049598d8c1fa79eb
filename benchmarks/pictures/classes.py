"""A picture of docs/evidence.md: curves of a few networks, and a map of all with their classes.

python -m benchmarks.pictures.classes CATALOG -o docs/classes.png

CATALOG is made by jobs/demo.toml.
"""

from __future__ import annotations

import argparse
from io import BytesIO

import altair as alt
import vl_convert
from PIL import Image

import zoo_spectra as zs
from benchmarks.pictures.curves import curves
from benchmarks.pictures.map import map_of

SCALE = 1.35  # about 1300 pixels wide


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalog")
    parser.add_argument("-o", "--output", default="docs/classes.png")
    given = parser.parse_args()
    catalog = zs.Catalog(given.catalog)
    classes = catalog.classes().select("network_id", "class")
    networks = catalog.networks().join(classes, on="network_id").sort("source").collect()
    number, of = len(networks), networks["class"].n_unique()
    left = curves(networks).properties(title="A few networks")
    right = map_of(networks).properties(
        title=f"{number} networks, {of} classes at ε = 0.1 (outlined: two or more)"
    )
    legend = alt.LegendConfig(orient="bottom", columns=2, labelLimit=0, symbolStrokeWidth=2)
    chart = (
        alt.hconcat(left, right, spacing=24)
        .resolve_scale(color="independent", shape="independent", strokeDash="independent")
        .configure(font="DejaVu Sans", background="white", padding=8)
        .configure_view(stroke="#bbb")
        .configure_axis(
            labelFontSize=11, titleFontSize=12, gridColor="#eee", titleFontWeight="normal"
        )
        .configure_text(fontSize=11)
        .configure_title(fontSize=14, anchor="start", frame="group")
    )
    chart.config.legend = legend
    picture = Image.open(BytesIO(vl_convert.vegalite_to_png(chart.to_json(), scale=SCALE)))
    picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(given.output, optimize=True)


if __name__ == "__main__":
    main()
