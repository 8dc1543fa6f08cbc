"""Enrolment over real HTTP: a till's own half against a running switch, and people in between."""

import http.client
import json
import random
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select

from pos.errors import OutcomeUnknown, Refused, WrongUse
from pos.scheme.app import create_app
from pos.scheme.clients import OVERLAP_MS, Clients
from pos.scheme.faults import Fault, Faults
from pos.scheme.invitations import WRONG_PROOFS_MAX, Invitations
from pos.scheme.limits import Limits, Rate
from pos.scheme.server import RunningSwitch
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.scheme.tables import invite as invites
from pos.switch.enrolling import Impostor, enrol, rotate
from pos.switch.enrolment import (
    ENROL_PATH,
    ROTATE_PATH,
    Assignment,
    EnrolRequest,
    EnrolResponse,
    RotateRequest,
    request_proof,
)
from pos.switch.exchange import Caller, Exchange
from pos.switch.pairing import PairingCode
from pos.switch.signature import (
    Signer,
    Verifier,
    content_to_sign,
    load_private_key,
    new_private_key,
    public_key_line,
)
from pos.switch.wire import PATHS, InquiryPaymentResponse, dump, load
from tests.scheme.conftest import Clock

SWITCH_KEY, KEY, OTHER_KEY, THIRD_KEY = (load_private_key(new_private_key()) for _ in range(4))
CAFE = Assignment(merchant_name="Fjord Kafe", reference_store_id="OSL-1", currency="NOK")
PROBE = b'{"paymentRequestId":"probe-1"}'


class Front:
    """One running server for all tests here, before whichever switch the test has opened."""

    app = None

    async def __call__(self, scope, receive, send) -> None:
        """Hand over to the present switch."""
        await self.app(scope, receive, send)


class Switch:
    """The parts of the running switch that a test looks into."""

    def __init__(self, url: str, clients: Clients, clock: Clock, faults: Faults) -> None:
        self.url = url
        self.clients = clients
        self.clock = clock
        self.faults = faults
        self.now_s = 0.0
        self.invitations = Invitations(clients, "", random.Random(3).randbytes)

    def invite(self, client_id: str | None = "till-9", hours: float = 24) -> PairingCode:
        """A pairing code."""
        return self.invitations.invite(client_id, CAFE, hours)[1]

    def caller(self, key, client_id: str = "till-9", version: str = "1") -> Caller:
        """A caller as its settings would describe it."""
        return Caller(self.url, client_id, Signer(key, version), Verifier(SWITCH_KEY.public_key()))

    def said_to(self, caller: Caller) -> str:
        """The result code of an inquiry of this caller: ORDER_NOT_EXIST when it is let in."""
        exchange = Exchange(caller)
        try:
            answer = load(InquiryPaymentResponse, exchange.call("inquiryPayment", PROBE))
        finally:
            exchange.close()
        return answer.result.result_code

    def states(self, client_id: str = "till-9") -> list[str]:
        """Each version of the key and its state."""
        rows = self.clients.rows(client_id)
        return [f"{row['version']} {row['state']}" for row in rows]


@pytest.fixture(scope="module")
def server():
    """The front and its server."""
    front = Front()
    with RunningSwitch(front) as running:
        yield front, running


def before_a_switch(server, database):
    """A running switch with clocks and faults of its own, and nobody registered."""
    front, running = server
    clock = Clock()
    with Store.open(database) as store:
        clients = Clients(store, clock)
        opened = Switch(running.url, clients, clock, Faults())
        front.app = create_app(
            open_scheme(store, clock, random.Random(7).randbytes).book,
            clients,
            Signer(SWITCH_KEY),
            clock=clock,
            faults=opened.faults,
            limits=Limits(wrong_codes=Rate(1 / 60, 3)),
            clock_s=lambda: opened.now_s,
        )
        yield opened


@pytest.fixture
def switch(server):
    """A switch on a database in memory."""
    yield from before_a_switch(server, "sqlite://")


@pytest.fixture
def either(server, database):
    """A switch on each kind of database, where what is stored decides."""
    yield from before_a_switch(server, database)


def ask(url: str, code: PairingCode, key, *, proof_of=None, sign_with=None) -> EnrolResponse:
    """Ask to enrol as a till would, or with a proof or a signature that does not fit."""
    secret = code.secret()
    proven = public_key_line(proof_of or key)
    request = EnrolRequest(
        public_key=public_key_line(key),
        proof=request_proof(secret.key, secret.invite_id, proven),
    )
    exchange = Exchange(Caller(url, secret.invite_id, Signer(sign_with or key), None))
    try:
        answer = exchange.fetch(ENROL_PATH, dump(request))
    finally:
        exchange.close()
    answer.check(secret.invite_id, Verifier(SWITCH_KEY.public_key()))  # refusals are signed too
    return load(EnrolResponse, answer.raw)


