"""Paper, drawer, buttons and refunds at a till with everything of the product but real hardware."""

import io
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from escpos_paper import Paper
from PIL import Image

from hardware.bench import Devices
from hardware.decoder import Decoder
from hardware.devices import Button, Signal
from hardware.simulated import SimulatedButtons, SimulatedIndicator
from hardware.simulated_printer import SimulatedPrinter
from pos.config import Settings
from pos.demo.tour import Desk
from pos.embedded import EmbeddedSwitch
from pos.folders import JOURNAL_NAME, SWITCH_FOLDER_NAME
from pos.journal import read
from pos.sale.history import History
from pos.sale.input import (
    AddAmount,
    Charge,
    GiveBack,
    Input,
    Next,
    OpenDrawer,
    Presenting,
    Reprint,
    Scanned,
    ShowReceipt,
)
from pos.sale.merchant import Role
from pos.sale.mode import COUNTER
from pos.sale.return_line import ReturnLine
from pos.sale.secret import Secret
from pos.sale.view import LinkState, SaleRow, Stage, Verdict, View
from pos.scheme.customers import Customers
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.terminal import Station

SETTINGS = Settings()
AS_TILL = SETTINGS.model_copy(
    update={"terminal": SETTINGS.terminal.model_copy(update={"role": Role.TILL, "language": "nb"})}
)


@dataclass
class Counter:
    """A till at work, its devices, and a customer with Vipps."""

    station: Station
    desk: Desk
    customers: Customers
    state: Path
    printer: SimulatedPrinter = field(default_factory=SimulatedPrinter)
    indicator: SimulatedIndicator = field(default_factory=SimulatedIndicator)
    buttons: SimulatedButtons = field(default_factory=SimulatedButtons)

    def put(self, given: Input) -> None:
        """Hand in one input."""
        assert self.station.put(given)

    def wait(self, what: str, fits: Callable[[View], bool]) -> View:
        """The first View that fits."""
        return self.desk.wait(what, fits)

    def sell(self, *amounts: str) -> SaleRow:
        """A sale of so many lines by a customer's code; it has to be paid."""
        for amount in amounts:
            self.put(AddAmount(amount))
        self.put(Charge("", Presenting.CUSTOMER))
        self.wait("the code", lambda v: v.stage is Stage.SCANNING)
        self.put(Scanned(Secret(self.customers.new_code("vipps")), "QR"))
        view = self.wait("an outcome", lambda v: v.stage is Stage.OUTCOME)
        assert view.verdict is Verdict.PAID
        self.put(Next())
        self.wait("a free desk", lambda v: v.stage is Stage.READY)
        return next(row for row in view.recent if row.request_id == view.request_id)

    def printed(self, count: int) -> tuple[str, ...]:
        """The texts on paper once there are so many."""
        self.until(lambda: len(self.printer.receipts) >= count)
        return self.printer.receipts

    def until(self, reached: Callable[[], bool]) -> None:
        """Look again and again, at most half a minute."""
        for _ in range(600):
            if reached():
                return
            threading.Event().wait(0.05)
        raise AssertionError("waited in vain")

    def history(self) -> History:
        """What the journal says now, read apart from the till."""
        return read(self.state / JOURNAL_NAME)


@contextmanager
def opened(
    state: Path, prepare: Callable[[SimulatedPrinter], object] | None = None
) -> Iterator[Counter]:
    """A till on `state` with a switch of its own, until it is closed."""
    printer, indicator, buttons = SimulatedPrinter(), SimulatedIndicator(), SimulatedButtons()
    if prepare is not None:
        prepare(printer)
    desk = Desk()
    with ExitStack() as stack:
        embedded = stack.enter_context(EmbeddedSwitch(state))
        embedded.spawn()
        devices = Devices(None, indicator, printer, buttons)
        station = stack.enter_context(Station(AS_TILL, state, COUNTER, devices))
        station.start(embedded.connect, desk.show)
        desk.wait("the switch", lambda v: v.link is LinkState.UP)
        path = (state / SWITCH_FOLDER_NAME / "switch.db").resolve()
        books = stack.enter_context(Store.open(f"sqlite:///{path}"))
        customers = open_scheme(books).customers
        yield Counter(station, desk, customers, state, printer, indicator, buttons)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    """A till that is open."""
    with opened(tmp_path) as made:
        yield made


def test_a_receipt_reads_back_from_the_printers_bytes(counter: Counter) -> None:
    """Another reader of ESC/POS finds goods, VAT and sum; the code on the paper leads back to the
    sale, from the bytes and from the picture of the paper alike."""
    sale = counter.sell("80", "49")
    counter.printed(1)
    paper = Paper().read(counter.printer.documents[0])
    assert paper.code_page == 19
    assert paper.cuts == 1
    rows = [" ".join(row.split()) for row in paper.text.replace("\xa0", " ").split("\n")]
    for row in ("SALGSKVITTERING", "Kvittering T01-1", "Vare 80,00", "Vare 49,00",
                "SUM 129,00 NOK", "Lommebok Vipps", "MVA 25 % av 103,20 25,80"):  # fmt: skip
        assert row in rows
    wanted = f"samkassa:receipt:{sale.request_id}"
    assert [s.text for s in Decoder().read_thoroughly(paper.rasters[0])] == [wanted]
    file = io.BytesIO()
    counter.printer.draw().save(file, "PNG")
    picture = np.array(Image.open(file))
    assert [s.text for s in Decoder().read_thoroughly(picture)] == [wanted]


