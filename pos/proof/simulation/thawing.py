"""Frozen records made quicker, in processes that do nothing but simulate.

Apart because it is about speed alone. A frozen dataclass sets each of its fields past a guard, and
a simulated sale makes hundreds of them. The guard keeps a programmer's mistake away, which the
tests and the types look for; what a record holds, compares and hashes like is the same without.
"""

import dataclasses
import sys
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

PACKAGE = "pos."
FEW = 2


def thaw() -> None:
    """Take the guard off every frozen dataclass of the product that is loaded by now."""
    for name, module in list(sys.modules.items()):
        if name.startswith(PACKAGE):
            if vars(module).get("replace") is dataclasses.replace:
                vars(module)["replace"] = _replaced
            for kind in list(vars(module).values()):
                if isinstance(kind, type) and kind.__module__ == name and _is_frozen(kind):
                    _thaw(kind)


def _is_frozen(kind: Any) -> bool:
    made = kind.__dict__.get("__dataclass_params__")
    return made is not None and made.frozen and "__setattr__" in kind.__dict__


def _thaw(kind: Any) -> None:
    """The same class with the __init__ that it would have if it were not frozen."""
    given = {field.name: _again(field) for field in dataclasses.fields(kind)}
    body: dict[str, Any] = {
        "__annotations__": {field.name: field.type for field in dataclasses.fields(kind)},
        "__module__": kind.__module__,
        **{name: field for name, field in given.items() if field is not None},
    }
    if hasattr(kind, "__post_init__"):
        body["__post_init__"] = kind.__post_init__
    twin: Any = dataclasses.dataclass(eq=False, repr=False)(type(kind.__name__, (), body))
    kind.__init__ = twin.__init__
    del kind.__setattr__, kind.__delattr__


def _replaced(record: Any, /, **changes: Any) -> Any:
    """As dataclasses.replace, which looks at every field anew each time."""
    kind: Any = type(record)
    read, places = _fields(kind)
    if read is None:
        return dataclasses.replace(record, **changes)
    values = list(read(record))
    for name, value in changes.items():
        values[places[name]] = value
    return kind(*values)


@cache
def _fields(kind: Any) -> tuple[Callable[[Any], tuple[Any, ...]] | None, dict[str, int]]:
    """What reads all of a record, and where each field stands in it; None for one whose fields
    cannot simply be given again in their order."""
    fields = dataclasses.fields(kind)
    names = [field.name for field in fields]
    if len(names) < FEW or any(field.kw_only or not field.init for field in fields):
        return None, {}
    return attrgetter(*names), {name: place for place, name in enumerate(names)}


def _again(field: Any) -> Any:
    """A field like this one, for another class; None for one that has nothing but a type."""
    told = {"init": field.init, "kw_only": field.kw_only}
    if field.default_factory is not dataclasses.MISSING:
        return dataclasses.field(default_factory=field.default_factory, **told)
    if field.default is not dataclasses.MISSING:
        return dataclasses.field(default=field.default, **told)
    return dataclasses.field(**told) if field.kw_only or not field.init else None
