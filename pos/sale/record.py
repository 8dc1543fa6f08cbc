"""Journal entries as plain JSON values, and back.

Apart so that the journal stores bytes it need not understand and the entries stay dataclasses.
Amounts become `{"value": 12900, "currency": "NOK"}`, every record within a record likewise an
object of its fields, tuples arrays; everything else is text, number or null.
"""

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from pos.errors import JournalDamaged
from pos.sale.history import ENTRIES, Entry

_PLAIN = frozenset({str, int, float, bool, type(None)})
_KINDS: dict[str, type[Entry]] = {kind.__name__: kind for kind in ENTRIES}


def encode(entry: Entry) -> tuple[str, dict[str, Any]]:
    """The entry's kind and its fields as JSON values."""
    kind: type = type(entry)
    return kind.__name__, {name: plain(getattr(entry, name)) for name in _names(kind)}


def decode(kind: str, body: dict[str, Any]) -> Entry:
    """The entry that `encode` took apart. Raises JournalDamaged for one that it never wrote."""
    try:
        return _READERS[kind](body)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as fault:
        raise JournalDamaged(
            f"The journal holds a {kind!r} entry that this version cannot read; "
            "run the version that wrote it."
        ) from fault


def plain(value: Any) -> object:
    """A value of dataclasses, tuples, texts and numbers as JSON values."""
    kind: type = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if names := _names(kind):
        return {name: plain(getattr(value, name)) for name in names}
    return value


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """The fields of a dataclass; none of anything else."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def _reader(hint: Any) -> Callable[[Any], Any]:
    """What makes a field with this type of a JSON value."""
    if get_origin(hint) is types.UnionType:
        given = _reader(next(each for each in get_args(hint) if each is not types.NoneType))
        return lambda value: None if value is None else given(value)
    if get_origin(hint) is tuple:  # of any length, of one type
        each_of = _reader(get_args(hint)[0])
        return lambda value: tuple(each_of(each) for each in value)
    reader: Callable[[Any], Any] = record(hint) if is_dataclass(hint) else hint
    return reader


def record(kind: Any) -> Callable[[Any], Any]:
    """What makes one of these dataclasses of what `plain` made of it. It raises AttributeError,
    KeyError, OverflowError, TypeError or ValueError for anything else."""
    readers = {field: _reader(hint) for field, hint in get_type_hints(kind).items()}
    return lambda body: kind(**{name: readers[name](value) for name, value in body.items()})


_READERS: dict[str, Callable[[Any], Entry]] = {name: record(kind) for name, kind in _KINDS.items()}
