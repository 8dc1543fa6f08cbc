"""The parts that every page of the phone works with, joined.

Apart so that the pages of the wallet and the pages of a shop's code share them without knowing
each other.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from starlette.responses import Response

from pos.errors import SettingsError
from pos.scheme.book import OrderRefused, utc_now
from pos.scheme.merchant_codes import LOCAL_CODE
from pos.scheme.phone.accounts import Accounts, Entry, Person
from pos.scheme.phone.pages import page
from pos.scheme.phone.visit import Visit
from pos.scheme.phone.words import Words
from pos.scheme.simulation import SimulatedScheme
from pos.scheme.stickers import Stickers

PIN = re.compile(r"[0-9]{4}", re.ASCII)
_LOCAL_PAGE = re.compile(r"/phone(/[a-z]{1,16}(/[0-9]{1,64})?)?", re.ASCII)
_REFUSED = {
    "INVALID_CODE": "not_a_code",
    "EXPIRED_CODE": "expired",
    "ORDER_IS_CLOSED": "closed",
    "CURRENCY_NOT_SUPPORT": "no_rate",
}


@dataclass(frozen=True, slots=True)
class Parts:
    """A scheme and where it is reached: `public_url` is what the codes of its tills begin with."""

    scheme: SimulatedScheme
    public_url: str
    clock: Callable[[], datetime] = utc_now
    accounts: Accounts = field(init=False)
    stickers: Stickers = field(init=False)

    def __post_init__(self) -> None:
        scheme = self.scheme
        object.__setattr__(self, "accounts", Accounts(scheme.store, scheme.wallets))
        object.__setattr__(self, "stickers", Stickers(scheme.store, scheme.book, self.clock))

    def person(self, visit: Visit) -> Person | None:
        """Whose phone the visitor holds."""
        return self.accounts.person(visit.person)

    def spoken(self, key: str) -> Sequence[str]:
        """The languages of the wallet of the customer `vipps/Kari`."""
        wallet = self.scheme.wallets.get(key.partition("/")[0])
        return () if wallet is None else wallet.languages

    def entry(self, person: Person, payment_id: str) -> Entry | None:
        """One of her payments as it now stands; one that waited too long is closed first."""
        entry = self.accounts.entry(person, payment_id)
        if entry is None or entry.state != "pending" or entry.expires > self.clock():
            return entry
        self.scheme.book.refresh(payment_id)
        return self.accounts.entry(person, payment_id)

    def mark(self, person: Person) -> str:
        """Changes with her newest payment; empty before the first."""
        newest = self.accounts.newest(person)
        return "" if newest is None else newest.mark


def read_public_url(text: str) -> str:
    """`text` as the beginning of codes: http or https and a host, no path. Raises SettingsError."""
    url = text.rstrip("/")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or url != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
        host = None
    if host is None or parts.scheme not in ("http", "https"):
        raise SettingsError(
            f"--public-url {text!r} cannot begin a code; write it like http://192.168.1.10:8790."
        )
    return url


def local(path: str) -> str:
    """`path` if it is one of our pages, or else the phone's first: nobody is sent elsewhere."""
    ours = LOCAL_CODE.fullmatch(path) or _LOCAL_PAGE.fullmatch(path)
    return path if ours else "/phone"


def sentence_of(words: Words, refusal: OrderRefused) -> str:
    """Why an order cannot be paid, in the customer's language."""
    return words.say(_REFUSED.get(refusal.code, "not_accepted"))


def refused(visit: Visit, key: str, status: int, person: Person | None = None) -> Response:
    """A page with the one sentence of `key`."""
    sentence = Words(visit.language).say(key)
    return page(visit, "refusal.html", person, status=status, sentence=sentence)


def people(parts: Parts, visit: Visit, then: str, lead: str = "") -> Response:
    """A page to choose a wallet and customer on, which leads on to `then`."""
    wallets = parts.accounts.people()
    return page(visit, "people.html", lead=lead, wallets=wallets, next=then)
