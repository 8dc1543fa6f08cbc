"""Tells what was held up to the camera: a code that pays, a product, a receipt, or none of ours.

Apart because a code comes from a stranger. This is the one place that looks inside it: no link
is opened, nothing is lower-cased, and what cannot be used is answered with a reason in plain
words. Which wallet a code belongs to is the switch's knowledge, so the shapes here are broad.

Sources: the Alipay+ code scanning payment standards (digits, merchant URLs), Vipps MobilePay's
QR pages, GS1 General Specifications (check digit), EPC069-12 and EPC024-22 (bank transfer).
"""

import re
from dataclasses import dataclass, field

from pos.sale import emvco
from pos.sale.reason import REASON_TEXT, Reason
from pos.sale.secret import Secret

__all__ = [
    "REASON_TEXT",
    "Code",
    "NotOurs",
    "PaymentCode",
    "ProductCode",
    "Reason",
    "ReceiptCode",
    "Secret",
    "TransactionCode",
    "describe",
    "recognise",
]

TEXT_SIZE_MAX_BYTES = 512
VIPPS_LENGTH_MAX = 255
RECEIPT_PREFIX = "samkassa:receipt:"

# The digits that a retail symbology carries, by the names that the scanner gives symbologies.
# A UPC-A symbol is an EAN-13 whose first digit is 0, and decoders tell it either way.
_PRODUCT_LENGTHS = {"EAN13": (12, 13), "UPCA": (12, 13), "EAN8": (8,)}

# Kinds that the scanner tells of only so that they are refused with a reason, whatever they hold.
_REFUSED = {"MicroQR": Reason.MICRO_QR, "QRPart": Reason.QR_PART}

_PRINTABLE = re.compile(r"[ -~]*")
_DIGITS = re.compile(r"[0-9]+")
_RECEIPT = re.compile(re.escape(RECEIPT_PREFIX) + r"([A-Za-z0-9_-]{8,64})")
_TRANSACTION = re.compile(r"[0-9A-Z]{26}")
_SWISH = re.compile(r"C[0-9]{8,15};")

# What digits alone can tell. 32 digits are let through on purpose: see `recognise`.
_WECHAT = re.compile(r"1[0-5][0-9]{16}")
_UNIONPAY = re.compile(r"62[0-9]{17}")
_BLUECODE = re.compile(r"988[0-9]{17}")
_ALIPAY = re.compile(r"(?:2[5-9]|30)[0-9]{14,30}")
_ROUTED_LENGTH = 24  # the only length whose first six digits name an issuer
_PAYMENT_LENGTH_MIN, _PAYMENT_LENGTH_MAX = 16, 32

# A host with a port, a user or anything but letters, digits, dots and hyphens matches nothing.
_HTTPS = re.compile(r"[Hh][Tt][Tt][Pp][Ss]://([A-Za-z0-9.-]+)((?:[/?#][!-~]*)?)")
# What a switch of this scheme shows, wherever it listens: an order code of 36 characters, the page
# of a payment, the static code of a till. It names no host that we know, so its shape decides.
_SWITCH_CODE = re.compile(
    r"[Hh][Tt][Tt][Pp][Ss]?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?"
    r"/(?:281[0-9]{3}04[0-9]{4}[0-9A-Za-z]{24}|[cs]/[0-9A-Za-z]{24})"
)
_LINK = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|[Ww]{3}\.")
_VIPPS_HOST = "qr.vipps.no"
_VIPPS_MERCHANT_PATH = "/28/2/05/"
_HOST_REASONS = {
    "qr.alipay.com": Reason.MERCHANT,
    "go.twint.ch": Reason.TWINT,
    "qr.mobilepay.fi": Reason.MOBILEPAY_MERCHANT,
    "qr.mobilepay.dk": Reason.MOBILEPAY_MERCHANT,
}
# Alipay+ merchant codes on any host: version 3, order codes (type 04), static ones (type 05).
_PATH_REASONS = (
    (re.compile(r"/MPM/3/"), Reason.MERCHANT),
    (re.compile(r"/281[0-9]{3}(?:04[0-9]{4}|05)"), Reason.MERCHANT),
    (re.compile(r"/1/[meipw]/[A-Z0-9]{3}/\?"), Reason.EPC),
)


@dataclass(frozen=True, slots=True)
class PaymentCode:
    """A customer's code that pays, whole, as it goes to the switch.

    `issuer` is the first six digits of a 24-digit code, `vipps`, `bluecode`, or "" when the
    digits alone cannot tell. `single_use` is False for a personal code, which stays the same.
    """

    secret: Secret
    issuer: str
    single_use: bool


@dataclass(frozen=True, slots=True)
class ProductCode:
    """A product's number with the right check digit: 8 or 13 digits."""

    gtin: str


@dataclass(frozen=True, slots=True)
class ReceiptCode:
    """The code on one of our own receipts; `request_id` is the payment's."""

    request_id: str


