"""Merchant codes in the `MPM/3` form of the Alipay+ code scanning payment standards: read and made.

Apart because it is a pure format with a published sample: who the merchant is, and what may be
paid there, is for others to know. Format and sample:
https://docs.alipayplus.com/alipayplus/alipayplus/code-scanning-payment-standards/mpmcodeformat

The text is `HTTPS://<domain>/MPM/3/<base64>`. Decoded, an object `GPLD` holds others: four letters
of id, three digits of length, the value. Within `CDSD` (the code's domain) and `CIRD` (the rules of
its issuer) ids and lengths have two digits each.
"""

import base64
import binascii
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass

from pos.errors import WrongUse

VERSION = "01"
TEXT_CHARACTERS_MAX = 512
OBJECTS_MAX = 100
_PAYLOAD, _VERSION, _DOMAIN, _RULES = "GPLD", "PLVS", "CDSD", "CIRD"

# Host and path are read in any case, base64 as it stands: there the case means something.
_TEXT = re.compile(r"https://([a-z0-9.-]+)/mpm/3/([^/?#]+)", re.ASCII | re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9.-]+", re.ASCII)
_OUTER = re.compile(r"([A-Z]{4})(\d{3})", re.ASCII)
_INNER = re.compile(r"(\d{2})(\d{2})", re.ASCII)
_PRINTABLE = re.compile(r"[ -~]*", re.ASCII)


class NotMpm(WrongUse):
    """The text is no merchant code of this form."""


@dataclass(frozen=True, slots=True)
class MerchantCode:
    """Who is to be paid: merchant `merchant_id` of `platform`, at `host`.

    `issuer`, `kind` and `mini_program` are the issuer's rules; "" for a rule that is not there.
    """

    host: str
    platform: str
    merchant_id: str
    issuer: str = ""
    kind: str = ""
    mini_program: str = ""


def parse(text: str) -> MerchantCode:
    """The merchant code in `text`. Objects of ids that are not known are passed over.

    Raises NotMpm.
    """
    whole = _TEXT.fullmatch(text) if len(text) <= TEXT_CHARACTERS_MAX else None
    if whole is None:
        raise NotMpm("This is not a merchant code of the form MPM/3; scan another one.")
    outer = _objects(_decoded(whole[2]), _OUTER)
    if list(outer) != [_PAYLOAD]:
        raise _broken()
    payload = _objects(outer[_PAYLOAD], _OUTER)
    if payload.get(_VERSION) != VERSION:
        raise NotMpm("The merchant code is of a version that is not known; scan another one.")
    domain = _objects(payload.get(_DOMAIN, ""), _INNER)
    rules = _objects(payload.get(_RULES, ""), _INNER)
    if not (domain.get("01") and domain.get("02")):
        raise NotMpm("The merchant code names no merchant; scan another one.")
    return MerchantCode(
        whole[1],
        domain["01"],
        domain["02"],
        rules.get("01", ""),
        rules.get("02", ""),
        rules.get("03", ""),
    )


def build(code: MerchantCode) -> str:
    """The text of `code`, to be drawn as it is: base64 bears no change of case.

    Raises WrongUse for what has no place in it.
    """
    if not _HOST.fullmatch(code.host):
        raise WrongUse(f"A merchant code cannot lead to the host {code.host!r}; name a domain.")
    if not (code.platform and code.merchant_id):
        raise WrongUse("A merchant code names a platform and a merchant; give both.")
    domain = _inner({"01": code.platform, "02": code.merchant_id})
    rules = _inner({"01": code.issuer, "02": code.kind, "03": code.mini_program})
    payload = _outer({_VERSION: VERSION, _DOMAIN: domain, _RULES: rules})
    encoded = base64.b64encode(_outer({_PAYLOAD: payload}).encode("ascii")).decode("ascii")
    text = f"HTTPS://{code.host.upper()}/MPM/3/{urllib.parse.quote(encoded, safe='')}"
    if len(text) > TEXT_CHARACTERS_MAX:
        raise WrongUse(
            f"A merchant code of more than {TEXT_CHARACTERS_MAX} characters is not read by every "
            "telephone; shorten its names."
        )
    return text


def _decoded(encoded: str) -> str:
    plain = urllib.parse.unquote(encoded)
    try:
        # Some writers leave the padding out.
        padded = plain + "=" * (-len(plain) % 4)
        return base64.b64decode(padded, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise _broken() from None


def _objects(text: str, header: re.Pattern[str]) -> dict[str, str]:
    """The objects that fill `text`, by id in their order; no id stands twice. Raises NotMpm."""
    found: dict[str, str] = {}
    start = 0
    for _ in range(OBJECTS_MAX):
        if start == len(text):
            return found
        head = header.match(text, start)
        if head is None or head[1] in found:
            raise _broken()
        start = head.end() + int(head[2])
        found[head[1]] = text[head.end() : start]
        if start > len(text):
            raise _broken()
    raise _broken()


def _outer(objects: Mapping[str, str]) -> str:
    return "".join(f"{key}{_length(value, 3)}{value}" for key, value in objects.items() if value)


def _inner(objects: Mapping[str, str]) -> str:
    return "".join(f"{key}{_length(value, 2)}{value}" for key, value in objects.items() if value)


def _length(value: str, digits: int) -> str:
    if len(value) >= 10**digits or not _PRINTABLE.fullmatch(value):
        raise WrongUse(
            f"A part of a merchant code has at most {10**digits - 1} characters of plain ASCII; "
            "shorten it."
        )
    return f"{len(value):0{digits}d}"


def _broken() -> NotMpm:
    return NotMpm("The merchant code is incomplete or altered; scan it again.")
