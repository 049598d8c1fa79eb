"""The architectures of timm: ``timm:resnet*?seed=1``, ``timm:vit_*?pretrained=true``."""

from zoo_spectra_timm.adapter import TimmAdapter

__all__ = ["TimmAdapter"]
