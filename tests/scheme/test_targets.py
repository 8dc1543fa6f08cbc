"""The switch is not led astray: which addresses count, what they resolve to, how long it waits."""

import datetime
import socket
import ssl

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from pos.commands.scheme import scheme
from pos.errors import WrongUse
from pos.scheme.clients import Clients
from pos.scheme.delivery import Unanswered, post
from pos.scheme.store import Store
from pos.scheme.targets import AllowList, Forbidden, Target, addresses, allowed_target
from pos.switch.signature import load_private_key, new_private_key, public_key_line
from tests.scheme.listening import ACKNOWLEDGED, MerchantServer

KEY = load_private_key(new_private_key())
ALLOWED = ["https://shop.example/paid", "http://127.0.0.1:8000/"]
PLAIN = ssl.create_default_context()


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/paid",
        "https://shop.example:443/paid",
        "HTTPS://Shop.Example/paid",
        "https://shop.example/paid/till/7?x=1&y=%20",
        "http://127.0.0.1:8000/anything",
    ],
)
def test_an_address_under_an_allowed_one_counts(url):
    """The same origin in any spelling of its own, the same path or one below."""
    assert allowed_target(url, ALLOWED).path.startswith("/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example/paid",
        "//shop.example/paid",
        "ftp://shop.example/paid",
        "file:///etc/passwd",
        "gopher://127.0.0.1:8000/",
        "http://shop.example/paid",  # in the clear
        "https://shop.example:8443/paid",
        "https://shop.example.evil.example/paid",
        "https://evilshop.example/paid",
        "https://shop.example@evil.example/paid",
        "https://evil.example/?https://shop.example/paid",
        "https://evil.example#@shop.example/paid",
        "https://shop.example\\@evil.example/paid",
        "https://user@shop.example/paid",
        "https://shop.example:/paid",
        "https://shop.example:0/paid",
        "https://shop.example:99999/paid",
        "https://shop.example./paid",
        "https://shop.example/paidx",
        "https://shop.example/",
        "https://shop.example/paid/../admin",
        "https://shop.example/paid/..",
        "https://shop.example/paid/%2e%2e/admin",
        "https://shop.example/paid/%2E./admin",
        "https://shop.example/paid/..%2fadmin",
        "https://shop.example/paid/..\\admin",
        "https://shop.example/paid\r\nX-Evil: 1",
        "https://shop.example/paid\t",
        " https://shop.example/paid",
        "https://shop.example/paid#part",
        "https://shop.exаmple/paid",  # a Cyrillic letter
        "https://127.1/paid",
        "http://2130706433:8000/",
        "http://0x7f.0.0.1:8000/",
        "http://[::ffff:127.0.0.1]:8000/",
        "http://[::1]:8000/",
        "http://localhost:8000/",
        "https://" + "a" * 3_000,
    ],
)
def test_no_other_address_counts(url):
    """Near misses, odd notations and tricks are all refused."""
    with pytest.raises(Forbidden):
        allowed_target(url, ALLOWED)


@given(st.text(max_size=60))
def test_no_text_makes_it_stumble(text):
    """Any text is an allowed address or a refusal, and an allowed one is of an allowed host."""
    for url in (text, "https://shop.example" + text):
        try:
            target = allowed_target(url, ALLOWED)
        except Forbidden:
            continue
        assert target.host in ("shop.example", "127.0.0.1")


PRIVATE = [
    "0.0.0.0",  # noqa: S104 - nothing listens there
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "::1", "::",
    "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
    "2002:a00:1::1", "2002:7f00:1::1",
]  # fmt: skip


@pytest.mark.parametrize("private", PRIVATE)
def test_a_name_leads_into_no_private_network(private):
    """Alone or beside a public address, whichever comes first."""
    target = Target.parse("https://shop.example/paid")
    for found in ([private], ["8.8.8.8", private], [private, "8.8.8.8"]):
        with pytest.raises(Forbidden):
            addresses(target, lambda _host, _port, found=found: found)


def test_a_name_is_looked_up_once_and_taken_at_its_word():
    """The judged addresses are the ones to connect to; another look-up could tell another story."""
    asked = []

    def resolve(host, port):
        asked.append((host, port))
        return ["8.8.8.8", "2001:4860:4860::8888", "8.8.8.8"]

    target = Target.parse("https://shop.example/paid")
    assert addresses(target, resolve) == ["8.8.8.8", "2001:4860:4860::8888"]
    assert asked == [("shop.example", 443)]


def test_this_machines_name_leads_to_this_machine_only():
    """`localhost` that resolves to anything else is refused, and so is an empty answer."""
    target = Target.parse("http://localhost:8000/")
    assert addresses(target, lambda *_: ["127.0.0.1", "::1"]) == ["127.0.0.1", "::1"]
    for found in (["10.0.0.1"], ["8.8.8.8"], []):
        with pytest.raises(Forbidden):
            addresses(target, lambda *_, found=found: found)


