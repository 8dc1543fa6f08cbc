"""`pos tickets`: the gates' key, what was issued and given back, and the list that gates fetch.

Apart from the engine, which writes down what is read here.
"""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pos.cli import cli
from pos.folders import JOURNAL_NAME
from pos.journal import Journal
from pos.sale.money import Amount
from pos.sale.order import Line, Order, OrderPlaced
from pos.sale.payment import Opened, Paid, Scenario
from pos.sale.refund import RefundAsked
from pos.sale.return_line import ReturnLine
from pos.sale.ticket import TicketsIssued
from pos.stamp import Stamp, TicketKeys
from tests.gate.conftest import SITE, ticket

PRICE = Amount(20_000, "NOK")
ORDER = Order("s1", "NOK", (Line("Adult", 10_000, 2, product="adult", persons=1),))
FAR = {"begins_at": 4_000_000_020, "ends_at": 4_000_003_620}


def run(*arguments: str) -> Result:
    """One command."""
    return CliRunner().invoke(cli, ["tickets", *arguments], catch_exceptions=False)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A kiosk that sold two tickets, of which one is being given back."""
    with Journal(tmp_path / JOURNAL_NAME) as book:
        for entry in (
            OrderPlaced(ORDER, 1.0),
            Opened("r1", "s1", PRICE, Scenario.PAYMENT_CODE, 1.0),
            Paid("r1", "p1", PRICE),
            TicketsIssued("r1", (ticket(1, **FAR), ticket(2, **FAR)), 1.0),
            RefundAsked("f1", "r1", Amount(10_000, "NOK"), 2.0, (ReturnLine(0, 1),)),
        ):
            book.append(entry)
    return tmp_path


def test_the_key_is_the_one_that_tickets_are_signed_with(state: Path) -> None:
    """One line, the same each time."""
    printed = run("key", "--state", str(state)).stdout
    assert printed == run("key", "--state", str(state)).stdout
    assert len(printed.splitlines()) == 1
    text = Stamp(state).stamped(ticket(1))
    assert TicketKeys(printed).ticket(text) == ticket(1)


def test_what_was_issued_is_listed_and_no_ticket_can_be_made_of_it(state: Path) -> None:
    """By payment, with what was given back; neither serial nor text."""
    done = run("list", "--json", "--state", str(state))
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["number"], first["given_back"]) == (ticket(1).number, False)
    assert (second["kind"], second["given_back"]) == ("adult", True)
    assert ticket(1).serial not in done.stdout
    plain = run("list", "r1", "--state", str(state)).stdout.splitlines()
    assert [line.endswith("given back") for line in plain] == [False, True]


def test_a_payment_without_tickets_is_said(state: Path) -> None:
    """Exit 1 and a sentence, for a list that would be empty."""
    done = CliRunner().invoke(cli, ["tickets", "list", "r9", "--state", str(state)])
    assert done.exception is not None
    assert "no tickets of r9" in str(done.exception)


def test_the_list_of_those_given_back_is_signed_and_for_one_site(state: Path) -> None:
    """To standard output or into a file, as a gate takes it."""
    told = TicketKeys(Stamp(state).public).revocations(
        run("revoked", "--state", str(state)).stdout.encode()
    )
    assert told is not None
    assert (told[0].site, told[0].serials) == (SITE, frozenset({ticket(2).serial}))
    out = state / "out.txt"
    run("revoked", "--out", str(out), "--state", str(state))
    assert TicketKeys(Stamp(state).public).revocations(out.read_bytes()) is not None
