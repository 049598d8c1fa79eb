"""Write the shapes of every architecture of the installed timm, as the adapter ships them.

python -m benchmarks.publish.timm_shapes

To be run when timm is pinned anew, or the rule of what is a constituent changes (``RULE`` of the
adapter's ``sketch.py``). Takes some ten minutes.
"""

from __future__ import annotations

from benchmarks.common import CONSOLE, ROOT
from zoo_spectra.sources import tell
from zoo_spectra_timm.building import timm_library
from zoo_spectra_timm.names import weights_config
from zoo_spectra_timm.sketch import SHIPPED, Sketch, draw, packed

PLACE = ROOT / "adapters" / "timm" / "src" / "zoo_spectra_timm" / SHIPPED


def with_defaults(drawn: dict[str, Sketch]) -> dict[str, Sketch]:
    """And those of each architecture's default weights, for which timm makes the same network."""
    found = dict(drawn)
    for name, sketch in drawn.items():
        tag = weights_config(name).tag if timm_library().is_model_pretrained(name) else ""
        if tag:
            found[f"{name}.{tag}"] = sketch
    return found


def main() -> None:
    names = timm_library().list_models()
    with tell(CONSOLE.print), CONSOLE.status(f"{len(names):,} architectures"):
        sketches = with_defaults({name: draw(name) for name in names})
    PLACE.write_bytes(packed(sketches))
    size = PLACE.stat().st_size
    CONSOLE.print(f"{PLACE.relative_to(ROOT)}: {size:,} bytes, {len(sketches):,} names")


if __name__ == "__main__":
    main()
