"""Pictures of a catalog: ``figures`` for papers.

This face is light: the command line names the figures in its help, and loads what draws them later.
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
)

__all__ = [
    "FIGURES",
    "Figure",
    "Picture",
    "Wanted",
    "check_kind",
    "check_suffix",
    "content_of",
    "draw",
]
