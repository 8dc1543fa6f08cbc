"""Where in MQTT everything lies: three topics for each terminal, all of them retained.

Apart because both ends, the broker's list of rights and the tests must mean the same places.
"""

import re
from dataclasses import dataclass

PREFIX = "samkassa/terminal"
REPORT, PRESENCE, SETTINGS = "report", "presence", "settings"
EVERYTHING = f"{PREFIX}/+/+"

# MQTT 5: a message that lies in the broker tells how long it may still do so, and so how old it is,
# whatever the clocks say. A year: what is dead for that long is nobody's till any more.
KEPT_S = 31_536_000

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message that is retained. `age_s` is how long it has lain in the broker."""

    topic: str
    payload: bytes
    age_s: float = 0.0


def topic(name: str, kind: str) -> str:
    """The topic of terminal `name` for REPORT, PRESENCE or SETTINGS."""
    return f"{PREFIX}/{name}/{kind}"


def parts_of(told: str) -> tuple[str, str] | None:
    """Terminal and kind of a topic, None when it is none of ours."""
    front, _, kind = told.rpartition("/")
    prefix, _, name = front.rpartition("/")
    if prefix != PREFIX or not NAME.fullmatch(name):
        return None
    return (name, kind) if kind in (REPORT, PRESENCE, SETTINGS) else None
