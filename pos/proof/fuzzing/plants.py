"""Wrong lines in parsers, which the fuzzing must find in the same run.

Apart from the parsers because each replaces a name of the product from the outside.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hardware import paper
from pos.proof.planting import Planting
from pos.sale import emvco, settlement
from pos.switch import reading


@dataclass(frozen=True, slots=True)
class Plant:
    """A wrong line: what it is, in which family it must be found, and how it is put in."""

    bug: str
    family: str
    plant: Callable[[Planting], None]


def _short_slice(planting: Planting) -> None:
    """A value that is cut short by the end of the payload is taken as it is."""

    def objects(payload: str) -> dict[str, str] | None:
        found: dict[str, str] = {}
        start = 0
        while start < len(payload):
            header = emvco._HEADER.match(payload, start)
            if header is None:
                return None
            found[header[1]] = payload[header.end() : header.end() + int(header[2])]
            start = header.end() + int(header[2])
        return found

    planting.attribute(emvco, "objects", objects)


def _any_amount(planting: Planting) -> None:
    """A success is taken whatever amount it is over."""
    planting.attribute(reading, "_same", lambda wired, _amount: wired is not None)


def _trusting_time(planting: Planting) -> None:
    """The year of a time in a settlement file is not looked at, nor its offset."""

    def time(text: str, _number: int) -> Any:
        return datetime.fromisoformat(text)

    planting.attribute(settlement, "_time", time)


def _raw_paper(planting: Planting) -> None:
    """Text goes to the printer as it came."""
    planting.attribute(paper, "printable", lambda text: text)


def _whole_header(planting: Planting) -> None:
    """A signature's base64 is decoded without being looked at."""
    from pos.switch import signature

    def signature_of(header: str) -> bytes:
        parts = signature._parts_of(header)
        raw: bytes = json.loads(parts["signature"])
        return raw

    planting.attribute(signature, "signature_of", signature_of)


PLANTS = {
    "short-slice": Plant("an object cut short is taken", "codes", _short_slice),
    "any-amount": Plant("a success over any amount is taken", "messages", _any_amount),
    "trusting-time": Plant("a file's times are not checked", "files", _trusting_time),
    "raw-paper": Plant("text is printed as it came", "paper", _raw_paper),
    "whole-header": Plant("a header is not checked", "headers", _whole_header),
}
