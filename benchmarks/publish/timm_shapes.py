"""Write the shapes of all architectures of the installed timm, as the adapter ships them.

python -m benchmarks.publish.timm_shapes

To be run when timm is pinned anew, or the rule of what is a constituent changes (``RULE`` of the
adapter's ``sketch.py``). Takes some ten minutes.
"""

from __future__ import annotations

from benchmarks.common import CONSOLE, ROOT
from zoo_spectra.sources import tell
from zoo_spectra_timm.building import timm_library
from zoo_spectra_timm.sketch import SHIPPED, draw, packed

PLACE = ROOT / "adapters" / "timm" / "src" / "zoo_spectra_timm" / SHIPPED


def main() -> None:
    timm = timm_library()
    names = sorted({*timm.list_models(), *timm.list_models(pretrained=True)})
    with tell(CONSOLE.print), CONSOLE.status(f"{len(names):,} architectures"):
        PLACE.write_bytes(packed({name: draw(name) for name in names}))
    CONSOLE.print(
        f"{PLACE.relative_to(ROOT)}: {PLACE.stat().st_size:,} bytes, {len(names):,} names"
    )


if __name__ == "__main__":
    main()
