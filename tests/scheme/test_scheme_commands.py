"""`pos scheme` and `pos switch`: what they print, and with which exit code they end."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner
from PIL import Image

from pos.commands.scheme import scheme
from pos.commands.switch import switch
from pos.errors import PosError, Refused, SettingsError, WrongUse
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.switch.signature import load_private_key, load_public_key, new_private_key, public_key_line
from tests.scheme.conftest import pay_request


@pytest.fixture
def state(tmp_path):
    """A state folder of its own."""
    return tmp_path / "state"


@pytest.fixture
def run(state, shared_database):
    """Runs `pos scheme ...` in this process; what it printed. A sentence for people is raised."""

    def scheme_command(*arguments: str) -> str:
        result = CliRunner().invoke(
            scheme, [*arguments, "--state", str(state), "--database", shared_database]
        )
        if isinstance(result.exception, PosError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return scheme_command


@pytest.fixture
def book(shared_database):
    """The book that the commands work on."""
    with Store.open(shared_database) as store:
        yield open_scheme(store).book


def shown_code(book, request_id="r-1") -> str:
    """An order code as a till would show it."""
    answer = book.pay("till-1", pay_request(request_id, scenario="OrderCode"))
    return answer.order_code_form.code_details[0].code_value


def test_registering_a_caller_prints_the_switchs_key(run, tmp_path, state):
    """One line: the same for every caller, and the key that the switch signs with."""
    key = tmp_path / "till.pub"
    key.write_text(public_key_line(load_private_key(new_private_key())))
    first, second = (
        run("client", "add", "till-1", "--key", str(key)),
        run("client", "add", "till-2", "--key", str(key)),
    )
    assert first == second
    assert first.count("\n") == 1
    own = load_private_key((state / "switch" / "switch.pem").read_bytes())
    assert load_public_key(first).public_numbers() == own.public_key().public_numbers()


def test_a_wrong_key_or_name_is_told_in_a_sentence(run, tmp_path):
    """A private key, no key, no file and a bad id: each with its remedy."""
    private, good = tmp_path / "till.pem", tmp_path / "till.pub"
    private.write_bytes(new_private_key())
    good.write_text(public_key_line(load_private_key(private.read_bytes())))
    with pytest.raises(SettingsError, match="must stay with its owner"):
        run("client", "add", "till-1", "--key", str(private))
    with pytest.raises(SettingsError, match="cannot be read"):
        run("client", "add", "till-1", "--key", str(tmp_path / "none.pem"))
    with pytest.raises(WrongUse, match="letters, digits"):
        run("client", "add", "till 1", "--key", str(good))


@pytest.mark.parametrize(
    ("wallet", "issuer"), [("vipps", "281031"), ("ePassi", "281032"), ("ALIPAY", "281033")]
)
def test_a_code_is_24_digits_of_its_wallet(run, wallet, issuer):
    """Fresh each time, whatever the case of the wallet's name."""
    codes = {run("code", wallet) for _ in range(3)}
    assert len(codes) == 3
    assert all(re.fullmatch(issuer + r"02\d{16}\n", code) for code in codes)


def test_a_code_behaves_and_belongs_as_asked(run, book):
    """The behaviour and the customer are those of the options."""
    code = run("code", "alipay", "--customer", "wang wei", "--behaves", "silent").strip()
    assert book.pay("till-1", pay_request(code=code)).result.result_status == "U"
    assert '"silent"' not in run("book", "--json")
    with pytest.raises(WrongUse, match="Li Na, Wang Wei"):
        run("code", "alipay", "--customer", "Nobody")
    with pytest.raises(WrongUse, match="vipps, epassi, alipay"):
        run("code", "wechat")


def test_a_code_is_drawn_as_a_telephone_shows_it(run, tmp_path):
    """A picture, and nothing of the code in what is printed."""
    path = tmp_path / "phone.png"
    assert run("code", "vipps", "--image", str(path)).strip() == str(path)
    with Image.open(path) as picture:
        assert min(picture.size) > 100
    with pytest.raises(WrongUse, match="--image"):
        run("code", "vipps", "--image", str(tmp_path / "no folder" / "phone.png"))


