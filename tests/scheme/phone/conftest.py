"""A street with one shop and many telephones: a running switch, a till's wire, and pockets."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from pos.scheme.app import create_app
from pos.scheme.clients import Clients
from pos.scheme.phone.parts import Parts
from pos.scheme.phone.routes import phone_routes
from pos.scheme.server import Listener, RunningSwitch
from pos.scheme.simulation import SimulatedScheme, open_scheme
from pos.scheme.store import Store
from pos.switch.exchange import Caller, Exchange
from pos.switch.signature import (
    Signer,
    Verifier,
    load_private_key,
    new_private_key,
    public_key_line,
)
from pos.switch.wire import (
    CancelRequest,
    CancelResponse,
    InquiryPaymentRequest,
    InquiryPaymentResponse,
    PayResponse,
    dump,
    load,
)
from tests.scheme.conftest import CLIENT, Clock, pay_request

TILL_KEY = load_private_key(new_private_key())
SWITCH_KEY = load_private_key(new_private_key())
_TOKEN = re.compile(r'data-token="([0-9a-f]{64})"')


@dataclass
class Pocket:
    """A telephone's browser without a screen: it keeps cookies and fills in forms."""

    http: httpx.Client
    page: str = ""
    token: str = ""

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page."""
        return self._shown(self.http.get(path, headers=headers))

    def post(self, path: str, **form: str) -> httpx.Response:
        """Send a form of the page that is open, as a browser would."""
        origin = f"{self.http.base_url.scheme}://{self.http.base_url.netloc.decode()}"
        fields = {"token": self.token} | form
        return self._shown(self.http.post(path, data=fields, headers={"Origin": origin}))

    def take(self, person: str = "vipps/Kari", then: str = "/phone") -> httpx.Response:
        """Choose whose telephone it is."""
        self.get("/phone/people")
        return self.post("/phone/people", person=person, next=then)

    def _shown(self, response: httpx.Response) -> httpx.Response:
        self.page = response.text
        found = _TOKEN.search(self.page)
        self.token = found[1] if found else self.token
        return response


@dataclass
class Street:
    """The switch, the scheme behind it, and a till that calls it over the wire."""

    url: str
    scheme: SimulatedScheme
    clients: Clients
    clock: Clock
    till: Exchange
    pockets: list[Pocket] = field(default_factory=list)

    def pocket(self, **headers: str) -> Pocket:
        """Another telephone; its browser asks for English unless `headers` say otherwise."""
        headers = {"Accept-Language": "en"} | headers
        http = httpx.Client(
            base_url=self.url, headers=headers, follow_redirects=True, trust_env=False
        )
        self.pockets.append(Pocket(http))
        return self.pockets[-1]

    def pay(self, request_id: str = "r-1", **fields: object) -> PayResponse:
        """The till asks for a payment."""
        request = pay_request(request_id, **fields)  # type: ignore[arg-type]
        return load(PayResponse, self.till.call("pay", dump(request)))

    def show(self, request_id: str = "r-1", **fields: object) -> str:
        """The till shows an order code; its text."""
        answer = self.pay(request_id, scenario="OrderCode", **fields)
        assert answer.order_code_form is not None
        return answer.order_code_form.code_details[0].code_value

    def inquire(self, request_id: str = "r-1") -> InquiryPaymentResponse:
        """The till asks what became of it."""
        body = dump(InquiryPaymentRequest(payment_request_id=request_id))
        return load(InquiryPaymentResponse, self.till.call("inquiryPayment", body))

    def cancel(self, request_id: str = "r-1") -> CancelResponse:
        """The till wants it no more."""
        body = dump(CancelRequest(payment_request_id=request_id))
        return load(CancelResponse, self.till.call("cancel", body))

    def path(self, code: str) -> str:
        """Where a code leads on this switch."""
        assert code.startswith(self.url)
        return code.removeprefix(self.url)


class Front:
    """Hands every request to whichever switch the present test has opened."""

    def __init__(self) -> None:
        self.app = None

    async def __call__(self, scope, receive, send) -> None:
        """An ASGI application."""
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def server():
    """One server for every test here: it takes longer to stop than most tests to run."""
    front = Front()
    listener = Listener()
    with RunningSwitch(front, listener=listener) as running:
        yield front, running


@pytest.fixture
def street(server) -> Iterator[Street]:
    """A scheme of its own for each test, on a clock of its own."""
    with opened(server, "sqlite://") as running:
        yield running


@pytest.fixture
def any_street(server, database) -> Iterator[Street]:
    """The same on each database engine."""
    with opened(server, database) as running:
        yield running


@contextmanager
def opened(server, database: str) -> Iterator[Street]:
    """A street on an empty database."""
    front, running = server
    clock = Clock()
    with Store.open(database) as store:
        scheme = open_scheme(store, clock, public_url=running.url)
        clients = Clients(store, clock)
        clients.add(CLIENT, public_key_line(TILL_KEY))
        front.app = create_app(scheme.book, clients, Signer(SWITCH_KEY), clock=clock)
        front.app.include_router(phone_routes(Parts(scheme, running.url, clock)))
        verifier = Verifier(SWITCH_KEY.public_key())
        till = Exchange(Caller(running.url, CLIENT, Signer(TILL_KEY), verifier))
        street = Street(running.url, scheme, clients, clock, till)
        yield street
        till.close()
        for pocket in street.pockets:
            pocket.http.close()
