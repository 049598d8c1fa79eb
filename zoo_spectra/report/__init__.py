"""Pictures of a catalog: ``page`` is one HTML file that needs no network.

This face is light: what draws is loaded when it draws.
"""

from zoo_spectra.report.page import Written, write_report

__all__ = ["Written", "write_report"]