def test_a_payment_never_waits_for_paper(counter: Counter) -> None:
    """With the roll at its end sales go on and the screen says why nothing is printed; a new roll
    brings every receipt, once, as an original, in the order of the sales."""
    counter.printer.run_out_of_paper()
    counter.sell("10")
    view = counter.wait("the fault", lambda v: v.printer is not None)
    counter.sell("20")
    assert view.printer is not None
    assert view.printer.key == "printer.paper_out"
    assert counter.printer.receipts == ()
    counter.printer.put_in_paper()
    texts = counter.printed(2)
    counter.wait("no fault", lambda v: v.printer is None)
    numbers = [re.findall(r"T01-\d+", text) for text in texts]
    assert numbers == [["T01-1"], ["T01-2"]]
    assert not any("KOPI" in text for text in texts)
    assert len(counter.printer.receipts) == 2


def test_an_owed_receipt_survives_a_restart(tmp_path: Path) -> None:
    """What surely was not printed comes as an original; what may have been comes as a copy."""
    with opened(tmp_path, SimulatedPrinter.open_cover) as first:
        sale = first.sell("10")
        first.wait("the fault", lambda v: v.printer is not None)
    with opened(tmp_path, lambda printer: printer.jam(after_bytes=200)) as second:
        second.wait("the jam", lambda v: v.printer is not None)
        history = second.history()
        assert history.printing.may_be_on_paper(sale.request_id)
    with opened(tmp_path) as third:
        (text,) = third.printed(1)
        assert "KOPI" in text
        assert "T01-1" in text
    with opened(tmp_path) as fourth:
        fourth.sell("20")
        (text,) = fourth.printed(1)
        assert "T01-2" in text
        assert "KOPI" not in text
        fourth.sell("30")
    # The till waited for its printer before it ended: nothing is owed that was printed.
    assert list(read(tmp_path / JOURNAL_NAME).printing.owed()) == []
    assert len(fourth.printer.receipts) == 2


def test_a_copy_is_marked_and_printed_once(counter: Counter) -> None:
    """The second time the till says no; the screen may show it as often as it likes."""
    sale = counter.sell("10")
    counter.printed(1)
    counter.put(Reprint(sale.request_id))
    counter.until(lambda: len(counter.printer.receipts) == 2)
    texts = counter.printer.receipts
    assert ["KOPI" in text for text in texts] == [False, True]
    assert texts[1].replace("KOPI", "").split() == texts[0].split()
    counter.put(Reprint(sale.request_id))
    view = counter.wait("a no", lambda v: v.notice is not None and v.notice.key == "receipt.copied")
    assert len(counter.printer.receipts) == 2
    counter.put(ShowReceipt(sale.request_id))
    view = counter.wait("the receipt", lambda v: v.papers.receipt is not None)
    assert view.papers.receipt is not None
    assert view.papers.receipt.copy


def test_goods_come_back_by_a_scanned_receipt_and_never_twice(counter: Counter) -> None:
    """From the code on paper as from the one on a phone; by line, with a receipt of its own; what
    came back once is refused the second time, and so is a phone's receipt that was changed."""
    sale = counter.sell("80", "49")
    counter.printed(1)
    counter.put(Scanned(Secret(f"samkassa:receipt:{sale.request_id}"), "QR"))
    view = counter.wait("the sale", lambda v: v.papers.found is not None)
    text = view.papers.carried[0]
    counter.put(ShowReceipt(""))
    counter.wait("a free desk", lambda v: v.papers.found is None)
    for carried in (text.replace("80,00", "90,00"), text.replace("T01-1*", "T01-2*")):
        counter.put(Scanned(Secret(carried), "QR"))
        counter.wait("a no", lambda v: v.notice is not None and v.notice.key == "receipt.not_ours")
        counter.put(Scanned(Secret(text), "QR"))
        counter.wait("the sale", lambda v: v.papers.found is not None and v.notice is None)
    found = counter.wait("the sale", lambda v: v.papers.found is not None).papers.found
    assert found is not None
    assert found.request_id == sale.request_id
    counter.put(GiveBack(sale.request_id, "", (ReturnLine(1, 1),)))
    counter.put(ShowReceipt(""))
    counter.wait("what was done", lambda v: v.notice is not None and v.notice.key == "refund.done")
    texts = counter.printed(2)
    assert "RETURKVITTERING" in texts[1]
    assert "1 x Vare" in texts[1]
    assert "49,00 NOK" in texts[1].replace("\xa0", " ")
    counter.put(GiveBack(sale.request_id, "", (ReturnLine(1, 1),)))
    counter.wait("a no", lambda v: v.notice is not None and v.notice.key == "refund.lines")
    counter.put(GiveBack(sale.request_id, "80.01"))
    counter.wait("a no", lambda v: v.notice is not None and v.notice.key == "refund.too_much")
    counter.put(GiveBack(sale.request_id))
    counter.printed(3)
    refunds = counter.history().refunds_of(sale.request_id)
    assert [refund.amount.value for refund in refunds] == [4_900, 8_000]


def test_buttons_lights_and_drawer(counter: Counter) -> None:
    """The help button calls until it is pressed again; pay and cancel work the desk without a
    screen; the drawer opens by a pulse of the printer and is counted."""
    counter.buttons.press(Button.HELP)
    counter.wait("the call", lambda v: v.papers.help_wanted)
    counter.until(lambda: counter.indicator.now is Signal.ATTENTION)
    counter.buttons.press(Button.HELP)
    counter.wait("quiet", lambda v: not v.papers.help_wanted)
    counter.put(AddAmount("10"))
    counter.wait("an order", lambda v: v.order is not None)
    counter.buttons.press(Button.PAY)
    counter.wait("the code", lambda v: v.stage is Stage.SCANNING)
    counter.buttons.press(Button.CANCEL)
    counter.wait("a free desk", lambda v: v.stage is Stage.READY)
    counter.put(OpenDrawer())
    counter.until(lambda: counter.printer.drawer_pulses == 1)
    assert counter.history().printing.drawer_openings == 1