def test_scanning_pays_or_declines(run, book):
    """What happened, in the customer's currency."""
    code = shown_code(book)
    assert run("scan", code, "--wallet", "Alipay") == (
        "paid 90.61 CNY for 129.00 NOK to Fjord Kafe\n"
    )
    code = shown_code(book, "r-2")
    assert run("scan", code, "--wallet", "vipps", "--decline") == (
        "declined 129.00 NOK to Fjord Kafe\n"
    )


def test_a_code_that_cannot_be_paid_ends_with_exit_code_1(run, book):
    """Unknown, closed, or beyond what the customer has: one sentence each."""
    with pytest.raises(Refused, match="not an order code"):
        run("scan", "https://example.com/", "--wallet", "vipps")
    code = shown_code(book)
    run("scan", code, "--wallet", "vipps")
    with pytest.raises(Refused, match="closed"):
        run("scan", code, "--wallet", "vipps")
    answer = book.pay("till-1", pay_request("r-2", scenario="OrderCode", value=30_000_00))
    dear = answer.order_code_form.code_details[0].code_value
    with pytest.raises(Refused, match="USER_BALANCE_NOT_ENOUGH"):
        run("scan", dear, "--wallet", "vipps", "--customer", "Ola")
    assert Refused.exit_code == 1


def test_the_books_are_read_apart(run, book):
    """Payments, refunds, balances and what the wallets say, in whole smallest units."""
    code = run("code", "epassi").strip()
    paid = book.pay("till-1", pay_request(code=code))
    books = json.loads(run("book", "--json"))
    (row,) = books["payments"]
    assert (row["payment_id"], row["request_id"], row["client"]) == (
        paid.payment_id,
        "r-1",
        "till-1",
    )
    assert (row["state"], row["wallet"]) == ("SUCCEEDED", "epassi")
    assert row["amount"] == {"value": 12_900, "currency": "NOK"}
    assert row["customer_amount"] == {"value": 1_099, "currency": "EUR"}
    assert [(m["kind"], m["value"]) for m in books["wallets"]] == [("charge", -1_099)]
    shown = run("book")
    assert f"{paid.payment_id}  r-1  till-1  129.00 NOK  epassi  10.99 EUR  SUCCEEDED" in shown
    assert "account merchant:vipps:till-1  -129.00 NOK" in shown
    assert "customer epassi Aino  4989.01 EUR" in shown
    assert code not in shown + json.dumps(books)


def test_the_switch_says_when_it_answers_and_stops_cleanly(tmp_path):
    """Exactly one line on standard output, then a clean end however it is asked for."""
    switches = {}
    try:
        for how in ("SIGTERM", "SIGINT", "end of input"):
            options = ["--port", "0", "--until-eof", "--state", str(tmp_path / how)]
            switches[how] = subprocess.Popen(
                [sys.executable, "-m", "pos", "switch", *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        for how, process in switches.items():
            line = process.stdout.readline()
            assert re.fullmatch(r"switch ready on http://127\.0\.0\.1:\d+\n", line)
            if how == "end of input":
                process.stdin.close()
                process.stdin = None
            else:
                os.kill(process.pid, getattr(signal, how))
        for process in switches.values():
            rest, errors = process.communicate(timeout=30)
            assert (process.returncode, rest, errors) == (0, "", "")
    finally:
        for process in switches.values():
            process.kill()
            process.communicate()


def test_a_switch_that_cannot_start_says_why(state, tmp_path):
    """One sentence on standard error, exit code 2, nothing on standard output."""
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    options = ["--port", "0", "--state", str(state), "--tls-cert", str(bad)]
    half = CliRunner().invoke(switch, options)
    assert isinstance(half.exception, SettingsError)
    assert "--tls-key" in str(half.exception)
    done = subprocess.run(
        [sys.executable, "-m", "pos", "switch", *options, "--tls-key", str(bad)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "certificate" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("option", ["till-1", "till-1=/nowhere/till.pub"])
def test_a_caller_to_trust_needs_a_key(state, option):
    """`--trust` without a file, or with one that is not there, is told in a sentence."""
    options = ["--port", "0", "--state", str(state), "--trust", option]
    result = CliRunner().invoke(switch, options)
    assert isinstance(result.exception, SettingsError)
    assert "key file" in str(result.exception)
