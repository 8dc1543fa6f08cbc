"""What holds for every test: a clean environment, and chance that can be repeated.

Apart from the tests so that none of them depends on the machine it runs on.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# What several folders of tests read with, such as `escpos_paper`.
sys.path.insert(0, str(Path(__file__).parent / "readers"))

# Everybody's run is the same run; `explore` looks for new examples instead.
settings.register_profile(
    "repeat", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))

# A shell without job control lets what it starts in the background ignore Ctrl+C, and each child
# inherits that: here commands are ended by it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What would make a terminal, a library or a child process behave as this machine is set up.
FOREIGN = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TEXTUAL", "LC_ALL", "LC_MESSAGES")
FOREIGN_ENDINGS = ("_proxy", "_PROXY")


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of this machine or of its till reaches a test, and no test writes to its till."""
    for name in list(os.environ):
        if name.startswith(("POS_", "GPIOZERO_", *FOREIGN)) or name.endswith(FOREIGN_ENDINGS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg-state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg-config"))
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TZ", "Europe/Oslo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def pseudo_terminals() -> None:
    """For tests that need a terminal of their own; a bare root may have none to give out."""
    try:
        ends = os.openpty()
    except OSError as fault:
        pytest.skip(f"no pseudo-terminal can be had here ({fault})")
    for end in ends:
        os.close(end)
