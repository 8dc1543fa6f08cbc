"""`pos scheme promote`: coupons from the shell and from a table."""

import json

import pytest
from click.testing import CliRunner

from pos.commands.scheme import scheme
from pos.errors import PosError, SettingsError, WrongUse
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from tests.scheme.conftest import pay_request

TABLE = """
[[promotion]]
id = "kafe"
name = "10 kr hos Fjord Kafe"
wallet = "vipps"
currency = "NOK"
off = "10.00"
least = "100.00"
budget = "500.00"
ends = 2999-01-01T00:00:00+01:00
merchants = ["M-0001"]
"""
ADD = ("add", "x", "--name", "X", "--wallet", "vipps", "--currency", "NOK", "--budget", "100")


@pytest.fixture
def run(tmp_path, shared_database):
    """Runs `pos scheme promote ...` in this process; what it printed."""

    def promote_command(*arguments: str) -> str:
        where = ("--state", str(tmp_path), "--database", shared_database)
        result = CliRunner().invoke(scheme, ["promote", *arguments, *where])
        if isinstance(result.exception, PosError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return promote_command


def test_a_table_is_loaded_paid_with_and_listed(run, tmp_path, shared_database):
    """The next payment has the coupon, and the list says what it cost."""
    table = tmp_path / "coupons.toml"
    table.write_text(TABLE)
    assert run("load", str(table)) == "added kafe\n"
    assert run("load", str(table)) == "unchanged kafe\n"
    with Store.open(shared_database) as store:
        parts = open_scheme(store)
        answer = parts.book.pay("till-1", pay_request(code=parts.customers.new_code("vipps")))
    assert answer.actual_payment_amount.value == "11900"
    (row,) = json.loads(run("list", "--json"))
    assert (row["coupon_id"], row["left"], row["reserved"], row["spent"]) == (
        "kafe", 49_000, 0, 1_000,
    )  # fmt: skip
    assert row["merchants"] == ["M-0001"]
    assert run("list") == (
        "kafe  vipps  10 kr hos Fjord Kafe  10.00 NOK off from 100.00  budget 500.00 left 490.00 "
        "reserved 0.00 spent 10.00  until 2998-12-31 23:00:00 UTC\n"
    )


def test_an_ended_coupon_is_good_no_more(run, shared_database):
    """From the next payment on."""
    run(*ADD, "--percent", "10", "--most", "50", "--stacks")
    run("end", "x")
    with Store.open(shared_database) as store:
        parts = open_scheme(store)
        answer = parts.book.pay("till-1", pay_request(code=parts.customers.new_code("vipps")))
    assert answer.promotion_result is None
    assert "10 % up to 50.00 NOK" in run("list")


def test_the_demonstration_s_coupons_are_loaded_without_a_file(run):
    """All of them, and again without harm."""
    assert run("load").count("added") == 5
    assert run("load").count("unchanged") == 5


def test_what_cannot_be_is_told_in_a_sentence(run, tmp_path):
    """Missing terms, unknown coupons, changed coupons, unreadable files."""
    with pytest.raises(SettingsError, match="off or percent"):
        run(*ADD)
    with pytest.raises(SettingsError, match="most goes with percent"):
        run(*ADD, "--percent", "10")
    with pytest.raises(SettingsError, match="zone"):
        run(*ADD, "--off", "1", "--ends", "2026-03-01")
    with pytest.raises(WrongUse, match="no coupon none"):
        run("end", "none")
    with pytest.raises(SettingsError, match="cannot be read"):
        run("load", str(tmp_path / "absent.toml"))
    run(*ADD, "--off", "1")
    with pytest.raises(WrongUse, match="does not change"):
        run(*ADD, "--off", "2")
