"""Tills that pay: their requests signed beforehand, then sent one after the other on open lines.

Apart from the switch that they call because whatever they cost would be counted against it: a
request is bytes already when the clock starts, and one thread of this process sends them all.
"""

import random
import secrets
import selectors
import socket
import string
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self, cast
from urllib.parse import urlsplit

from sqlalchemy import insert

from pos.bench.population import PRICE, Home, Size, merchant_id, user_name
from pos.errors import Refused
from pos.scheme.moments import milliseconds
from pos.scheme.partner_file import shipped_scheme
from pos.scheme.store import Store
from pos.scheme.tables import wallet_code
from pos.scheme.wallet import code_digest
from pos.switch.signature import Signer, content_to_sign
from pos.switch.wire import PATHS, PayRequest, dump, time_text

ANSWER_S_MAX = 30.0
_BUFFER_BYTES = 65_536
_CODE_LIFETIME = timedelta(hours=2)
_PAID = b'"resultCode":"SUCCESS"'


def homes() -> tuple[Home, ...]:
    """The wallets of the scheme as it ships, each with its currency."""
    return tuple(Home(row.name, row.currency) for row in shipped_scheme().wallets)


@dataclass(frozen=True, slots=True)
class Sale:
    """A request to pay: what is signed, the signature's header, and all of it as HTTP."""

    content: bytes
    signature: str
    request: bytes


def new_sales(store: Store, signer: Signer, size: Size, count: int) -> list[Sale]:
    """Sales of random customers at random merchants of their own wallets, with fresh codes."""
    chance = random.Random(secrets.randbits(64))  # noqa: S311 - who pays where is no secret
    shapes = {row.name: row.code for row in shipped_scheme().wallets}
    expires_at_ms = milliseconds(datetime.now(UTC) + _CODE_LIFETIME)
    codes, sales = [], []
    all_homes = homes()
    for _ in range(count):
        number = chance.randrange(len(all_homes))
        home = all_homes[number]
        of_home = len(all_homes)
        merchant = chance.randrange(size.merchants // of_home) * of_home + number
        user = chance.randrange(size.users // of_home) * of_home + number
        code = "".join(
            chance.choice(string.digits) if mark == "#" else mark for mark in shapes[home.wallet]
        )
        codes.append({
            "digest": code_digest(code), "wallet": home.wallet, "customer": user_name(user),
            "behaviour": "pays", "expires_at_ms": expires_at_ms,
        })  # fmt: skip
        sales.append(_sale(signer, merchant_id(merchant), code, home.currency))
    if codes:
        with store.write() as connection:
            connection.execute(insert(wallet_code), codes)
    return sales


def _sale(signer: Signer, client_id: str, code: str, currency: str) -> Sale:
    amount = {"currency": currency, "value": str(PRICE)}
    now = time_text(datetime.now(UTC))
    asked = PayRequest.model_validate({
        "paymentRequestId": secrets.token_hex(16),
        "paymentAmount": amount,
        "order": {
            "orderDescription": "Two coffees and a bun",
            "orderAmount": amount,
            "merchant": {
                "referenceMerchantId": client_id, "merchantMCC": "5814",
                "merchantName": "Fjord Kafe",
                "store": {
                    "referenceStoreId": "store-1", "storeName": "Fjord Kafe", "storeMCC": "5814",
                },
            },
            "env": {"storeTerminalId": "T07", "storeTerminalRequestTime": now},
        },
        "paymentMethod": {"paymentMethodType": "CONNECT_WALLET", "paymentMethodId": code},
        "paymentFactor": {"inStorePaymentScenario": "PaymentCode"},
    })  # fmt: skip
    body = dump(asked)
    content = content_to_sign("POST", PATHS["pay"], client_id, now, body)
    signature = signer.header(content)
    head = (
        f"POST {PATHS['pay']} HTTP/1.1\r\nHost: switch\r\n"
        f"Content-Type: application/json; charset=UTF-8\r\nclient-id: {client_id}\r\n"
        f"request-time: {now}\r\nsignature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Sale(content, signature, head.encode() + body)


class Lines:
    """Open connections to one or several switches; every one carries one request at a time."""

    def __init__(self, urls: Sequence[str], count: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._sockets = []
        for number in range(count):
            parts = urlsplit(urls[number % len(urls)])
            line = socket.create_connection((parts.hostname or "", parts.port or 80), ANSWER_S_MAX)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(line, selectors.EVENT_READ)
            self._sockets.append(line)

    def pay(self, sales: Sequence[Sale]) -> list[float]:
        """Send every sale once, each on the line that is free first; seconds to each answer.

        Raises Refused when one is not paid.
        """
        waiting = iter(sales)
        sent_s: dict[socket.socket, float] = {}
        parts: dict[socket.socket, bytes] = {}
        took_s: list[float] = []
        for line in self._sockets:
            _send(line, waiting, sent_s)
        while sent_s:
            ready = self._selector.select(ANSWER_S_MAX)
            if not ready:
                raise Refused(f"The switch did not answer within {ANSWER_S_MAX:g} s.")
            for key, _ in ready:
                line = cast("socket.socket", key.fileobj)
                answer = parts.pop(line, b"") + line.recv(_BUFFER_BYTES)
                if not _is_whole(answer):
                    parts[line] = answer
                    continue
                took_s.append(time.perf_counter() - sent_s.pop(line))
                if _PAID not in answer:
                    raise Refused(f"A payment failed: {answer[-300:].decode(errors='replace')}")
                _send(line, waiting, sent_s)
        return took_s

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._selector.close()
        for line in self._sockets:
            line.close()


def _send(line: socket.socket, waiting: Iterator[Sale], sent_s: dict[socket.socket, float]) -> None:
    sale = next(waiting, None)
    if sale is not None:
        sent_s[line] = time.perf_counter()
        line.sendall(sale.request)


def _is_whole(answer: bytes) -> bool:
    """Whether it is a head and as many bytes as that promises. Raises Refused for an end."""
    if not answer:
        raise Refused("The switch hung up; see its messages above.")
    head, blank, body = answer.partition(b"\r\n\r\n")
    if not blank:
        return False
    length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
    return len(body) >= int(length or 0)
