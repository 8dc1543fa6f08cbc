"""What is known of a till before another release, and whether it is as well after it.

Apart from the taking because the same is asked of the old release, the new one, and the old one
once more. All of it is asked of the commands, as the till's own user: no file becomes root's.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pos.errors import PosError
from pos.update.place import Place
from pos.update.rest import Busy, NoDoor, resting
from pos.update.service import Service

COMMAND_S_MAX = 300.0
ANSWER_S_MAX = 90.0


class Unwell(PosError):
    """The release on trial is worse than the one before."""


@dataclass(frozen=True, slots=True)
class Before:
    """How it stood: the release, its faults, and the journal's end (64 hex digits, or empty)."""

    release: str
    faults: tuple[str, ...]
    head: str
    kept: str = ""


def faults(place: Place) -> tuple[str, ...]:
    """The parts that `pos check` finds at fault. Raises Unwell when it comes to no end."""
    done = ran(place, "check", "--json")
    try:
        parts = json.loads(done.stdout.splitlines()[-1])["parts"]
        return tuple(part["part"] for part in parts if part["standing"] == "fault")
    except (IndexError, KeyError, TypeError, ValueError) as fault:
        raise Unwell("pos check does not come to an end.") from fault


def kept_journal(place: Place, release: str) -> tuple[str, str]:
    """Keep the journal as it is; the path of the copy and its end, empty where there is none."""
    done = ran(place, "journal", "keep", release, own=True)
    if done.returncode != 0:
        raise Unwell(f"The journal cannot be kept: {done.stderr.strip()}")
    said = json.loads(done.stdout.splitlines()[-1])
    return str(said["path"]), str(said["head"])


def check_journal(place: Place, head: str) -> None:
    """Raise Unwell when the release that runs now cannot read the journal up to this end."""
    if not head:
        return
    for words in (("journal", "verify", "--head", head), ("payments",)):
        done = ran(place, *words)
        if done.returncode != 0:
            raise Unwell(done.stderr.strip() or f"pos {words[0]} fails.")


def tried(place: Place, service: Service, before: Before, watch_s: float) -> None:
    """Try the release that was just started. Raises Unwell with the reason.

    Meanwhile the till rests, so nothing is sold by a release that may have to go: that it says so
    shows that its engine, its journal and its screen's thread work together.
    """
    if not service.rests:
        _examine(place, service, before, watch_s)
        return
    try:
        with resting(place.state, ANSWER_S_MAX) as line:
            _examine(place, service, before, watch_s)
            line.listen()
    except Busy:
        raise Unwell("The till does not answer.") from None
    except NoDoor:
        raise Unwell("The till did not stay up.") from None


def _examine(place: Place, service: Service, before: Before, watch_s: float) -> None:
    worse = sorted(set(faults(place)) - set(before.faults))
    if worse:
        raise Unwell(f"pos check finds a fault that was not there: {', '.join(worse)}.")
    check_journal(place, before.head)
    if not service.stays(watch_s):
        raise Unwell("The till did not stay up.")


def ran(place: Place, *words: str, own: bool = False) -> subprocess.CompletedProcess[str]:
    """Run `pos WORDS` as the till's own user: of the release that is current, or of our own, for
    what an earlier one does not know."""
    program = {"POS_RELEASE_PROGRAM": str(Path(sys.executable).with_name("pos"))} if own else {}
    try:
        return subprocess.run(  # noqa: S603 - words of ours
            [place.pos, *words],
            capture_output=True, text=True, timeout=COMMAND_S_MAX, check=False,
            stdin=subprocess.DEVNULL, env=os.environ | program,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as fault:
        return subprocess.CompletedProcess(words, 1, "", f"pos {words[0]} does not end: {fault}")
