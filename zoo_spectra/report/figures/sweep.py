"""Classes by accuracy: how many at each ε, and how good."""

from __future__ import annotations

import altair as alt

from zoo_spectra import classes
from zoo_spectra.defaults import DEFAULT_ACCURACY
from zoo_spectra.report.figures import Picture, Wanted
from zoo_spectra.report.figures.chosen import chosen, condition_of
from zoo_spectra.report.figures.style import (
    HEIGHT,
    REFERENCE,
    WIDTH,
    colour,
    dash,
    dressed,
    inline,
    key,
    shape,
)
from zoo_spectra.text import count

COUNTS = {"classes": "classes", "largest": "members of the largest", "singletons": "alone"}
MEANS = {"silhouette": "silhouette", "stability": "stability"}


def picture(wanted: Wanted) -> Picture:
    """Errors as ``chosen`` and ``classes.sweep``."""
    found = chosen(wanted)
    rows = classes.sweep(wanted.catalog, wanted.linkage, wanted.measure, condition_of(wanted))
    x = alt.X("x:Q", title="ε, in e-folds (log axis)").scale(type="log", nice=False)
    number = alt.Y("y:Q", title="networks, classes (log axis)").scale(type="log")
    share = alt.Y("y:Q", title="mean over networks")
    panels = []
    for names, y in ((COUNTS, number), (MEANS, share)):
        data = [
            {"x": row["accuracy"], "y": row[name], "which": which}
            for row in rows.iter_rows(named=True)
            for which, name in enumerate(names)
            if row[name] is not None and (row[name] > 0 or names is MEANS)
        ]
        chart = alt.Chart(inline(data))
        line, spots = chart.mark_line(strokeWidth=1.5), chart.mark_point(filled=True, size=28)
        default = alt.Chart(inline([{"x": DEFAULT_ACCURACY}]))
        default = default.mark_rule(color=REFERENCE, strokeDash=[3, 3])
        panel = alt.layer(
            default.encode(x="x:Q"),
            line.encode(x=x, y=y, color=colour(), strokeDash=dash()),
            spots.encode(x=x, y=y, color=colour(), shape=shape()),
        )
        panels.append(panel.properties(width=WIDTH, height=0.75 * HEIGHT))
        panels.append(key(list(names.values()), lines=True))
    said = [
        f"Classes of {count(found.rows.height, 'network')} by accuracy: {wanted.measure} distance, "
        f"{wanted.linkage} linkage; dashed: the default ε = {DEFAULT_ACCURACY:g}",
        *found.left_out,
    ]
    best = rows.filter("best")
    if best.height:
        accuracy, of, value = best.select("accuracy", "classes", "silhouette").row(0)
        many = count(of, "class", "classes")
        said.insert(1, f"best silhouette at ε = {accuracy:g}: {many}, silhouette {value:.3f}")
    return Picture(dressed(alt.vconcat(*panels), said), tuple(said))
