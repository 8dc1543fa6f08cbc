"""A running switch, and tills that pay into it, for the tests of the commands.

Apart from the tests so that the switch, which takes a second to start, is started once for each
test process; every till is a caller of its own, so the tests never see each other's payments.
"""

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from driving.tills import SwitchProcess, Till


@pytest.fixture(scope="session")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SwitchProcess]:
    """`pos switch`, running, with its books in a folder of its own."""
    with SwitchProcess(tmp_path_factory.mktemp("switch")) as running:
        yield running


_numbers = count(1)


@pytest.fixture
def till(switch: SwitchProcess, tmp_path: Path) -> Till:
    """A registered till in a fresh folder, without devices."""
    return switch.new_till(tmp_path / "till", f"till-{next(_numbers)}")
