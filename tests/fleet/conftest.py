"""A shop's broker as it ships, started once; every test has terminals of its own on it."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from pos.bench.broker import ShopBroker, mosquitto

NAMES = tuple(f"T{number}" for number in range(1, 40))


def new_broker(folder: Path, more: str = "") -> ShopBroker:
    """One that is not started."""
    if mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    return ShopBroker(folder, NAMES, more=more)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopBroker]:
    """For tests that leave it running."""
    with new_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[ShopBroker]:
    """For tests that stop it."""
    with new_broker(tmp_path / "broker") as running:
        yield running


_names = count(1)


@pytest.fixture
def name() -> str:
    """A terminal that no other test has."""
    return f"T{next(_names)}"
