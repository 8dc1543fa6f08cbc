"""What a till tells of itself: its health, its version, what is unfinished and what it sold.

Apart from how it travels, and strict, because what is read may come from a broken till or from a
stranger. There is no person, code, phone number or payment in it: `pos.sale.facts` has none to
give, and the words of health are about machines.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

REPORT_BYTES_MAX = 16_384
PARTS_MAX = 32
CURRENCIES_MAX = 16

Word = Annotated[str, StringConstraints(max_length=64)]
Sentence = Annotated[str, StringConstraints(max_length=300)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Moment = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]  # Unix seconds


class Unreadable(ValueError):
    """The bytes are no message of this version."""


class Told(BaseModel):
    """What travels: JSON, of bounded length, checked when it is read."""

    # What a newer version tells more is left out, so that a mixed fleet is seen as a whole.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    def encoded(self) -> bytes:
        """As JSON."""
        return self.model_dump_json().encode()

    @classmethod
    def decoded(cls, payload: bytes) -> Self:
        """What `encoded` made. Raises Unreadable for anything else."""
        if len(payload) > REPORT_BYTES_MAX:
            raise Unreadable("It is too long.")
        try:
            return cls.model_validate_json(payload)
        except ValidationError as fault:
            raise Unreadable(f"It is no {cls.__name__.lower()} of this version.") from fault


class State(StrEnum):
    """What the connection itself tells."""

    UP = "up"
    CLOSED = "closed"  # it said goodbye
    LOST = "lost"  # its last will: nobody said goodbye


class Presence(Told):
    """Whether a terminal is there. `session` is of one connection: a will that comes late, after
    the terminal has come back, is known by it."""

    session: Word
    state: State


class Grade(StrEnum):
    """How a part stands; the words of `pos check`."""

    GOOD = "good"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    POOR = "poor"
    FAULT = "fault"


class Part(Told):
    """One part of the till, what was found of it, and what to do, or nothing."""

    part: Word
    grade: Grade
    found: Sentence = ""
    remedy: Sentence = ""


class Sums(Told):
    """What was ever sold and given back in one currency (ISO 4217), in minor units."""

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    sold: Count = 0
    given_back: Count = 0


class Pushed(Told):
    """What became of pushed settings: the last number that was answered, why it was refused or
    nothing, the number that waits for the end of a sale or 0, and why what was sent is not trusted.
    """

    answered: Count = 0
    refused: Sentence = ""
    waiting: Count = 0
    distrusted: Sentence = ""


class Report(Told):
    """One till at one moment; counts are since its journal began. It is told again after `every_s`
    seconds at the latest."""

    session: Word
    every_s: Annotated[float, Field(gt=0, le=86_400)]
    at: Moment
    started_at: Moment
    version: Word
    store: Word
    terminal: Word
    mode: Word = ""
    stopped: Sentence = ""
    training: bool = False
    open_payments: Count = 0
    open_refunds: Count = 0
    oldest_open_at: Moment | None = None
    last_payment_at: Moment | None = None
    shift: Count = 1
    sales: Count = 0
    returns: Count = 0
    sums: Annotated[tuple[Sums, ...], Field(max_length=CURRENCIES_MAX)] = ()
    parts: Annotated[tuple[Part, ...], Field(max_length=PARTS_MAX)] = ()
    pushed: Pushed = Pushed()

    @property
    def unfinished(self) -> int:
        """Payments and refunds whose outcome is not known yet."""
        return self.open_payments + self.open_refunds
