"""The parsers under attack, each as a function of bytes, with the errors that it documents.

Apart from the engine that feeds them, so that adding a parser is one entry here and a line of
the corpus. A function here returns when a promise holds and raises `Broken` when one does not.
"""

import ipaddress
import json
import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hardware.devices import PrintLine
from hardware.paper import CODE_PAGE, ROWS_MAX, cells, set_line, typed
from pos import config
from pos.errors import AmountError, JournalDamaged, PosError, SettingsError, WrongUse
from pos.journal import Row
from pos.sale import code, emvco
from pos.sale.history import History
from pos.sale.money import Amount
from pos.sale.record import decode, encode
from pos.sale.settlement import FileRefused, StatementReader
from pos.scheme import mpm, partner_file
from pos.scheme.coupon_table import read_coupons
from pos.scheme.targets import Target
from pos.scheme.terms import Terms
from pos.switch import signature
from pos.switch.pairing import PairingCode, qr_text, read_qr, switch_url
from pos.switch.wire import WireError, read_time
from pos.switch.witness import Mark

COLUMNS = 42
_SYMBOLOGIES = ("QR", "Code128", "EAN13", "EAN8", "UPCA", "DataMatrix", "PDF417", "")
_DIGITS = re.compile(r"\d{12,19}", re.ASCII)


class Broken(AssertionError):
    """A promise that does not hold for this input."""


@dataclass(frozen=True, slots=True)
class Parser:
    """`takes` one input; it may raise `refuses` and nothing else."""

    takes: Callable[[bytes], None]
    refuses: tuple[type[PosError], ...] = ()

    def __call__(self, data: bytes) -> None:
        """Read `data`; returns also when it is refused as documented."""
        try:
            self.takes(data)
        except self.refuses:
            return


def hold(promise: bool, what: str) -> None:  # noqa: FBT001 - reads like an assertion
    """Raises Broken, naming what does not hold."""
    if not promise:
        raise Broken(what)


def _text(data: bytes) -> str:
    # As a decoder hands over what it read: not all of it is UTF-8.
    return data.decode("utf-8", "surrogateescape")


def _header(data: bytes) -> str:
    return data.decode("latin-1")  # as HTTP hands over a header


def _scanned(data: bytes) -> None:
    symbology = _SYMBOLOGIES[data[0] % len(_SYMBOLOGIES)] if data else ""
    text = _text(data[1:])
    found = code.recognise(text, symbology)
    told = code.describe(found)
    hold(told.isprintable() and len(told) < 200, "what is told of a code is a short sentence")
    if isinstance(found, code.PaymentCode):
        kept = found.secret.reveal()
        hold(kept == text.strip(" \t\r\n"), "a payment code is passed on as it was read")
        hold(kept.isascii() and kept.isprintable(), "a payment code is plain ASCII")
        hold(kept not in repr(found) + told, "a payment code is not shown")
        hold(not kept.startswith(emvco.CONSUMER_PREFIX), "a card is not taken")
    if not isinstance(found, code.ProductCode | code.ReceiptCode):
        hold(not any(d in repr(found) for d in _DIGITS.findall(text)), "digits are not kept")


def _objects(data: bytes) -> None:
    text = _text(data)
    found = emvco.objects(text)
    if found is not None:
        again = "".join(f"{key}{len(value):02d}{value}" for key, value in found.items())
        hold(again == text, "objects fill the payload")
    if (whole := emvco.merchant_objects(text)) is not None:
        hold(whole == found, "both readings are the same")


def _merchant_code(data: bytes) -> None:
    found = mpm.parse(_text(data))
    try:
        again = mpm.build(found)
    except WrongUse:
        return  # written longer, or with more, than we would write
    parsed = mpm.parse(again)
    hold(parsed.host.lower() == found.host.lower(), "the host is the same")
    hold(parsed.merchant_id == found.merchant_id, "the merchant is the same")


def _pairing(data: bytes) -> None:
    text = _text(data)
    found = PairingCode.read(text)
    hold(PairingCode.read(found.shown()) == found, "a pairing code survives being shown")


def _invitation(data: bytes) -> None:
    url, found = read_qr(_text(data))
    hold(read_qr(qr_text(url, found)) == (url, found), "an invitation survives being drawn")


def _url(data: bytes) -> None:
    hold(switch_url(_text(data)).startswith(("http://", "https://")), "a URL has its scheme")


