"""A text that must not leak: a customer's payment code is money until it is used.

Apart so that one class, and not the care of every caller, keeps codes out of logs and tracebacks.
"""

import hmac
from typing import NoReturn, SupportsIndex

_SHOWN = "Secret(…)"


class Secret:
    """Holds a text that only `reveal()` gives back; no printed form shows any of it.

    It cannot be pickled or deep-copied (TypeError), so `dataclasses.asdict` of a value that
    holds one fails instead of spilling it. Two are compared in constant time.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place that sends it."""
        return self._text

    def __len__(self) -> int:
        return len(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_octets(self._text), _octets(other._text))

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return _SHOWN

    def __str__(self) -> str:
        return _SHOWN

    def __format__(self, spec: str) -> str:
        return _SHOWN  # whatever the width or type asked for

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("A Secret cannot be pickled or copied; reveal() it where it is sent.")


def _octets(text: str) -> bytes:
    # A lone surrogate may come from a broken decoder; comparing it must not raise.
    return text.encode("utf-8", "surrogatepass")
