"""Connectomes as networks for zoo_spectra: ``connectome:PATTERN?option=value&…``."""

from zoo_spectra_connectome.adapter import ConnectomeAdapter
from zoo_spectra_connectome.graphs import network_from_graph

__all__ = ["ConnectomeAdapter", "network_from_graph"]
