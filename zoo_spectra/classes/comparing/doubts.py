"""When two matrices that look alike are no evidence that one was made of the other."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_spectra.classes.comparing.relation import Relation
from zoo_spectra.classes.comparing.rules import EXACT, MATCHED_COSINE, SMALL_CHANGE

BY_ORDER = "alike, but not by the order of hidden units: two trainings on the same data may be"
BY_NATURE = "alike, as two brains with the same nodes are: only exact relations count there"
BY_FIT = "alike in an order that was looked for, which no next layer follows"


@dataclass(frozen=True)
class Known:
    """What the whole network says: whether both are ``artificial``; whether the order of hidden
    units is ``significant`` (None: no such units); whether orders that were found go on along the
    network (``followed``).
    """

    artificial: bool
    significant: bool | None
    followed: bool


def doubt(relation: Relation, known: Known) -> str | None:
    """Why a related pair is no evidence; None: it is.

    Brains of one species, and heavy-tailed matrices in an order that was fitted to them, are alike
    without being one. Where the order of hidden units says no, only a small change counts as
    fine-tuned; where there are no such units, a high cosine.
    """
    match relation.kind:
        case "permuted" if not relation.facts.get("exact", True):
            if not known.artificial:
                return BY_NATURE
            return None if known.followed else BY_FIT
        case "pruned" if not known.artificial:
            kept = relation.facts.get("change_of_kept")
            return None if isinstance(kept, float) and kept <= EXACT else BY_NATURE
        case "quantised" | "low_rank_update" | "fine_tuned" if not known.artificial:
            return BY_NATURE
        case "fine_tuned":
            return None if _is_tuned(relation, known.significant) else BY_ORDER
        case _:
            return None


def _is_tuned(relation: Relation, significant: bool | None) -> bool:
    if significant is None:
        return relation.cosine is not None and relation.cosine >= MATCHED_COSINE
    return significant or (relation.change is not None and relation.change <= SMALL_CHANGE)
