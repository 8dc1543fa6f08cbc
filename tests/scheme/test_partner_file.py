"""Partners as data: the table that ships, what a file adds or changes, and a partner that joins."""

import json
import random
import re
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from pos.commands.scheme import scheme
from pos.errors import PosError, SettingsError, WrongUse
from pos.sale.code import PaymentCode, recognise
from pos.scheme.clients import Clients
from pos.scheme.partner_file import read_scheme, shipped_scheme
from pos.scheme.partners import Absent, PartnerUnreachable
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.switch.signature import load_private_key, new_private_key, public_key_line
from tests.scheme.conftest import Desk, pay_request

BLUECODE = r"""
[[partner]]
name = "bluecode"
psp_name = "Bluecode"
title = "Bluecode"
colour = "#004b87"
currency = "EUR"
languages = ["de", "en"]
code = "988#################"

[[customer]]
wallet = "bluecode"
name = "Lena"
balance = 100_000
"""


@pytest.fixture
def file(tmp_path):
    """Writes a file of partners and says where it is."""

    def write(text):
        path = tmp_path / "partners.toml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def run(tmp_path):
    """Runs `pos scheme ...` on a switch of its own; what it printed. A sentence is raised."""

    def command(*arguments):
        result = CliRunner().invoke(scheme, [*arguments, "--state", str(tmp_path / "state")])
        if isinstance(result.exception, PosError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return command


def test_every_partner_that_ships_has_codes_of_the_common_shape():
    """24 digits: issuer, 02, sixteen of the user; a till knows them, the switch routes them."""
    for row in shipped_scheme().wallets:
        assert re.fullmatch(r"281\d{3}02#{16}", row.code)
        code = row.code.replace("#", "7")
        assert shipped_scheme().wallet_of(code) == row.name
        assert recognise(code, "Code128") == PaymentCode(
            recognise(code, "QR").secret, code[:6], single_use=True
        )
        assert row.languages
        assert row.funds["coupons"] == "wallet"


@pytest.mark.parametrize(
    "code",
    [
        "https://qr.vipps.no/28/2/01/031/4799999901?v=1",
        "https://qr.vipps.no/p/qwjhewqhueheuqwhuqwhe",
        "HTTPS://QR.VIPPS.NO/p/qwjhewqhueheuqwhuqwhe",
    ],
)
def test_personal_codes_of_vipps_go_to_it_whole(code):
    """With a telephone number or a token; the till sends every character on."""
    assert shipped_scheme().wallet_of(code) == "vipps"
    assert recognise(code, "QR").secret.reveal() == code


def test_bluecode_joins_a_running_scheme_by_one_entry(store, clock, file):
    """The same store, book and payments; one table more, and its customer pays at any till."""
    desk = Desk(open_scheme(store, clock, random.Random(7).randbytes), clock)
    before = desk.pay("r-0")
    desk.scheme.adopt(read_scheme(file(BLUECODE)))
    code = desk.code("bluecode")
    scanned = recognise(code, "Code128")
    assert (scanned.issuer, len(code)) == ("bluecode", 20)
    paid = desk.pay("r-1", code=scanned.secret.reveal())
    assert paid.result.result_code == "SUCCESS"
    assert paid.psp_customer_info.psp_name == "Bluecode"
    assert paid.actual_payment_amount.currency == "EUR"
    assert desk.balance("bluecode", "Lena") == 100_000 - int(paid.actual_payment_amount.value)
    _, shown = desk.show("r-2")
    offer = desk.scheme.customers.scan(shown, "bluecode")
    assert desk.scheme.customers.approve("bluecode", offer.payment_id).answer == "paid"
    assert desk.inquire("r-2").payment_status == "SUCCESS"
    assert desk.inquire("r-0").payment_id == before.payment_id
    assert statement(store)["unbalanced"] == []


def test_a_partner_that_leaves_keeps_what_it_has_done(store, clock, file):
    """Its codes are refused and its payments told as they are; what was open waits for it."""
    desk = Desk(open_scheme(store, clock, random.Random(7).randbytes), clock)
    desk.scheme.adopt(read_scheme(file(BLUECODE)))
    paid = desk.pay("r-1", code=desk.code("bluecode"))
    desk.pay("r-2", code=desk.code("bluecode", behaves="silent"))
    late = desk.code("bluecode")
    desk.scheme.adopt(shipped_scheme())
    assert desk.pay("r-3", code=late).result.result_code == "INVALID_PAYMENT_CODE"
    assert desk.inquire("r-1").payment_status == "SUCCESS"
    assert desk.inquire("r-2").payment_status == "PROCESSING"
    assert desk.cancel("r-2").result.result_status == "U"
    assert desk.refund(paid.payment_id, 900).result.result_status == "U"
    assert desk.scheme.book.recover() == 2
    desk.scheme.adopt(read_scheme(file(BLUECODE)))
    assert desk.scheme.book.recover() == 0
    assert desk.cancel("r-2").result.result_status == "S"


def test_a_partner_that_is_gone_answers_nothing():
    """Every question to it is left open."""
    gone = Absent("bluecode")
    asked = [
        lambda: gone.holder("1"), lambda: gone.status("1"), lambda: gone.close("1"),
        lambda: gone.reverse("1"), lambda: gone.refund("1", "2", 3),
    ]  # fmt: skip
    for ask in asked:
        with pytest.raises(PartnerUnreachable, match="bluecode"):
            ask()


def test_a_file_changes_what_it_names_and_nothing_else(file):
    """A limit and a colour of one partner; its codes and the others stay."""
    changed = read_scheme(file('[[partner]]\nname = "alipay"\nlimit = 100\ncolour = "#000000"\n'))
    alipay, shipped = changed.terms("alipay"), shipped_scheme().terms("alipay")
    assert (alipay.limit, alipay.colour) == (100, "#000000")
    assert (alipay.code, alipay.otherwise) == (shipped.code, shipped.otherwise)
    assert changed.terms("vipps") == shipped_scheme().terms("vipps")
    assert [row.name for row in changed.wallets] == ["vipps", "epassi", "alipay"]


def test_a_partner_claims_its_codes_before_the_broad_shape(file):
    """A new 24-digit issuer is not Alipay's, though it has the family's shape."""
    entry = BLUECODE.replace('code = "988#################"', 'issuer = "281040"')
    assert shipped_scheme().wallet_of("28104002" + "1" * 16) == "alipay"
    assert read_scheme(file(entry)).wallet_of("28104002" + "1" * 16) == "bluecode"


def test_a_payment_above_a_wallets_limit_is_refused(store, clock, file):
    """Scanned and shown; at the limit itself it is paid. The limit is in the wallet's currency."""
    limited = read_scheme(file('[[partner]]\nname = "vipps"\nlimit = 12_900\n'))
    desk = Desk(open_scheme(store, clock, random.Random(7).randbytes, terms=limited), clock)
    refused = desk.pay("r-1", value=12_901)
    assert refused.result.result_code == "PAYMENT_AMOUNT_EXCEED_LIMIT"
    assert desk.pay("r-2", value=12_900).result.result_code == "SUCCESS"
    _, shown = desk.show("r-3", value=12_901)
    with pytest.raises(PosError, match="above what Vipps takes") as told:
        desk.scheme.customers.scan(shown, "vipps")
    assert told.value.code == "PAYMENT_AMOUNT_EXCEED_LIMIT"
    assert desk.scheme.customers.scan(shown, "alipay").price.value == 12_901


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("partner", "cannot be read"),
        ("[partner]\nname = 'a'", "[[partner]]"),
        ("[[wallet]]\nname = 'a'", "'wallet'"),
        ("[[partner]]\nname = 'A B'", "name"),
        ("[[partner]]\nname = 'vipps'\n[[partner]]\nname = 'vipps'", "once"),
        ("[[partner]]\nname = 'vipps'\nfee = 1", "'fee'"),
        ("[[partner]]\nname = 'vipps'\nlimit = 0", "limit"),
        ("[[partner]]\nname = 'vipps'\ncolour = 'red'", "colour"),
        ("[[partner]]\nname = 'vipps'\ncurrency = 'XXX'", "currency"),
        ("[[partner]]\nname = 'vipps'\nissuer = '28103'", "issuer"),
        ("[[partner]]\nname = 'vipps'\nissuer = '281033'", "another"),
        ("[[partner]]\nname = 'vipps'\ncode = '988##'", "code"),
        ("[[partner]]\nname = 'vipps'\npatterns = ['(']", "patterns"),
        ("[[partner]]\nname = 'vipps'\npatterns = '988'", "patterns"),
        ("[[partner]]\nname = 'vipps'\nlanguages = ['Norsk']", "languages"),
        ("[[partner]]\nname = 'vipps'\nfunds = { coupons = 'nobody' }", "funds"),
        ("[[partner]]\nname = 'vipps'\nfunds = 'wallet'", "funds"),
        ("[[partner]]\nname = 'vipps'\nupstream = 'a'", "upstream"),
        ("[[partner]]\nname = 'vipps'\n[partner.upstream]\nurl = 'ftp://a'", "url"),
        ("[[partner]]\nname = 'bluecode'", "currency"),
        ("[[customer]]\nwallet = 'nobody'\nname = 'A'\nbalance = 1", "nobody"),
        ("[[customer]]\nwallet = 'vipps'\nname = 'A'\nbalance = -1", "balance"),
    ],
)
def test_a_fault_of_the_file_is_named(file, text, told):
    """The key that is wrong, in a sentence; nothing is half taken up."""
    with pytest.raises(SettingsError, match=re.escape(told)):
        read_scheme(file(text))


