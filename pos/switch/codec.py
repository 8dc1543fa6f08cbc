"""Bytes of the wire to messages and back: what both sides keep to, whatever the message says.

Apart from the messages in `wire.py` so that the rules against hostile and broken bytes (size,
depth, double keys, odd numbers) stand in one place, and are the same on the till and the switch.
"""

import json
import re
from datetime import datetime
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from pos.errors import PosError

BODY_BYTES_MAX = 65_536
DEPTH_MAX = 16
TEXT_CHARACTERS_MAX = 2048  # the longest scalar of the API: an URL

# What a terminal, a printer or the order of reading would obey: the controls but for blanks and
# line ends (ECMA-48), and the marks and overrides of direction (Unicode UAX 9). A zero character
# is among them, which no database keeps. `str.isprintable` is false of each of them, and quicker.
_COMMAND = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_TRUTHS = {True: "true", False: "false"}
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{\]}]', re.DOTALL)


class _Taken(dict[str, Any]):
    """An object that was taken leniently while it was read, so that nobody need look again."""


class WireError(PosError):
    """The bytes are not the message they should be; says which field, never what stood in it."""


class Message(BaseModel):
    """A message or a part of one: camelCase on the wire, snake_case here, frozen.

    Liberal when receiving: unknown fields are ignored, numbers and truth values are taken for
    strings, and an empty string counts as an absent field. So an empty string is never sent.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
        coerce_numbers_to_str=True,
        str_max_length=TEXT_CHARACTERS_MAX,
        hide_input_in_errors=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _leniently(cls, values: Any) -> Any:
        if isinstance(values, _Taken) or not isinstance(values, dict):
            return values
        taken = values
        for key, value in values.items():
            if type(value) is str and value and value.isprintable():
                continue  # nearly all
            if isinstance(value, str):
                if not value.isprintable() and _COMMAND.search(value):
                    raise ValueError("a text holds a character that is a command and no letter")
                if value:
                    continue
            elif value is not None and not isinstance(value, bool):
                continue
            taken = dict(values) if taken is values else taken
            if isinstance(value, bool):
                taken[key] = _TRUTHS[value]
            else:
                del taken[key]
        return taken


M = TypeVar("M", bound=Message)


def dump(message: Message) -> bytes:
    """Compact UTF-8 JSON of `message`: every scalar a string, absent fields left out."""
    # What `model_dump_json` calls, without a text in between.
    raw: bytes = message.__pydantic_serializer__.to_json(message, by_alias=True, exclude_none=True)
    return raw


def load(cls: type[M], raw: bytes) -> M:
    """The message of type `cls` in `raw`. Raises WireError, in which no content is repeated."""
    if len(raw) > BODY_BYTES_MAX:
        raise WireError(f"The message is longer than {BODY_BYTES_MAX} bytes.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise WireError("The message is not UTF-8.") from None
    _check_depth(text)
    try:
        fields = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise WireError("The message is not JSON.") from None
    if not isinstance(fields, dict):
        raise WireError("The message is not a JSON object.")
    try:
        # What `model_validate` calls.
        known: M = cls.__pydantic_validator__.validate_python(fields, by_alias=True, by_name=False)
    except ValidationError as error:
        raise WireError(_fault(error)) from None
    return known


def time_text(at: datetime) -> str:
    """`at` (aware) as the API spells times: ISO 8601 with offset, whole seconds."""
    if at.tzinfo is None:
        raise ValueError("A time on the wire carries its offset.")
    return at.isoformat(timespec="seconds")


def read_time(text: str) -> datetime:
    """The aware time in an ISO 8601 text. Raises WireError without a date, time and offset."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise WireError("A time is not ISO 8601.") from None
    if at.tzinfo is None:
        raise WireError("A time has no offset.")
    return at


def _check_depth(text: str) -> None:
    if text.count("{") + text.count("[") <= DEPTH_MAX:
        return  # not deeper than there are brackets
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        mark = match[0]
        if mark in "[{":
            depth += 1
            if depth > DEPTH_MAX:
                raise WireError(f"The message is nested deeper than {DEPTH_MAX}.")
        elif mark in "]}":
            depth -= 1


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two fields of one name would let two readers see two messages; refused.

    The object is taken as leniently as Message takes one, but for a text that commands: that is
    left for Message to refuse, which can name the field, and does not look where nobody reads.
    """
    fields = _Taken(pairs)
    if len(fields) != len(pairs):
        raise WireError("The message names a field twice.")
    for key, value in pairs:
        if type(value) is str:
            if value and value.isprintable():
                continue  # nearly all
            if not value.isprintable() and _COMMAND.search(value):
                return dict(pairs)
            if not value:
                del fields[key]
        elif value is None:
            del fields[key]
        elif value is True or value is False:
            fields[key] = _TRUTHS[value]
    return fields


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("not a JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)


def _fault(error: ValidationError) -> str:
    """Field and kind of the first fault; the value itself may be a secret."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(step) for step in first["loc"]) or "the message"
    return f"The field {where[:100]} is missing or wrong ({first['type']})."
