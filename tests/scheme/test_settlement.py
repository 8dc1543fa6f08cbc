"""The daily settlement: what its files say, and that they say it again."""

import csv
import random
import re
import time
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from pos.errors import WrongUse
from pos.scheme.ledger import balances
from pos.scheme.moments import day_begins_ms
from pos.scheme.partner_file import shipped_scheme
from pos.scheme.settlement import SettledOtherwise, Settlement
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.scheme.tables import payment as payments
from pos.scheme.tables import refund as refunds
from pos.scheme.tables import settlement_batch as batches
from pos.scheme.terms import Terms
from pos.switch.wire import CancelRequest, RefundRequest, WireAmount
from tests.scheme.conftest import Clock, Desk, pay_request

GOLDEN = Path(__file__).parent / "golden" / "settlement"
DAY = date(2026, 3, 1)
MIDNIGHT = datetime(2026, 3, 1, 16, tzinfo=UTC)  # 00:00 UTC+8, 17:00 in Oslo
NAMES = {row.name: row.psp_name for row in shipped_scheme().wallets}


@pytest.fixture
def settle(store, clock, tmp_path):
    """Settles a day into a folder; the files by their path below it, as text."""

    def settled(day: date = DAY, into: str = "files") -> dict[str, str]:
        job = Settlement(store, tmp_path / into, Terms.shipped(), NAMES, clock)
        return {
            str(file.path.relative_to(tmp_path / into)): file.path.read_text("utf-8")
            for file in job.settle(day)
        }

    return settled


def rows(text: str) -> list[dict[str, str]]:
    """The lines of a file by column name; its end must be there."""
    assert text.endswith("\n<END>\n")
    return list(csv.DictReader(text.removesuffix("<END>\n").splitlines()))


def only(files: dict[str, str], kind: str, client: str = "till-1") -> list[dict[str, str]]:
    """The lines of the client's one file of `kind`."""
    (text,) = (text for path, text in files.items() if f"/{client}/" in path and kind in path)
    return rows(text)


def a_day_in_oslo(desk: Desk, clock: Clock) -> dict[str, str]:
    """Sales around 00:00 UTC+8, some undone; the ids that chance made, by their request ids."""
    made = {}

    def keep(answer, name):
        assert answer.result.result_status == "S"
        made[getattr(answer, "refund_id", None) or answer.payment_id] = name
        return answer

    first = keep(desk.pay("sale-1"), "P1")
    clock.advance(seconds=1)
    keep(desk.pay("sale-2", code=desk.code("alipay"), value=4_550), "P2")
    desk.pay("sale-declined", code=desk.code(behaves="declines"))
    desk.pay("sale-undone")
    desk.cancel("sale-undone")
    keep(desk.pay("sale-3", client="till-2", value=9_900), "P3")
    clock.advance(hours=1)
    keep(desk.pay("sale-4", code=desk.code("epassi"), value=1_050, currency="EUR"), "P4")
    clock.advance(seconds=1)
    keep(desk.refund(first.payment_id, 3_000, "back-1"), "R1")
    clock.now = MIDNIGHT - timedelta(milliseconds=1)
    keep(desk.pay("sale-5", value=101), "P5")
    late = desk.pay("sale-cancelled-late", value=100)
    clock.now = MIDNIGHT
    keep(desk.pay("sale-6", value=20_000), "P6")
    clock.advance(minutes=15)
    assert desk.cancel("sale-cancelled-late").payment_id == late.payment_id
    clock.advance(minutes=1)
    keep(desk.refund(first.payment_id, 9_900, "back-2"), "R2")
    return made


@pytest.mark.parametrize("day", [DAY, DAY + timedelta(days=1)])
def test_two_days_around_midnight_read_as_agreed(desk, clock, settle, day):
    """Names, columns, order, fees, nets and `<END>`, of two clients and two currencies."""
    made = a_day_in_oslo(desk, clock)
    if day > DAY:
        settle(DAY)
        clock.advance(days=1)
    told = []
    for path, text in sorted(settle(day).items()):
        for known, name in made.items():
            text = text.replace(known, name)  # noqa: PLW2901 - chance made the ids
        told.append(f"== {path}\n{text}")
    expected = (GOLDEN / f"{day:%Y%m%d}.txt").read_text("utf-8")
    assert "".join(told) == expected


def test_a_day_settled_twice_is_the_same_to_the_byte(desk, clock, settle):
    """Also into another folder, and after refunds of later days."""
    a_day_in_oslo(desk, clock)
    first = settle()
    paid = only(first, "transactionItems")[1]
    clock.advance(days=3)
    desk.refund(paid["transactionId"], 4_550, "back-late")
    assert settle() == first
    assert settle(into="elsewhere") == first


