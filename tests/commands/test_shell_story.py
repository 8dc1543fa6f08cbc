"""The whole scheme worked from the shell alone, and what every command promises its caller.

Apart from the other tests of the commands because nothing here reaches into the product: keys,
callers, codes, sales and books are all made and read by commands.
"""

import json
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from driving import shell
from driving.agreement import disagreements
from driving.shell import one_sentence
from driving.tills import SwitchProcess, Till

from hardware.decoder import Decoder

KEYS = {"state", "request_id", "payment_id", "amount", "wallet", "result_code"}
QUIET_ROWS, QUIET_COLUMNS = 2, 4


def sold(till: Till, *how: str, amount: str = "129.00") -> shell.Ran:
    """One sale; whatever came of it, its last line has the promised keys."""
    done = till.pos("sell", "--amount", amount, *how)
    assert set(done.last) == KEYS
    return done


def shown(till: Till, amount: str) -> tuple[Popen[str], str, str]:
    """`pos sell --show`, waiting for its customer; the text of its code, and its drawing."""
    selling = till.start("sell", "--amount", amount, "--show")
    assert selling.stdout is not None
    drawn = []
    for line in selling.stdout:
        if "/28199904" in line:
            return selling, line.strip(), "".join(drawn)
        drawn.append(line)
    raise AssertionError(shell.finish(selling))


def pixels(drawing: str) -> np.ndarray:
    """A drawing in half blocks as a grey picture: light where ink would light a dark screen."""
    rows = [line for line in drawing.splitlines() if line and set(line) <= set("█▀▄ ")]
    upper = [[mark in "█▀" for mark in row] for row in rows]
    lower = [[mark in "█▄" for mark in row] for row in rows]
    cells = np.array([line for pair in zip(upper, lower, strict=True) for line in pair])
    return np.kron(cells.astype(np.uint8) * 255, np.ones((8, 8), np.uint8))


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, str]]:
    """A switch of the shell's own, on a port of our choosing: its folder, a till's, its address."""
    folder = tmp_path_factory.mktemp("shell")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running = shell.start("switch", "--port", str(port), "--state", str(folder / "scheme"))
    address = shell.line_with(running, "switch ready on ").rpartition(" ")[2]
    yield folder / "scheme", folder / "till", address
    running.send_signal(signal.SIGTERM)
    assert shell.finish(running) == shell.Ran(0, "", "")


def test_from_a_key_pair_to_two_equal_books(kiosk: tuple[Path, Path, str]) -> None:
    """Register, make a code, sell from its picture, give back; both books tell the same."""
    scheme, folder, address = kiosk
    folder.mkdir()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "shop.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    (folder / "shop.pub").write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    at_scheme, at_till = ("--state", str(scheme)), ("--state", str(folder))
    added = shell.run("scheme", "client", "add", "shop-1", "--key", str(folder / "shop.pub"),
                      *at_scheme)  # fmt: skip
    assert added.code == 0, added.err
    assert len(added.out.split()) == 1
    (folder / "terminal.toml").write_text(
        f'[switch]\nurl = "{address}"\nclient_id = "shop-1"\nkey = "shop.key"\n'
        f'public_key = "{added.out.strip()}"\n[devices]\ncamera = "none"\n'
    )
    phone = folder / "phone.png"
    drawn = shell.run("scheme", "code", "alipay", "--image", str(phone), *at_scheme)
    assert (drawn.code, drawn.out.strip()) == (0, str(phone))
    paid = shell.run("sell", "--amount", "129,00", "--image", str(phone), *at_till)
    assert paid.code == 0, paid.err
    assert (paid.last["state"], paid.last["result_code"]) == ("PAID", "SUCCESS")
    assert paid.last["amount"] == {"value": 12900, "currency": "NOK"}
    assert paid.last["wallet"] == "AlipayCN"
    back = shell.run("refund", paid.last["request_id"], "--amount", "29.5", *at_till)
    assert (back.code, back.last["state"]) == (0, "REFUNDED")
    book = json.loads(shell.run("scheme", "book", "--json", *at_scheme).out)
    exported = shell.run("journal", "export", *at_till).out
    journal = [json.loads(line) for line in exported.splitlines()]
    assert len(book["payments"]) == 1
    assert book["payments"][0]["payment_id"] == paid.last["payment_id"]
    assert disagreements(journal, book, "shop-1") == []


