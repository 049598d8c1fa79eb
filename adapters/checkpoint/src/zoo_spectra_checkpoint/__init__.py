"""Networks in files: ``checkpoint:weights/*.safetensors``, and npz, pt, pth and bin."""

from zoo_spectra_checkpoint.adapter import CheckpointAdapter
from zoo_spectra_checkpoint.tensors import Entry, TensorFile, open_tensors

__all__ = ["CheckpointAdapter", "Entry", "TensorFile", "open_tensors"]
