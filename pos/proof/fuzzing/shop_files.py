"""What a shop's day brings from outside: catalogues, staff files, receipts, audit files, displays.

Apart from the other parsers because their files are whole documents, refused with every fault.
"""

import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

from pos.display import read_sign
from pos.errors import AmountError, SettingsError, WrongUse
from pos.proof.fuzzing.parsers import Parser, hold
from pos.roster import Roster
from pos.saf_t import checking
from pos.sale.carried import taken_apart
from pos.sale.order import Discount
from pos.shelf import reading

CURRENCY, LANGUAGE = "NOK", "nb"
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in memory, used through tempfile


def _named(name: str, read: Callable[[Path], object]) -> Callable[[bytes], None]:
    """A reader that looks at a file's name, as a function of bytes."""

    def takes(data: bytes) -> None:
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
            path = Path(folder) / name
            path.write_bytes(data)
            read(path)

    return takes


def _catalogue(path: Path) -> None:
    catalogue = reading.load(path, CURRENCY, LANGUAGE)
    for product in catalogue.products:
        hold(product.price.value > 0, "a product has a price")
        hold(all(name.isprintable() for _, name in product.names), "a name is no command")


def _staff(path: Path) -> None:
    for member in Roster(path).members():
        hold(member.staff_id.isdecimal(), "a staff number is digits")
        kinds = {unicodedata.category(letter)[0] for letter in member.name}
        hold("C" not in kinds, "a name is no command")


def _audit(path: Path) -> None:
    checked = checking.check(path, lambda text, signature: bool(text and signature))
    hold(checked.count > 0 or not checked.broken, "what is broken was looked at")


def _sign(data: bytes) -> None:
    try:
        read_sign(data)
    except ValueError:
        return  # as it documents


def _discount(data: bytes) -> None:
    found = Discount.parse(data.decode("utf-8", "surrogateescape"), CURRENCY)
    hold(0 <= found.of(10_000) <= 10_000, "no discount is more than the price")


def _receipt(data: bytes) -> None:
    found = taken_apart(data.decode("utf-8", "surrogateescape"))
    if found is not None:
        hold(found.number > 0 and found.key.isascii() and found.signature.isascii(), "its parts")


SHOP_FILES: dict[str, Parser] = {
    "catalogue-toml": Parser(_named("products.toml", _catalogue), (SettingsError,)),
    "catalogue-csv": Parser(_named("products.csv", _catalogue), (SettingsError,)),
    "staff": Parser(_named("staff.toml", _staff), (SettingsError,)),
    "audit-file": Parser(_named("audit.xml", _audit), (WrongUse,)),
    "sign": Parser(_sign),
    "discount": Parser(_discount, (AmountError,)),
    "receipt": Parser(_receipt),
}
