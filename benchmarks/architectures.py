"""Which timm architectures are compared, and by what rule.

22 modules of timm. Of each: the architectures of at most 30 M parameters, without timm's
``test_*``; those whose matrices all have the shapes of another one (the same network for another
image size) once; and of these at most five, evenly spread over the order of size.

``modules`` takes a module as a family, as the catalog does. That was chosen before anything was
measured, and asks the impossible of some: ``efficientnet`` holds MobileNetV1 and TinyNet,
``mlp_mixer`` gMLP and ResMLP. So ``designs``, added after that was seen, takes of each module the
one design that it is named after, and leaves out a design of one architecture.
"""

from __future__ import annotations

import re

import numpy as np

import zoo_spectra as zs
from zoo_spectra_timm.building import timm_library

MODULES = (
    *("cait", "coat", "convnext", "cspnet", "densenet", "dla", "dpn", "efficientnet", "ghostnet"),
    *("hrnet", "levit", "mlp_mixer", "mobilenetv3", "nfnet", "pit", "regnet", "res2net", "resnet"),
    *("rexnet", "vision_transformer", "vovnet", "xcit"),
)
# How the names of the one design begin, where a module holds others too.
DESIGNS = {
    "coat": "coat_(tiny|mini|small)",
    "cspnet": "cs(p|3)",
    "dla": r"dla\d+x?(_c)?$",
    "efficientnet": r"efficientnet_(b\d|lite\d)$",
    "ghostnet": "ghostnet_",
    "mlp_mixer": "mixer_",
    "mobilenetv3": "mobilenetv3_",
    "nfnet": ".*nfnet",
    "regnet": "regnet[xy]_",
    "res2net": "res2net",
    "resnet": r"resnet\d+$",
    "rexnet": "rexnet_",
    "vision_transformer": "vit_(tiny|xs|wee|pwee|little|small|medium)",
    "vovnet": "ese_vovnet",
}
MOST_PARAMETERS, MOST_OF_A_FAMILY = 30_000_000, 5
Choice = dict[str, list[str]]


def modules() -> Choice:
    """Of each module, its architectures, smallest first."""
    return {module: _chosen(module, "") for module in MODULES}


def designs() -> Choice:
    """Of each module, the architectures of the one design, smallest first."""
    found = {module: _chosen(module, DESIGNS.get(module, "")) for module in MODULES}
    return {module: names for module, names in found.items() if len(names) > 1}


def _chosen(module: str, begin: str) -> list[str]:
    sized: list[tuple[int, str]] = []
    seen: set[object] = set()
    for name in sorted(timm_library().list_models(module=module)):
        if name.startswith("test_") or not re.match(begin, name):
            continue
        ref = zs.list_networks(f"timm:{name}?seed=0")[0]
        if ref.parameters and ref.parameters <= MOST_PARAMETERS and ref.shapes not in seen:
            seen.add(ref.shapes)
            sized.append((ref.parameters, name))
    names = [name for _, name in sorted(sized)]
    spread = np.linspace(0, len(names) - 1, min(len(names), MOST_OF_A_FAMILY)).round()
    return [names[int(at)] for at in spread]
