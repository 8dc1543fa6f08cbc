"""One till, its switch and its customers in one process: the real engine over the real rules.

Apart from the simulation, whose lines and people fail in every way: here nothing fails but the
disk, so that whatever goes wrong is the disk's doing. Time is virtual.
"""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from pos.engine import Clock, Engine, Parts
from pos.fingerprint import Fingerprints
from pos.journal import Journal
from pos.proof import dumps
from pos.proof.checker import differences
from pos.proof.simulation.swift import SwiftStore
from pos.sale.input import Charge, GiveBack, Next, Presenting, PrinterSays, Scanned, Stop
from pos.sale.merchant import Merchant, Store, Terminal
from pos.sale.mode import COUNTER
from pos.sale.payment import State
from pos.sale.receipt import Receipt
from pos.sale.report import Report
from pos.sale.secret import Secret
from pos.sale.view import Stage, Verdict, View
from pos.scheme.partner_file import shipped_scheme
from pos.scheme.partners import Behaviour
from pos.scheme.simulation import open_scheme
from pos.scheme.witness import Superseded, Witness
from pos.switch import wire
from pos.switch.client import WireSwitch
from pos.switch.exchange import Exchange, SilenceError
from pos.switch.parts import Result
from pos.switch.witness import WITNESS_PATH, Mark, WitnessRequest

CLIENT_ID = "PROVEN_TILL"
TERMINAL = Terminal("T01", Merchant("M-1", "Fjord Kafe", "5814"), Store("OSL-1", "Oslo S"), "NOK")
TURN_COUNT_MAX = 400
_EPOCH = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

