"""One statement of the switch, compiled by SQLAlchemy: its text, and what to fill in and read out.

Apart from the connection that runs it because this alone knows SQLAlchemy's compiler from the
inside.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Boolean
from sqlalchemy.sql.compiler import SQLCompiler

from pos.proof.simulation.rows import Row

FEW = 2


@dataclass(frozen=True, slots=True)
class Statement:
    """One compiled statement: its text, and how to fill in and to read.

    `slots` tells for each placeholder where its value stands: at a number among those in the
    statement, or under a name among those given beside it; None when SQLAlchemy must say. `pick`
    takes them all where each stands under a name. `texts`
    are those of a statement with lists in it, by their lengths.
    """

    text: str
    compiled: SQLCompiler
    slots: tuple[int | str, ...] | None
    pick: Callable[[Mapping[str, Any]], Sequence[Any]] | None
    expands: bool
    names: tuple[str, ...]
    make: Callable[[Row], Any]
    texts: dict[tuple[int, ...], str] = field(default_factory=dict)


def prepare(compiled: SQLCompiler) -> Statement:
    """What is needed each time, worked out once; `compiled` lives in the cache for good."""
    # The driver takes a truth value for 0 or 1 by itself.
    changed = [
        name
        for name in compiled._bind_processors
        if not isinstance(compiled.binds[name].type, Boolean)
    ]
    if any((compiled.insert_prefetch, compiled.update_prefetch, changed)):
        raise NotImplementedError("A statement needs more of SQLAlchemy than stands here.")
    names = tuple(column.keyname for column in compiled._result_columns)
    expands = bool(compiled.post_compile_params)
    make = row_of(names)._make
    slots = _slots(compiled)
    return Statement(compiled.string, compiled, slots, _picking(slots), expands, names, make)


def _picking(slots: tuple[int | str, ...] | None) -> Callable[[Any], Sequence[Any]] | None:
    names = [slot for slot in slots or () if isinstance(slot, str)]
    if slots is None or len(names) < len(slots):
        return None
    if len(names) < FEW:  # itemgetter answers with a tuple only from here on
        return lambda given: [given[name] for name in names]
    return cast(Callable[[Any], Sequence[Any]], itemgetter(*names))


@cache
def row_of(names: tuple[str, ...]) -> Any:
    """The shape of a row, whose columns are attributes."""
    return namedtuple("Row", names, rename=True)


def _slots(compiled: SQLCompiler) -> tuple[int | str, ...] | None:
    """Where the value of each placeholder is found."""
    if compiled.cache_key is None or compiled._cache_key_bind_match is None:
        return None
    same, _ = compiled._cache_key_bind_match
    own = {
        compiled.bind_names[bind]: number
        for number, original in enumerate(compiled.cache_key[1])
        if not original.required
        for bind in same[original]
        if bind in compiled.bind_names
    }
    slots: list[int | str] = []
    for name in compiled.positiontup or ():
        bind = compiled.binds[name]
        if name not in own and not bind.required:
            return None
        slots.append(own.get(name, bind.key))
    return tuple(slots)


def filled(known: Statement, extracted: Any, given: Mapping[str, Any] | None) -> list[Any]:
    """The values of the placeholders, in order."""
    if known.slots is None:
        values = known.compiled.construct_params(
            cast(Any, given), extracted_parameters=extracted, escape_names=False
        )
        return [values[name] for name in known.compiled.positiontup or ()]
    return [
        extracted[slot].effective_value if isinstance(slot, int) else (given or {})[slot]
        for slot in known.slots
    ]


def expanded(
    known: Statement, extracted: Any, given: Mapping[str, Any] | None
) -> tuple[str, list[Any]]:
    """Text and values of a statement with a list in it: the text depends on the list's length."""
    if known.slots is None:
        return _expanded_anew(known, extracted, given)
    values: list[Any] = []
    lengths = []
    for value in filled(known, extracted, given):
        if isinstance(value, list | tuple):
            lengths.append(len(value))
            values += value
        else:
            values.append(value)
    text = known.texts.get(tuple(lengths))
    if text is None:
        text, _ = _expanded_anew(known, extracted, given)
        known.texts[tuple(lengths)] = text
    return text, values


def _expanded_anew(
    known: Statement, extracted: Any, given: Mapping[str, Any] | None
) -> tuple[str, list[Any]]:
    """The same as SQLAlchemy does it."""
    compiled = known.compiled
    values = compiled.construct_params(
        cast(Any, given), extracted_parameters=extracted, escape_names=False
    )
    full = compiled._process_parameters_for_postcompile(values)
    values = {**values, **full.additional_parameters}
    return full.statement, [values[name] for name in full.positiontup or ()]
