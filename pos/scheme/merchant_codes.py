"""Merchant codes of this scheme as a wallet scans them, and where each leads on this switch.

Apart from the orders and the static codes because one code has several spellings: the URL that a
till shows or a sticker carries, and the form `MPM/3`, in which another wallet's scanner knows it
for a merchant's. A code of another platform leads nowhere here, whatever host it names.
"""

import re
from urllib.parse import urlsplit

from pos.scheme.mpm import MerchantCode, NotMpm, build, parse

PLATFORM = "SAMKASSA"  # ours, in a code of the form MPM/3
# The second digit pair of Alipay+ codes: what an order is paid with, and what a till keeps.
ORDER_KIND, STATIC_KIND = "04", "05"

_ORDER, _STATIC = r"28199904[0-9]{4}[0-9A-Za-z]{24}", r"[0-9A-Za-z]{24}"
# The 36 characters of an order code, a page of the switch, and a sticker.
LOCAL_CODE = re.compile(rf"/({_ORDER}|c/[0-9A-Za-z]{{24}}|s/{_STATIC})", re.ASCII)
_STATIC_URL = re.compile(rf"https?://[!-.0-~]+/s/({_STATIC})", re.ASCII)
_OF_KIND = {
    ORDER_KIND: (re.compile(_ORDER, re.ASCII), "/"),
    STATIC_KIND: (re.compile(_STATIC, re.ASCII), "/s/"),
}


def whole_url(text: str, public_url: str) -> str:
    """The URL for which a code of ours in the form MPM/3 stands; any other text as it is."""
    path = _mpm_path(text)
    return text if path is None else public_url + path


def local_path(text: str, public_url: str) -> str | None:
    """The path of the page to which a scanned code leads here; None for anybody else's code."""
    url = whole_url(text, public_url)
    path = url.removeprefix(public_url)
    return path if path != url and LOCAL_CODE.fullmatch(path) else None


def static_id(text: str) -> str | None:
    """The id in the static code of a till, in either form; None for another code."""
    url = _STATIC_URL.fullmatch(whole_url(text, "https://here"))
    return None if url is None else url[1]


def in_mpm(url: str) -> str:
    """The code with the URL `url` of ours in the form MPM/3; it names the URL's host, not its port.

    Raises WrongUse for a URL that is none of ours.
    """
    parts = urlsplit(url)
    for kind, (shape, begin) in _OF_KIND.items():
        name = parts.path.removeprefix(begin)
        if shape.fullmatch(name):
            return build(MerchantCode(parts.hostname or "", PLATFORM, name, kind=kind))
    raise NotMpm("This is no order code and no static code of this scheme; give one of them.")


def _mpm_path(text: str) -> str | None:
    try:
        code = parse(text)
    except NotMpm:
        return None
    shape, begin = _OF_KIND.get(code.kind, (None, ""))
    ours = code.platform == PLATFORM and shape is not None and shape.fullmatch(code.merchant_id)
    return begin + code.merchant_id if ours else None
