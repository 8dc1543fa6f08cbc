"""Orders through the till's engine, its journal and a running switch, from catalogue to book."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from driving.tills import SwitchProcess, Till

from hardware.bench import open_devices
from pos.commands.errand import work_until
from pos.config import load
from pos.embedded import caller_of
from pos.engine import Engine
from pos.sale.input import (
    AddAmount,
    AddProduct,
    Charge,
    Drop,
    Input,
    MoreOf,
    Next,
    Park,
    Presenting,
    Recall,
    Scanned,
    SetDiscount,
    Tip,
)
from pos.sale.mode import COUNTER
from pos.sale.money import Amount
from pos.sale.order import Order
from pos.sale.secret import Secret
from pos.sale.view import Stage, Verdict, View, notice
from pos.terminal import Station, device_spec

WAIT_S_MAX = 30.0
CATALOGUE = """\
reference;name;price;vat;gtin;age_limit
K1;Kaffe;45,00;standard;4006381333931;
B1;Bolle;39,00;reduced;96385074;
P1;Pils;98,00;standard;;18
"""
CODE_FIRST = Charge("", Presenting.CUSTOMER)

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Desk:
    """A till without a screen: what a front end puts in, and the Views that it is given."""

    engine: Engine
    views: list[View]

    @property
    def view(self) -> View:
        """The latest."""
        return self.views[-1]

    def put(self, *inputs: Input) -> None:
        """Hand these in, one after the other."""
        for each in inputs:
            self.engine.handle(each)

    def wait(self, happened: Callable[[], bool]) -> None:
        """Work until it has happened."""
        assert work_until(self.engine, happened, WAIT_S_MAX), self.view

    def pay(self, code: str) -> Verdict | None:
        """The customer holds up this code; how it ended."""
        self.put(Scanned(Secret(code), "QR"))
        self.wait(lambda: self.view.stage is Stage.OUTCOME)
        return self.view.verdict

    @property
    def order(self) -> Order:
        """What lies on the desk."""
        assert self.view.order is not None
        return self.view.order


@contextmanager
def desk(till: Till) -> Iterator[Desk]:
    """The till at work in this process, as `pos counter` builds it."""
    settings = load(till.folder / "terminal.toml")
    assert settings.switch is not None
    views: list[View] = []
    with Station(settings, till.folder, COUNTER, open_devices(device_spec(settings))) as station:
        engine = station.engine(caller_of(settings.switch), views.append)
        engine.start()
        yield Desk(engine, views)


def shop(switch: SwitchProcess, folder: Path, more: str = "") -> Till:
    """A till with a catalogue."""
    name = f"orders-{next(_numbers)}"
    till = switch.new_till(folder / name, name)
    (till.folder / "products.csv").write_text(CATALOGUE, encoding="utf-8")
    settings = till.folder / "terminal.toml"
    section = f'[order]\ncatalogue = "products.csv"\n{more}'
    settings.write_text(settings.read_text() + section)
    return till


def kinds(till: Till, *wanted: str) -> list[dict[str, Any]]:
    """The bodies of these kinds of entries, in the order of the journal."""
    return [entry["body"] for entry in till.journal() if entry["kind"] in wanted]


def test_an_order_is_written_before_its_payment(switch: SwitchProcess, tmp_path: Path) -> None:
    """With every line; the intent, the switch's book and the lines name one sum."""
    till = shop(switch, tmp_path)
    with desk(till) as at:
        at.put(Scanned(Secret("4006381333931"), "EAN13"), AddProduct("B1", 3), MoreOf(0, 1))
        at.put(SetDiscount("10%", 1), SetDiscount("5"), AddAmount("12,50"), CODE_FIRST)
        assert at.view.stage is Stage.SCANNING
        total = at.order.total()
        assert total == Amount(2 * 4500 + 3 * 3900 * 9 // 10 + 1250 - 500, "NOK")
        assert at.pay(switch.new_code()) is Verdict.PAID
        assert at.view.wallet == "Vipps"
        at.put(Next())
        assert at.view.order is None
        history = at.engine.history
        (payment,) = history.payments.values()
        order = history.order_book.placed[payment.sale_id]
        assert (order.total(), order.tip) == (total, 0)
        assert [row.rate for row in order.vat_table()] == [2500, 1500]
    steps = [entry["kind"] for entry in till.journal()]
    assert steps[-3:] == ["OrderPlaced", "Opened", "Paid"]
    assert [row["amount"]["value"] for row in till.booked()] == [total.value]
    assert till.differences() == []
    assert till.pos("journal", "verify").code == 0
    assert "order=2xKaffe,3xBolle,1x1250NOK" in till.pos("journal", "list").out


def test_a_sale_by_amount_is_an_order_of_one_line(switch: SwitchProcess, tmp_path: Path) -> None:
    """At the rate that the shop set for it, also from the shell."""
    till = shop(switch, tmp_path, 'vat_class = "reduced"\n')
    assert till.sell(switch.new_code(), "23.00").code == 0
    (body,) = kinds(till, "OrderPlaced")
    (line,) = body["order"]["lines"]
    assert (line["unit_price"], line["quantity"], line["vat"]) == (2300, 1, 1500)
    (opened,) = kinds(till, "Opened")
    assert opened["sale_id"] == body["order"]["sale_id"]


def test_an_unpaid_order_is_paid_by_another_code(switch: SwitchProcess, tmp_path: Path) -> None:
    """Under a sale id of its own; only one of the two is paid."""
    till = shop(switch, tmp_path)
    with desk(till) as at:
        at.put(AddProduct("K1"), CODE_FIRST)
        assert at.pay(switch.new_code("declines")) is Verdict.DECLINED
        at.put(Next())
        assert [line.text for line in at.order.lines] == ["Kaffe"]
        at.put(CODE_FIRST)
        assert at.pay(switch.new_code(wallet="epassi")) is Verdict.PAID
        at.put(Next())
        assert at.view.order is None
    ids = [body["order"]["sale_id"] for body in kinds(till, "OrderPlaced")]
    assert len(set(ids)) == 2
    assert till.states() == ["DECLINED", "PAID"]
    assert till.differences() == []


def test_parked_orders_survive_a_restart(switch: SwitchProcess, tmp_path: Path) -> None:
    """Parked, recalled once, and given up: each is in the journal."""
    till = shop(switch, tmp_path)
    with desk(till) as at:
        at.put(AddProduct("K1"), AddProduct("B1"), Park("Bord 4"), AddProduct("P1"), Park())
        assert at.view.notice is None
        assert (at.view.order, len(at.view.parked)) == (None, 2)
    with desk(till) as at:
        first, second = at.view.parked
        assert (first.label, second.label) == ("Bord 4", "")
        at.put(Recall(first.park_id), Recall(second.park_id))
        assert [line.text for line in at.order.lines] == ["Kaffe", "Bolle"]
        assert at.view.notice == notice("order.park_first")
        at.put(Drop(), Recall(first.park_id))
        assert at.view.order is None
        at.put(Recall(second.park_id))
        assert [line.age_limit for line in at.order.lines] == [18]
    assert len(kinds(till, "OrderParked")) == len(kinds(till, "OrderRecalled")) == 2
    (dropped,) = kinds(till, "OrderDropped")
    assert [line["text"] for line in dropped["order"]["lines"]] == ["Kaffe", "Bolle"]


def test_a_recalled_order_waits_again_when_the_till_dies(
    switch: SwitchProcess, tmp_path: Path
) -> None:
    """Until it is placed nothing is written that a death could leave half done."""
    till = shop(switch, tmp_path)
    with desk(till) as at:
        at.put(AddProduct("K1"), Park("Bord 4"))
        at.put(Recall(at.view.parked[0].park_id), AddProduct("B1"))
        assert (len(at.order.lines), at.view.parked) == (2, ())
    with desk(till) as at:
        (waiting,) = at.view.parked
        assert (waiting.label, [line.text for line in waiting.order.lines]) == ("Bord 4", ["Kaffe"])
        at.put(Recall(waiting.park_id), CODE_FIRST)
        assert at.pay(switch.new_code()) is Verdict.PAID
    with desk(till) as at:
        assert at.view.parked == ()
    assert till.differences() == []


def test_a_tip_is_paid_with_the_order(switch: SwitchProcess, tmp_path: Path) -> None:
    """The switch is asked for both; the lines, and their VAT, hold nothing of it."""
    till = shop(switch, tmp_path, "tips = true\n")
    with desk(till) as at:
        at.put(AddProduct("K1", 2), CODE_FIRST)
        assert at.view.stage is Stage.TIPPING
        at.put(Tip("10%"))
        assert at.pay(switch.new_code()) is Verdict.PAID
        at.put(Next(), Charge("50", Presenting.CUSTOMER), Tip("5"))
        assert at.pay(switch.new_code()) is Verdict.PAID
    orders = [body["order"] for body in kinds(till, "OrderPlaced")]
    assert [order["tip"] for order in orders] == [900, 500]
    assert sorted(row["amount"]["value"] for row in till.booked()) == [5500, 9900]
    assert [order["lines"][0]["unit_price"] for order in orders] == [4500, 5000]


def later(path: Path, text: str | bytes) -> None:
    """The file, saved again a second later."""
    at_ns = path.stat().st_mtime_ns + 10**9
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, ns=(at_ns, at_ns))


