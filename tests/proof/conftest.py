"""A folder in memory for the proof's own tests, which commit thousands of times.

Apart from the tests because all of them want it.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in memory, used through tempfile


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A fresh folder, in memory where the machine has one: thousands of commits are synced."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        yield Path(name)
