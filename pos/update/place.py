"""The folders of an installation, and which release it runs.

Apart so that nothing else knows their names; `systemd/install.sh` makes the same.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pos.errors import WrongUse
from pos.folders import write_private

TILLS = (
    "samkassa-counter.service", "samkassa-kiosk.service", "samkassa-checkout.service",
    "samkassa-gate.service",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """`home` holds the releases, `state` is the till's folder, `pos` the command that runs as the
    till's own user, `trusted` whose releases are taken."""

    home: Path
    state: Path
    pos: str
    trusted: Path

    @classmethod
    def of_machine(cls) -> "Place":
        """As the installer lays it out, or as the environment says."""
        named = os.environ.get
        return cls(
            Path(named("POS_HOME", "/opt/samkassa")),
            Path(named("POS_STATE", "/var/lib/pos")),
            named("POS_PROGRAM", "/usr/local/bin/pos"),
            Path(named("POS_RELEASE_KEYS", "/etc/samkassa/release.pub")),
        )

    @property
    def current(self) -> str:
        """The release that runs, or empty."""
        link = self.home / "current"
        return link.readlink().name if link.is_symlink() else ""

    def folder(self, release: str) -> Path:
        """Where a release lies. Raises WrongUse for one that is not there, or is half."""
        folder = self.home / "releases" / release
        whole = folder / "whole"
        if "/" in release or not release or not whole.is_file() or not whole.stat().st_size:
            raise WrongUse(f"There is no whole release {folder}; stage it with pos update stage.")
        return folder

    def point_to(self, release: str) -> None:
        """From now on `release` is what starts; before and after, never neither."""
        fresh = self.home / "current.new"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(Path("releases") / release)
        fresh.replace(self.home / "current")
        _sync(self.home)

    def note(self, name: str) -> dict[str, Any]:
        """What was noted under a name ("offered", "trial"); empty when nothing was."""
        try:
            found: dict[str, Any] = json.loads((self.home / f"{name}.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found

    def write_note(self, name: str, fields: dict[str, object]) -> None:
        """Note it, durably, or when empty forget it."""
        path = self.home / f"{name}.json"
        if fields:
            write_private(path, json.dumps(fields).encode())
        else:
            path.unlink(missing_ok=True)
            _sync(self.home)

    def refusal(self, release: str) -> str:
        """Why a release was left again, or empty."""
        path = self.home / "releases" / release / "refused"
        return path.read_text("utf-8") if path.is_file() else ""

    def refuse(self, release: str, why: str) -> None:
        """Remember not to take it up again."""
        (self.home / "releases" / release / "refused").write_text(why, "utf-8")

    def forget_others(self, *kept: str) -> None:
        """Take away the releases that nobody would go back to."""
        for folder in (self.home / "releases").iterdir():
            if folder.name not in kept:
                if folder.is_symlink():
                    folder.unlink()
                else:
                    shutil.rmtree(folder, ignore_errors=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