def refusal(switch: Switch, code: PairingCode, key, **changes) -> str:
    """The result code of a refused enrolment."""
    result = ask(switch.url, code, key, **changes).result
    assert result.result_status != "S"
    return result.result_code


def test_a_device_becomes_a_caller(switch):
    """With code and key it learns who it is and whom to believe, and is let in at once."""
    enrolled = enrol(switch.url, switch.invite(), KEY)
    assert (enrolled.client_id, enrolled.key_version) == ("till-9", "1")
    assert enrolled.switch_public_key == public_key_line(SWITCH_KEY)
    assert enrolled.assignment == CAFE
    assert switch.said_to(switch.caller(KEY)) == "ORDER_NOT_EXIST"
    assert switch.said_to(switch.caller(OTHER_KEY)) == "SIGNATURE_INVALID"


def test_a_caller_without_a_name_gets_a_fresh_one(switch):
    """Two invitations make two callers."""
    ids = {switch.invitations.invite(None, CAFE, 1)[0] for _ in range(2)}
    assert len(ids) == 2
    assert all(client_id.startswith("till-") for client_id in ids)


def test_nothing_of_a_code_is_stored_or_sent(switch):
    """The database holds only what is derived; the request, overheard, does not hold the key."""
    code = switch.invite()
    with switch.clients.store.read() as connection:
        row = dict(connection.execute(select(invites)).mappings().one())
    assert code.text not in json.dumps(row)
    sent = EnrolRequest(
        public_key=public_key_line(KEY),
        proof=request_proof(code.secret().key, code.secret().invite_id, public_key_line(KEY)),
    )
    assert code.text not in dump(sent).decode()
    assert code.secret().key.hex() not in dump(sent).decode()


def test_a_used_code_is_used(either):
    """Another device is refused; the same one, whose answer was lost, hears the same again."""
    code = either.invite()
    first = enrol(either.url, code, KEY)
    assert enrol(either.url, code, KEY) == first
    assert refusal(either, code, OTHER_KEY) == "INVITE_USED"
    with pytest.raises(Refused, match="ask for a new one"):
        enrol(either.url, code, OTHER_KEY)
    assert either.states() == ["1 good"]


def test_a_code_that_is_too_old_is_refused(either):
    """At its hour, not before."""
    code, late = either.invite(hours=2), either.invite("till-8", hours=2)
    either.clock.advance(hours=2, seconds=-1)
    enrol(either.url, code, KEY)
    either.clock.advance(seconds=1)
    assert refusal(either, late, OTHER_KEY) == "INVITE_EXPIRED"
    assert either.states("till-8") == []


@pytest.mark.parametrize("hours", [0, -1, 24 * 30 + 1, float("nan")])
def test_an_invitation_has_a_life_within_reason(switch, hours):
    """Neither none nor for ever."""
    with pytest.raises(WrongUse, match="--hours"):
        switch.invite(hours=hours)


def test_wrong_codes_from_one_address_are_locked_out(switch):
    """After three, even the right code waits; after a minute, one may be tried again."""
    right = switch.invite()
    guesses = [PairingCode.fresh(random.Random(seed).randbytes) for seed in range(50, 56)]
    said = [refusal(switch, guess, KEY) for guess in guesses[:5]]
    assert said == ["INVITE_INVALID"] * 3 + ["REQUEST_TRAFFIC_EXCEED_LIMIT"] * 2
    assert refusal(switch, right, KEY) == "REQUEST_TRAFFIC_EXCEED_LIMIT"
    with pytest.raises(OutcomeUnknown, match="wait"):
        enrol(switch.url, right, KEY)
    switch.now_s += 61
    assert enrol(switch.url, right, KEY).client_id == "till-9"


def test_an_invitation_bears_a_few_wrong_proofs_only(either):
    """Who saw its id cannot try keys for ever, from wherever; the right code is dead then too."""
    code = either.invite()
    for _ in range(WRONG_PROOFS_MAX):
        assert refusal(either, code, OTHER_KEY, proof_of=KEY) == "INVITE_INVALID"
        either.now_s += 61
    assert refusal(either, code, KEY) == "INVITE_INVALID"
    assert either.states() == []


