"""Tickets at the engine: issued when paid, once; shown, printed and printed again; void when given
back. The gate that reads them is the product's own.

Apart from the receipts because a ticket is worth money to whoever holds it.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from pos.engine import Terms
from pos.gate.admitting import Admitting, Gate
from pos.gate.book import Book
from pos.sale.input import (
    Charge,
    ChooseEntry,
    GiveBack,
    MoreTickets,
    Presenting,
    Reprint,
    ShowReceipt,
    Stop,
)
from pos.sale.mode import KIOSK
from pos.sale.return_line import ReturnLine
from pos.sale.ticket import ShownTicket
from pos.sale.view import Verdict
from pos.shelf import SiteShelf
from pos.stamp import LIST_FILE_NAME, Stamp, TicketKeys
from tests.engine.conftest import Shop

SITE_FILE = Path(__file__).resolve().parents[2] / "pos" / "demo" / "site.toml"
# Goods come back over a counter; everything else is the kiosk's.
STAFFED = replace(KIOSK, gives_back=True)


def start(shop: Shop, file: Path = SITE_FILE) -> None:
    """A kiosk of the demo's site, or the next process of it."""
    shelf = SiteShelf(file, shop.folder, "NOK", "en")
    shop.start(mode=STAFFED, shelf=shelf, stamp=Stamp(shop.folder))


@pytest.fixture
def kiosk(shop: Shop) -> Shop:
    """It is at work."""
    start(shop)
    return shop


def choose(kiosk: Shop, *kinds: tuple[str, int]) -> int:
    """Put tickets on the order, for the first entry time that has room; when that begins."""
    for kind, count in kinds:
        kiosk.engine.handle(MoreTickets(kind, count))
    office = kiosk.view.box_office
    assert office is not None
    begins_at = next(each.starts_at for each in office.entries if each.left)
    kiosk.engine.handle(ChooseEntry(begins_at))
    return begins_at


def buy(kiosk: Shop, *kinds: tuple[str, int]) -> tuple[ShownTicket, ...]:
    """Buy these with the code of a telephone; the tickets that are shown."""
    choose(kiosk, *kinds)
    kiosk.engine.handle(Charge("", Presenting.EITHER))
    kiosk.scan(kiosk.code())
    kiosk.go_on()
    assert kiosk.view.verdict is Verdict.PAID
    return kiosk.view.papers.tickets


def admits(kiosk: Shop, shown: ShownTicket, folder: Path) -> str:
    """What a gate of the site says of it, with the list that the kiosk keeps."""
    folder.mkdir(exist_ok=True)
    with Book(folder) as book:
        keys = TicketKeys(Stamp(kiosk.folder).public)
        told = keys.revocations((kiosk.folder / LIST_FILE_NAME).read_bytes())
        assert told is not None
        book.hold(told[1], told[0].made_at, told[0].serials)
        gate = Gate("north", "FJORDSUMMIT", keys, book, 900.0)
        admission = Admitting(gate, kiosk.wall_s).present(shown.text)
        assert admission is not None
        return admission.verdict.value


def test_each_ticket_that_is_paid_for_is_issued_and_admits(kiosk: Shop, tmp_path: Path) -> None:
    """One for each, by line; a timed one for its time, the other for the day; a gate lets in."""
    begins_at = choose(kiosk, ("ADULT", 2), ("FAMILY", 1), ("GARDEN", 1))
    began = kiosk.book.seq
    kiosk.engine.handle(Charge("", Presenting.EITHER))
    assert kiosk.view.papers.tickets == ()
    kiosk.scan(kiosk.code())
    kiosk.go_on()
    shown = kiosk.view.papers.tickets
    kinds = kiosk.kinds(began)
    assert kinds.index("Paid") < kinds.index("TicketsIssued") < kinds.index("ReceiptBegun")
    assert [(each.ticket.kind, each.ticket.persons, each.name) for each in shown] == [
        ("ADULT", 1, "Adult"), ("ADULT", 1, "Adult"),
        ("FAMILY", 4, "Family (2 + 2)"), ("GARDEN", 1, "Garden, all day"),
    ]  # fmt: skip
    times = {(each.ticket.begins_at, each.ticket.ends_at) for each in shown[:3]}
    assert times == {(begins_at, begins_at + 1800)}
    assert shown[3].ticket.ends_at - shown[3].ticket.begins_at == 86_400
    assert len({each.ticket.serial for each in shown}) == 4
    kiosk.go_on(1)
    assert admits(kiosk, shown[0], tmp_path / "north") == "admitted"
    assert admits(kiosk, shown[0], tmp_path / "north") == "used"