def _target(data: bytes) -> None:
    found = Target.parse(_text(data))
    hold(found.scheme == "https" or _is_loopback(found.host), "in the clear to this machine only")
    hold(found.path.startswith("/") and found.path.isascii(), "a path is a path")


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


def _time(data: bytes) -> None:
    hold(read_time(_text(data)).tzinfo is not None, "a time has its offset")


def _amount(data: bytes) -> None:
    found = Amount.parse(_text(data), "NOK")
    hold(Amount.parse(found.plain(), "NOK") == found, "an amount survives being written")


def _mark(data: bytes) -> None:
    found = Mark.read(_header(data))
    hold(Mark.read(found.text()) == found or "\ufffd" in found.terminal, "a mark survives")


def _signature_header(data: bytes) -> None:
    text = _header(data)
    version, raw = signature.key_version_of(text), signature.signature_of(text)
    hold(len(version) <= len(text) and len(raw) <= len(text), "nothing grows")


def _private_key(data: bytes) -> None:
    signature.load_private_key(data)


def _public_key(data: bytes) -> None:
    line = signature.public_key_line(signature.load_public_key(data))
    hold(signature.public_key_line(signature.load_public_key(line)) == line, "a key survives")


def _settlement(data: bytes) -> None:
    for line in StatementReader().read(data.splitlines(keepends=True)):
        hold(len(line.currency) in (0, 3) and line.at.tzinfo is not None, "a line is sound")
        hold(abs(line.value) < 10**19, "an amount is bounded")


def _file(read: Callable[[Path], object]) -> Callable[[bytes], None]:
    """A reader of files as a function of bytes, through a file that lies in memory alone."""

    def takes(data: bytes) -> None:
        descriptor = os.memfd_create("samkassa-fuzz")
        try:
            os.write(descriptor, data)
            read(Path(f"/proc/self/fd/{descriptor}"))
        finally:
            os.close(descriptor)

    return takes


def _coupons(data: bytes) -> None:
    for coupon in read_coupons(_text(data)):
        hold(0 < coupon.largest <= coupon.budget, "a coupon has room for one use")


def _journal_entry(data: bytes) -> None:
    kind, _, body = _text(data).partition("\n")
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return  # the journal's own reading names such a row; see `pos.journal.chain`
    if not isinstance(fields, dict):
        return
    entry = decode(kind, fields)
    hold(decode(*encode(entry)) == entry or entry != entry, "an entry survives")
    Row(1, kind, fields, b"").fold_into(History())


def _printed(data: bytes) -> None:
    text, _, right = _text(data).partition("\n")
    rows = set_line(PrintLine(text, right=right), COLUMNS)
    hold(len(rows) <= ROWS_MAX + 1, "paper is not endless")
    for row in rows:
        hold(not any(unicodedata.category(each).startswith("C") for each in row), "no command")
        if typed(row):
            encoded = row.encode(CODE_PAGE)
            hold(all(byte >= 0x20 and byte != 0x7F for byte in encoded), "no byte of one")
        hold(cells(row) <= COLUMNS, "a row fits")


def _scheme_file(path: Path) -> None:
    partner_file.read_scheme(path)


# By families: those of one family are fuzzed by one process, and share what it learns.
FAMILIES: dict[str, dict[str, Parser]] = {
    "codes": {
        "scanned": Parser(_scanned),
        "emvco": Parser(_objects),
        "mpm": Parser(_merchant_code, (mpm.NotMpm,)),
        "pairing": Parser(_pairing, (WrongUse,)),
        "invitation": Parser(_invitation, (WrongUse,)),
        "url": Parser(_url, (WrongUse,)),
        "target": Parser(_target, (WrongUse,)),
        "amount": Parser(_amount, (AmountError,)),
    },
    "headers": {
        "signature": Parser(_signature_header, (signature.SignatureInvalid,)),
        "mark": Parser(_mark, (WireError,)),
        "time": Parser(_time, (WireError,)),
        "private-key": Parser(_private_key, (SettingsError,)),
        "public-key": Parser(_public_key, (SettingsError,)),
    },
    "files": {
        "settlement": Parser(_settlement, (FileRefused,)),
        "coupons": Parser(_coupons, (SettingsError,)),
        "partners": Parser(_file(_scheme_file), (SettingsError,)),
        "terms": Parser(_file(Terms.load), (SettingsError,)),
        "terminal": Parser(_file(config.load), (SettingsError,)),
        "journal": Parser(_journal_entry, (JournalDamaged,)),
    },
    "paper": {"printed": Parser(_printed)},
}
