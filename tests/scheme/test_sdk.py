"""Alipay's own client against a really started `pos switch`: what it says is the wire."""

import http.client
import json
import os
import socket
import subprocess
import sys
import urllib.parse
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from pos.scheme.partners import Behaviour
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.switch.signature import load_private_key, new_private_key, public_key_line

# The client's own code, which is not ours to mend: invalid escapes, naive times, unclosed sockets.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::SyntaxWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CLIENT = "T_CLIENT_1"


class Switch:
    """A child process `pos switch`, and the customers, who act on the same database meanwhile."""

    def __init__(self, state: Path, *options: str) -> None:
        self.key = new_private_key()
        public = state / "till.pub"
        public.write_text(public_key_line(load_private_key(self.key)))
        trust = [f"--trust={client}={public}" for client in (CLIENT, f"SANDBOX_{CLIENT}")]
        command = [sys.executable, "-m", "pos", "switch", "--until-eof", "--state", str(state)]
        self.process = subprocess.Popen(
            [*command, *trust, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        assert line.startswith("switch ready on "), line
        self.url = line.removeprefix("switch ready on ").strip()
        self.public = (state / "switch" / "switch.pub").read_text().strip()
        self.store = Store.open(f"sqlite:///{state}/switch/switch.db")
        self.customers = open_scheme(self.store).customers

    def bare_key(self) -> str:
        """The till's private key as the client wants it: bare base64 of PKCS#1."""
        pem = (
            load_private_key(self.key)
            .private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
            .decode()
        )
        return "".join(pem.splitlines()[1:-1])

    def stop(self) -> int:
        """End its standard input, and wait; its exit code."""
        self.store.close()
        self.process.stdin.close()
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()


@pytest.fixture(scope="module")
def switch(tmp_path_factory):
    """A running switch on a free port, which ends when its standard input does."""
    running = Switch(tmp_path_factory.mktemp("state"), "--port", "0")
    yield running
    assert running.stop() == 0


@pytest.fixture
def client_of(switch, monkeypatch):
    """Makes Alipay's client for the switch. Its transport insists on TLS and port 443, so that
    one function is replaced; everything else is as published.
    """
    import com.alipay.ams.api.net.default_http_rpc as transport
    from com.alipay.ams.api.default_alipay_client import DefaultAlipayClient

    def connect(url: str, timeout: int = 15) -> http.client.HTTPConnection:
        parts = urllib.parse.urlsplit(url)
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)

    monkeypatch.setattr(transport, "__get_http_connection", connect)

    def make(client_id: str = CLIENT, public: str = "") -> DefaultAlipayClient:
        return DefaultAlipayClient(
            switch.url, client_id, switch.bare_key(), public or switch.public
        )

    return make


def order(value: int, currency: str):
    """An order with everything that the client insists on."""
    from com.alipay.ams.api.model.amount import Amount
    from com.alipay.ams.api.model.env import Env
    from com.alipay.ams.api.model.merchant import Merchant
    from com.alipay.ams.api.model.order import Order
    from com.alipay.ams.api.model.store import Store

    store = Store()
    store.reference_store_id, store.store_name, store.store_mcc = "OSL-1", "Kafé Oslo S", "5814"
    merchant = Merchant()
    merchant.reference_merchant_id, merchant.merchant_mcc = "M-0001", "5814"
    merchant.merchant_name, merchant.store = "Fjord Kafé", store
    env = Env()
    env.store_terminal_id, env.store_terminal_request_time = "T07", "2026-03-01T12:00:01+01:00"
    env.user_agent = "AliApp(AP/10.5.0) AlipayClient/10.5.0"
    whole = Order()
    whole.order_amount, whole.order_description = Amount(currency, value), "To kaffe"
    whole.merchant, whole.env = merchant, env
    return whole


def pay_with_code(client, request_id: str, code: str, value: int = 12_900) -> dict:
    """Pay by the customer's code, through the client."""
    from com.alipay.ams.api.request.pay.user_presented_code_payment_request import (
        UserPresentedCodePaymentRequest,
    )

    request = UserPresentedCodePaymentRequest(request_id, order(value, "NOK"), "NOK", value, code)
    return json.loads(client.execute(request))


def inquire(client, request_id: str) -> dict:
    """Ask for a payment, through the client."""
    from com.alipay.ams.api.request.pay.alipay_pay_query_request import AlipayPayQueryRequest

    request = AlipayPayQueryRequest()
    request.payment_request_id = request_id
    return json.loads(client.execute(request))


@pytest.mark.parametrize("client_id", [CLIENT, f"SANDBOX_{CLIENT}"])
def test_a_code_is_paid_asked_for_and_refunded(switch, client_of, client_id):
    """pay, inquiryPayment, refund, inquiryRefund; live path and sandbox path."""
    from com.alipay.ams.api.model.amount import Amount
    from com.alipay.ams.api.request.pay.alipay_inquiry_refund_request import (
        AlipayInquiryRefundRequest,
    )
    from com.alipay.ams.api.request.pay.alipay_refund_request import AlipayRefundRequest

    client = client_of(client_id)
    code = switch.customers.new_code("alipay")
    paid = pay_with_code(client, "sdk-1", code)
    assert paid["result"]["resultCode"] == "SUCCESS"
    assert paid["pspCustomerInfo"]["pspName"] == "AlipayCN"
    assert paid["actualPaymentAmount"] == {"currency": "CNY", "value": "9061"}
    assert inquire(client, "sdk-1")["paymentStatus"] == "SUCCESS"

    refund = AlipayRefundRequest()
    refund.payment_id, refund.refund_request_id = paid["paymentId"], "sdk-r1"
    refund.refund_amount, refund.is_async_refund = Amount("NOK", 3_000), False
    refunded = json.loads(client.execute(refund))
    assert refunded["result"]["resultCode"] == "SUCCESS"

    question = AlipayInquiryRefundRequest()
    question.refund_request_id = "sdk-r1"
    answer = json.loads(client.execute(question))
    assert (answer["refundStatus"], answer["refundId"]) == ("SUCCESS", refunded["refundId"])


def test_an_order_code_is_shown_scanned_and_paid(switch, client_of):
    """pay with a code to show; a customer scans it; the inquiry finds it paid."""
    from com.alipay.ams.api.request.pay.order_code_payment_request import OrderCodePaymentRequest

    client = client_of()
    request = OrderCodePaymentRequest("sdk-2", order(4_500, "NOK"), "NOK", 4_500)
    answer = json.loads(client.execute(request))
    assert answer["result"]["resultStatus"] == "U"
    code = answer["orderCodeForm"]["codeDetails"][0]["codeValue"]
    offer = switch.customers.scan(code, "epassi")
    assert (offer.merchant_name, str(offer.charge)) == ("Fjord Kafé", "3.83 EUR")
    switch.customers.approve("epassi", offer.payment_id)
    found = inquire(client, "sdk-2")
    assert (found["paymentStatus"], found["pspCustomerInfo"]["pspName"]) == ("SUCCESS", "ePassi")


def test_an_entry_code_leads_to_a_page_and_is_cancelled(switch, client_of):
    """pay from a wallet's browser; then cancel."""
    from com.alipay.ams.api.request.pay.alipay_pay_cancel_request import AlipayPayCancelRequest
    from com.alipay.ams.api.request.pay.entry_code_payment_request import EntryCodePaymentRequest

    client = client_of()
    request = EntryCodePaymentRequest("sdk-3", order(4_500, "NOK"), "NOK", 4_500)
    answer = json.loads(client.execute(request))
    page = answer["redirectActionForm"]["redirectUrl"]
    assert page.startswith(("https://", "http://127.0.0.1:"))  # https but on this machine
    cancel = AlipayPayCancelRequest()
    cancel.payment_request_id = "sdk-3"
    cancelled = json.loads(client.execute(cancel))
    assert cancelled["result"]["resultCode"] == "SUCCESS"
    assert cancelled["cancelTime"]
    assert inquire(client, "sdk-3")["paymentStatus"] == "CANCELLED"


def test_the_rates_are_asked_for(client_of):
    """inquireExchangeRate: what the client reads is what a payment is then charged at."""
    from com.alipay.ams.api.model.currency_pair import CurrencyPair
    from com.alipay.ams.api.model.product_code_type import ProductCodeType
    from com.alipay.ams.api.model.rate_type import RateType
    from com.alipay.ams.api.request.pay.alipay_inquire_exchange_rate_request import (
        AlipayInquireExchangeRateRequest,
    )
    from com.alipay.ams.api.response.pay.alipay_inquire_exchange_rate_response import (
        AlipayInquireExchangeRateResponse,
    )

    pair = CurrencyPair()
    pair.sell_currency, pair.buy_currency = "CNY", "NOK"
    request = AlipayInquireExchangeRateRequest()
    request.currency_pairs, request.rate_type = [pair], RateType.TRADE
    request.product_code = ProductCodeType.IN_STORE_PAYMENT
    answer = AlipayInquireExchangeRateResponse(client_of().execute(request))
    (quote,), (payment_quote,) = answer.quotes, answer.payment_quotes
    assert (quote.quote_currency_pair, quote.quote_price) == ("NOK/CNY", "0.70242863")
    assert quote.quote_start_time < quote.quote_expiry_time
    assert payment_quote.quote_id == quote.quote_id
    assert (payment_quote.buy_currency, payment_quote.sell_currency) == ("NOK", "CNY")
    assert payment_quote.exchange_rate == quote.quote_price


def test_a_refusal_reaches_the_client_signed(switch, client_of):
    """A declined payment is an answer to this client, not an HTTP fault."""
    code = switch.customers.new_code("vipps", behaviour=Behaviour.DECLINES)
    answer = pay_with_code(client_of(), "sdk-4", code)
    assert answer["result"]["resultStatus"] == "F"


def test_each_side_checks_the_other(switch, client_of):
    """With a stranger's key for the switch the client refuses the answer; an unregistered
    caller is refused by the switch.
    """
    from com.alipay.ams.api.exception.exception import AlipayApiException

    stranger = public_key_line(load_private_key(new_private_key()))
    with pytest.raises(AlipayApiException, match="verify"):
        inquire(client_of(public=stranger), "sdk-1")
    answer = inquire(client_of("SOMEBODY_ELSE"), "sdk-1")
    assert answer["result"]["resultCode"] == "CLIENT_INVALID"


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key, as PEM files."""
    import ipaddress

    key = load_private_key(new_private_key())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.DNSName("localhost"),
                    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
                ]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    cert_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_path, key_path


UNCHANGED = """
import sys
from com.alipay.ams.api.default_alipay_client import DefaultAlipayClient
from com.alipay.ams.api.request.pay.alipay_pay_query_request import AlipayPayQueryRequest
client = DefaultAlipayClient("https://127.0.0.1", sys.argv[1], sys.argv[2], sys.argv[3])
request = AlipayPayQueryRequest()
request.payment_request_id = "never"
print(client.execute(request))
"""


def test_the_unchanged_client_reaches_the_switch_over_tls(tmp_path):
    """Nothing replaced: TLS on 127.0.0.1:443, the only port that the client knows."""
    probe = socket.socket()
    try:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 443))
    except OSError as error:
        pytest.skip(f"port 443 cannot be taken on this machine: {error.strerror}")
    finally:
        probe.close()
    cert, key = _certificate(tmp_path)
    running = Switch(tmp_path, "--port", "443", "--tls-cert", str(cert), "--tls-key", str(key))
    try:
        assert running.url == "https://127.0.0.1:443"
        done = subprocess.run(
            [sys.executable, "-c", UNCHANGED, CLIENT, running.bare_key(), running.public],
            env=os.environ | {"SSL_CERT_FILE": str(cert)},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    finally:
        assert running.stop() == 0
    assert json.loads(done.stdout)["result"]["resultCode"] == "ORDER_NOT_EXIST"