def test_no_ticket_before_it_is_paid(kiosk: Shop) -> None:
    """Neither for what is stopped, nor for what is refused."""
    choose(kiosk, ("ADULT", 1))
    kiosk.engine.handle(Charge("", Presenting.EITHER))
    kiosk.engine.handle(Stop(kiosk.view.request_id))
    kiosk.go_on()
    kiosk.engine.handle(Charge("", Presenting.EITHER))
    kiosk.scan(kiosk.code("no-money"))
    kiosk.go_on()
    assert kiosk.view.verdict is Verdict.DECLINED
    assert "TicketsIssued" not in kiosk.kinds()


def test_a_line_is_in_the_language_of_the_shop(shop: Shop) -> None:
    """Whichever the file of the site names first."""
    shelf = SiteShelf(SITE_FILE, shop.folder, "NOK", "en")
    shop.start(mode=STAFFED, shelf=shelf, terms=Terms("fi"))
    shop.engine.handle(MoreTickets("ADULT", 1))
    assert shop.view.order is not None
    assert shop.view.order.lines[0].text == "Aikuinen"


def test_a_till_without_the_key_of_the_tickets_issues_none(shop: Shop) -> None:
    """It sells by the site's file, and whoever has the key issues what is paid."""
    shelf = SiteShelf(SITE_FILE, shop.folder, "NOK", "en")
    shop.start(mode=STAFFED, shelf=shelf)
    assert buy(shop, ("ADULT", 1)) == ()
    assert "TicketsIssued" not in shop.kinds()


def test_what_has_no_tickets_is_shown_without_and_so_is_all_where_the_key_is_gone(
    kiosk: Shop,
) -> None:
    """A keyed amount; and a receipt of tickets at a till that can make no text of them."""
    keyed = kiosk.paid("10")
    kiosk.engine.handle(ShowReceipt(keyed))
    assert kiosk.view.papers.receipt is not None
    assert kiosk.view.papers.tickets == ()
    buy(kiosk, ("ADULT", 1))
    request_id = kiosk.view.request_id
    kiosk.start(mode=STAFFED)
    kiosk.engine.handle(ShowReceipt(request_id))
    assert kiosk.view.papers.receipt is not None
    assert kiosk.view.papers.tickets == ()


def test_a_ticket_is_the_same_when_it_is_printed_again(kiosk: Shop) -> None:
    """After a restart of the kiosk too; the journal holds no text that would admit."""
    before = buy(kiosk, ("ADULT", 2))
    request_id = kiosk.view.request_id
    assert all(each.text not in str(kiosk.entries()) for each in before)
    assert kiosk.paper.receipts[-1].tickets == before
    start(kiosk)
    kiosk.engine.handle(Reprint(request_id))
    again = kiosk.paper.receipts[-1]
    assert (again.copy, again.tickets) == (True, before)
    assert kiosk.kinds().count("TicketsIssued") == 1


def paid_and_unissued(kiosk: Shop) -> str:
    """A payment for two at an entry time, of which the till died before it issued the tickets."""
    choose(kiosk, ("ADULT", 2))
    kiosk.engine.handle(Charge("", Presenting.EITHER))
    request_id = kiosk.view.request_id
    customers = kiosk.switch.scheme.customers
    customers.scan(kiosk.view.order_code, "vipps")
    (waiting,) = customers.waiting("vipps")
    customers.approve("vipps", waiting.payment_id)
    kiosk.start(mode=STAFFED)  # without site and key, as a till that only settles what is open
    kiosk.go_on(2)
    assert kiosk.engine.history.payments[request_id].state == "PAID"
    assert "TicketsIssued" not in kiosk.kinds()
    return request_id