@dataclass(frozen=True, slots=True)
class TransactionCode:
    """Alipay's number of a past payment, from the customer's history; used to find a refund."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotOurs:
    """A code that cannot be used here; `REASON_TEXT[reason]` says it in English."""

    reason: Reason


Code = PaymentCode | ProductCode | ReceiptCode | TransactionCode | NotOurs


def recognise(text: str, symbology: str) -> Code:
    """What `text`, read from a code of kind `symbology` (`QR`, `Code128`, `EAN13`...), is.

    Answers for every string and never raises; the first rule that fits decides. Spaces, tabs
    and line ends around the text are the scanner's and are dropped.

    Digits with a prefix of the Alipay+ standard are taken up to 32 long, though 20-23 and 25-32
    are reserved so far: a terminal must be able to take them, and only the switch knows which
    have been issued since. It refuses the others with a sentence, before anything is charged.
    """
    text = text.strip(" \t\r\n")
    fault = _REFUSED.get(symbology) or _unreadable(text)
    if fault is not None:
        return NotOurs(fault)
    if symbology in _PRODUCT_LENGTHS:
        return _product(text, symbology)
    if text.startswith(emvco.CONSUMER_PREFIX):
        return NotOurs(Reason.CARD)
    if text.startswith(emvco.MERCHANT_PREFIX):
        whole = emvco.merchant_objects(text) is not None
        return NotOurs(Reason.MERCHANT if whole else Reason.EMVCO_BROKEN)
    if _is_bank_transfer(text):
        return NotOurs(Reason.EPC)
    # The two kinds above may hold line ends and national letters; nothing below does.
    if _PRINTABLE.fullmatch(text) is None:
        return NotOurs(Reason.CONTROL_CHARACTERS)
    if _LINK.match(text):
        return _link(text)
    if _SWISH.match(text):
        return NotOurs(Reason.SWISH)
    if receipt := _RECEIPT.fullmatch(text):
        return ReceiptCode(receipt[1])
    return _plain(text)


def describe(code: Code) -> str:
    """A short English description for a person, with nothing of a secret in it."""
    match code:
        case PaymentCode(secret=secret, issuer=issuer):
            kind = f"payment code of {issuer}" if issuer else "payment code"
            return f"{kind}, {len(secret)} characters"
        case ProductCode(gtin=gtin):
            return f"product {gtin}"
        case ReceiptCode(request_id=request_id):
            return f"receipt of payment {request_id}"
        case TransactionCode(text=text):
            return f"Alipay transaction number, {len(text)} characters"
        case NotOurs(reason=reason):
            return REASON_TEXT[reason]


def _unreadable(text: str) -> Reason | None:
    """Why `text` is not worth looking at."""
    if not text:
        return Reason.EMPTY
    if len(text) > TEXT_SIZE_MAX_BYTES:
        return Reason.TOO_LONG
    try:
        size_bytes = len(text.encode("utf-8"))
    except UnicodeEncodeError:  # a lone surrogate: no code holds one
        return Reason.CONTROL_CHARACTERS
    return Reason.TOO_LONG if size_bytes > TEXT_SIZE_MAX_BYTES else None


def _product(text: str, symbology: str) -> ProductCode | NotOurs:
    """The product of a retail symbol, 12 digits brought to 13."""
    fits = len(text) in _PRODUCT_LENGTHS[symbology] and _DIGITS.fullmatch(text)
    gtin = text.zfill(13) if len(text) == 12 else text
    if not fits or not _check_digit_holds(gtin):
        return NotOurs(Reason.PRODUCT_CHECK_DIGIT)
    return ProductCode(gtin)


def _check_digit_holds(gtin: str) -> bool:
    """GS1 modulo 10: weights 1 and 3 by turns from the right, the check digit included."""
    weighed = (int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(gtin)))
    return sum(weighed) % 10 == 0


def _is_bank_transfer(text: str) -> bool:
    """Whether the lines are those of EPC069-12: service tag, version, character set, SCT."""
    match text.replace("\r\n", "\n").split("\n", 4)[:4]:
        case ["BCD", "001" | "002", _, "SCT"]:
            return True
    return False


def _link(text: str) -> Code:
    """A URL, judged by its exact host or by a published path, and never fetched."""
    if _SWITCH_CODE.fullmatch(text):
        return NotOurs(Reason.MERCHANT)
    parts = _HTTPS.fullmatch(text)
    if parts is None:
        return NotOurs(Reason.UNKNOWN_LINK)
    # Hosts have no case (RFC 3986 3.2.2); the text that is passed on keeps its own.
    host, path = parts[1].lower(), parts[2]
    if host == _VIPPS_HOST:
        return _vipps(text, path)
    if host in _HOST_REASONS:
        return NotOurs(_HOST_REASONS[host])
    for pattern, reason in _PATH_REASONS:
        if pattern.match(path):
            return NotOurs(reason)
    return NotOurs(Reason.UNKNOWN_LINK)


def _vipps(text: str, path: str) -> PaymentCode | NotOurs:
    """A personal code (`/28/2/01/...`, `/p/...`, and shapes yet to come) or a shop's (`05`)."""
    if path.startswith(_VIPPS_MERCHANT_PATH):
        return NotOurs(Reason.MERCHANT)
    if len(path) < 2 or not path.startswith("/"):
        return NotOurs(Reason.UNKNOWN_LINK)
    if len(text) > VIPPS_LENGTH_MAX:
        return NotOurs(Reason.TOO_LONG)
    return PaymentCode(Secret(text), "vipps", single_use=False)


def _plain(text: str) -> Code:
    """Digits, or letters and digits, of a wallet's code or of a past payment."""
    if _WECHAT.fullmatch(text):
        return NotOurs(Reason.WECHAT)
    if _UNIONPAY.fullmatch(text):
        return NotOurs(Reason.UNIONPAY)
    if _BLUECODE.fullmatch(text):
        return PaymentCode(Secret(text), "bluecode", single_use=True)
    if _ALIPAY.fullmatch(text):
        issuer = text[:6] if len(text) == _ROUTED_LENGTH else ""
        return PaymentCode(Secret(text), issuer, single_use=True)
    if _TRANSACTION.fullmatch(text):
        return TransactionCode(text)
    if _DIGITS.fullmatch(text):
        if len(text) < _PAYMENT_LENGTH_MIN:
            return NotOurs(Reason.TOO_SHORT)
        if len(text) > _PAYMENT_LENGTH_MAX:
            return NotOurs(Reason.TOO_LONG)
    return NotOurs(Reason.UNKNOWN)