def test_a_key_must_be_held_to_be_enrolled(switch):
    """A public key that the device cannot sign with is refused, and the code stays good."""
    code = switch.invite()
    assert refusal(switch, code, KEY, sign_with=OTHER_KEY) == "SIGNATURE_INVALID"
    assert enrol(switch.url, code, KEY).client_id == "till-9"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"publicKey":"x","proof":"y"}'])
def test_a_body_that_is_no_enrolment_is_refused_signed(switch, body):
    """Hostile bytes get PARAM_ILLEGAL; one body is not a message of another door."""
    exchange = Exchange(Caller(switch.url, "0" * 32, Signer(KEY), None))
    try:
        answer = exchange.fetch(ENROL_PATH, body)
    finally:
        exchange.close()
    answer.check("0" * 32, Verifier(SWITCH_KEY.public_key()))
    assert load(EnrolResponse, answer.raw).result.result_code == "PARAM_ILLEGAL"


@contextmanager
def in_between(switch: Switch, change_request, change_answer):
    """A man in the middle who knows the protocol, sees everything and has a key of his own."""
    target = switch.url.removeprefix("http://")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            names = ("client-id", "request-time", "signature", "content-type")
            headers = {name: self.headers[name] for name in names}
            body, headers = change_request(self.path, body, headers)
            onward = http.client.HTTPConnection(target, timeout=10)
            try:
                onward.request("POST", self.path, body, headers)
                answer = onward.getresponse()
                raw = answer.read()
            finally:
                onward.close()
            said = {name: answer.headers[name] for name in ("client-id", "response-time")}
            raw = change_answer(raw)
            content = content_to_sign(
                "POST", self.path, said["client-id"], said["response-time"], raw
            )
            self.send_response(200)
            for name, value in (*said.items(), ("signature", Signer(THIRD_KEY).header(content))):
                self.send_header(name, value)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{proxy.server_address[1]}"
        finally:
            proxy.shutdown()
            thread.join(10)


def test_a_man_in_the_middle_cannot_give_the_till_his_key(switch):
    """He puts his key for the switch's and signs everything with it: the till refuses."""

    def swapped(raw: bytes) -> bytes:
        said = json.loads(raw)
        assert said["result"]["resultCode"] == "SUCCESS"
        return json.dumps(said | {"switchPublicKey": public_key_line(THIRD_KEY)}).encode()

    code = switch.invite()
    unchanged = lambda _path, body, headers: (body, headers)  # noqa: E731
    with in_between(switch, unchanged, swapped) as url, pytest.raises(Impostor):
        enrol(url, code, KEY)
    # Passed on with the switch's own key, but changed and signed by him: refused as well.
    renamed = lambda raw: raw.replace(b"Fjord Kafe", b"Other Kafe")  # noqa: E731
    with (
        in_between(switch, unchanged, renamed) as url,
        pytest.raises(OutcomeUnknown, match="ANSWER_NOT_SIGNED"),
    ):
        enrol(url, code, KEY)
    assert enrol(switch.url, code, KEY).switch_public_key == public_key_line(SWITCH_KEY)