def test_a_code_from_the_shell_pays_once(till: Till, switch: SwitchProcess) -> None:
    """The code that `pos scheme code` prints sells; held up again it is refused, unsent."""
    made = shell.run("scheme", "code", "epassi", "--customer", "Aino", "--state", str(switch.state))
    code = made.out.strip()
    assert sold(till, "--code", code).code == 0
    again = sold(till, "--code", code)
    assert (again.code, again.last["state"]) == (1, "REFUSED")
    assert "used before" in one_sentence(again.err)
    assert till.states() == ["PAID"]
    assert till.differences() == []


def test_a_customer_scans_the_code_that_the_till_shows(till: Till, switch: SwitchProcess) -> None:
    """The drawing and the text below it are the same code; the customer's yes sells."""
    selling, text, drawing = shown(till, "45.50")
    picture = pixels(drawing)
    assert [symbol.text for symbol in Decoder().read_thoroughly(picture)] == [text]
    scan = ("scheme", "scan", text, "--wallet", "vipps", "--state", str(switch.state))
    paying = shell.run(*scan)
    assert paying.code == 0, paying.err
    assert paying.out == "paid 45.50 NOK to Fjord Kafe\n"
    done = shell.finish(selling)
    assert (done.code, done.last["state"], done.last["wallet"]) == (0, "PAID", "Vipps")
    assert till.differences() == []


def test_a_customer_says_no_to_a_shown_code(till: Till, switch: SwitchProcess) -> None:
    """A declined order is not sold: exit 1, one sentence, nothing charged."""
    selling, text, _ = shown(till, "45.50")
    scan = ("scheme", "scan", text, "--wallet", "alipay", "--state", str(switch.state))
    assert shell.run(*scan, "--decline").out.startswith("declined ")
    done = shell.finish(selling)
    assert (done.code, done.last["state"]) == (1, "DECLINED")
    one_sentence(done.err)
    assert till.differences() == []


@pytest.mark.parametrize(
    ("behaves", "code"),
    [
        ("declines", "USER_PAYMENT_VERIFICATION_FAILED"),
        ("no-money", "USER_BALANCE_NOT_ENOUGH"),
    ],
)
def test_a_declined_sale_says_why(behaves: str, code: str, till: Till) -> None:
    """Exit 1, the reason as a code in the last line and as a sentence for people."""
    done = sold(till, "--code", till.switch.new_code(behaves))
    assert (done.code, done.last["state"], done.last["result_code"]) == (1, "DECLINED", code)
    one_sentence(done.err)
    assert till.differences() == []


def test_a_sale_in_another_currency(till: Till) -> None:
    """`--currency` sells in euro what the wallet holds in kroner."""
    done = sold(till, "--code", till.switch.new_code(), "--currency", "EUR", amount="10")
    assert (done.code, done.last["amount"]) == (0, {"value": 1000, "currency": "EUR"})
    assert till.differences() == []


def test_refunds_never_exceed_what_was_paid(till: Till) -> None:
    """A part, more than is left (refused, unsent), the rest, and then nothing more."""
    paid = sold(till, "--code", till.switch.new_code()).last["request_id"]
    part = till.pos("refund", paid, "--amount", "100.00")
    assert (part.code, part.last["state"], part.last["amount"]["value"]) == (0, "REFUNDED", 10000)
    assert set(part.last) == {"state", "refund_id", "request_id", "amount", "result_code"}
    over = till.pos("refund", paid, "--amount", "29.01")
    assert (over.code, over.out) == (1, "")
    assert "29.00 NOK" in one_sentence(over.err)
    rest = till.pos("refund", paid)
    assert (rest.code, rest.last["amount"]["value"]) == (0, 2900)
    for more in ((paid,), (paid, "--amount", "0.01"), ("no-such-payment",)):
        refused = till.pos("refund", *more)
        assert refused.code == 1
        one_sentence(refused.err)
    assert till.pos("refund", paid, "--amount", "0").code == 2
    assert till.differences() == []
    assert [refund["state"] for refund in json.loads(
        till.pos("payments", "--json").out)[0]["refunds"]] == ["REFUNDED"] * 2  # fmt: skip


