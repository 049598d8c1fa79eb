"""Pictures of a catalog: ``figures`` for papers; ``page`` is one HTML file that needs no network.

This face is light: the command line names the figures in its help, and what draws is loaded when it
draws.
"""

from zoo_spectra.report.figures import (
    FIGURES,
    Figure,
    Picture,
    Wanted,
    check_kind,
    check_suffix,
    content_of,
    draw,
    draw_comparison,
    draw_groups,
)
from zoo_spectra.report.page import Written, write_report

__all__ = [
    "FIGURES",
    "Figure",
    "Picture",
    "Wanted",
    "Written",
    "check_kind",
    "check_suffix",
    "content_of",
    "draw",
    "draw_comparison",
    "draw_groups",
    "write_report",
]
