"""From the relations of all pairs to one verdict, with its evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from zoo_spectra.classes.comparing.along import Along
from zoo_spectra.classes.comparing.doubts import Known, doubt
from zoo_spectra.classes.comparing.facts import Fact
from zoo_spectra.classes.comparing.pairing import Pair, Pairing
from zoo_spectra.classes.comparing.relation import CHANGES, Change, Relation
from zoo_spectra.classes.comparing.rules import (
    MINOR,
    PART,
    RETRAINED,
    SAME_SHAPES,
    SIGNIFICANT,
)
from zoo_spectra.text import count, percent, visible

Verdict = Change | Literal["part_shared", "unrelated", "different"]
NAMED = 4  # constituents that a line names


@dataclass(frozen=True)
class Decided:
    """``related``: whether one is the other, or part of it, changed. ``p_value``: see ``along``.

    ``relations``: those given; what looks alike and is no evidence is unknown.
    """

    verdict: Verdict
    related: bool
    p_value: float | None
    evidence: tuple[str, ...]
    relations: tuple[Relation, ...]


@dataclass(frozen=True)
class _Sorted:
    """Pairs by what they say: related (``plain`` apart), unlike, not to be told.

    ``unseen``: not alike as they are stored, and not in the sample that was looked at whole.
    ``doubts``: of the last, those that look alike, by why that is no evidence.
    """

    related: tuple[int, ...]
    plain: tuple[int, ...]
    unlike: tuple[int, ...]
    unseen: tuple[int, ...]
    unknown: tuple[int, ...]
    doubts: Mapping[str, Sequence[int]]


def decide(
    one: Sequence[Fact],
    other: Sequence[Fact],
    pairing: Pairing,
    relations: Sequence[Relation],
    along: Along,
    artificial: bool,
) -> Decided:
    """The verdict on two networks, of their constituents and the relations of their pairs.

    ``artificial``: whether both are. Of several changes the greatest is the verdict, and the
    evidence counts them all.
    """
    test = along.test()
    significant = None if test is None else test.p_value <= SIGNIFICANT
    followed = 2 * sum(along.orders) >= max(1, len(along.orders))
    kinds = _sorted(relations, Known(artificial, significant, followed))
    verdict = _verdict(one, other, pairing, relations, kinds)
    relations = _doubted(relations, kinds)
    if verdict == "permuted":
        test = along.learned() or test
    lines = [_pairs_line(pairing, relations), *_most_changed(pairing, relations)]
    lines += _thin(verdict, pairing, kinds, relations)
    lines += _along_lines(along)
    for which, left in (("first", pairing.left_one), ("second", pairing.left_other)):
        if left:
            lines.append(f"only in the {which}: {_names(left)}")
    for which, again in (("first", pairing.again_one), ("second", pairing.again_other)):
        if again:
            lines.append(
                f"stored in one more place of the {which}, and taken as tied: {_names(again)}"
            )
    if test is not None:
        lines.append(
            f"p = {test.p_value:.2g} (at least {test.least:.2g} by the draws): {test.told}"
        )
    else:
        lines.append("no p-value: no hidden units are known whose order would be exchangeable")
        if verdict == "fine_tuned":
            lines.append("two trainings of one layer on the same data may be as alike")
    related = verdict not in ("unrelated", "different")
    return Decided(
        verdict, related, None if test is None else test.p_value, tuple(lines), tuple(relations)
    )


def _sorted(relations: Sequence[Relation], known: Known) -> _Sorted:
    doubts: dict[str, list[int]] = {}
    found: dict[str, list[int]] = {
        "related": [], "plain": [], "unlike": [], "unseen": [], "unknown": [],
    }  # fmt: skip
    for at, relation in enumerate(relations):
        if not relation.facts.get("looked_at_whole", True):
            found["unseen"].append(at)
        elif not relation.related:
            found[relation.kind].append(at)
        elif relation.plain:
            found["plain"].append(at)
        elif why := doubt(relation, known):
            found["unknown"].append(at)
            doubts.setdefault(why, []).append(at)
        else:
            found["related"].append(at)
    related, plain, unlike, unseen, unknown = (tuple(each) for each in found.values())
    return _Sorted(related, plain, unlike, unseen, unknown, doubts)


def _doubted(relations: Sequence[Relation], kinds: _Sorted) -> list[Relation]:
    found = list(relations)
    for why, places in kinds.doubts.items():
        for at in places:
            found[at] = replace(found[at], kind="unknown", told=f"{found[at].told}; {why}")
    return found


def _verdict(
    one: Sequence[Fact],
    other: Sequence[Fact],
    pairing: Pairing,
    relations: Sequence[Relation],
    kinds: _Sorted,
) -> Verdict:
    pairs = pairing.pairs
    left = [fact for fact in (*pairing.left_one, *pairing.left_other) if not fact.plain]
    partly = [pair for pair in pairs if pair.by == "extended"]
    whole = pairs and not (left or partly or kinds.unlike or kinds.unseen or kinds.unknown)
    if whole and all(relation.kind == "identical" for relation in relations):
        return "identical"
    sizes = [sum(fact.entries for fact in each) for each in (one, other)]
    shared = sum(pairs[at].entries for at in kinds.related)
    if not kinds.related or shared < PART * min(sizes):
        same = sum(pair.entries for pair in pairs if pair.by != "extended")
        if kinds.unlike and same >= SAME_SHAPES * max(sizes):
            return "unrelated"
        return "different"
    greatest = _greatest(pairs, relations, kinds.related)
    # Where an order was found in the sample the unseen may well be in another order too.
    unlike = kinds.unlike if greatest == "permuted" else (*kinds.unlike, *kinds.unseen)
    apart = sum(pairs[at].entries for at in unlike) + sum(fact.entries for fact in left)
    new = bool(left or partly or unlike)
    retrained = greatest == "fine_tuned" and not partly and apart <= RETRAINED * max(sizes)
    if new and not retrained:
        return "part_shared"
    return greatest


def _greatest(
    pairs: Sequence[Pair], relations: Sequence[Relation], related: Sequence[int]
) -> Change:
    """The greatest change; not of small pairs that cannot show what was done to the others."""
    kinds = {at: relations[at].kind for at in related}
    tuned = [at for at in related if kinds[at] == "fine_tuned"]
    others = [at for at in related if kinds[at] not in ("fine_tuned", "identical")]
    share = sum(pairs[at].entries for at in tuned) / sum(pairs[at].entries for at in related)
    most = [max((relations[at].change or 0.0 for at in some), default=0.0)
            for some in (tuned, others)]  # fmt: skip
    if others and share <= MINOR and most[0] <= most[1]:
        related = others
    found = {kinds[at] for at in related}
    return max((change for change in CHANGES if change in found), key=_rank)


def _rank(kind: str) -> int:
    return [*CHANGES].index(kind)  # type: ignore[arg-type]


def _pairs_line(pairing: Pairing, relations: Sequence[Relation]) -> str:
    if not pairing.pairs:
        return "no constituent could be paired"
    by = Counter(pair.by for pair in pairing.pairs)
    ways = ", ".join(f"{number:,} by {way}" for way, number in by.most_common())
    kinds = ", ".join(
        f"{number:,} {kind}" for kind, number in Counter(r.kind for r in relations).most_common()
    )
    return f"{count(len(pairing.pairs), 'pair')} ({ways}): {kinds}"


def _most_changed(pairing: Pairing, relations: Sequence[Relation]) -> list[str]:
    """A line a kind of change: what it is, where it is most."""
    lines = []
    for kind in dict.fromkeys(relation.kind for relation in relations):
        some = [
            (relation.change or 0.0, at)
            for at, relation in enumerate(relations)
            if relation.kind == kind and kind != "identical"
        ]
        if not some:
            continue
        _, at = max(some, key=lambda each: each[0])
        pair = pairing.pairs[at]
        beside = "" if len(some) == 1 else f", most changed of {len(some):,}"
        lines.append(f"{kind}: {shown(pair)}{beside}: {relations[at].told}")
    return lines


def shown(pair: Pair) -> str:
    """The name of a pair, both where they differ."""
    if pair.one.name == pair.other.name:
        return visible(pair.one.name)
    return f"{visible(pair.one.name)} = {visible(pair.other.name)}"


def _thin(
    verdict: str, pairing: Pairing, kinds: _Sorted, relations: Sequence[Relation]
) -> list[str]:
    """What was not taken for evidence, and why."""
    lines = []
    for why, places in kinds.doubts.items():
        lines.append(f"{_names([pairing.pairs[at].one for at in places])}: {why}")
    if kinds.plain:
        names = _names([pairing.pairs[at].one for at in kinds.plain])
        lines.append(f"{names}: equal, and so simple (zeros, ones, an identity) that many have it")
    if kinds.related and verdict in ("unrelated", "different"):
        share = sum(pairing.pairs[at].entries for at in kinds.related)
        lines.append(f"{count(share, 'entry', 'entries')} alike are less than {percent(PART)}")
    if verdict == "different" and not (kinds.unlike or kinds.related or kinds.doubts):
        lines.append("nothing could be compared entry by entry, so nothing is said of a relation")
    elif verdict == "different" and kinds.unlike:
        lines.append("the networks are of different architectures")
    return lines


def _along_lines(along: Along) -> list[str]:
    lines = []
    if along.orders:
        agree = sum(along.orders)
        lines.append(f"orders go on along the network in {agree} of {len(along.orders)} steps: the "
                     "columns of a layer are in the order of the rows before")  # fmt: skip
    if along.scales:
        agree = sum(along.scales)
        lines.append(f"scales of rows are undone by the columns of the next layer in {agree} of "
                     f"{len(along.scales)} steps")  # fmt: skip
    return lines


def _names(facts: Sequence[Fact]) -> str:
    names = [visible(fact.name) for fact in facts[:NAMED]]
    more = f" and {len(facts) - NAMED:,} more" if len(facts) > NAMED else ""
    return ", ".join(names) + more
