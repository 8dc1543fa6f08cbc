"""Makes the package `proving` importable for the tests beside it.

Apart from it because the proof itself knows nothing of pytest.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in memory, used through tempfile


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A fresh folder, in memory where the machine has one: thousands of commits are synced."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        yield Path(name)