def test_what_a_power_cut_left_unissued_is_issued_at_the_start(kiosk: Shop) -> None:
    """Paid, and dead before the tickets were written down: not lost, and not twice."""
    request_id = paid_and_unissued(kiosk)
    shop_stamp = Stamp(kiosk.folder)
    for _ in range(2):
        start(kiosk)
    assert kiosk.kinds().count("TicketsIssued") == 1
    issued = kiosk.engine.history.ticket_book.issued[request_id]
    assert [each.kind for each in issued.tickets] == ["ADULT", "ADULT"]
    assert TicketKeys(shop_stamp.public).ticket(shop_stamp.stamped(issued.tickets[0]))


def test_an_entry_time_that_the_site_no_longer_has_lasts_to_the_end_of_the_day(
    kiosk: Shop,
) -> None:
    """Whoever paid for it comes in; a new file of the site takes nothing from them."""
    request_id = paid_and_unissued(kiosk)
    other = kiosk.folder / "site.toml"
    text = SITE_FILE.read_text("utf-8")
    other.write_text(text.replace("every = 30", "every = 7"), encoding="utf-8")
    start(kiosk, other)
    payment = kiosk.engine.history.payments[request_id]
    begins_at = kiosk.engine.history.order_book.placed[payment.sale_id].entry_at
    issued = kiosk.engine.history.ticket_book.issued[request_id].tickets
    midnight = begins_at + 13 * 3600  # the tests begin at eleven in the site's own time
    assert {(each.begins_at, each.ends_at) for each in issued} == {(begins_at, midnight)}


def test_tickets_of_goods_that_come_back_admit_nobody(kiosk: Shop, tmp_path: Path) -> None:
    """The last of the line is void, at the gate as on paper; the others admit."""
    shown = buy(kiosk, ("ADULT", 2), ("CHILD", 1))
    kiosk.engine.handle(GiveBack(kiosk.view.request_id, "", (ReturnLine(0, 1),)))
    kiosk.go_on(1)
    assert kiosk.view.papers.tickets == (shown[0], shown[2])
    assert [admits(kiosk, each, tmp_path / "north") for each in shown] == [
        "admitted", "given back", "admitted",
    ]  # fmt: skip


def test_money_back_without_goods_takes_no_ticket_until_all_is_back(
    kiosk: Shop, tmp_path: Path
) -> None:
    """A rebate lets everybody in; the whole sum nobody."""
    shown = buy(kiosk, ("ADULT", 2))
    request_id = kiosk.view.request_id
    kiosk.engine.handle(GiveBack(request_id, "20"))
    kiosk.go_on(1)
    assert admits(kiosk, shown[0], tmp_path / "north") == "admitted"
    kiosk.engine.handle(GiveBack(request_id))
    kiosk.go_on(1)
    assert admits(kiosk, shown[1], tmp_path / "north") == "given back"
    assert kiosk.view.papers.tickets == ()


def test_the_list_is_made_again_and_again(kiosk: Shop) -> None:
    """So that a gate can tell how old its knowledge is, though nothing was given back."""
    kiosk.go_on(1)
    path, keys = kiosk.folder / LIST_FILE_NAME, TicketKeys(Stamp(kiosk.folder).public)
    first = keys.revocations(path.read_bytes())
    kiosk.go_on(200)
    assert keys.revocations(path.read_bytes()) == first
    kiosk.go_on(200)
    second = keys.revocations(path.read_bytes())
    assert first is not None
    assert second is not None
    assert 290 <= second[0].made_at - first[0].made_at <= 400
    assert (first[0].site, first[0].serials) == ("FJORDSUMMIT", frozenset())
