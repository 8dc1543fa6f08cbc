"""The part of the lock that a till needs on a Raspberry Pi: closure.py PYPROJECT LOCK.

Prints pins with their hashes, for pip. Run it with the environment that `./run setup` makes: what
depends on what is read from the packages that are installed there.
"""

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PI = {
    "python_version": "3.13",
    "python_full_version": "3.13.5",
    "platform_machine": "aarch64",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}
# Of the system, with which its camera and pins must match.
FROM_APT = {"numpy", "lgpio", "picamera2"}


def applies(marker: Marker | None, extra: str = "") -> bool:
    """Whether something holds on the Pi."""
    return marker is None or marker.evaluate({**PI, "extra": extra})


def closure(wanted: list[Requirement]) -> set[str]:
    """The names of everything that these need."""
    found: set[tuple[str, str]] = set()
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        if name in FROM_APT:
            continue
        for extra in ("", *requirement.extras):
            if (name, extra) in found:
                continue
            found.add((name, extra))
            for line in metadata.requires(name) or []:
                needed = Requirement(line)
                if applies(needed.marker, extra):
                    wanted.append(needed)
    return {name for name, _ in found}


def pins(lock: str) -> list[tuple[str, Marker | None, str]]:
    """Name, marker and whole text of each pin."""
    told = []
    for block in re.split(r"\n(?=[a-z0-9])", lock):
        head = re.match(r"([a-z0-9-]+)(?:\[.*?\])?==\S+(?: ; (.*?))?\s*\\?$", block, re.MULTILINE)
        if head:
            kept = "\n".join(
                line for line in block.splitlines() if not line.strip().startswith("#")
            )
            kept = kept.rstrip().rstrip("\\").rstrip()
            told.append((head[1], Marker(head[2].strip()) if head[2] else None, kept))
    return told


def main() -> None:
    """Print the pins; the markers are decided here, for the Pi."""
    project = tomllib.loads(Path(sys.argv[1]).read_text("utf-8"))["project"]
    needed = closure([Requirement(line) for line in project["dependencies"]])
    for name, marker, text in pins(Path(sys.argv[2]).read_text("utf-8")):
        if name in needed and applies(marker):
            sys.stdout.write(
                re.sub(r" ; .*?(?= \\$)", "", text, count=1, flags=re.MULTILINE) + "\n"
            )


main()