def test_the_till_sells_on_from_the_last_good_catalogue(
    switch: SwitchProcess, tmp_path: Path
) -> None:
    """A bad file is told with its line while the till sells, and also at the next start."""
    till = shop(switch, tmp_path)
    path = till.folder / "products.csv"
    with desk(till) as at:
        assert (len(at.view.products), at.view.shelf) == (3, None)
        later(path, CATALOGUE.replace("Bolle", "Brød").encode("latin-1"))
        at.wait(lambda: at.view.shelf is not None)
        assert "line 3: it is not UTF-8" in dict(at.view.shelf.values)["sentence"]  # type: ignore[union-attr]
        at.put(AddProduct("B1"), CODE_FIRST)
        assert at.pay(switch.new_code()) is Verdict.PAID
    with desk(till) as at:
        assert (len(at.view.products), at.view.shelf is None) == (3, False)
        later(path, CATALOGUE.replace("Bolle;39,00", "Bolle;41,00"))
        at.wait(lambda: at.view.shelf is None)
        at.put(AddProduct("B1"))
        assert at.order.value == 4100
    tried = till.pos("catalogue", str(path))
    assert (tried.code, tried.out.splitlines()[-1]) == (0, "3 products, 0 categories")
    later(path, CATALOGUE.replace("39,00", "gratis"))
    tried = till.pos("catalogue", str(path))
    assert tried.code == 2
    assert f"{path}, line 3:" in tried.err
