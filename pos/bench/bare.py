"""The limit of a payment: its signature verified, its rows in two bare commits, its answer signed.

Apart from the switch, of which nothing runs here but the signatures: statements go to the database
as they are. The tables are the switch's own, in a database of their own on the same server. As many
processes as the switch has, with as many lines to the database as it has payments under way.
"""

import multiprocessing
import secrets
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.connection import Connection as Pipe
from typing import Any, Self

import psycopg

from pos.bench.payers import Sale
from pos.bench.population import PRICE
from pos.errors import Refused
from pos.switch.signature import (
    Signer,
    Verifier,
    load_private_key,
    load_public_key,
    new_private_key,
)

START_S_MAX = 60.0
ROUND_S_MAX = 600.0

# The rows of one payment, as many and as wide as the switch writes, in its two commits: before
# the wallet is asked, and after it answered, with what the wallet itself writes.
_ASKED = (
    """
    INSERT INTO payment (
        client_id, request_id, payment_id, acquirer, param_hash, state, scenario, value, currency,
        merchant_name, merchant_reference, store_reference, order_description, wallet,
        customer_value, customer_currency, created_at_ms, expires_at_ms
    ) VALUES (
        %(client)s, %(request)s, %(payment)s, 'vipps', %(digest)s, 'WALLET_PENDING', 'PaymentCode',
        %(price)s, 'NOK', 'Fjord Kafe', %(client)s, 'store-1', 'Two coffees and a bun', 'vipps',
        %(price)s, 'NOK', %(now)s, %(now)s
    )
    """,
    """
    INSERT INTO payment_route (reference, client_id, request_id)
    VALUES (%(payment)s, %(client)s, %(request)s)
    """,
)
_ANSWERED = (
    """
    UPDATE wallet_code SET used_by = %(payment)s WHERE digest = %(digest)s
    """,
    """
    INSERT INTO wallet_charge (
        payment_id, wallet, state, reason, customer, merchant_name, value, behaviour, asked_count,
        at_ms
    ) VALUES (
        %(payment)s, 'vipps', 'paid', 'SUCCESS', %(customer)s, 'Fjord Kafe', %(price)s, 'pays', 0,
        %(now)s
    )
    """,
    """
    INSERT INTO wallet_movement (
        wallet, kind, reference, payment_id, customer, value, currency, at_ms
    ) VALUES (
        'vipps', 'charge', %(payment)s, %(payment)s, %(customer)s, -%(price)s::bigint, 'NOK',
        %(now)s
    )
    """,
    """
    UPDATE payment SET state = 'SUCCEEDED', paid_at_ms = %(now)s
    WHERE client_id = %(client)s AND request_id = %(request)s AND state = 'WALLET_PENDING'
    """,
    """
    INSERT INTO entry (client_id, tx, leg, payment_id, account, value, currency, at_ms)
    VALUES
        (%(client)s, %(tx)s, 0, %(payment)s, 'wallet:vipps', %(price)s, 'NOK', %(now)s),
        (%(client)s, %(tx)s, 2, %(payment)s, %(account)s, -%(price)s::bigint, 'NOK', %(now)s)
    """,
)
_CODES = """
    INSERT INTO wallet_code (digest, wallet, customer, behaviour, expires_at_ms)
    SELECT digest, 'vipps', 'user-0000000', 'pays', 0 FROM unnest(%s::text[]) AS digest
"""


class BareProcesses:
    """`count` processes that do the least for a payment, each with `lines` to the database."""

    def __init__(self, url: str, count: int, lines: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Pipe] = []
        self._processes = []
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, url, lines), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        for pipe in self._pipes:
            self._told(pipe, START_S_MAX)

    def pay(self, sales: Sequence[Sale], public_key: str) -> float:
        """Do what each of `sales` needs once; seconds from the first to the last."""
        for number, pipe in enumerate(self._pipes):
            share = sales[number :: len(self._pipes)]
            pipe.send(([(sale.content, sale.signature) for sale in share], public_key))
        for pipe in self._pipes:
            self._told(pipe, START_S_MAX)  # it has its rows and waits
        began_s = time.perf_counter()
        for pipe in self._pipes:
            pipe.send("go")
        for pipe in self._pipes:
            self._told(pipe, ROUND_S_MAX)
        return time.perf_counter() - began_s

    def close(self) -> None:
        """End them."""
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(START_S_MAX)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _told(self, pipe: Pipe, within_s: float) -> None:
        try:
            told = pipe.recv() if pipe.poll(within_s) else "nothing"
        except EOFError:
            told = "its end"
        if told != "ok":
            raise Refused(f"A process of the limit told {told}; see its message above.")


def _serve(pipe: Pipe, url: str, lines: int) -> None:
    """One process: rounds until the other side hangs up."""
    signer = Signer(load_private_key(new_private_key()))
    local = threading.local()
    opened: list[psycopg.Connection] = []

    def connect() -> None:
        local.connection = psycopg.connect(url)
        opened.append(local.connection)

    with ThreadPoolExecutor(lines, initializer=connect) as pool:
        pipe.send("ok")
        try:
            while True:
                signed, public_key = pipe.recv()
                verifier = Verifier(load_public_key(public_key))
                work = [(content, header, _row()) for content, header in signed]
                _add_codes(url, [row["digest"] for _, _, row in work])
                pipe.send("ok")
                pipe.recv()
                pay = partial(_pay, local, signer, verifier)
                for _ in pool.map(pay, work):
                    pass
                pipe.send("ok")
        except EOFError:
            pass
    for connection in opened:
        connection.close()


def _pay(
    local: threading.local, signer: Signer, verifier: Verifier, work: tuple[bytes, str, Any]
) -> str:
    content, header, row = work
    connection: psycopg.Connection = local.connection
    verifier.check(content, header)
    for commit in (_ASKED, _ANSWERED):
        for statement in commit:
            connection.execute(statement, row)
        connection.commit()
    return signer.header(content)


def _row() -> dict[str, Any]:
    payment = f"20260301{secrets.randbelow(10**24):024}"
    client = f"merchant-{secrets.randbelow(1_000):06}"
    return {
        "client": client,
        "request": secrets.token_hex(16),
        "payment": payment,
        "digest": secrets.token_hex(32),
        "tx": f"capture:{payment}",
        "account": f"merchant:vipps:{client}",
        "customer": f"user-{secrets.randbelow(100_000):07}",
        "price": PRICE,
        "now": time.time_ns() // 1_000_000,
    }


def _add_codes(url: str, digests: list[str]) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(_CODES, [digests])
