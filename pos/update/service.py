"""The till as systemd runs it: stopped, started, and whether it stays up.

Apart so that only this knows systemctl.
"""

import subprocess
import time
from dataclasses import dataclass

START_S_MAX = 200.0
GATE = "samkassa-gate.service"


@dataclass(frozen=True, slots=True)
class Service:
    """One unit."""

    unit: str

    @property
    def rests(self) -> bool:
        """Whether it can be asked to: a gate sells nothing, and has nobody to wait for."""
        return self.unit != GATE

    @property
    def active(self) -> bool:
        """Whether it runs, or is about to."""
        return self._told("ActiveState") in ("active", "activating", "reloading")

    @property
    def wanted(self) -> bool:
        """Whether it runs, or would if it could."""
        return self.active or self._told("ActiveState") == "failed"

    def stop(self) -> None:
        """Let it end what it is in."""
        _systemctl("stop", self.unit)

    def start(self) -> bool:
        """Whether systemd heard that it is ready."""
        _systemctl("reset-failed", self.unit)
        return _systemctl("start", self.unit).returncode == 0

    def stays(self, watch_s: float) -> bool:
        """Whether it runs for so long without having been started again."""
        first = self._told("MainPID")
        ends_s = time.monotonic() + watch_s
        while True:
            if self._told("ActiveState") != "active" or self._told("MainPID") != first:
                return False
            left_s = ends_s - time.monotonic()
            if left_s <= 0:
                return True
            time.sleep(min(1.0, left_s))

    def _told(self, name: str) -> str:
        return _systemctl("show", self.unit, f"--property={name}", "--value").stdout.strip()


def _systemctl(*words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - words of ours
            ["systemctl", *words],  # noqa: S607 - wherever the system has it
            capture_output=True, text=True, timeout=START_S_MAX, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return subprocess.CompletedProcess(words, 1, "", "")
