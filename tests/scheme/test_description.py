"""The API as it is described, held against the switch itself by schemathesis."""

import json
import random

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pos.scheme.app import create_app
from pos.scheme.clients import Clients
from pos.scheme.limits import Limits
from pos.scheme.server import RunningSwitch
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.switch.signature import (
    Signer,
    Verifier,
    content_to_sign,
    load_private_key,
    new_private_key,
    public_key_line,
)
from pos.switch.wire import PATHS
from tests.scheme.conftest import CLIENT, Clock

TILL_KEY = load_private_key(new_private_key())
SWITCH_KEY = load_private_key(new_private_key())
VERIFIER = Verifier(SWITCH_KEY.public_key())
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 8  # of each call, of each kind
# schemathesis makes its strategies as it goes, and draws in them.
CALM = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class Signed(requests.auth.AuthBase):
    """Signs whatever is about to be sent, as a till would."""

    def __init__(self) -> None:
        self._signer = Signer(TILL_KEY)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """`request` with the three headers."""
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else bytes(body)
        time = "2026-03-01T12:00:01+01:00"
        content = content_to_sign("POST", request.path_url, CLIENT, time, raw)
        request.headers["client-id"] = CLIENT
        request.headers["request-time"] = time
        request.headers["signature"] = self._signer.header(content)
        return request


@pytest.fixture
def served(database):
    """A running switch, its description, and a store that its tills find empty."""
    clock = Clock()
    with Store.open(database) as store:
        clients = Clients(store, clock)
        clients.add(CLIENT, public_key_line(TILL_KEY))
        scheme = open_scheme(store, clock, random.Random(7).randbytes)
        limits = Limits.of_paying(0)
        app = create_app(scheme.book, clients, Signer(SWITCH_KEY), clock=clock, limits=limits)
        with RunningSwitch(app) as running:
            yield running.url


def filled(value):
    """`value` with a letter in place of every empty text, which would count as absent."""
    if isinstance(value, dict):
        return {name: filled(part) for name, part in value.items()}
    if isinstance(value, list):
        return [filled(part) for part in value]
    return "x" if value == "" else value


def payable(case) -> None:
    """Let a well-made request be one to show a code for, in a currency that exists.

    So it gets past the first gate, with whatever texts it brings, and is kept.
    """
    body = case.body
    if not isinstance(body, dict):
        return
    for name in ("paymentAmount", "refundAmount"):
        if name in body:
            body[name] = {"currency": "NOK", "value": "100"}
    for name, currency in (("paymentCurrency", "NOK"), ("sellCurrency", "CNY")):
        if isinstance(body.get(name), str):
            body[name] = currency
    if "buyCurrency" in body:
        body["buyCurrency"] = "EUR"
    if "currencyPairs" in body:
        body["currencyPairs"] = [{"sellCurrency": "CNY", "buyCurrency": "SEK"}]
    case.body = body = filled(body)
    if "paymentFactor" in body:
        body["paymentFactor"] = {"inStorePaymentScenario": "OrderCode"}
        body["paymentMethod"] = {"paymentMethodType": "CONNECT_WALLET"}
        body.pop("paymentExpiryTime", None)


@pytest.mark.parametrize(
    ("database", "mode", "signed"),
    [
        ("sqlite", GenerationMode.POSITIVE, True),
        ("postgresql", GenerationMode.POSITIVE, True),
        ("sqlite", GenerationMode.NEGATIVE, True),
        ("sqlite", GenerationMode.POSITIVE, False),
    ],
    ids=["well made", "well made, PostgreSQL", "badly made", "unsigned"],
    indirect=["database"],
)
def test_every_answer_is_a_described_one(served, mode, signed):
    """Of every call, well made, badly made and unsigned: no 5xx, no undescribed status, header or
    body, nothing that the switch stumbles over, and every answer of a call is signed.
    """
    description = requests.get(f"{served}/openapi.json", timeout=10).json()
    schema = schemathesis.openapi.from_dict(description)
    codes: dict[str, set[str]] = {}
    session = requests.Session()

    def hold(case) -> None:
        if mode is GenerationMode.POSITIVE:
            payable(case)
        response = case.call(
            base_url=served, session=session, auth=Signed() if signed else None, timeout=10
        )
        case.validate_response(response, checks=CHECKS)
        if not case.operation.path.startswith(("/ams", "/samkassa")):
            return
        result = json.loads(response.content)["result"]
        assert result["resultCode"] != "UNKNOWN_EXCEPTION"
        codes.setdefault(case.operation.path, set()).add(result["resultCode"])
        fields = response.headers
        time, path = fields["response-time"][0], case.operation.path
        content = content_to_sign("POST", path, fields["client-id"][0], time, response.content)
        VERIFIER.check(content, fields["signature"][0])

    try:
        calls = schema.exclude(path_regex="/sandbox/")
        if mode is GenerationMode.NEGATIVE:
            calls = calls.include(method="POST")  # of the pages nothing can be made badly
        for found in calls.get_all_operations():
            operation = found.ok()
            CALM(given(case=operation.as_strategy(generation_mode=mode))(hold))()
    finally:
        session.close()
    if signed and mode is GenerationMode.POSITIVE:
        assert "PAYMENT_IN_PROCESS" in codes[PATHS["pay"]]
        assert "ORDER_NOT_EXIST" in codes[PATHS["inquiryPayment"]]
        assert "SUCCESS" in codes[PATHS["inquireExchangeRate"]]
    if not signed:
        assert codes[PATHS["pay"]] <= {"CLIENT_INVALID", "SIGNATURE_INVALID"}


def test_the_description_names_every_door_and_nothing_secret(served):
    """Each call under both prefixes, enrolment and the pages of operations, and no other path."""
    paths = set(requests.get(f"{served}/openapi.json", timeout=10).json()["paths"])
    assert {path for path in paths if path.startswith("/ams/api/")} == set(PATHS.values())
    assert {path for path in paths if not path.startswith("/ams/")} == {
        "/samkassa/v1/enrol", "/samkassa/v1/keys", "/samkassa/v1/witness",
        "/samkassa/v1/wallets", "/health", "/metrics", "/openapi.json", "/docs",
    }  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_description_sees_an_undescribed_answer(served):
    """The check above can fail: without its 200 in the description a good answer is a fault."""
    description = requests.get(f"{served}/openapi.json", timeout=10).json()
    del description["paths"]["/health"]["get"]["responses"]["200"]
    operation = schemathesis.openapi.from_dict(description)["/health"]["GET"]
    case = operation.Case()
    response = case.call(base_url=served, timeout=10)
    with pytest.raises(BaseException, match="Undocumented"):
        case.validate_response(response, checks=CHECKS)