@pytest.fixture
def allow_list():
    """The list of a switch with one client."""
    with Store.open() as store:
        Clients(store).add("till-1", public_key_line(KEY))
        yield AllowList(store)


def test_the_operator_may_name_a_server_of_her_own_network(allow_list):
    """A private address written down by hand is no trick; it is used as it stands."""
    allow_list.allow("till-1", "https://10.0.0.5:8443/paid")
    target = allowed_target("https://10.0.0.5:8443/paid", allow_list.of("till-1"))
    assert addresses(target, lambda *_: pytest.fail("looked up")) == ["10.0.0.5"]


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "https://169.254.169.254/latest",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://[fe80::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://shop.example/paid?x=1",
        "nonsense",
    ],
)
def test_what_cannot_be_allowed(allow_list, url):
    """In the clear, a cloud's metadata, nobody's address, a query: told in a sentence."""
    with pytest.raises(WrongUse):
        allow_list.allow("till-1", url)
    assert allow_list.of("till-1") == []


def test_the_commands_allow_and_take_back(tmp_path):
    """`pos scheme client allow` and `disallow` say what is allowed afterwards."""
    (tmp_path / "till.pub").write_text(public_key_line(KEY))
    state = ["--state", str(tmp_path)]

    def run(*arguments: str):
        return CliRunner().invoke(scheme, ["client", *arguments, *state])

    assert run("add", "till-1", "--key", str(tmp_path / "till.pub")).exit_code == 0
    given = run("allow", "till-1", "https://shop.example/paid")
    assert given.output == "till-1 may be notified at https://shop.example/paid\n"
    assert run("allow", "till-1", "https://shop.example/paid").output == given.output
    assert isinstance(run("allow", "nobody", "https://shop.example/").exception, WrongUse)
    assert isinstance(run("allow", "till-1", "http://shop.example/").exception, WrongUse)
    taken = run("disallow", "till-1", "https://shop.example/paid")
    assert (taken.exit_code, taken.output) == (0, "")
    assert isinstance(run("disallow", "till-1", "https://shop.example/").exception, WrongUse)


def certified(folder, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The TLS of a server called `name`, and that of a caller who trusts its certificate."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(KEY, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "server.pem").write_bytes(
        pem
        + KEY.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


@pytest.mark.parametrize("right", [True, False], ids=["its own", "another's"])
def test_the_certificate_is_of_the_name_though_the_address_is_connected_to(tmp_path, right):
    """TLS asks the judged address for the URL's host; another's certificate is refused."""
    server, caller = certified(tmp_path, "shop.example" if right else "evil.example")
    merchant = MerchantServer(server)
    try:
        target = Target.parse(f"https://shop.example:{merchant.port}/paid")
        if right:
            told = post(target, ["127.0.0.1"], {}, b"{}", caller)
            assert told == (200, ACKNOWLEDGED)
            assert merchant.heard[0].headers["Host"] == f"shop.example:{merchant.port}"
        else:
            with pytest.raises(Unanswered, match="CERTIFICATE_REFUSED"):
                post(target, ["127.0.0.1"], {}, b"{}", caller)
            assert merchant.heard == []
    finally:
        merchant.close()


@pytest.fixture
def answered_by():
    """Makes a merchant's server and tells it once; what came of it."""
    servers = []

    def tell(total_s: float = 5.0, **how):
        server = MerchantServer(**how)
        servers.append(server)
        server.status = 302 if how.get("location") else 200
        target = Target.parse(f"http://127.0.0.1:{server.port}/paid")
        return post(target, ["127.0.0.1"], {}, b"{}", PLAIN, total_s=total_s)

    yield tell
    for server in servers:
        server.close()


def test_no_redirect_is_followed(answered_by):
    """It is an answer like any other, and no acknowledgement."""
    elsewhere = MerchantServer()
    try:
        assert answered_by(location=elsewhere.url)[0] == 302
        assert elsewhere.heard == []
    finally:
        elsewhere.close()


def test_no_proxy_of_the_environment_is_used(answered_by, monkeypatch):
    """A proxy would look names up by itself."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert answered_by() == (200, ACKNOWLEDGED)


def test_a_server_that_trickles_is_left(answered_by):
    """Each byte comes in time and the whole does not: broken off when the time is over."""
    with pytest.raises(Unanswered, match="NO_ANSWER"):
        answered_by(total_s=0.3, drip_s=0.1)


def test_a_server_that_says_nothing_is_left():
    """A connection that is taken and never answered ends with its time."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = Target.parse(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        with pytest.raises(Unanswered, match="NO_ANSWER"):
            post(target, ["127.0.0.1"], {}, b"{}", PLAIN, total_s=0.2)


def test_nobody_there_is_no_answer():
    """A refused connection, and no address at all."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    target = Target.parse(f"http://127.0.0.1:{port}/")
    for found in (["127.0.0.1"], []):
        with pytest.raises(Unanswered, match="NO_ANSWER"):
            post(target, found, {}, b"{}", PLAIN)
