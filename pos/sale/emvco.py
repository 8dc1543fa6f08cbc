"""QR codes of EMVCo: the merchant's objects and their checksum, and the card-bearing consumer's.

Apart because it follows a standard of its own (EMV QR Code Specification for Payment Systems,
Merchant-Presented Mode 1.0, July 2017, and Consumer-Presented Mode 1.0 of the same month) and
shares nothing with the wallets' codes but the camera.
"""

import binascii
import re

MERCHANT_PREFIX = "000201"
"""Object 00 of two characters, payload format 01: every merchant-presented code starts so."""

CONSUMER_PREFIX = "hQVDUFY"
"""Base64 of object 85 holding `CPV`. No longer: the next character mixes in bits that vary."""

PAYLOAD_LENGTH_MAX = 512
CRC_ID = "63"

# Two digits of id, two of length: no object is shorter, so a payload holds no more of them.
_HEADER = re.compile(r"(\d\d)(\d\d)", re.ASCII)
_OBJECT_COUNT_MAX = 100


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, start FFFF, not reflected; 29B1 over `123456789`."""
    return binascii.crc_hqx(data, 0xFFFF)


def objects(payload: str) -> dict[str, str] | None:
    """The objects of one level, id to value in order; None when they do not fill the payload.

    A length counts characters, not bytes, and is 01 to 99. No id stands twice at one level. The
    values of templates (26-51, 62, 64, 80-99) are payloads again.
    """
    if len(payload) > PAYLOAD_LENGTH_MAX:
        return None
    found: dict[str, str] = {}
    start = 0
    for _ in range(_OBJECT_COUNT_MAX):
        if start == len(payload):
            return found
        header = _HEADER.match(payload, start)
        if header is None:
            return None
        value = payload[header.end() : header.end() + int(header[2])]
        # An empty value is forbidden; one cut short would be silently accepted by the slice.
        if not value or len(value) != int(header[2]) or header[1] in found:
            return None
        found[header[1]] = value
        start = header.end() + len(value)
    return found if start == len(payload) else None


def merchant_objects(text: str) -> dict[str, str] | None:
    """The objects of a whole merchant-presented code; None when it was misread or altered.

    Holds that 00 comes first with the value 01, that 63 comes last, and that its four upper-case
    hexadecimal digits are the checksum over the UTF-8 bytes of everything before them.
    """
    found = objects(text)
    if not found or not text.startswith(MERCHANT_PREFIX) or list(found)[-1] != CRC_ID:
        return None
    try:
        sealed = text[:-4].encode("utf-8")
    except UnicodeEncodeError:
        return None
    return found if found[CRC_ID] == f"{crc16(sealed):04X}" else None
