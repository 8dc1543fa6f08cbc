"""A hostile server and a till that calls it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.switch.exchange import Exchange

sys.path.insert(0, str(Path(__file__).parent))

from hostile import Hostile, caller


@pytest.fixture
def server() -> Iterator[Hostile]:
    """A server to be told what to do."""
    hostile = Hostile()
    yield hostile
    hostile.close()


@pytest.fixture
def till(server: Hostile) -> Iterator[Exchange]:
    """The till's side."""
    ours = Exchange(caller(server.port))
    yield ours
    ours.close()
