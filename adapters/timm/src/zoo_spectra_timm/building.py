"""Building timm's models: quietly, and with torch's global settings as they were."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

from zoo_spectra_timm.torchvision_repair import repair_torchvision


@cache
def timm_library() -> ModuleType:
    """The package timm, imported at the first call (seconds)."""
    with quiet():
        repair_torchvision()
        import timm

        return timm  # type: ignore[no-any-return]


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings, and nothing below an error in timm's log."""
    logger = logging.getLogger("timm")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


@contextmanager
def isolated(seed: int) -> Iterator[None]:
    """torch as in a fresh process after ``torch.manual_seed(seed)``; then as it was before.

    Only the CPU's generator is touched: models are built there.
    """
    import torch

    state, dtype = torch.get_rng_state(), torch.get_default_dtype()
    torch.default_generator.manual_seed(seed)
    torch.set_default_dtype(torch.float32)
    try:
        with torch.device("cpu"):
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_rng_state(state)


def meta_model(name: str) -> Any:
    """The model ``architecture`` or ``architecture.tag`` without values: shapes only."""
    import torch

    timm = timm_library()
    with quiet(), isolated(0), torch.device("meta"):
        return timm.create_model(name, pretrained=False)


def random_model(architecture: str, seed: int) -> Any:
    """As ``torch.manual_seed(seed); timm.create_model(architecture)`` builds it."""
    timm = timm_library()
    with quiet(), isolated(seed):
        return timm.create_model(architecture, pretrained=False)


def trained_model(name: str, state: dict[str, Any]) -> Any:
    """The model with the downloaded ``state``, converted by timm where its names are older."""
    timm = timm_library()
    with quiet(), isolated(0):
        overlay = {"state_dict": state}
        return timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay)


def custom_trained_model(name: str, file: str) -> Any:
    """The model with a file of its authors' own format, which timm reads (flexivit's npz)."""
    timm = timm_library()
    with quiet(), isolated(0):
        overlay = {"file": file, "custom_load": True}
        return timm.create_model(name, pretrained=True, pretrained_cfg_overlay=overlay)
