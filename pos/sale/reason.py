"""Why a code that was held up is not one that pays here, in plain words.

Apart because the values are the keys of the translation catalogues: one key for each distinct
explanation, and one English sentence with a remedy for each key.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Translation keys of everything that a till may read and cannot use."""

    WECHAT = "code.wechat"
    UNIONPAY = "code.unionpay"
    CARD = "code.card"
    MERCHANT = "code.merchant"
    EMVCO_BROKEN = "code.emvco_broken"
    MOBILEPAY_MERCHANT = "code.mobilepay_merchant"
    SWISH = "code.swish"
    TWINT = "code.twint"
    EPC = "code.epc"
    UNKNOWN_LINK = "code.unknown_link"
    PRODUCT_CHECK_DIGIT = "code.product_check_digit"
    MICRO_QR = "code.micro_qr"
    QR_PART = "code.qr_part"
    CONTROL_CHARACTERS = "code.control_characters"
    EMPTY = "code.empty"
    TOO_SHORT = "code.too_short"
    TOO_LONG = "code.too_long"
    UNKNOWN = "code.unknown"


_TAKEN = "this till takes Vipps, ePassi and Alipay. Ask for one of those."
_ASK_PAY = "Ask the customer to open the code that pays in their app."

REASON_TEXT: dict[Reason, str] = {
    Reason.WECHAT: f"This is a WeChat Pay code; {_TAKEN}",
    Reason.UNIONPAY: f"This is a UnionPay code; {_TAKEN}",
    Reason.CARD: f"This code holds a bank card, which is never read here; {_TAKEN}",
    Reason.MERCHANT: f"This is a shop's code, which a customer scans to pay a shop. {_ASK_PAY}",
    Reason.EMVCO_BROKEN: (
        f"This looks like a shop's code and is damaged; a shop's code does not pay here. {_ASK_PAY}"
    ),
    Reason.MOBILEPAY_MERCHANT: f"This is a shop's MobilePay code. {_ASK_PAY}",
    Reason.SWISH: f"This is a Swish code; {_TAKEN}",
    Reason.TWINT: f"This is a TWINT code; {_TAKEN}",
    Reason.EPC: f"This is a bank-transfer code; {_TAKEN}",
    Reason.UNKNOWN_LINK: f"This is a link that no wallet of this till uses; it was not opened. "
    f"{_ASK_PAY}",
    Reason.PRODUCT_CHECK_DIGIT: (
        "This product barcode was not read right. Hold it flat and scan it again, "
        "or type its number."
    ),
    Reason.MICRO_QR: f"This is a Micro QR code, which no wallet shows. {_ASK_PAY}",
    Reason.QR_PART: f"This QR code is one part of several, which no wallet shows. {_ASK_PAY}",
    Reason.CONTROL_CHARACTERS: f"This code holds characters that no payment code has. {_ASK_PAY}",
    Reason.EMPTY: "This code is empty. Ask the customer to show the code that pays.",
    Reason.TOO_SHORT: f"This number is too short for a payment code. {_ASK_PAY}",
    Reason.TOO_LONG: f"This code is longer than any payment code. {_ASK_PAY}",
    Reason.UNKNOWN: f"This code is not one that this till knows; {_TAKEN}",
}
"""English, and the source of every catalogue: what it is, then what to do."""
