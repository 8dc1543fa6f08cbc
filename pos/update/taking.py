"""Take another release up: wait, keep the journal, try it, and go back if it is worse.

Apart from the trial because here each step is noted before the next: a machine that loses its
power in between goes on from the note when it is on again.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pos.errors import PosError
from pos.update.place import TILLS, Place
from pos.update.rest import Busy, NoDoor, resting
from pos.update.service import Service
from pos.update.trial import Before, Unwell, check_journal, faults, kept_journal, ran, tried

Say = Callable[[str], object]


class RolledBack(PosError):
    """The release was worse than the one before, which is back."""


def take(place: Place, release: str, *, wait_s: float, watch_s: float, say: Say) -> None:
    """Let the till run `release`, between shifts.

    Raises Busy when it does not rest in time, with nothing changed, and RolledBack when the
    release was tried and left again.
    """
    if trial := place.note("trial"):
        finish(place, trial, wait_s=wait_s, watch_s=watch_s, say=say)
    if place.current == release:
        say(f"The till runs {release} already.")
        return
    place.folder(release)
    if why := place.refusal(release):
        raise RolledBack(f"{release} was tried and left: {why}")
    service = running()
    if service is None:
        _check_standing(place)
        place.point_to(release)
        say(f"{release} starts with the till.")
        return
    if not service.rests:
        before = _noted(place, release)
        service.stop()
        _try(place, service, release, before, watch_s, say)
        return
    try:
        with resting(place.state, wait_s) as line:
            # While the till rests nothing is written: what is kept is all there is.
            before = _noted(place, release)
            line.listen()
            if not line.rests:
                place.write_note("trial", {})
                raise Busy(line.waits_for)
            service.stop()
    except NoDoor:
        # A release from before the door: the journal tells what it can.
        _check_standing(place)
        before = _noted(place, release)
        service.stop()
    _try(place, service, release, before, watch_s, say)


def finish(place: Place, trial: dict[str, Any], *, wait_s: float, watch_s: float, say: Say) -> None:
    """Come to an end with a trial that a power cut broke off.

    Raises Busy while a shop sells with the release on trial, RolledBack as `take`.
    """
    release, before = str(trial["trying"]), _before(trial)
    if place.current != release:  # it never began
        place.write_note("trial", {})
        return
    service = next((each for each in map(Service, TILLS) if each.wanted), None)
    if service is None:
        raise Busy("")
    say(f"The trial of {release} was broken off and goes on.")
    if service.active and service.rests:
        # Alive and in a shift: there is no hurry to judge it.
        with suppress(NoDoor), resting(place.state, wait_s):
            pass
    _judge(place, service, release, before, watch_s, say, started=service.active)


def _before(trial: dict[str, Any]) -> Before:
    fields = {name: value for name, value in trial.items() if name != "trying"}
    return Before(**{**fields, "faults": tuple(fields["faults"])})


def running() -> Service | None:
    """The till of this machine that runs, or None."""
    return next((each for each in map(Service, TILLS) if each.active), None)


def _noted(place: Place, release: str) -> Before:
    kept, head = kept_journal(place, release)
    before = Before(place.current, faults(place), head, kept)
    place.write_note("trial", {"trying": release, **asdict(before)})
    return before


def _try(
    place: Place, service: Service, release: str, before: Before, watch_s: float, say: Say
) -> None:
    place.point_to(release)
    started = service.start()
    _judge(place, service, release, before, watch_s, say, started=started)


def _judge(
    place: Place,
    service: Service,
    release: str,
    before: Before,
    watch_s: float,
    say: Say,
    *,
    started: bool,
) -> None:
    try:
        if not started:
            raise Unwell("It did not start.")
        tried(place, service, before, watch_s)
    except Unwell as fault:
        _go_back(place, service, release, before, str(fault), say)
        raise RolledBack(f"{release} was left: {fault} The till runs {before.release}.") from fault
    place.write_note("trial", {})
    place.write_note("offered", {})
    place.forget_others(release, before.release)
    say(f"The till runs {release}.")


def _go_back(
    place: Place, service: Service, release: str, before: Before, why: str, say: Say
) -> None:
    say(f"{release}: {why} Back to {before.release}.")
    place.refuse(release, why)
    service.stop()
    place.point_to(before.release)
    try:
        check_journal(place, before.head)
    except Unwell as fault:
        # What the release on trial wrote, the one before cannot read. It sold nothing meanwhile.
        done = ran(place, "journal", "put-back", Path(before.kept).name, own=True)
        say(done.stdout.strip() or done.stderr.strip() or str(fault))
    place.write_note("trial", {})
    place.write_note("offered", {})
    if not service.start():
        raise RolledBack(
            f"{release} was left, and {before.release} does not come up either: look into "
            f"journalctl -u {service.unit}."
        )


def _check_standing(place: Place) -> None:
    """Raise Busy when by its journal the till is in the middle of something; Unwell when nobody
    can tell."""
    done = ran(place, "journal", "standing", own=True)
    if done.returncode == Busy.exit_code:
        raise Busy(done.stdout.strip())
    if done.returncode != 0:
        raise Unwell(f"The journal cannot be asked: {done.stderr.strip()}")
