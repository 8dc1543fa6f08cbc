"""A whole day at a cash register: two people, 150 sales of all kinds, 10 refunds, and bad luck.

Worked through the real screens against a real switch. The till dies in the middle of a sale, as by
a power cut, and its printer runs out of paper; in the evening the Z report, the journal, the
switch's books and the settlement file have to be equal to the smallest coin.
"""

import json
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from driving import shell
from driving.tills import SwitchProcess, Till

from pos.roster import FILE_NAME, Roster
from pos.sale.staff import Member, StaffRole
from pos.scheme.moments import BUSINESS_ZONE
from pos.scheme.partner_file import shipped_scheme
from pos.scheme.routing import DemoCustomer
from pos.scheme.settlement import Settlement
from pos.scheme.store import Store
from pos.scheme.terms import Terms

DAY = Path(__file__).parent / "driving" / "day.py"
CATALOGUE = Path(__file__).resolve().parents[2] / "pos" / "demo" / "catalogue.toml"
HALF_DAY_S_MAX = 600.0

pytestmark = pytest.mark.timeout(1300)


@dataclass(frozen=True, slots=True)
class Day:
    """The till after its day, and what was seen in each half of it."""

    till: Till
    morning: dict[str, Any]
    evening: dict[str, Any]


def half(till: Till, part: str) -> int:
    """Play half a day in a process of its own; its exit code."""
    database = till.switch.state / "switch" / "switch.db"
    done = subprocess.run(
        [sys.executable, str(DAY), str(till.folder), str(database), part],
        capture_output=True, text=True, env=shell.environment({"TERM": "xterm-256color"}),
        timeout=HALF_DAY_S_MAX, check=False,
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr[-3000:]
    return done.returncode


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """The day, played once."""
    folder = tmp_path_factory.mktemp("day")
    with SwitchProcess(folder / "switch") as switch:
        with switch.customers() as customers:
            customers.enrol(tuple(
                DemoCustomer(wallet, "Rich", 10_000_000) for wallet in ("vipps", "epassi", "alipay")
            ))  # fmt: skip
        till = switch.new_till(folder / "till", "till-day")
        with (till.folder / "terminal.toml").open("a") as file:
            file.write('[merchant]\norg_number = "999999999"\n[terminal]\nrole = "till"\n')
            file.write(f'[order]\ncatalogue = "{CATALOGUE}"\n')
        roster = Roster(till.folder / FILE_NAME)
        roster.add(Member("1", "Kari Nordmann", StaffRole.CASHIER), "4071")
        roster.add(Member("2", "Ola Hansen", StaffRole.SUPERVISOR), "907214")
        (till.folder / "badge.txt").write_text(roster.new_badge("2"))
        assert half(till, "morning") == -signal.SIGKILL
        assert half(till, "evening") == 0
        seen = [json.loads((till.folder / f"seen-{part}.json").read_text())
                for part in ("morning", "evening")]  # fmt: skip
        yield Day(till, *seen)  # type: ignore[misc]


@pytest.fixture(scope="module")
def z(day: Day) -> dict[str, Any]:
    """The Z report of the day."""
    told: dict[str, Any] = json.loads(day.till.pos("report", "z", "--shift", "1", "--json").out)
    return told


def test_what_was_seen_on_the_screen_is_what_the_z_report_counts(
    day: Day, z: dict[str, Any]
) -> None:
    """Every sale that the screen called paid, no other, and every refund."""
    seen = Counter(day.morning["seen"]) + Counter(day.evening["seen"])
    assert seen.total() - seen["refund"] - seen["trained"] == 150
    assert z["total"]["sold"]["count"] == seen["paid"]
    assert z["total"]["returned"]["count"] == seen["refund"] == 10
    assert (seen["declined"], seen["cancelled"]) == (15, 15)
    assert z["voids"]["count"] == seen["cancelled"] + 1, "and the one that the power cut left open"
    assert z["training"] == {"count": 1, "value": 5_000}
    assert z["unfinished"] == []


def test_the_z_report_is_the_journal_s_own_sum(day: Day, z: dict[str, Any]) -> None:
    """Added up anew from the raw entries: in all, by wallet, by VAT rate, by staff."""
    sold: dict[str, int] = {}
    wallets: Counter[str] = Counter()
    by_staff: Counter[str] = Counter()
    refunds: dict[str, tuple[str, int]] = {}
    returned, present, owner = 0, "", {}
    for row in day.till.journal():
        body = row["body"]
        if row["kind"] == "LoggedIn":
            present = body["staff_id"]
        elif row["kind"] in ("Opened", "RefundAsked"):
            owner[body.get("refund_id", body["request_id"])] = present
        if row["kind"] == "Paid":
            value = body["amount"]["value"]
            sold[body["request_id"]] = value
            wallets[body["wallet"]] += value
            by_staff[owner[body["request_id"]]] += value
        elif row["kind"] == "RefundAsked":
            refunds[body["refund_id"]] = (body["request_id"], body["amount"]["value"])
        elif row["kind"] == "Refunded":
            returned += refunds[body["refund_id"]][1]
    assert z["total"]["sold"]["value"] == sum(sold.values())
    assert z["total"]["returned"]["value"] == returned
    assert {name: sums["sold"]["value"] for name, sums in z["by_wallet"]} == dict(wallets)
    assert {who: sums["sold"]["value"] for who, sums in z["by_staff"]} == dict(by_staff)
    assert sum(row["gross"] for row in z["by_vat"]) == z["net"]
    assert all(row["net"] + row["vat"] == row["gross"] for row in z["by_vat"])
    assert sum(sums["sold"]["value"] for _, sums in z["by_hour"]) == sum(sold.values())


def test_the_switch_s_books_hold_the_same(day: Day, z: dict[str, Any]) -> None:
    """Payment by payment, and in all."""
    assert day.till.differences() == []
    paid = [row for row in day.till.booked() if row["state"] == "SUCCEEDED"]
    assert sum(row["amount"]["value"] for row in paid) == z["total"]["sold"]["value"]
    assert len(paid) == z["total"]["sold"]["count"]


@pytest.mark.parametrize("kind", ["transactionItems", "settlementItems"])
def test_the_settlement_file_holds_the_same(
    day: Day, z: dict[str, Any], tmp_path: Path, kind: str
) -> None:
    """Every line is matched, and the file's own totals are those of the Z report."""
    names = {row.name: row.psp_name for row in shipped_scheme().wallets}
    now = datetime.now(UTC)
    with Store.open(f"sqlite:///{day.till.switch.state}/switch/switch.db") as store:
        job = Settlement(
            store, tmp_path, Terms.shipped(), names, clock=lambda: now + timedelta(days=2)
        )
        list(job.settle(now.astimezone(BUSINESS_ZONE).date()))
    (path,) = (tmp_path / "v1" / "settlements" / "till-day").glob(f"*/{kind}*.csv")
    done = day.till.pos("report", "settle", str(path), "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["counts"]["unexplained"] == 0
    totals = told["totals"]["NOK"]
    assert (totals["file_paid"], totals["file_refunded"]) == (
        z["total"]["sold"]["value"], z["total"]["returned"]["value"],
    )  # fmt: skip
    assert totals["difference"] == 0


def test_receipts_have_no_gap_and_everybody_got_one(day: Day, z: dict[str, Any]) -> None:
    """Over the power cut and the empty roll: each number once as an original, none left out."""
    count = z["total"]["sold"]["count"] + z["total"]["returned"]["count"]
    assert (z["first_number"], z["last_number"]) == (1, count)
    begun = [row["body"] for row in day.till.journal() if row["kind"] == "ReceiptBegun"]
    printed = {
        row["body"]["number"] for row in day.till.journal() if row["kind"] == "ReceiptPrinted"
    }
    assert {row["number"] for row in begun} == printed == set(range(1, count + 1))
    papers = day.morning["receipts"] + day.evening["receipts"]
    receipts = [paper for paper in papers if "T01-" in paper]
    assert len(receipts) == count
    assert any("Z report 1" in paper for paper in papers)


def test_the_audit_file_of_the_day_holds_all_of_it(
    day: Day, z: dict[str, Any], tmp_path: Path
) -> None:
    """Signed over the power cut in one chain, and no more to sign."""
    path = tmp_path / "day.xml"
    count = z["total"]["sold"]["count"] + z["total"]["returned"]["count"]
    assert day.till.pos("report", "saf-t", str(path)).out == f"{path} {count} sales and returns\n"
    verified = day.till.pos("report", "verify", str(path))
    assert verified.out == f"{count} signatures, unbroken\n"
    assert day.till.pos("journal", "verify").code == 0