def test_a_day_that_can_still_change_is_not_settled(desk, clock, settle, tmp_path):
    """Payments can be cancelled until 00:15; the settlement waits, and leaves nothing behind."""
    desk.pay()
    clock.now = MIDNIGHT + timedelta(minutes=15)
    with pytest.raises(WrongUse, match="2026-03-02 00:15"):
        settle()
    assert not (tmp_path / "files").exists()
    clock.advance(seconds=1)
    assert len(only(settle(), "transactionItems")) == 1


def test_a_settled_day_that_reads_otherwise_is_refused(desk, clock, settle, store, tmp_path):
    """The files stay as they were, the other clients are served, and the client is named."""
    desk.pay("sale-1")
    desk.pay("sale-2", client="till-2")
    clock.advance(days=1)
    first = settle()
    with store.write() as connection:
        of_first = payments.c.client_id == "till-1"
        connection.execute(update(payments).where(of_first).values(value=99))
    for path in first:
        if "/till-2/" in path:
            (tmp_path / "files" / path).unlink()
    with pytest.raises(SettledOtherwise, match=r"1 clients \(till-1\)"):
        settle()
    for path, text in first.items():
        assert (tmp_path / "files" / path).read_text("utf-8") == text
    assert not list((tmp_path / "files").rglob("*.part"))


def test_what_a_death_left_is_taken_away(desk, clock, settle, tmp_path):
    """A half-written file of an earlier run never gets a name, and does not stay."""
    desk.pay()
    clock.advance(days=1)
    path = tmp_path / "files" / "v1/settlements/till-1/20260301"
    path.mkdir(parents=True)
    half = path / ".transactionItems_20260301_000.csv.part"
    half.write_text("half a li")
    assert len(only(settle(), "transactionItems")) == 1
    assert not half.exists()


def test_two_settlements_do_not_write_at_once(desk, clock, store, tmp_path):
    """The second is told to wait."""
    desk.pay()
    clock.advance(days=1)
    job = Settlement(store, tmp_path, Terms.shipped(), NAMES, clock)
    running = job.settle(DAY)
    next(running)
    with pytest.raises(WrongUse, match="Another settlement"):
        next(job.settle(DAY))
    assert len(list(running)) == 2


def test_a_quiet_day_has_a_summary_over_zero(desk, clock, settle):
    """In every currency that was settled before; a client who never was paid has none."""
    desk.pay("sale-1")
    desk.pay("sale-2", client="till-2", code=desk.code(behaves="declines"))
    clock.advance(days=1)
    settle()
    clock.advance(days=1)
    quiet = settle(DAY + timedelta(days=1))
    (total,) = only(quiet, "settlementSummary")
    assert (total["summaryType"], total["count"], total["settlementAmountValue"]) == (
        "TOTAL",
        "0",
        "0.00",
    )
    assert only(quiet, "transactionItems") == []
    assert not [path for path in quiet if "settlementItems" in path]
    assert [path for path in quiet if "/till-2/" in path] == [
        "v1/settlements/till-2/20260302/transactionItems_20260302_000.csv"
    ]
    assert settle(DAY + timedelta(days=1)) == quiet


def test_what_a_merchant_wrote_stays_text_on_one_line(desk, clock, settle):
    """No formula for a spreadsheet, no second line, and quotes where the form needs them."""
    request = pay_request("sale-1", desk.code())
    texts = {"order_description": '=HYPERLINK("x"),\nnew line', "reference_order_id": "+4"}
    request = request.model_copy(update={"order": request.order.model_copy(update=texts)})
    desk.scheme.book.pay("till-1", request)
    clock.advance(days=1)
    (line,) = only(settle(), "transactionItems")
    assert line["orderDescription"] == '\'=HYPERLINK("x"), new line'
    assert line["referenceTransactionId"] == "'+4"


# The simulated wallets are slow to draw examples with, so there are few of some length.
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_the_sums_agree_with_the_ledger(seed, tmp_path_factory):
    """Whatever is sold, cancelled and refunded on three days: items, summaries, batches, books."""
    chance = random.Random(seed)
    clock = Clock()
    with Store.open() as store:
        desk = Desk(open_scheme(store, clock, chance.randbytes), clock)
        a_few_days(desk, clock, chance)
        clock.advance(days=4)
        job = Settlement(store, tmp_path_factory.mktemp("sums"), Terms.shipped(), NAMES, clock)
        files = {
            file.path.name: file.path.read_text("utf-8")
            for number in range(-1, 5)
            for file in job.settle(DAY + timedelta(days=number))
        }
        with store.read() as connection:
            kept = connection.execute(select(batches)).mappings().all()
            owed = {row["account"]: -row["value"] for row in balances(connection)}
    assert sum(row["payment_value"] - row["refund_value"] for row in kept) == owed.get(
        "merchant:vipps:till-1", 0
    )
    nets = {row["batch_id"]: net(row) for row in kept}
    for name, text in files.items():
        if name.startswith("settlementSummary"):
            *parts, total = rows(text)
            assert cents(total) == sum(map(cents, parts)) == nets[total["settlementBatchId"]]
        if name.startswith("settlementItems"):
            items = rows(text)
            assert sum(map(cents, items)) == nets[items[0]["settlementBatchId"]]


