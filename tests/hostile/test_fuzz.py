"""Files that are changed a little, in many ways: read or refused, and nothing else."""

from __future__ import annotations

import pytest
from children import Child
from known import IDS, KNOWN

COUNT = 60  # files of each format, the same each time; ``make fuzz`` tries more


@pytest.mark.parametrize(("door", "name"), KNOWN, ids=IDS)
def test_changed_files(door: str, name: str, child: Child) -> None:
    from fuzz import fuzz

    faults = fuzz(door, name, 1, COUNT, child)
    assert not faults, "\n".join(faults[:10])


def test_a_mutation_is_the_same_each_time() -> None:
    from fuzz import mutated

    data = bytes(range(256)) * 3
    changed = [mutated(data, f"{number}") for number in range(300)]
    assert changed == [mutated(data, f"{number}") for number in range(300)]
    assert len(set(changed)) > 290
