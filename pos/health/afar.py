"""What a fleet is told of a till's machine: the parts that may be looked at again and again.

Apart from the whole examination because it runs inside a till that sells. The journal, the devices
and the link are left to the till itself, which knows them and has them.
"""

from collections.abc import Iterator
from pathlib import Path

from pos.config import Settings
from pos.fleet.report import Grade, Part
from pos.health.clock import clock
from pos.health.disk import room, wear
from pos.health.examination import ROOT
from pos.health.link import certificate, key
from pos.health.machine import power, temperature

WORDS_MAX = 300


def parts(settings: Settings, state: Path, root: Path = ROOT) -> Iterator[Part]:
    """Each part in its turn; it takes seconds at most, and none raises."""
    for each in (
        temperature(root),
        power(root),
        room(state, root),
        wear(state, root),
        key(settings),
        certificate(settings),
        clock(None, None, root),
    ):
        yield Part(
            part=each.part,
            grade=Grade(each.standing.value),
            found=each.found[:WORDS_MAX],
            remedy=each.remedy[:WORDS_MAX],
        )
