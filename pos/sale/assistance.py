"""Help: what a till that nobody stands at asks of the staff, and what they answered.

Apart, and pure, because both sides keep it in their journals: the till that asked, and the one
where somebody answered. It never moves money: an answer only lets an order be paid, or not.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pos.errors import IllegalMove

ANSWERS_KEPT_MAX = 32
WANTED_MAX = 8  # so many requests of one till are told and shown, the oldest first
TEXT_LENGTH_MAX = 60


class Cause(StrEnum):
    """Why somebody is wanted."""

    AGE = "age"  # an article needs proof of age: approved, or taken off the order
    CALL = "call"  # the customer pressed the button
    CAMERA = "camera"
    PRINTER = "printer"
    PAYMENT = "payment"  # one stayed open too long
    STOPPED = "stopped"  # the till sells nothing any more


@dataclass(frozen=True, slots=True)
class HelpAsked:
    """Somebody is wanted at `terminal`. `text` is the article's name, `age` in years, 0 for none.

    `at` is Unix seconds. Nothing in it is about a person.
    """

    help_id: str
    terminal: str
    cause: Cause
    text: str
    age: int
    at: float


@dataclass(frozen=True, slots=True)
class HelpAnswered:
    """`staff_id`, empty where nobody logs in, approved or refused at `terminal`."""

    help_id: str
    terminal: str
    approved: bool
    staff_id: str
    at: float


@dataclass(frozen=True, slots=True)
class HelpEnded:
    """Nobody is wanted any more: the order changed, the trouble is over, or it was a restart."""

    help_id: str
    at: float


AssistanceEvent = HelpAsked | HelpAnswered | HelpEnded

ASSISTANCE_EVENTS: tuple[type[AssistanceEvent], ...] = AssistanceEvent.__args__


@dataclass(slots=True)
class Assistance:
    """The fold: what is open, oldest first, and the newest answers by help id."""

    open: dict[str, HelpAsked] = field(default_factory=dict)
    answers: dict[str, HelpAnswered] = field(default_factory=dict)

    def check(self, event: AssistanceEvent) -> None:
        """Raise IllegalMove for an entry that does not fit; change nothing."""
        known = event.help_id in self.open
        if isinstance(event, HelpAsked):
            if known or event.help_id in self.answers:
                raise IllegalMove(f"Help {event.help_id} was asked for before.")
        elif not known:
            raise IllegalMove(f"Help {event.help_id} is not asked for.")

    def take(self, event: AssistanceEvent) -> None:
        """Take one entry in. Raises IllegalMove, having changed nothing."""
        self.check(event)
        if isinstance(event, HelpAsked):
            self.open[event.help_id] = event
            return
        del self.open[event.help_id]
        if isinstance(event, HelpAnswered):
            self.answers[event.help_id] = event
            if len(self.answers) > ANSWERS_KEPT_MAX:
                del self.answers[next(iter(self.answers))]


@dataclass(frozen=True, slots=True)
class HelpHeard:
    """Input: all that `terminal`, another till of the shop, wants now; nothing when it is silent.

    `whole` is False for one that is silent: what it wanted is not over for that. `heard` is the
    newest answer that it took, from whichever till that came.
    """

    terminal: str
    asked: tuple[HelpAsked, ...]
    heard: HelpAnswered | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class HelpTold:
    """Input: what another till of the shop answered."""

    answer: HelpAnswered


@dataclass(frozen=True, slots=True)
class AnswerHelp:
    """Input: whoever stands here approves, or refuses."""

    help_id: str
    approved: bool


HelpInput = HelpHeard | HelpTold | AnswerHelp


@dataclass(frozen=True, slots=True)
class HelpDesk:
    """As front ends may show it. `wanted` at other tills, to be answered here; `asked` of this
    one, open. `answers` given here are told until the asker asks no more; `heard` is the newest
    that this till was given."""

    wanted: tuple[HelpAsked, ...] = ()
    asked: tuple[HelpAsked, ...] = ()
    answers: tuple[HelpAnswered, ...] = ()
    heard: HelpAnswered | None = None
