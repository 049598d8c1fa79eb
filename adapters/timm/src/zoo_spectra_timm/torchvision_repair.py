"""torchvision beside a CPU build of torch.

timm imports torchvision, whose wheel for another build of torch cannot load its compiled
operators; its import then fails with ``operator torchvision::nms does not exist``, though timm
needs none of them. Declaring the two operators that it looks up lets the import go on. Where
torchvision imports cleanly nothing is changed.
"""

from __future__ import annotations

import importlib
import sys
from functools import cache
from typing import Any

SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def repair_torchvision() -> None:
    """Import torchvision, with its operators declared where it cannot find them."""
    if "torchvision" in sys.modules:
        return
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
        for name in [n for n in sys.modules if n.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        _declare_operators()
        importlib.import_module("torchvision")


@cache  # the declaration lasts as long as this object
def _declare_operators() -> Any:
    import torch

    make: Any = torch.library.Library  # untyped in torch
    library = make("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        library.define(operator + SCHEMA)
    return library
