"""Journal entries as plain JSON values, and back.

Apart so that the journal stores bytes it need not understand and the entries stay dataclasses.
Amounts become `{"value": 12900, "currency": "NOK"}`; everything else is text, number or null.
"""

import types
from collections.abc import Callable
from dataclasses import fields
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from pos.errors import JournalDamaged
from pos.sale.history import ENTRIES, Entry
from pos.sale.money import Amount

_KINDS: dict[str, type[Entry]] = {kind.__name__: kind for kind in ENTRIES}


def encode(entry: Entry) -> tuple[str, dict[str, Any]]:
    """The entry's kind and its fields as JSON values."""
    body = {field.name: _plain(getattr(entry, field.name)) for field in fields(entry)}
    return type(entry).__name__, body


def decode(kind: str, body: dict[str, Any]) -> Entry:
    """The entry that `encode` took apart. Raises JournalDamaged for one that it never wrote."""
    try:
        readers = _READERS[kind]
        return _KINDS[kind](**{name: readers[name](value) for name, value in body.items()})
    except (KeyError, OverflowError, TypeError, ValueError) as fault:
        raise JournalDamaged(
            f"The journal holds a {kind!r} entry that this version cannot read; "
            "run the version that wrote it."
        ) from fault


def _plain(value: object) -> object:
    if isinstance(value, Amount):
        return {"value": value.value, "currency": value.currency}
    return str(value) if isinstance(value, StrEnum) else value


def _amount(value: Any) -> Amount:
    return Amount(value["value"], value["currency"])


def _reader(hint: Any) -> Callable[[Any], Any]:
    """What makes a field with this type of a JSON value."""
    if get_origin(hint) is types.UnionType:
        given = _reader(next(each for each in get_args(hint) if each is not types.NoneType))
        return lambda value: None if value is None else given(value)
    reader: Callable[[Any], Any] = _amount if hint is Amount else hint
    return reader


_READERS: dict[str, dict[str, Callable[[Any], Any]]] = {
    name: {field: _reader(hint) for field, hint in get_type_hints(kind).items()}
    for name, kind in _KINDS.items()
}
