"""Networks in files: ``checkpoint:weights/*.safetensors``, and the other formats of ``formats``."""

from zoo_spectra_checkpoint.adapter import CheckpointAdapter
from zoo_spectra_checkpoint.formats import format_of, open_tensors, read_state
from zoo_spectra_checkpoint.tensors import TensorFile

__all__ = [
    "CheckpointAdapter",
    "TensorFile",
    "format_of",
    "open_tensors",
    "read_state",
]