def test_the_shell_knows_the_partners_of_the_file(run, file, monkeypatch):
    """Listed, given codes, and read from POS_PARTNERS alike."""
    path = str(file(BLUECODE))
    assert "bluecode  Bluecode  988#################  holds EUR" in run_free("partners", path)
    listed = json.loads(run_free("partners", path, "--json"))
    assert [row["name"] for row in listed] == ["vipps", "epassi", "alipay", "bluecode"]
    assert re.fullmatch(r"988\d{17}\n", run("code", "bluecode", "--partners", path))
    with pytest.raises(WrongUse, match="bluecode"):
        run("code", "bluecode")
    monkeypatch.setenv("POS_PARTNERS", path)
    assert re.fullmatch(r"988\d{17}\n", run("code", "bluecode", "--customer", "lena"))


def run_free(command, path, *arguments):
    """A command of `pos scheme` that opens no books."""
    result = CliRunner().invoke(scheme, [command, "--partners", path, *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_merchant_belongs_to_the_partner_that_enrolled_him(run, file, tmp_path):
    """For good: the account is named after it, and no other partner can take him over."""
    key = tmp_path / "till.pub"
    key.write_text(public_key_line(load_private_key(new_private_key())))
    run("client", "add", "till-1", "--key", str(key), "--partner", "epassi")
    run("client", "add", "till-1", "--key", str(key))
    with pytest.raises(WrongUse, match="enrolled by epassi"):
        run("client", "add", "till-1", "--key", str(key), "--partner", "vipps")
    with pytest.raises(WrongUse, match="'nobody'"):
        run("client", "add", "till-2", "--key", str(key), "--partner", "nobody")
    with pytest.raises(WrongUse, match="'nobody'"):
        run("invite", "--partner", "nobody")
    database = f"sqlite:///{tmp_path}/state/switch/switch.db"
    with Store.open(database) as store:
        scheme = open_scheme(store)
        code = scheme.customers.new_code("alipay")
        scheme.book.pay("till-1", pay_request("r-1", code))
    told = run("book")
    assert "account merchant:epassi:till-1  -129.00 NOK" in told
    assert "owed alipay to epassi  129.00 NOK" in told


def test_a_merchant_whom_nobody_enrolled_yet_is_the_firsts(store, clock):
    """And once he is enrolled, what he sells is his partner's from then on."""
    desk = Desk(open_scheme(store, clock, random.Random(7).randbytes), clock)
    desk.pay("r-1")
    Clients(store, clock).add(
        "till-1", public_key_line(load_private_key(new_private_key())), "alipay"
    )
    desk.pay("r-2")
    rows = statement(store)["payments"]
    assert [row["acquirer"] for row in rows] == ["vipps", "alipay"]


def test_a_running_switch_reads_the_file_again_when_told(tmp_path, file):
    """SIGHUP: a good file is taken up, a broken one is told and changes nothing."""
    path = file("")
    log = tmp_path / "log"
    command = [sys.executable, "-m", "pos", "switch", "--port", "0", "--until-eof"]
    options = ["--state", str(tmp_path / "state"), "--partners", str(path)]
    with (
        log.open("w") as told,
        subprocess.Popen(
            [*command, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=told, text=True,
        ) as child,
    ):  # fmt: skip
        assert child.stdout.readline().startswith("switch ready")
        for text, said in (
            (BLUECODE, "were read again"),
            ("[[partner]]\nname = 'x'", "stay as they were: Partner x: currency"),
        ):
            path.write_text(text)
            child.send_signal(1)
            for _ in range(200):
                if said in log.read_text():
                    break
                time.sleep(0.05)
            assert said in log.read_text()
        child.stdin.close()
        assert child.wait(20) == 0
