"""The signature chain of a finished audit file, checked against the cash register's public key.

Apart from the writing because whoever checks has the file and the key, and no till.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, iterparse

from pos.errors import WrongUse
from pos.sale.signing import FIRST

_SIGNED = ("transDate", "transTime", "nr", "transAmntIn", "transAmntEx")


@dataclass(frozen=True, slots=True)
class Checked:
    """`count` transactions were looked at; `broken` is the number of the first whose signature
    is not that of what stands there, or empty."""

    count: int
    broken: str


def check(path: Path, is_signature: Callable[[str, str], bool], previous: str = FIRST) -> Checked:
    """Follow the chain from the file's first transaction, which hangs on `previous`.

    `is_signature` says of a text and a signature whether they belong together. Raises WrongUse
    for a file that is no audit file.
    """
    count = 0
    for transaction in _transactions(path):
        count += 1
        told = {each.tag.rpartition("}")[2]: each.text or "" for each in transaction}
        text = ";".join((previous, *(told.get(name, "") for name in _SIGNED)))
        signature = told.get("signature", "")
        if not is_signature(text, signature):
            return Checked(count, told.get("nr", "?"))
        previous = signature
    return Checked(count, "")


def _transactions(path: Path) -> Iterator[Element]:
    try:
        for _, element in iterparse(path):  # noqa: S314 - no entity of it is expanded elsewhere
            if element.tag.endswith("}cashtransaction"):
                yield element
                element.clear()
    except (LookupError, OSError, ParseError, ValueError) as fault:  # also an unknown encoding
        raise WrongUse(f"{path} is not a whole audit file ({fault}); name another.") from fault
