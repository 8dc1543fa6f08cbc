"""Putting a wrong line into the running product from the outside, and taking it out again.

Apart because every gate plants bugs, and none may be left behind: the product knows of no bug,
and has no switch that turns one on.
"""

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from typing import Any


class Planting:
    """Replaced names and items; `uproot` puts everything back."""

    def __init__(self) -> None:
        self._back = ExitStack()

    def attribute(self, owner: object, name: str, value: object) -> None:
        """Let `owner.name` be `value`. AttributeError when there is no such name to replace."""
        before = vars(owner)[name] if name in vars(owner) else getattr(owner, name)
        setattr(owner, name, value)
        self._back.callback(setattr, owner, name, before)

    def item(self, mapping: MutableMapping[Any, Any], key: object, value: object) -> None:
        """Let `mapping[key]` be `value`. KeyError when there is no such key to replace."""
        before = mapping[key]
        mapping[key] = value
        self._back.callback(mapping.__setitem__, key, before)

    def uproot(self) -> None:
        """Put everything back, the last first."""
        self._back.close()


Plant = Callable[[Planting], None]


@contextmanager
def planted(plant: Plant | None) -> Iterator[None]:
    """The product with this bug in it, while the context lasts; None plants nothing."""
    planting = Planting()
    try:
        if plant is not None:
            plant(planting)
        yield
    finally:
        planting.uproot()
