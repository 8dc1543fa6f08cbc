"""X and Z reports added up from entries: the tax authority's own day, and what must always hold.

The authority's example file (SAF-T Cash Register 1.00) has a day of three sales and a return with
its Z report; the same day in our entries has to come to the same figures.
"""

from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.sale.ejournal import find
from pos.sale.export import exported
from pos.sale.history import Entry, History
from pos.sale.money import Amount
from pos.sale.order import Line, Order, OrderPlaced
from pos.sale.payment import CancelAsked, CancelDone, Opened, Paid, Scenario, StopReason
from pos.sale.refund import RefundAsked, Refunded
from pos.sale.report import Report, Tally
from pos.sale.return_line import ReturnLine
from pos.sale.shift import ShiftClosed, ShiftOpened, XReported
from pos.sale.staff import LoggedIn, Proof, StaffRole
from pos.sale.tallying import x_report, z_report

EXAMPLE = Path(__file__).resolve().parents[3] / "shared" / "saf-t" / "example.xml"
NS = "{urn:StandardAuditFile-Taxation-CashRegister:NO}"
NOON = 1_795_348_800.0  # 22 November 2026, 12:00 UTC


def minor(text: str | None) -> int:
    """Kroner as the file spells them, in minor units."""
    return int(Decimal(text or "0") * 100)


def here(staff_id: str, name: str) -> LoggedIn:
    """Somebody logs in."""
    return LoggedIn(staff_id, name, StaffRole.CASHIER, Proof.PIN, NOON - 100)


def sold(name: str, *lines: Line, wallet: str = "Vipps", at: float = NOON) -> Iterator[Entry]:
    """The entries of a paid sale of these lines."""
    order = Order(f"s-{name}", "NOK").with_lines(lines)
    yield OrderPlaced(order, at)
    yield Opened(name, order.sale_id, order.total(), Scenario.PAYMENT_CODE, at)
    yield Paid(name, f"p-{name}", order.total(), wallet)


def folded(*entries: Entry) -> History:
    """A history of these entries."""
    history = History()
    for entry in entries:
        history.apply(entry)
    return history


def closed(number: int, *carried: str) -> ShiftClosed:
    """A shift ends."""
    return ShiftClosed(number, "", NOON + 3600, "NOK", 0, 0, carried)


def report_of(history: History) -> Report:
    """The report of shift 1."""
    made = z_report(history, 1, UTC)
    assert made is not None
    return made


def texts(element: ElementTree.Element, path: str) -> list[str | None]:
    """The texts of all these descendants, by local names."""
    steps = "/".join(NS + name for name in path.split("/"))
    return [each.text for each in element.findall(f".//{steps}")]