_REQUESTS: dict[str, type[wire.Message]] = {
    "pay": wire.PayRequest,
    "inquiryPayment": wire.InquiryPaymentRequest,
    "cancel": wire.CancelRequest,
    "refund": wire.RefundRequest,
    "inquiryRefund": wire.InquiryRefundRequest,
}
_ANSWERS: dict[str, type[Any]] = {
    "pay": wire.PayResponse,
    "cancel": wire.CancelResponse,
    "refund": wire.RefundResponse,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that left the till, by the id that it names; `halted`: the disk had failed."""

    api: str
    reference: str
    halted: bool = False


class Stall:
    """The shop. `start` it on a journal, do its steps, `settle` it."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.now_s = 0.0
        self.sent: list[Sent] = []
        self.has_witness = True
        self.on_sent: Callable[[Sent], None] = lambda _sent: None
        self.shown_paid: set[str] = set()
        self.store = SwiftStore()
        self._chance = random.Random(seed)
        self._folder = folder
        terms = replace(shipped_scheme(), customers=())  # they are in the store already
        self._scheme = open_scheme(self.store, self._utc, self._chance.randbytes, terms=terms)
        self._witness = Witness(self.store, self._utc)
        self.slips: list[dumps.Slip] = []
        self._printing: list[dumps.Slip] = []
        self.engine: Engine
        self.view: View

    def start(self, book: Journal) -> None:
        """A new process of the till on this journal."""
        self._printing.clear()
        clock = Clock(lambda: self.now_s, lambda: self._utc().timestamp())
        parts = Parts(
            book,
            WireSwitch(cast(Exchange, _Line(self)), TERMINAL),
            Fingerprints(self._folder),
            TERMINAL,
            COUNTER,
            eye=_Eye(),
            paper=_Paper(self._printing),
            clock=clock,
            new_id=lambda: f"{self._chance.getrandbits(128):032x}",
        )
        self.engine = Engine(parts, self._show)
        self.engine.start()

    def sell(self, behaves: str = "pays") -> None:
        """One sale by a customer's code, to its end."""
        self.scan(behaves)
        self._wait()

    def scan(self, behaves: str = "pays") -> None:
        """One sale by a customer's code, as far as the first answer."""
        code = self._scheme.customers.new_code("vipps", behaviour=Behaviour(behaves))
        amount = f"{self._chance.randint(1, 300)}.00"
        self._handle(Charge(amount, Presenting.CUSTOMER))
        if self.view.stage is Stage.SCANNING:
            self._handle(Scanned(Secret(code), "QR"))

    def show_and_stop(self) -> None:
        """A sale by a shown code that nobody pays and the cashier gives up."""
        self._handle(Charge("45.50", Presenting.MERCHANT))
        if self.view.request_id:
            self._handle(Stop(self.view.request_id))
        self._wait()

    def give_back(self, typed: str = "") -> None:
        """A refund from the newest paid sale."""
        paid = [row for row in self.view.recent if row.state is State.PAID and row.left]
        if paid:
            self._handle(GiveBack(paid[0].request_id, typed))
            self._wait()

    def settle(self) -> bool:
        """Work until nothing is open; whether it came to that."""
        for _ in range(TURN_COUNT_MAX):
            history = self.engine.history
            if not (history.open_payments() or history.open_refunds() or history.gap):
                return True
            wait_s = self.engine.work()
            self._print()
            self.now_s += max(wait_s, 0.01)
        return False

    def faults(self, journal: Path, *, slips: bool = True) -> list[str]:
        """What the three books do not agree on, by the checker; and what was shown wrongly.

        Without `slips`, paper is left out: a till that forgot counts its receipts anew.
        """
        history = self.engine.history
        believed = {each: str(p.state) for each, p in history.payments.items()}
        believed |= {each: str(r.state) for each, r in history.refunds.items()}
        lines = dumps.journal_file(journal)
        till = dumps.Till(CLIENT_ID, lines, tuple(self.slips) if slips else (), believed)
        found = differences([till], dumps.switch_tables(dumps.asking(self.store.raw)))
        found += [
            f"P5: {each} was shown as paid and is {believed.get(each)}"
            for each in sorted(self.shown_paid)
            if believed.get(each) != "PAID"
        ]
        return found

    def mark(self) -> tuple[int, bytes]:
        """What the witness was last told: entry and hash."""
        row = self.store.raw.execute("SELECT seq, head FROM witness").fetchone()
        return (0, bytes(32)) if row is None else (row[0], bytes.fromhex(row[1]))

    def kept(self) -> tuple[bytes, float, Any, list[Sent]]:
        """Everything outside the till's disk, to come back to."""
        return self.store.kept(), self.now_s, self._chance.getstate(), list(self.sent)

    def back_to(self, kept: tuple[bytes, float, Any, list[Sent]]) -> None:
        """As it was when it was `kept`."""
        self.store.put_back(kept[0])
        self.now_s, self.sent = kept[1], list(kept[3])
        self._chance.setstate(kept[2])

    def close(self) -> None:
        """Forget everything."""
        self.store.close()

    def answer(self, api: str, body: bytes, mark: str) -> bytes:
        """One request to the rules of the switch."""
        book = self._scheme.book
        asked: Any = wire.load(_REQUESTS[api], body)
        reference = getattr(asked, "refund_request_id", None) or asked.payment_request_id
        sent = Sent(api, reference, self.engine.view().stopped is not None)
        self.sent.append(sent)
        self.on_sent(sent)
        if mark:
            try:
                self._witness.note(CLIENT_ID, Mark.read(mark), asked)
            except Superseded as refused:
                result = Result(result_code=refused.code, result_status="F")
                return wire.dump(_ANSWERS[api](result=result))
        calls: dict[str, Callable[..., wire.Message]] = {
            "pay": book.pay,
            "inquiryPayment": book.inquire_payment,
            "cancel": book.cancel,
            "refund": book.refund,
            "inquiryRefund": book.inquire_refund,
        }
        self.now_s += 0.05
        return wire.dump(calls[api](CLIENT_ID, asked))

    def testimony(self, body: bytes) -> bytes:
        """One request to the witness."""
        return wire.dump(self._witness.testify(CLIENT_ID, wire.load(WitnessRequest, body)))

    def _utc(self) -> datetime:
        return _EPOCH + timedelta(seconds=self.now_s)

    def _show(self, view: View) -> None:
        self.view = view
        if view.stage is Stage.OUTCOME and view.verdict is Verdict.PAID:
            self.shown_paid.add(view.request_id)

    def _handle(self, given: Any) -> None:
        self.engine.handle(given)
        self._print()

    def _wait(self) -> None:
        self.settle()
        if self.view.stage in (Stage.OUTCOME, Stage.STOPPING, Stage.SCANNING):
            self._handle(Next() if self.view.stage is not Stage.SCANNING else Stop())

    def _print(self) -> None:
        """The printer takes what was handed to it."""
        for _ in itertools.takewhile(lambda _: self._printing, range(TURN_COUNT_MAX)):
            slip = self._printing.pop(0)
            self.slips.append(slip)
            self.engine.handle(PrinterSays(slip.document_id))


class _Line:
    """Stands where an Exchange stands."""

    def __init__(self, stall: Stall) -> None:
        self._stall = stall
        self.mark = ""

    def call(self, api: str, body: bytes, total_s: float | None = None) -> bytes:
        """See Exchange."""
        return self._stall.answer(api, body, self.mark)

    def ask(self, path: str, body: bytes) -> bytes:
        """See Exchange."""
        if path != WITNESS_PATH or not self._stall.has_witness:
            raise SilenceError("HTTP_404")
        return self._stall.testimony(body)

    def close(self) -> None:
        """See Exchange."""


class _Paper:
    """A printer that prints when the stall lets it."""

    def __init__(self, waiting: list[dumps.Slip]) -> None:
        self._waiting = waiting

    def print(self, receipt: Receipt) -> None:
        """See pos.engine.Paper."""
        self._waiting.append(dumps.Slip(receipt.document_id, receipt.number, receipt.copy))

    def report(self, report: Report) -> None:
        """See pos.engine.Paper; nobody closes a shift here."""

    def look(self) -> None:
        """See pos.engine.Paper. A printer that is never in trouble is not looked at."""

    def open_drawer(self) -> None:
        """See pos.engine.Paper. This stall has no drawer."""


class _Eye:
    """Codes are handed in."""

    def arm(self) -> None:
        """See pos.engine.Eye."""

    def resume(self) -> None:
        """See pos.engine.Eye."""

    def disarm(self) -> None:
        """See pos.engine.Eye."""
