"""The rule by names agrees with the types of the modules that own the tensors."""

from __future__ import annotations

import pytest
from torch import nn

from zoo_spectra.sources.torch_module import read_tensors
from zoo_spectra.sources.weights import why_not
from zoo_spectra_timm.building import meta_model, timm_library

WEIGHT_BEARING = (
    nn.Linear,
    nn.modules.conv._ConvNd,
    nn.Embedding,
    nn.MultiheadAttention,
    nn.RNNBase,
    timm_library().layers.CondConv2d,
)
# One for every class of tensor that is no weight, over the families of timm.
ARCHITECTURES = [
    "bat_resnext26ts",
    "beit_base_patch16_224",
    "botnet26t_256",
    "cait_xxs24_224",
    "coat_tiny",
    "convit_tiny",
    "convnextv2_atto",
    "crossvit_tiny_240",
    "csatv2",
    "deit_tiny_distilled_patch16_224",
    "edgenext_xx_small",
    "efficientformer_l1",
    "efficientformerv2_s0",
    "efficientvim_m1",
    "efficientvit_m0",
    "eva02_tiny_patch14_224",
    "gcvit_xxtiny",
    "hiera_tiny_224",
    "iformer_t",
    "lambda_resnet26t",
    "levit_128s",
    "maxvit_rmlp_pico_rw_256",
    "maxvit_tiny_tf_224",
    "mixer_s32_224",
    "mvitv2_tiny",
    "naflexvit_base_patch16_gap",
    "nest_tiny",
    "nfnet_l0",
    "pit_ti_224",
    "regnetx_002",
    "resmlp_12_224",
    "resnet18",
    "resnet50x4_clip",
    "samvit_base_patch16",
    "sequencer2d_s",
    "swiftformer_xs",
    "swin_tiny_patch4_window7_224",
    "swinv2_tiny_window8_256",
    "tf_efficientnet_cc_b0_4e",
    "tnt_s_legacy_patch16_224",
    "visformer_tiny",
    "vit_base_patch16_siglip_224",
    "vit_relpos_small_patch16_224",
    "vit_tiny_patch16_224",
    "volo_d1_224",
    "xcit_nano_12_p16_224",
]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_names_agree_with_types(name: str) -> None:
    model = meta_model(name)
    by_type = [
        f"{path}.{key}".removeprefix(".")
        for path, module in model.named_modules(remove_duplicate=False)
        for key, parameter in module._parameters.items()
        if isinstance(module, WEIGHT_BEARING) and parameter is not None
        if parameter.ndim >= 2 and key != "gain"  # the gain of a weight-standardised convolution
    ]
    by_name = [key for key, t in model.state_dict().items() if why_not(key, tuple(t.shape)) is None]
    assert sorted(by_name) == sorted(by_type)
    assert by_name


def test_modules_used_twice_count_once() -> None:
    tensors = meta_model("coat_tiny").state_dict(keep_vars=True)
    names = list(read_tensors(tensors, "timm").stored)
    every = [key for key, t in tensors.items() if why_not(key, tuple(t.shape)) is None]
    assert len(every) > len(names) == len({id(tensors[key]) for key in every})
