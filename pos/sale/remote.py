"""Somebody who is not in the shop at this till: a helper who looks on, an update that waits.

Apart from the office, whose people stand at the till: here nothing is done but with their leave,
and every coming, allowing and going is an entry of the journal.
"""

from dataclasses import dataclass

WHO_CHARACTERS_MAX = 60


@dataclass(frozen=True, slots=True)
class HelperCame:
    """A helper began to see this till's screen; `who` is what they call themselves."""

    session: str
    who: str
    at: float


@dataclass(frozen=True, slots=True)
class HelperAllowed:
    """From now on the helper's keys work the till. `by` is whose leave it is: a staff id, or empty
    where nobody logs in."""

    session: str
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class HelperRefused:
    """The helper may not, or no more, work the till; `by` as above."""

    session: str
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class HelperLeft:
    """The helper sees nothing any more. After a death of the till there is no such entry."""

    session: str
    at: float


HelperEvent = HelperCame | HelperAllowed | HelperRefused | HelperLeft


@dataclass(frozen=True, slots=True)
class HelperComes:
    """Input: somebody wants to see the screen."""

    session: str
    who: str


@dataclass(frozen=True, slots=True)
class HelperAsks:
    """Input: the helper wants to work the till, too."""

    session: str


@dataclass(frozen=True, slots=True)
class AnswerHelper:
    """Input: whoever stands here lets the helper work the till, or does not, or no more."""

    session: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class HelperGoes:
    """Input: the helper left, or was sent away."""

    session: str


@dataclass(frozen=True, slots=True)
class Rest:
    """Input: an update asks the till to begin nothing (`on`), again and again, or is done."""

    on: bool


RemoteInput = HelperComes | HelperAsks | AnswerHelper | HelperGoes | Rest

REMOTE_INPUTS: tuple[type[RemoteInput], ...] = RemoteInput.__args__


@dataclass(frozen=True, slots=True)
class Helper:
    """Who looks on. `asks` is whether they want to work the till, `drives` whether they may."""

    session: str
    who: str
    asks: bool = False
    drives: bool = False


@dataclass(frozen=True, slots=True)
class Remote:
    """One moment of it. `waits_for` is the language key of why an update has to wait, or empty."""

    helper: Helper | None = None
    resting: bool = False
    waits_for: str = ""