def test_a_man_in_the_middle_cannot_give_the_switch_his_key(switch):
    """He puts his key for the till's and signs with it: the switch refuses it."""

    def his(path: str, body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        body = json.dumps(json.loads(body) | {"publicKey": public_key_line(THIRD_KEY)}).encode()
        content = content_to_sign("POST", path, headers["client-id"], headers["request-time"], body)
        return body, headers | {"signature": Signer(THIRD_KEY).header(content)}

    code = switch.invite()
    with in_between(switch, his, lambda raw: raw) as url, pytest.raises(Refused, match="not valid"):
        enrol(url, code, KEY)
    assert switch.states() == []
    assert switch.said_to(switch.caller(THIRD_KEY)) == "CLIENT_INVALID"


def test_a_key_is_changed_without_a_gap(either):
    """Both versions are good until the new one was used; then the old one ends after a day."""
    enrol(either.url, either.invite(), KEY)
    old = either.caller(KEY)
    new = rotate(old, OTHER_KEY)
    assert new.signer.version == "2"
    assert rotate(old, OTHER_KEY).signer.version == "2"  # an answer was lost: the same again
    either.clock.advance(days=30)
    assert either.said_to(old) == "ORDER_NOT_EXIST"  # never used: the till may not know of it
    assert either.said_to(new) == "ORDER_NOT_EXIST"
    either.clock.advance(seconds=OVERLAP_MS / 1000 - 1)
    assert either.said_to(old) == "ORDER_NOT_EXIST"
    either.clock.advance(seconds=1)
    assert either.said_to(old) == "KEY_NOT_FOUND"
    assert either.said_to(new) == "ORDER_NOT_EXIST"
    assert either.states() == ["1 expired", "2 good"]


def test_a_version_is_of_one_key(switch):
    """The new key under the old version, a version that never was, and no number at all."""
    enrol(switch.url, switch.invite(), KEY)
    rotate(switch.caller(KEY), OTHER_KEY)
    assert switch.said_to(switch.caller(OTHER_KEY, version="1")) == "SIGNATURE_INVALID"
    for version in ("0", "3", "-1", "x", "²", "9" * 30):
        assert switch.said_to(switch.caller(OTHER_KEY, version=version)) == "KEY_NOT_FOUND"


def test_only_the_present_key_may_name_the_next(switch):
    """A stranger cannot, and nobody can name a key that he does not hold."""
    enrol(switch.url, switch.invite(), KEY)
    with pytest.raises(Refused, match="does not fit"):
        rotate(switch.caller(OTHER_KEY), THIRD_KEY)
    request = RotateRequest(
        public_key=public_key_line(OTHER_KEY), possession=Signer(KEY).header(b"something else")
    )
    exchange = Exchange(switch.caller(KEY))
    try:
        raw = exchange.ask(ROTATE_PATH, dump(request))
    finally:
        exchange.close()
    assert json.loads(raw)["result"]["resultCode"] == "SIGNATURE_INVALID"
    assert switch.states() == ["1 good"]


def test_an_answer_that_got_lost_while_changing_keys_loses_nothing(switch):
    """The till does not know whether it happened; asking again gives the same version."""
    enrol(switch.url, switch.invite(), KEY)
    switch.faults.plan("rotate", Fault.HALF)
    with pytest.raises(OutcomeUnknown, match="repeat the same command"):
        rotate(switch.caller(KEY), OTHER_KEY)
    assert rotate(switch.caller(KEY), OTHER_KEY).signer.version == "2"


def test_a_revoked_key_is_refused_at_once(switch):
    """The next call over the very same connection is refused; the other version goes on."""
    enrol(switch.url, switch.invite(), KEY)
    new = rotate(switch.caller(KEY), OTHER_KEY)
    exchange = Exchange(switch.caller(KEY))
    try:
        exchange.call("inquiryPayment", PROBE)
        switch.clients.revoke("till-9", 1)
        said = json.loads(exchange.call("inquiryPayment", PROBE))
    finally:
        exchange.close()
    assert said["result"]["resultCode"] == "KEY_NOT_FOUND"
    assert switch.said_to(new) == "ORDER_NOT_EXIST"


def test_a_revoked_caller_stays_out_until_it_is_invited_again(either):
    """No key of it is good any more; a new invitation brings it back with a new key only."""
    enrol(either.url, either.invite(), KEY)
    either.clients.revoke("till-9")
    assert either.said_to(either.caller(KEY)) == "CLIENT_INVALID"
    with pytest.raises(Refused):
        rotate(either.caller(KEY), OTHER_KEY)
    either.clients.trust("till-9", public_key_line(KEY))  # as at every start of a switch
    assert either.said_to(either.caller(KEY)) == "CLIENT_INVALID"
    assert enrol(either.url, either.invite(), OTHER_KEY).key_version == "2"
    assert either.said_to(either.caller(OTHER_KEY, version="2")) == "ORDER_NOT_EXIST"
    assert either.said_to(either.caller(KEY)) == "KEY_NOT_FOUND"


def test_a_replaced_device_takes_over(switch):
    """A second invitation of the same caller makes a next version, as a change of keys does."""
    enrol(switch.url, switch.invite(), KEY)
    assert enrol(switch.url, switch.invite(), OTHER_KEY).key_version == "2"
    assert switch.states() == ["1 good", "2 good"]


def test_who_is_not_there_cannot_be_revoked(either):
    """An unknown caller or version is told, and nothing changes."""
    enrol(either.url, either.invite(), KEY)
    for client_id, version in (("nobody", None), ("nobody", 1), ("till-9", 7)):
        with pytest.raises(WrongUse, match="client list"):
            either.clients.revoke(client_id, version)
    assert either.states() == ["1 good"]


def test_every_path_of_payments_wants_a_signature(switch):
    """Enrolled or not: without one, each door refuses, signed."""
    for path in (*PATHS.values(), ROTATE_PATH):
        connection = http.client.HTTPConnection(switch.url.removeprefix("http://"), timeout=10)
        try:
            connection.request("POST", path, PROBE)
            answer = connection.getresponse()
            said = json.loads(answer.read())
        finally:
            connection.close()
        assert said["result"]["resultCode"] == "CLIENT_INVALID"
        assert answer.headers["signature"]