def test_the_journal_is_listed_verified_and_exported(till: Till) -> None:
    """What the commands print is what is on the disk; reading it needs no idle till."""
    paid = sold(till, "--code", till.switch.new_code()).last
    entries = till.journal()
    exported = till.pos("journal", "export").out.splitlines()
    assert [json.loads(line) for line in exported] == entries
    verified = till.pos("journal", "verify")
    chain, compared = verified.out.splitlines()
    assert chain == f"{len(entries)} entries, unbroken, head {entries[-1]['hash']}"
    assert compared.endswith("nothing is missing")
    listed = till.pos("journal", "list").out.splitlines()
    assert [line.split()[1] for line in listed] == [entry["kind"] for entry in entries]
    payment = json.loads(till.pos("payments", "--json").out)[0]
    assert {key: payment[key] for key in KEYS} == paid
    lines = till.pos("payments").out.splitlines()
    assert lines[0].startswith(paid["request_id"])
    assert lines[-1] == "1 payments, 0 unfinished, 0 refunds unfinished"
    assert till.pos("recover").out == "0 were unfinished, 0 are left\n"


def test_the_books_are_printed_as_they_are(till: Till, switch: SwitchProcess) -> None:
    """`pos scheme book` tells each payment, for people and as JSON."""
    paid = sold(till, "--code", switch.new_code()).last
    assert json.loads(shell.run("scheme", "book", "--json", "--state", str(switch.state)).out) == (
        switch.book()
    )
    book = shell.run("scheme", "book", "--state", str(switch.state)).out
    line = next(line for line in book.splitlines() if paid["request_id"] in line)
    assert paid["payment_id"] in line
    assert "129.00 NOK" in line
    assert "SUCCEEDED" in line


def test_an_outcome_that_is_not_known_yet_exits_3(till: Till) -> None:
    """While the switch is down, `pos recover` gives up in time, says so, and loses nothing."""
    code = till.switch.new_code()
    assert till.sell(code, dying_at="pay answered").code == -signal.SIGKILL
    with shell.nobody() as address:
        till.settle_in(address)
        done = till.pos("recover", "--seconds", "1")
    assert done.code == 3
    assert "pos recover" in one_sentence(done.err)
    assert done.out.splitlines()[-1] == "1 were unfinished, 1 are left"
    waiting = till.pos("payments", "--open", "--json")
    assert [payment["state"] for payment in json.loads(waiting.out)] == ["INTENT"]
    till.settle_in(till.switch.url)
    assert till.pos("recover").code == 0
    assert till.differences() == []


def test_ctrl_c_cancels_the_sale(till: Till) -> None:
    """A cashier who gives up gets a cancelled payment on both sides, not a broken process."""
    selling = till.start("sell", "--amount", "9", "--code", till.switch.new_code("silent"))
    shell.line_with(selling, "Waiting")
    selling.send_signal(signal.SIGINT)
    done = shell.finish(selling)
    assert (done.code, done.last["state"], done.last["result_code"]) == (1, "CANCELLED", "operator")
    one_sentence(done.err)
    assert till.differences() == []


def test_a_till_without_settings_pays_into_a_switch_of_its_own(tmp_path: Path) -> None:
    """With nothing but a folder: the till's own switch starts, sells and stops with it."""
    state = ("--state", str(tmp_path / "own"))
    code = shell.run("scheme", "code", "vipps", *state).out.strip()
    done = shell.run("sell", "--amount", "5", "--code", code, *state)
    assert (done.code, done.last["state"]) == (0, "PAID")
    for private in ("till.pem", "switch/switch.pem", "fingerprint.keys", "journal.db"):
        mode = stat.S_IMODE((tmp_path / "own" / private).stat().st_mode)
        assert mode == 0o600, private
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "args",
    [
        ("sell", "--amount", "5"),
        ("sell", "--amount", "5", "--show", "--code", "281031020000000000000000"),
        ("scan",),
        ("scheme", "code", "swish"),
        ("scheme", "code", "vipps", "--customer", "Nobody"),
        ("scheme", "scan", "https://example.org/", "--wallet", "swish"),
        ("switch", "--tls-cert", "only.pem"),
        ("scheme", "client", "add", "till 1", "--key", "missing.pub"),
    ],
)
def test_wrong_use_exits_2_with_one_sentence(args: tuple[str, ...], tmp_path: Path) -> None:
    """What cannot be meant is refused before anything is done."""
    done = shell.run(*args, "--state", str(tmp_path / "none"))
    assert (done.code, done.out) == (2, "")
    one_sentence(done.err)
