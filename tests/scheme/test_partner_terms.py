"""What the table says of a partner is what happens: who pays its coupons, and what it speaks."""

import json
import random

import pytest
from click.testing import CliRunner

from hardware.simulated import SimulatedCamera
from pos.commands.promote import promote
from pos.demo.phone import DemoPhone
from pos.errors import SettingsError
from pos.scheme.coupons import Coupon
from pos.scheme.partner_file import read_scheme
from pos.scheme.simulation import open_scheme
from pos.scheme.statement import statement
from pos.switch.wire import WireAmount
from tests.scheme.conftest import Desk
from tests.scheme.test_promotions import accounts, add, told

FUNDED = """
[[partner]]
name = "alipay"
funds = { coupons = "scheme" }
"""
BLUECODE = r"""
[[partner]]
name = "bluecode"
psp_name = "Bluecode"
title = "Bluecode"
colour = "#004e8f"
currency = "EUR"
languages = ["fi"]
code = "988#################"

[[customer]]
wallet = "bluecode"
name = "Anna"
balance = 50_000
"""
COUPON = Coupon("c", "10 off", "alipay", "NOK", budget=900_000, off=1_000)
OURS = Coupon("v", "10 off", "vipps", "NOK", budget=900_000, off=1_000)


@pytest.fixture
def read(tmp_path):
    """A function that reads a scheme with these partners."""

    def of(text: str):
        path = tmp_path / "partners.toml"
        path.write_text(text)
        return read_scheme(path)

    return of


def owed(desk) -> dict[tuple[str, str, str], int]:
    """Who owes which acquirer how much."""
    rows = statement(desk.scheme.store)["positions"]
    return {(row["wallet"], row["acquirer"], row["currency"]): row["value"] for row in rows}


def test_the_scheme_pays_the_coupons_of_a_partner_that_says_so(store, clock, read):
    """129.00 NOK at 0.7024...: the customer pays 83.59 CNY to her wallet, the scheme the rest. The
    merchant has all of it, and both together owe his acquirer exactly what he is owed.
    """
    terms = read(FUNDED)
    desk = Desk(open_scheme(store, clock, random.Random(7).randbytes, terms=terms), clock)
    add(desk, COUPON, OURS)
    answer = desk.pay("r-1", code=desk.code("alipay"))
    desk.pay("r-2", code=desk.code("vipps"))
    assert told(answer.promotion_result) == [("10 off", "10.00 NOK")]
    books = accounts(desk)
    saved = books["marketing:scheme", "CNY"]
    charged = books["wallet:alipay", "CNY"]
    assert answer.actual_payment_amount == WireAmount(currency="CNY", value=str(charged))
    assert saved > 0
    assert ("marketing:alipay", "CNY") not in books
    assert books["marketing:vipps", "NOK"] == 1_000
    shares = owed(desk)
    assert shares["alipay", "vipps", "NOK"] + shares["scheme", "vipps", "NOK"] == 12_900
    assert abs(shares["scheme", "vipps", "NOK"] - 1_000) <= 1
    assert shares["vipps", "vipps", "NOK"] == 12_900


def test_refunds_and_cancels_give_back_to_whoever_paid(store, clock, read):
    """Also when the table says otherwise by then: the payment keeps who funded it."""
    terms = read(FUNDED)
    desk = Desk(open_scheme(store, clock, random.Random(7).randbytes, terms=terms), clock)
    add(desk, COUPON)
    answer = desk.pay("r-1", code=desk.code("alipay"))
    desk.pay("r-2", code=desk.code("alipay"))
    desk.scheme.adopt(read(""))
    desk.refund(answer.payment_id, 6_450, "f-1")
    half = accounts(desk)["marketing:scheme", "CNY"]
    assert owed(desk)["scheme", "vipps", "NOK"] == pytest.approx(1_500, abs=2)
    desk.refund(answer.payment_id, 6_450, "f-2")
    desk.cancel("r-2")
    assert half > 0
    assert all(value == 0 for value in accounts(desk).values())
    assert not any(owed(desk).values())
    desk.pay("r-3", code=desk.code("alipay"))
    assert accounts(desk)["marketing:alipay", "CNY"] > 0


@pytest.mark.parametrize(
    "text",
    [
        "[[partner]]\nname = 'vipps'\nfunds = { coupons = 'merchant' }",
        "[[partner]]\nname = 'vipps'\nfunds = { fees = 'wallet' }",
        BLUECODE.replace('"bluecode"', '"scheme"'),
    ],
)
def test_what_nobody_can_fund_is_refused(read, text):
    """A merchant is paid in full; his fees are the terms'; no partner is called the scheme."""
    with pytest.raises(SettingsError):
        read(text)


def test_a_partner_of_the_running_scheme_has_coupons(tmp_path):
    """`pos scheme promote` knows the partners of the file, from the shell and from a table."""
    (tmp_path / "switch").mkdir()
    partners = tmp_path / "partners.toml"
    partners.write_text(BLUECODE)
    where = ["--state", str(tmp_path)]
    coupon = ["--name", "x", "--wallet", "bluecode", "--currency", "EUR", "--budget", "9.00"]
    added = ["add", "b", *coupon, "--off", "1.00", *where]
    refused = CliRunner().invoke(promote, added)
    assert "wallet is one of vipps, epassi, alipay" in str(refused.exception)
    with_file = [*added, "--partners", str(partners)]
    assert CliRunner().invoke(promote, with_file).output == "added b\n"
    table = tmp_path / "coupons.toml"
    row = {"id": "c", "name": "x", "wallet": "bluecode", "currency": "EUR", "budget": "9.00"}
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in row.items())
    table.write_text(f"[[promotion]]\n{lines}\noff = '1.00'\n")
    loaded = CliRunner().invoke(
        promote, ["load", str(table), *where], env={"POS_PARTNERS": str(partners)}
    )
    assert loaded.output == "added c\n"


def test_the_demo_s_phone_has_the_colours_of_the_table(store, clock, read):
    """Of a partner that was added, too."""
    scheme = open_scheme(store, clock, terms=read(BLUECODE))
    colours = {
        each.name: each.colour for each in DemoPhone(lambda: scheme, SimulatedCamera()).wallets()
    }
    assert colours == {row.psp_name: row.colour for row in read(BLUECODE).wallets}
    assert colours["Bluecode"] == "#004e8f"
