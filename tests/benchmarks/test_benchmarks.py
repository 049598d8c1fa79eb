"""The figures that the documentation quotes are those that the benchmarks wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from zoo_spectra.method.lapack import THREADED_TWO_STAGE_ORDER, TWO_STAGE_ORDER

ROOT = Path(__file__).resolve().parents[2]
RESULTS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in (ROOT / "benchmarks" / "results").glob("*.json")
}


def _both(what: str, figure: str) -> str:
    sides = (figure.replace("@", f"families[{side}]") for side in ("modules", "designs"))
    return f"| {what} | {' | '.join(sides)} |"


def _resolved(what: str, part: str, matched: str = "") -> str:
    shares = " | ".join(f"{{resolved[{part}][T{depth}][share]:.0%}}" for depth in (1, 2, 4, 8, 16))
    return f"| {what} | {shares} | {matched}| {{resolved[{part}][chance]:.0%}} |"


def _mice(what: str, name: str) -> str:
    low, high = (f"{{mice[{name}][interval][{bound}]:.0%}}" for bound in (0, 1))
    return f"| {what} | {{mice[{name}][share]:.0%}} | {low}–{high} |"


def _schedule(what: str, name: str, bound: str = "work") -> str:
    figures = (
        "{@[makespan]:,.0f} s | {@[bounds][LIMIT]:,.0f} s | {@[over_all_bounds]:.1%} | "
        "{@[decisions_per_second]:,}"
    )
    figures = figures.replace("LIMIT", bound).replace("@", f"scheduler[{name}]")
    return f"| {what} | {figures} |"


def _graph(name: str) -> str:
    figures = (
        "{@[nodes]:,} | {@[edges]:,} | {@[seconds]:.0f} s | {@[cpu_seconds]:.0f} s | "
        "{@[peak_gigabytes]:.1f} GB | {@[csd_error]:.2f}"
    )
    return f"| {name} | {figures.replace('@', f'large_graphs[graphs][{name}]')} |"


NEAREST = "@[nearest_in_family]"
TRAINED = (
    "{trained[among][trained][lite0-lite1]:.3f}, {trained[among][trained][lite0-lite2]:.3f} and "
    "{trained[among][trained][lite1-lite2]:.3f} apart"
)
BENCHMARKS = [
    _both("architectures, families", "{@[counts][architectures]}, {@[counts][families]}"),
    _both("median distance of two seeds", "{@[median_distance][seeds]:.3f}"),
    _both(
        "of two architectures of a family", "{@[median_distance][architectures_of_a_family]:.3f}"
    ),
    _both("of two families", "{@[median_distance][families]:.3f}"),
    _both(
        "nearest neighbour outside the architecture: same family",
        f"{{{NEAREST}[share]:.0%}} ({{{NEAREST}[interval][0]:.0%}}–{{{NEAREST}[interval][1]:.0%}})",
    ),
    _both("the same by chance", f"{{{NEAREST}[chance]:.0%}}"),
    _both("classes", "{@[classes][classes]}"),
    _both("adjusted Rand index against families", "{@[classes][adjusted_rand]:.2f}"),
    _both("V-measure", "{@[classes][v_measure]:.2f}"),
    _resolved("timm, one design each", "designs"),
    _resolved("timm, whole modules", "modules"),
    _resolved("timm, all of it, twins once", "zoo"),
    _resolved("mice, genotype", "mice", "{resolved[mice][matched][share]:.0%} "),
    "at most {resolved[trained][T1][among]:.3f} apart at T = 1 and "
    "{resolved[trained][T4][among]:.3f} at T = 4, and {resolved[trained][T1][to_random]:.3f} and "
    "{resolved[trained][T4][to_random]:.3f} from any",
    _mice("14 blocks and projections, symmetrised", "blocks_and_projections_symmetrised"),
    _mice("14 blocks and projections, as listed", "blocks_and_projections_as_listed"),
    _mice("14 blocks, symmetrised", "blocks_symmetrised"),
    _mice("14 blocks, as listed", "blocks_as_listed"),
    _mice("whole matrix, symmetrised", "whole_matrix_symmetrised"),
    _mice("whole matrix, as listed", "whole_matrix_as_listed"),
    _mice("NetLSD heat signature, weighted", "netlsd_weighted"),
    _mice("NetLSD heat signature, binary", "netlsd_binary"),
    _mice("entry by entry, knowing each node", "entries"),
    "| chance | {mice[chance]:.0%} | |",
    TRAINED,
    "**{compare_large[seconds]:.0f} s** and {compare_large[peak]:.2f} GB at the peak; "
    "*{compare_large[verdict]}*, p = {compare_large[p_value]}",
    "{trained[mean_to_random]:.2f} away on average",
    *map(_graph, RESULTS["large_graphs"]["graphs"]),
    _schedule("no failures", "sound"),
    _schedule("failures", "failures"),
    _schedule("four times the crashes and losses", "many_failures"),
    _schedule("no failures, a quarter of the memory", "little_memory", "memory"),
    "{scheduler[counts][networks]:,} networks ({scheduler[counts][tasks]:,} tasks)",
    "{scheduler[counts][workers]:,} workers on {scheduler[counts][nodes]} nodes",
    "at most {scheduler[bytes][per_network]} bytes a network",
    f"at most {max(RESULTS['scheduler']['tail'].values()):.2f} of a median unit after",
]
# (file, text with figures): write a figure as {families[designs][nearest_in_family][share]:.0%}.
QUERIES = RESULTS["query"]["networks"]["100000"]["after"]
EVIDENCE = [
    "{families[designs][counts][architectures]} timm architectures of "
    "{families[designs][counts][families]} designs",
    "{families[designs][median_distance][seeds]:.3f} e-folds apart, two architectures of one "
    "design {families[designs][median_distance][architectures_of_a_family]:.3f}, of two designs "
    "{families[designs][median_distance][families]:.3f}",
    "of the same design for {families[designs][nearest_in_family][share]:.0%} (chance "
    "{families[designs][nearest_in_family][chance]:.0%})",
    "{families[designs][classes][classes]} classes, adjusted Rand index "
    "{families[designs][classes][adjusted_rand]:.2f}, V-measure "
    "{families[designs][classes][v_measure]:.2f}",
    "{families[modules][counts][architectures]} architectures give "
    "{families[modules][nearest_in_family][share]:.0%}, "
    "{families[modules][classes][adjusted_rand]:.2f} and "
    "{families[modules][classes][v_measure]:.2f}",
    "{mice[blocks_and_projections_symmetrised][share]:.0%} have a nearest neighbour of their "
    "genotype (chance {mice[chance]:.0%})",
    "{mice[netlsd_weighted][share]:.0%} on the same weighted graphs and "
    "{mice[netlsd_binary][share]:.0%} on binary ones",
    "({mice[blocks_and_projections_symmetrised][interval][0]:.0%}–"
    "{mice[blocks_and_projections_symmetrised][interval][1]:.0%}); the whole matrix without blocks "
    "reaches {mice[whole_matrix_symmetrised][share]:.0%}",
    "matched nodes, {mice[entries][share]:.0%}",
    "for {resolved[designs][T4][share]:.0%} when four depths",
    "({resolved[modules][T4][share]:.0%} by depth)",
    "it is {resolved[mice][T4][share]:.0%} at four depths, and "
    "{resolved[mice][matched][share]:.0%} region by region",
    TRAINED,
    "lie {trained[mean_to_random]:.2f} away",
    "{scheduler[sound][over_work]:.1%} more time than the lower bound, "
    "{scheduler[failures][over_work]:.1%} with failures",
    f"look-up by name takes {QUERIES['network']:.2f} s and a family filter "
    f"{QUERIES['family']:.2f} s",
]
KINDS = ("network", "network_filter", "family", "count", "spectra_of_network")


def _times(label: str, size: str, when: str) -> str:
    times = RESULTS["query"]["networks"][size][when]
    return " | ".join([f"| {label}", *(f"{1000 * times[kind]:.0f} ms" for kind in KINDS)])


CATALOGS = [
    _times("1,000 in 2,000 parts", "1000", "before"),
    _times("1,000, compacted", "1000", "after"),
    _times("10,000, compacted", "10000", "after"),
    _times("100,000, compacted", "100000", "after"),
    f"took {RESULTS['query']['networks']['100000']['compaction_seconds']:.0f} s",
]
FLOOR, DRAWS, SCALE = RESULTS["floor"], RESULTS["circular"]["draws"], RESULTS["scaling"]
STAGES = RESULTS["stages"]["orders"]
PEERS, INITIAL, CLASSIFY = RESULTS["peers"], RESULTS["initialisation"], RESULTS["classify"]


def _floor(name: str) -> str:
    found = FLOOR["networks"][name]
    times = (f"{found[which][n]:.2f} s" for n in "12" for which in ("numpy", "ours"))
    ratios = (f"{found['ratio'][n]:.2f}" for n in "12")
    return f"| {name} | {' | '.join(times)} | {' | '.join(ratios)} |"


def _stages(order: str) -> str:
    settings = (STAGES[order][setting] for setting in ("alone", "beside", "threaded"))
    cells = (f"{s['one']:.3f} s | {s['two']:.3f} s | {s['ratio']:.2f}" for s in settings)
    return f"| {order} | {' | '.join(cells)} |"


def _peers(name: str) -> str:
    found = PEERS["models"][name]
    tools = ("zoo_spectra", "weightwatcher", "bristol")
    times = (f"{found['seconds'][tool]:.2f} s" for tool in tools)
    ratios = (f"{found['faster'][tool]:.1f}" for tool in tools[1:])
    return f"| {name} | {' | '.join(times)} | {' | '.join(ratios)} |"


def _classify(size: str) -> str:
    found = CLASSIFY["sizes"][size]
    return (
        f"| {int(size):,} | {found['classify_seconds']:.1f} s | {found['peak_gigabytes']:.1f} GB | "
        f"{found['classes']:,} | {found['exact']:.0%} |"
    )


def _mapping(name: str) -> str:
    found = RESULTS["mapping"]["networks"][name]
    return f"| {name} | {found['numpy']:.2f} s | {found['ours']:.2f} s | {found['ratio']:.2f} |"


def _cloud(size: str) -> str:
    found = RESULTS["large"]["clouds"][size]
    linked, within = found["linked"], found["within"]
    shares = f"{linked['in steps'] / int(size):.0%} | {linked.get('coarse', 0):,}"
    return (
        f"| {int(size):,} | {found['cpu_seconds']:.0f} s | {found['peak_gigabytes']:.1f} GB | "
        f"{found['classes']:,} | {shares} | {within['1.0']} | {within['0.9']} |"
    )


def _initial(name: str) -> str:
    found = INITIAL["networks"][name]
    ratio, numpy, peak = found["ratio"], found["over_numpy"], found["peak_bytes"]
    return (
        f"| {name} | {found['seconds']['whole']:.2f} s | {ratio['one_at_a_time']:.2f} | "
        f"{ratio['again']:.2f} | {numpy['whole']:.0%} | {numpy['again']:.0%} | "
        f"{peak['whole'] / 1e6:.0f} MB | {peak['one_at_a_time'] / 1e6:.0f} MB |"
    )


def _agreement(linkage: str) -> float:
    return min(r["adjusted_rand"] for r in CLASSIFY["agreement"] if r["linkage"] == linkage)


def _orders() -> str:
    ratios = (f"{FLOOR['orders'][n]['ratio']:.2f}" for n in ("1024", "2048", "4096"))
    return "{} of numpy's time at order 1024, {} at 2048 and {} at 4096".format(*ratios)


SPEED = [
    *map(_floor, FLOOR["networks"]),
    *map(_stages, STAGES),
    f"from order {TWO_STAGE_ORDER} on, or from order {THREADED_TWO_STAGE_ORDER} on where BLAS has",
    _orders(),
    *map(_peers, PEERS["models"]),
    f"{PEERS['faster']['weightwatcher']:.1f} times faster than weightwatcher and "
    f"{PEERS['faster']['bristol']:.0f} times faster than bristol",
    f"at most {RESULTS['circular']['largest_share']:.1%} of a network's time",
    f"{1000 * DRAWS['1024']['ours']:.1f} ms, {DRAWS['1024']['faster']:,.0f} times faster",
    f"{SCALE['mixed']['speed_up']:.2f} times as fast on two workers as on one",
    f"without a runner, gains {SCALE['mixed']['numpy']:.2f}",
    f"of {min(SCALE['mixed']['speed_ups']):.2f} to {max(SCALE['mixed']['speed_ups']):.2f}",
    f"{1000 * SCALE['mixed']['overhead']:.0f} ms for one of the {SCALE['mixed']['networks']}",
    f"{1000 * SCALE['tiny']['1600']['overhead']:.1f} ms a network",
    f"{SCALE['order']['4096']['beyond_process']:.1f} times its 8 N² bytes at order 4096",
    *map(_mapping, RESULTS["mapping"]["networks"]),
    *map(_classify, CLASSIFY["sizes"]),
    *map(_cloud, RESULTS["large"]["clouds"]),
    f"against the exact classes is at least {_agreement('average'):.2f} with average linkage, "
    f"{_agreement('single'):.2f} with single and {CLASSIFY['at_scale']['complete']:.2f} with "
    f"complete, but {_agreement('complete'):.2f} with complete at the smallest limit",
    *map(_initial, INITIAL["networks"]),
]
EVIDENCE += [
    f"at most {FLOOR['worst']['1']:.2f} of the time that bare numpy takes",
    f"{PEERS['faster']['weightwatcher']:.1f} times faster than weightwatcher's `analyze` and "
    f"{PEERS['faster']['bristol']:.0f} times faster than bristol's `cpse_measure`",
    f"10,000 networks are classified in {CLASSIFY['sizes']['10000']['classify_seconds']:.0f} s, "
    f"100,000 in {CLASSIFY['sizes']['100000']['classify_seconds'] / 60:.1f} minutes and "
    f"{CLASSIFY['sizes']['100000']['peak_gigabytes']:.1f} GB",
    f"adjusted Rand index {CLASSIFY['at_scale']['average']:.2f} to the exact ones on 10,000",
]


def _recovery(what: str, key: str) -> str:
    found = RESULTS["zoo"]["recovery"][key]
    near, classes = found["nearest"], found["classes"]
    return (
        f"| {what} | {found['architectures']:,}, {found['families']} | {near['share']:.0%} "
        f"({near['interval'][0]:.0%}–{near['interval'][1]:.0%}) | {near['chance']:.0%} | "
        f"{classes['classes']} | {classes['adjusted_rand']:.2f} | {classes['v_measure']:.2f} |"
    )


def _peer_features(what: str, key: str) -> str:
    found = RESULTS["zoo"]["peers"]["by"][key]
    cut, best = found["cut"], found["best"]
    return (
        f"| {what} | {found['nearest']:.0%} ({found['interval'][0]:.0%}–"
        f"{found['interval'][1]:.0%}) | {cut['adjusted_rand']:.2f} | {cut['v_measure']:.2f} | "
        f"{best['adjusted_rand']:.2f} at {best['classes']} |"
    )


def _quantile(of: str) -> float:
    return float(RESULTS["zoo"]["distances"][of]["quantiles"]["0.5"])


ZOO_PEERS = RESULTS["zoo"]["peers"]
NEAR = {key: f"{ZOO_PEERS['by'][key]['nearest']:.0%}" for key in ZOO_PEERS["by"]}
ZOO = [
    _recovery("all", "all"),
    _recovery("twins once", "distinct"),
    _recovery("22 designs, twins once", "designs"),
    _peer_features("CSD", "csd"),
    _peer_features("weightwatcher, means of its summary", "weightwatcher"),
    _peer_features("the same, ranked", "weightwatcher_ranks"),
    _peer_features("bristol, cPSE", "bristol"),
    _peer_features("three sizes, no spectrum", "sizes"),
    f"{ZOO_PEERS['architectures']} architectures of {ZOO_PEERS['families']} modules",
]
DISTINCT = RESULTS["zoo"]["recovery"]["distinct"]
EVIDENCE += [
    f"{DISTINCT['architectures']} timm architectures with different matrices: the nearest "
    f"neighbour is of the same module for {DISTINCT['nearest']['share']:.0%} (chance "
    f"{DISTINCT['nearest']['chance']:.0%})",
    f"adjusted Rand index {DISTINCT['classes']['adjusted_rand']:.2f}, V-measure "
    f"{DISTINCT['classes']['v_measure']:.2f}",
    f"two seeds are {_quantile('seeds'):.3f} e-folds apart, two architectures of a module "
    f"{_quantile('family'):.2f}, of two modules {_quantile('families'):.2f}",
    f"On {ZOO_PEERS['architectures']} of them the CSD finds {NEAR['csd']}, weightwatcher's means "
    f"{NEAR['weightwatcher']}, bristol's cPSE {NEAR['bristol']}, and three counts without a "
    f"spectrum {NEAR['sizes']}",
]
START = {name: found["ratio"] for name, found in RESULTS["start"]["commands"].items()}
SPEED.append(
    f"| {START['version']:.1f} | {START['help']:.1f} | {START['completion']:.1f} | "
    f"{START['import']:.1f} |"
)


def _names(library: str) -> str:
    found = RESULTS["names"]["libraries"][library]
    kinds = ("models", "not_built", "tensors", "of_two_dimensions", "weights", "disagreements")
    cells = (f"{found[kind]:,}" for kind in (*kinds, "unclear"))
    return f"| {library} | {' | '.join(cells)} |"


def _disagreements(name: str) -> int:
    listed = RESULTS["names"]["disagreements"]["transformers"]
    return sum(int(kind["tensors"]) for kind in listed if name in kind["name"])


NAMES = [
    *map(_names, RESULTS["names"]["libraries"]),
    f"(`rel_pos_bias.weight`, {_disagreements('rel_pos')} tensors)",
    f"(`visual_prompter.pad_up`, {_disagreements('pad_')} tensors)",
    *(f"{library} {RESULTS['names']['versions'][library]}" for library in ("transformers", "timm")),
]
QUANTISED = RESULTS["quantised"]["apart"]


def _quantised(name: str) -> str:
    return f"| {name} | {' | '.join(f'{apart:.4f}' for apart in QUANTISED[name].values())} |"


SPEED += [*map(_quantised, QUANTISED)]
LARGE_FILES = RESULTS["large_files"]["formats"]
SPEED += [
    f"| {name} | {found['gigabytes']:.1f} | {found['peak']:.2f} | {found['seconds']:.0f} |"
    for name, found in LARGE_FILES.items()
]
GPU = RESULTS["gpu"]
OVER = ("over_one_core", "over_all_cores")
RANGE = [
    [choose(found[over] for found in GPU["networks"].values()) for choose in (min, max)]
    for over in OVER
]


def _gpu(name: str) -> str:
    found = GPU["networks"][name]
    times = (f"{found[key]:.2f} s" for key in ("one_core_s", "all_cores_s", "gpu_s"))
    over = (f"{found[key]:.1f}" for key in OVER)
    return f"| {name} | {found['order_max']:,} | {' | '.join(times)} | {' | '.join(over)} |"


SPEED += [
    *map(_gpu, GPU["networks"]),
    f"by more than {max(map(float, (f['difference'] for f in GPU['networks'].values()))):.0e} of",
]
EVIDENCE += [
    f"{RANGE[0][0]:.1f} to {RANGE[0][1]:.0f} times as fast as one core, and {RANGE[1][0]:.1f} to "
    f"{RANGE[1][1]:.1f} times as {GPU['cores']} of them",
    f"for {RESULTS['resolved']['zoo']['T4']['share']:.0%} when four depths",
]
TRAINING = RESULTS["training"]


def _design(family: str) -> str:
    found = TRAINING["one_design"][family]
    return (
        f"| {family} | {found['trainings']} | {found['apart']:.3f} | {found['to_shuffled']:.3f} |"
    )


def _least_and_most(trained: bool) -> str:
    moved = [n["moved"] for n in TRAINING["networks"].values() if n["trained"] == trained]
    return f"{min(moved):.3f}, {max(moved):.3f}"


def _ends(family: str) -> str:
    moved = TRAINING["sizes"][family]["moved"]
    return f"{moved[0]:.2f} to {moved[-1]:.2f}"


SPEED += [
    *map(_design, TRAINING["one_design"]),
    f"| networks | {TRAINING['trained']} | {TRAINING['random']} |",
    f"median | {TRAINING['moved_trained']:.3f} | {TRAINING['moved_random']:.3f} |",
    f"| {_least_and_most(True)} | {_least_and_most(False)} |",
    f"All {TRAINING['beyond_random']} (95 %",
    f"at least {TRAINING['least_over_noise']:.1f} times what a second",
    f"CREPE from {_ends('crepe')}, EfficientNet-Lite from {_ends('efficientnet')}",
    f"(rank correlation {TRAINING['sizes']['neuralfoil']['rank_correlation']:.2f})",
]
EVIDENCE += [
    f"Of {TRAINING['trained']} trained networks of {TRAINING['families']} families",
    f"by {TRAINING['moved_trained']:.3f} e-folds in the median",
    f"({TRAINING['moved_random_most']:.3f} at most, {TRAINING['moved_random']:.3f} in the median)",
    f"in CREPE ({_ends('crepe')}), shrinks in EfficientNet-Lite ({_ends('efficientnet')})",
]
README = [
    f"20 GB is read within {max(found['peak'] for found in LARGE_FILES.values()):.1f} GB of memory"
]
CHEAPEST = RESULTS["cheapest"]["weights"]


def _with_interval(found: dict[str, Any]) -> str:
    return f"{found['median']:.2f} ({found['interval'][0]:.2f}–{found['interval'][1]:.2f})"


def _cheaper(kind: str, measure: str, cost: str, accuracy: str, weights: str = "first") -> str:
    found = CHEAPEST[weights][measure][kind][cost][accuracy]
    by_cost, kin = found["by_cost"], found["by_family"]
    best = "" if weights == "first" else ", best weights"
    cells = (
        f"{kind} {measure}, ε = {accuracy}, {cost}{best}",
        f"{found['pairs']}",
        f"{found['saved']:.0%}",
        _with_interval(by_cost["equivalent"]),
        _with_interval(by_cost["baseline"]),
        f"{kin['equivalent']['median']:.2f}",
        _with_interval(kin["baseline"]),
    )
    return f"| {' | '.join(cells)} |"


def _points(measure: str, key: str, who: str) -> str:
    found = CHEAPEST["first"][measure]["pairs"]["parameters"]["0.1"][key][who]
    return f"{found['median']:.2f}"


SPEED += [
    "{cheapest[counts][entries]} ImageNet entries of floats",
    "of {cheapest[counts][architectures]} architectures; {cheapest[counts][joined]} of them",
    *(
        _cheaper("pairs", measure, cost, "0.1")
        for measure in ("pooled", "depth")
        for cost in ("parameters", "gflops")
    ),
    *(_cheaper("picks", measure, "parameters", "0.1") for measure in ("pooled", "depth")),
    _cheaper("pairs", "pooled", "parameters", "0.3"),
    *(_cheaper("pairs", measure, "parameters", "0.1", "best") for measure in ("pooled", "depth")),
]
EVIDENCE += [
    "Of {cheapest[counts][joined]} architectures with an accuracy",
    f"differs by {_points('pooled', 'by_cost', 'equivalent')} points of acc@1 in the median, "
    f"another network of that cost by {_points('pooled', 'by_cost', 'baseline')}; in classes by "
    f"depth it is {_points('depth', 'by_cost', 'equivalent')} against "
    f"{_points('depth', 'by_cost', 'baseline')}",
    f"does as well: {_points('pooled', 'by_family', 'baseline')} against "
    f"{_points('pooled', 'by_family', 'equivalent')}, by depth "
    f"{_points('depth', 'by_family', 'baseline')} against "
    f"{_points('depth', 'by_family', 'equivalent')}",
]
COMPARE = RESULTS["compare"]
HALVES = ("tuning", "held")


def _share_of(found: dict[str, Any]) -> str:
    low, high = found["interval"]
    return f"{found['hits']} of {found['of']} ({low:.1%}–{high:.1%})"


def _halves(what: str, key: str) -> str:
    return f"| {what} | {' | '.join(_share_of(COMPARE[half][key]) for half in HALVES)} |"


def _lane(what: str, key: str) -> str:
    found = COMPARE["lanes"][key]
    cells = (f"{found[half]['hits']} of {found[half]['of']}, "
             f"{found[half]['false_positives']} false" for half in HALVES)  # fmt: skip
    return f"| {what} | {' | '.join(cells)} |"


def _uniform(what: str, found: dict[str, Any]) -> str:
    return f"| {what} | {found['pairs']} | {found['statistic']:.3f} | {found['p_value']:.2f} |"


def _said(right: str) -> str:
    rows = [COMPARE[half]["confusions"].get(right, {}) for half in HALVES]
    counts = (
        ", ".join(f"{verdict} {number}" for verdict, number in sorted(row.items())) or "–"
        for row in rows
    )
    return f"| {right.replace('|', ' or ')} | {' | '.join(counts)} |"


def _spectra_but(left_out: str) -> list[int]:
    """Related pairs that spectra alone find in each half, had one pair not been there."""
    of_half: dict[str, list[tuple[bool, float]]] = {half: [] for half in HALVES}
    for name, found in COMPARE["pairs"].items():
        related = found["right"].split("|")[0] not in ("unrelated", "different")
        if name != left_out:
            of_half[found["half"]].append((related, found["spectral"]))
    nearest = min(apart for related, apart in of_half["tuning"] if not related)
    assert not any(apart < nearest for related, apart in of_half["held"] if not related)
    return [sum(related and apart < nearest for related, apart in of_half[h]) for h in HALVES]


BUT_ORTHOGONAL = _spectra_but("orthogonal starts of two seeds")
TRUTHS = list(dict.fromkeys(right for half in HALVES for right in COMPARE[half]["confusions"]))
LANES = {
    "spectra alone, median distance": "spectra",
    "entries under one name, median cosine": "entries",
    "entries under one name, largest cosine": "entries_most",
    "digests alone": "digests",
    "names and shapes alone": "names",
    "`compare`": "compare",
}
SPEED += [
    _halves("recall of related", "recall"),
    _halves("false positives", "false_positives"),
    _halves("right verdict", "right_verdict"),
    _halves("of the related", "right_verdict_of_related"),
    _halves("p ≤ 0.01, of related with a p-value", "significant"),
    *(_lane(what, key) for what, key in LANES.items()),
    *map(_said, TRUTHS),
    f"find {BUT_ORTHOGONAL[0]} and {BUT_ORTHOGONAL[1]}",
    *(_uniform(f"unrelated pairs, {half}", COMPARE[half]["p_values"]) for half in HALVES),
    *(
        _uniform(f"perceptrons, {name}, {half}", COMPARE["cheap"][half][design])
        for name, design in (("ReLU", "small"), ("tanh", "small_tanh"))
        for half in HALVES
    ),
]
EVIDENCE += [
    f"{COMPARE['held']['recall']['hits']} of {COMPARE['held']['recall']['of']} related pairs",
    f"{COMPARE['held']['false_positives']['hits']} of "
    f"{COMPARE['held']['false_positives']['of']} unrelated ones",
    f"for {COMPARE['held']['right_verdict']['share']:.1%} of all",
    f"entries under one name find {COMPARE['lanes']['entries']['held']['hits']} of the related "
    f"ones, digests {COMPARE['lanes']['digests']['held']['hits']}, spectra "
    f"{COMPARE['lanes']['spectra']['held']['hits']} ({BUT_ORTHOGONAL[1]}",
]
QUOTES = [("benchmarks/README.md", text) for text in BENCHMARKS + CATALOGS + SPEED + ZOO + NAMES]
QUOTES += [("README.md", text) for text in README]
QUOTES += [("docs/evidence.md", text) for text in EVIDENCE]
MINILM = QUANTISED["minilm"]
QUOTES += [
    (
        "adapters/README.md",
        f"a MiniLM lies {MINILM['Q8_0']:.4f} e-folds away as Q8_0, {MINILM['Q5_0']:.3f} as Q5_0, "
        f"{MINILM['Q4_0']:.3f} as Q4_0, {MINILM['MXFP4']:.3f} as MXFP4",
    )
]


@pytest.mark.parametrize(("file", "text"), QUOTES)
def test_figures_are_those_of_the_benchmarks(file: str, text: str) -> None:
    written = " ".join((ROOT / file).read_text(encoding="utf-8").split())
    assert text.format(**RESULTS) in written


def test_every_result_names_the_command_that_wrote_it() -> None:
    assert RESULTS
    for name, found in RESULTS.items():
        python, option, module = found["command"].split()
        assert (python, option) == ("python", "-m")
        file = ROOT.joinpath(*module.split(".")).with_suffix(".py")
        assert f'"{module.removeprefix("benchmarks.")}"' in file.read_text(encoding="utf-8")
        assert file.stem == name


def test_trained_networks_are_one_class() -> None:
    assert RESULTS["trained"]["trained_in_one_class"]
    assert RESULTS["trained"]["trained_apart_from_random"]


@pytest.mark.parametrize("case", ["sound", "failures"])
def test_the_schedule_is_near_its_bound_and_fast(case: str) -> None:
    assert RESULTS["scheduler"][case]["over_work"] < 0.05
    assert RESULTS["scheduler"][case]["decisions_per_second"] > 5000


@pytest.mark.parametrize(
    ("setting", "least"), [("beside", TWO_STAGE_ORDER), ("threaded", THREADED_TWO_STAGE_ORDER)]
)
def test_two_stages_are_taken_where_they_are_faster(setting: str, least: int) -> None:
    taken = [found[setting]["ratio"] for order, found in STAGES.items() if int(order) >= least]
    assert taken
    assert max(taken) < 1


def test_the_spectra_are_those_of_weightwatcher() -> None:
    for model in PEERS["models"].values():
        assert model["agreement"]["layers"] > 30
        assert model["agreement"]["of_largest"] < 1e-6


def test_names_and_modules_disagree_on_nothing_else() -> None:
    found = RESULTS["names"]
    kinds = [kind["name"] for kinds in found["disagreements"].values() for kind in kinds]
    assert all("rel_pos_" in name or "visual_prompter.pad_" in name for name in kinds)
    unclear = [kind["name"] for kinds in found["unclear"].values() for kind in kinds]
    assert all(name.endswith(".w_g") for name in unclear)
    assert all(of["tensors"] == sum(of["reasons"].values()) for of in found["libraries"].values())


def test_a_cheaper_equivalent_beats_its_cost_and_not_its_family() -> None:
    """What docs/evidence.md says of it, in words."""
    found = {m: CHEAPEST["first"][m]["pairs"]["parameters"]["0.1"] for m in ("pooled", "depth")}
    for each in found.values():
        by_cost = each["by_cost"]
        assert by_cost["equivalent"]["interval"][1] < by_cost["baseline"]["interval"][0]
        assert by_cost["less"]["interval"][0] > 0
        assert each["saved"] == pytest.approx(0.5, abs=0.1)
        assert each["by_family"]["less"]["interval"][0] < 0.01
    kin = found["pooled"]["by_family"]
    assert kin["less"]["interval"][0] < 0 < kin["less"]["interval"][1]