@pytest.mark.skipif(not EXAMPLE.exists(), reason="the tax authority's example is not beside us")
def test_the_authority_s_own_day_comes_to_its_own_figures() -> None:
    """Totals, VAT by rate, goods by group, by staff and group, returns, and grand totals."""
    root = ElementTree.parse(EXAMPLE).getroot()  # noqa: S314 - the authority's own
    entries: list[Entry] = []
    for sale in root.iter(f"{NS}cashtransaction"):
        number, who = sale.findtext(f"{NS}nr") or "", sale.findtext(f"{NS}empID") or ""
        entries.append(here(who, who))
        if sale.findtext(f"{NS}transType") == "RETURNSAL":
            back = Amount(-minor(sale.findtext(f"{NS}transAmntIn")), "NOK")
            goods = (ReturnLine(1, 1),)  # one of the two milks of sale 1002
            entries += [RefundAsked(number, "1002", back, NOON, goods), Refunded(number, "r")]
            continue
        lines = [
            Line(
                each.findtext(f"{NS}artID") or "",
                minor(each.findtext(f"{NS}lineAmntIn")) // int(each.findtext(f"{NS}qnt") or 0),
                int(each.findtext(f"{NS}qnt") or 0),
                minor(each.findtext(f"{NS}vat/{NS}vatPerc")),
                category=each.findtext(f"{NS}artGroupID") or "",
            )
            for each in sale.iter(f"{NS}ctLine")
        ]
        entries += sold(number, *lines)
    (theirs,) = root.iter(f"{NS}eventReport")
    ours = report_of(folded(*entries, closed(1)))
    assert ours.total.net == minor(theirs.findtext(f".//{NS}totalCashSaleAmnt"))
    vat = {
        minor(rate): (minor(net), minor(tax))
        for rate, net, tax in zip(
            *(texts(theirs, f"reportCashSaleVat/{name}") for name in
              ("vatPerc", "cashSaleAmnt", "vatAmnt")),
            strict=True,
        )
        if minor(net)
    }  # fmt: skip
    assert {row.rate: (row.net, row.vat) for row in ours.by_vat} == vat
    groups = zip(
        *(texts(theirs, f"reportEmpArtGroup/{name}") for name in
          ("empID", "artGroupID", "artGroupAmnt")),
        strict=True,
    )  # fmt: skip
    assert {(each.staff_id, each.category): each.value for each in ours.by_group} == {
        (who, group): minor(value) for who, group, value in groups
    }
    assert ours.total.returned == Tally(1, minor(theirs.findtext(f"{NS}reportReturnAmnt")))
    assert ours.grand_sold == minor(theirs.findtext(f"{NS}reportGrandTotalSales"))
    assert ours.total.sold.count == int(theirs.findtext(f"{NS}reportReceiptNum") or 0)


LINES = st.builds(
    Line, st.just("Thing"), st.integers(1, 9_999), st.integers(1, 5),
    st.sampled_from([0, 1200, 1500, 2500]), category=st.sampled_from(["", "Food", "Drink"]),
)  # fmt: skip


@given(
    st.lists(
        st.tuples(
            st.lists(LINES, min_size=1, max_size=4),
            st.sampled_from(["Vipps", "ePassi", "Alipay"]),
            st.integers(0, 86_000),
            st.integers(0, 100),
        ),
        max_size=12,
    ),
    st.integers(0, 12),
)
def test_every_way_to_add_up_comes_to_the_same(
    sales: list[tuple[list[Line], str, int, int]], cut: int
) -> None:
    """By wallet, staff, hour, VAT rate and group, over two shifts, and as the accountant's rows."""
    entries: list[Entry] = [here("1", "Kari")]
    for place, (lines, wallet, at, part) in enumerate(sales):
        if place == cut:
            entries += [closed(1), here("2", "Ola")]
        entries += sold(f"d{place}", *lines, wallet=wallet, at=NOON + at)
        value = sum(line.amount for line in lines) * part // 100
        if value:
            asked = RefundAsked(f"r{place}", f"d{place}", Amount(value, "NOK"), NOON + at)
            entries += [asked, Refunded(f"r{place}", "w")]
    if cut >= len(sales):
        entries.append(closed(1))
    history = folded(*entries)
    reports = [report_of(history), x_report(history, "NOK", NOON, "", UTC)]
    for report in reports:
        for each in (report.by_wallet, report.by_staff, report.by_hour):
            assert sum(turnover.net for _, turnover in each) == report.total.net
            assert sum(turnover.sold.count for _, turnover in each) == report.total.sold.count
        assert sum(row.gross for row in report.by_vat) == report.total.net
        assert sum(each.value for each in report.by_group) == report.total.net
    assert sum(report.total.net for report in reports) == sum(
        each.gross for each in exported(history, UTC)
    )
    assert reports[1].grand_sold - reports[1].grand_returned == sum(r.total.net for r in reports)
    for each in exported(history, UTC):
        rows = list(each.as_rows())
        assert sum(minor(row["gross"]) for row in rows) == each.gross
        assert all(minor(r["net"]) + minor(r["vat"]) == minor(r["gross"]) for r in rows)