def a_few_days(desk: Desk, clock: Clock, chance: random.Random) -> None:
    """Twelve sales over three days, a few of them cancelled or given back in parts."""
    for number in range(12):
        clock.advance(hours=chance.randint(1, 8))
        value = chance.randint(1, 30_000)
        sale = desk.pay(f"s-{number}", code=desk.code(chance.choice(list(NAMES))), value=value)
        match chance.randint(0, 3):
            case 0:
                desk.scheme.book.cancel("till-1", CancelRequest(payment_request_id=f"s-{number}"))
            case 1 if value > 3:
                for part, back in enumerate((value // 3, value // 3, value - value // 3 * 2)):
                    clock.advance(hours=chance.randint(0, 4))
                    amount = WireAmount(currency="NOK", value=str(back))
                    desk.scheme.book.refund("till-1", RefundRequest(
                        refund_request_id=f"b-{number}-{part}", payment_id=sale.payment_id,
                        refund_amount=amount))  # fmt: skip


def cents(line: dict[str, str]) -> int:
    """The settlement amount in smallest units."""
    assert re.fullmatch(r"-?\d+\.\d\d", line["settlementAmountValue"])
    return int(line["settlementAmountValue"].replace(".", ""))


def net(batch) -> int:
    """What a batch pays out."""
    return batch["payment_value"] - batch["refund_value"] - batch["fee_value"]


PIECE = 5_000
# One page of rows and its like; all of the ten thousand would be five times as much.
PEAK_MIB_MAX = 4


def test_a_settlement_of_a_hundred_thousand_payments_is_complete(tmp_path, capsys):
    """One client, one day, with refunds; the seconds are printed."""
    count = 100_000
    with Store.open(f"sqlite:///{tmp_path}/switch.db", durable=False) as store:
        fill(store, count)
        job = Settlement(store, tmp_path / "files", Terms.shipped(), NAMES)
        began = time.monotonic()
        counts = [file.count_rows for file in job.settle(DAY)]
        seconds = time.monotonic() - began
    with capsys.disabled():
        print(f"\n{count} payments settled in {seconds:.1f} s")  # noqa: T201 - it is wanted
    assert counts == [count + count // 10] * 2 + [3]


def test_a_settlement_takes_the_memory_of_a_page(tmp_path):
    """However long the day: rows are read and written on, never collected."""
    with Store.open(f"sqlite:///{tmp_path}/switch.db", durable=False) as store:
        fill(store, 2 * PIECE)
        job = Settlement(store, tmp_path / "files", Terms.shipped(), NAMES)
        tracemalloc.start()
        try:
            counts = [file.count_rows for file in job.settle(DAY)]
            peak = tracemalloc.get_traced_memory()[1] / 2**20
        finally:
            tracemalloc.stop()
    assert counts[0] == 2 * PIECE + PIECE // 5
    assert peak < PEAK_MIB_MAX


def fill(store: Store, count: int) -> None:
    """Paid payments of DAY, every tenth refunded on that day."""
    begins = day_begins_ms(DAY)
    for first in range(0, count, PIECE):
        paid = [
            {
                "client_id": "till-1", "request_id": f"r-{n:09}", "payment_id": f"p-{n:09}",
                "param_hash": "0" * 64, "state": "SUCCEEDED", "scenario": "PaymentCode",
                "value": 100 + n % 9_000, "currency": "NOK", "merchant_name": "Fjord Kafe",
                "merchant_reference": "M-0001", "store_reference": "OSL-1",
                "order_description": "Two coffees and a bun",
                "wallet": ("vipps", "epassi", "alipay")[n % 3], "customer_value": 100 + n % 9_000,
                "customer_currency": "NOK", "created_at_ms": begins + n // 3,
                "paid_at_ms": begins + n // 3,
            }
            for n in range(first, first + PIECE)
        ]  # fmt: skip
        back = [
            {
                "client_id": "till-1", "refund_request_id": f"b-{n:09}", "refund_id": f"q-{n:09}",
                "payment_id": f"p-{n:09}", "state": "SUCCEEDED", "value": 50, "currency": "NOK",
                "customer_value": 50, "created_at_ms": begins + n, "refunded_at_ms": begins + n,
            }
            for n in range(first, first + PIECE, 10)
        ]  # fmt: skip
        with store.write() as connection:
            connection.execute(insert(payments), paid)
            connection.execute(insert(refunds), back)
