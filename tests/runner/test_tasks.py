"""Tasks from shapes: costs, memory, shares; identities that a second run can count on."""

from __future__ import annotations

import pytest

from zoo_spectra.method.analysis import Settings
from zoo_spectra.runner import tasks
from zoo_spectra.runner.tasks import flops, result_id, tasks_of
from zoo_spectra.sources.adapter import NetworkRef


def ref(*shapes: tuple[int, int], fingerprint: str = "") -> NetworkRef:
    return NetworkRef(
        "memory:a", "memory", "a", "artificial", shapes=shapes, fingerprint=fingerprint
    )


def test_the_cost_is_that_of_gram_and_eigenvalues() -> None:
    assert flops((10, 20)) == flops((20, 10)) == 2 * 100 * 20 + 4 / 3 * 1000


def test_a_small_network_is_one_task() -> None:
    (task,) = tasks_of(ref((100, 200), (50, 50)))
    assert (task.kind, task.key) == ("whole", ref().network_id)
    assert task.seconds > tasks.SECONDS_PER_NETWORK
    assert task.memory == 4 * 22500 + 16 * 20000 + 16 * 10000


def test_unknown_shapes_are_one_task_of_medium_size() -> None:
    unknown = NetworkRef("memory:a", "memory", "a", "artificial")
    assert [task.seconds for task in tasks_of(unknown)] == [tasks.UNKNOWN_SECONDS]


def test_a_large_network_is_split_evenly_and_always_the_same_way() -> None:
    shapes = [(4096, 4096)] * 20 + [(64, 64)] * 40
    made = tasks_of(ref(*shapes))
    assert made == tasks_of(ref(*shapes))
    assert len(made) == 5
    dealt = sorted(at for task in made for at in task.positions)
    assert dealt == list(range(60))
    loads = [sum(flops(shapes[at]) for at in task.positions) for task in made]
    assert max(loads) / min(loads) < 1.01
    assert {task.kind for task in made} == {"share"}


def test_one_giant_constituent_cannot_be_split() -> None:
    assert [task.kind for task in tasks_of(ref((20000, 20000)))] == ["whole"]
    made = tasks_of(ref((20000, 20000), (100, 100)))
    assert [task.positions for task in made] == [(0,), (1,)]


@pytest.mark.parametrize(
    "other",
    [
        (ref((3, 3), fingerprint="new"), Settings()),
        (ref((3, 3)), Settings(realisations=1)),
        (ref((3, 3)), Settings(exact_limit=100)),
    ],
)
def test_a_split_result_is_known_by_its_input(other: tuple[NetworkRef, Settings]) -> None:
    assert result_id(ref((3, 3)), Settings()) == result_id(ref((3, 3)), Settings())
    assert result_id(*other) != result_id(ref((3, 3)), Settings())