COFFEE = Line("Coffee", 4_200, vat=2500, category="Hot")


def test_a_closed_shift_reads_the_same_for_ever() -> None:
    """Whatever comes after it: a sale of then that is given back now is of the shift of now."""
    first = (ShiftOpened(1, "", NOON), *sold("a", COFFEE), closed(1))
    before = report_of(folded(*first))
    later = (
        here("1", "Kari"),
        RefundAsked("r", "a", Amount(4_200, "NOK"), NOON + 9), Refunded("r", "w"),
        *sold("b", COFFEE), closed(2), XReported(1, "", NOON + 99),
    )  # fmt: skip
    assert report_of(folded(*first, *later)) == before
    after = x_report(folded(*first, *later[:3]), "NOK", NOON, "", UTC)
    assert (after.total.net, after.grand_sold, after.grand_returned) == (-4_200, 4_200, 4_200)


def test_what_is_unfinished_is_named_on_one_report_and_brought_over_to_the_next() -> None:
    """Payments and refunds by their own ids; a void is counted where it ended."""
    waiting = Opened("u", "s-u", Amount(500, "NOK"), Scenario.PAYMENT_CODE, NOON)
    asked = RefundAsked("r", "a", Amount(100, "NOK"), NOON + 5)
    history = folded(*sold("a", COFFEE), waiting, asked, closed(1, "u", "r"))
    first = report_of(history)
    assert [(each.document_id, each.value) for each in first.unfinished] == [("u", 500), ("r", 100)]
    for event in (CancelAsked("u", StopReason.OPERATOR), CancelDone("u"), Refunded("r", "w")):
        history.apply(event)
    second = x_report(history, "NOK", NOON, "", UTC)
    assert (second.brought, second.unfinished) == (("u", "r"), ())
    assert (second.voids, second.total.returned) == (Tally(1, 500), Tally(1, 100))
    assert report_of(history) == first


def test_another_currency_is_no_part_of_any_figure_and_is_not_hidden() -> None:
    """A sale in euro stands in a line of its own."""
    order = Order("s-e", "EUR").with_lines([Line("Coffee", 500, vat=2500)])
    euro = (
        OrderPlaced(order, NOON), Opened("e", "s-e", order.total(), Scenario.PAYMENT_CODE, NOON),
        Paid("e", "p-e", order.total(), "ePassi"),
    )  # fmt: skip
    report = report_of(folded(*sold("a", COFFEE), *euro, closed(1)))
    assert report.total.sold == Tally(1, 4_200)
    assert [(currency, sums.net) for currency, sums in report.elsewhere] == [("EUR", 500)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["b", "a"]),
        ("COFFEE", ["b", "a"]),
        ("kari", ["a"]),
        ("42,00 vipps", ["a"]),
        ("#2", ["b"]),
        ("2026-11-22", ["b", "a"]),
        ("2026-11-23", []),
        ("alipay coffee", ["b"]),
        ("alipay kari", []),
        ("paid", ["b", "a"]),
    ],
)
def test_the_journal_is_found_by_what_people_know(typed: str, found: list[str]) -> None:
    """Words in any order, of goods, people, wallets, amounts, numbers and days."""
    history = folded(
        here("1", "Kari"), *sold("a", COFFEE), here("2", "Ola"),
        *sold("b", COFFEE, wallet="Alipay", at=NOON + 60),
    )  # fmt: skip
    assert [line.document_id for line in find(history, typed, UTC)] == found


def test_a_cell_is_never_a_formula_in_the_accountant_s_spreadsheet() -> None:
    """A name that begins like one is quoted."""
    history = folded(here("1", "=cmd()"), *sold("a", COFFEE, wallet="+Wallet"))
    (document,) = exported(history, UTC)
    (row,) = document.as_rows()
    assert (row["staff"], row["wallet"]) == ("'=cmd()", "'+Wallet")
