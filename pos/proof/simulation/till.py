"""A till of the simulation: the product's engine on a journal, with a line, paper and a clock.

Apart from the shop so that one switch can have several of them, each with its own deaths.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from pos.engine import Clock, Engine, Parts
from pos.fingerprint import Fingerprints
from pos.proof.simulation.fate import Fate, TillDied
from pos.proof.simulation.line import Line
from pos.proof.simulation.mortal import MemoryDisk, MortalJournal
from pos.proof.simulation.switch import MortalSwitch
from pos.sale.history import Entry
from pos.sale.input import Input, PrinterSays
from pos.sale.merchant import Terminal
from pos.sale.mode import COUNTER
from pos.sale.payment import State
from pos.sale.pursuit import Limits
from pos.sale.receipt import Receipt
from pos.sale.refund import RefundState
from pos.sale.report import Report
from pos.sale.view import LinkState, Stage, Verdict, View
from pos.switch.client import WireSwitch
from pos.switch.exchange import Exchange

ENGINE = "pos.engine."
REBOOT_COUNT_MAX = 40
# Fewer inquiries than a shop has patience for: each says the same again, and costs as much.
LIMITS = Limits(inquiry_count_max=3, restart_inquiry_count_max=2, order_code_life_s_max=15.0)
JUMPS_S = (0.0, -5 * 3600.0, 30 * 3600.0, 86_400.0 * 3650, -1e9)
PRINTING_S_MAX = 6.0
FORGOTTEN_MAX = 3
# Which entry must be written down before a request about it may leave.
INTENTS = {
    "pay": {"Opened"},
    "cancel": {"CancelAsked", "Mismatch"},
    "refund": {"RefundAsked", "WindowClosed"},
}
_REFERENCES = {"RefundAsked": "refund_id", "WindowClosed": "reversal_id"}
_BUSY = (Stage.PAYING, Stage.SHOWING, Stage.SWITCHING, Stage.STOPPING)
# A cashier gives back here, and either side may present the code.
MODE = replace(COUNTER, both=True)


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip that came out of the printer, whole."""

    document_id: str
    number: int
    payment_id: str
    well: bool
    copy: bool


class Till:
    """One till and everything it needs; it dies and starts again by itself."""

    def __init__(
        self, client_id: str, terminal: Terminal, folder: Path, fate: Fate, switch: MortalSwitch
    ) -> None:
        self.client_id = client_id
        self._terminal = terminal
        self._folder = folder
        self._fate = fate
        self._switch = switch
        self.disk = MemoryDisk()
        self.trouble: list[str] = []
        self.slips: list[Slip] = []
        self.view: View
        self.line = Line(fate, self._deliver, self._journaled)
        self._jump_s = 0.0
        self._boot = 0
        self._said: list[PrinterSays] = []
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.reboot()

    @property
    def busy(self) -> bool:
        """Whether a sale is on the desk, or anything is unfinished.

        A sale that was put aside is, though the view has it on the desk and not among those.
        """
        history = self.journal.history
        unfinished = history.open_payments() or history.open_refunds()
        return bool(unfinished) or self.view.stage in _BUSY

    @property
    def fit(self) -> bool:
        """Whether the till would sell without asking the switch anything before."""
        return self.view.link is LinkState.UP and self.engine._witnessed.unfit() is None

    @property
    def opened_count(self) -> int:
        """How many payments the till has written down."""
        return len(self.journal.history.payments)

    def pieces_of(self, request_id: str) -> tuple[int, ...]:
        """How many were sold on each line of this payment's order.

        None where it has none, and of a payment that its card forgot between two visits.
        """
        history = self.journal.history
        payment = history.payments.get(request_id)
        order = history.order_book.placed.get(payment.sale_id) if payment is not None else None
        return () if order is None else tuple(line.quantity for line in order.lines)

    def reboot(self) -> None:
        """Start the till's process anew on what the last one wrote; it may die while starting."""
        for _ in range(REBOOT_COUNT_MAX):
            self._boot += 1
            self._said.clear()
            try:
                return self._started()
            except TillDied:
                self._fate.pass_time(self._fate.chance.uniform(0.5, 20.0))
        raise AssertionError("The till never came up.")

    def _started(self) -> None:
        fate = self._fate
        self._bury()
        self.journal = MortalJournal(self.disk, fate.till_step, self._noted)
        parts = Parts(
            self.journal,
            WireSwitch(cast(Exchange, self.line), self._terminal),  # it stands where that stands
            Fingerprints(self._folder),
            self._terminal,
            MODE,
            eye=_Eye(),
            paper=_Paper(self, self._boot),
            clock=Clock(monotonic=lambda: fate.now_s, wall=self.wall_s),
            limits=LIMITS,
            new_id=self.new_id,
        )
        self.engine = Engine(parts, self._show)
        self.engine.start()

    def _bury(self) -> None:
        """Take what the dead process held apart: its parts know each other, and so nothing of it
        would be given back before somebody looks for what nobody knows any more."""
        dead = getattr(self, "engine", None)
        if dead is not None:
            for part in vars(dead).values():
                if type(part).__module__.startswith(ENGINE) and hasattr(part, "__dict__"):
                    vars(part).clear()
            vars(dead).clear()

    def forget(self) -> None:
        """Nothing is asked of this till any more."""
        self._bury()
        self.disk.connection.close()
        vars(self).clear()

    def new_id(self) -> str:
        """As random as the product's own, but of the seed."""
        return f"{self._fate.names.getrandbits(128):032x}"

    def wall_s(self) -> float:
        """Unix seconds by the till's own clock, which may be anything from 1970 on."""
        return max(0.0, self._fate.epoch_s + self._fate.now_s + self._jump_s)

    def jump_clock(self) -> None:
        """Set the wall clock to some other time; what is monotonic goes on."""
        self._jump_s = self._fate.chance.choice(JUMPS_S)

    def handle(self, given: Input) -> bool:
        """Hand one input to the till; False when it died over it and was started anew."""
        return self._living(lambda: self.engine.handle(given)) is not None

    def work(self) -> float | None:
        """Let the till do one thing; seconds until the next, or None when it died."""
        if self._said:
            said = self._said.pop(0)
            return 0.0 if self.handle(said) else None
        return self._living(self.engine.work)

    def _living(self, act: Callable[[], float | None]) -> float | None:
        try:
            return act() or 0.0
        except TillDied:
            fate = self._fate
            away_s = 1300.0 if fate.strikes(0.1) else fate.chance.uniform(0.5, 60.0)
            fate.pass_time(away_s)
            self._lose_what_was_not_kept()
            if fate.strikes(fate.rates.clock_jump):
                self.jump_clock()
            self.reboot()
            return None

    def _lose_what_was_not_kept(self) -> None:
        """What a death takes from the disk: of an honest one, nothing."""
        if self._fate.strikes(self._fate.rates.disk_forgets):
            self.disk.forget(self._fate.chance.randint(1, FORGOTTEN_MAX))

    def _deliver(self, api: str, body: bytes, mark: str) -> bytes | None:
        return self._switch.answer(self.client_id, api, body, mark)

    def _show(self, view: View) -> None:
        self.view = view
        if view.stage is Stage.OUTCOME and view.verdict is Verdict.PAID:
            self._check_paid(view.request_id, "shown as paid")

    def _noted(self, entry: Entry) -> None:
        """An entry is on the disk: what it says must be so in the wallets at this very moment."""
        payment = self.journal.history.payments.get(getattr(entry, "request_id", ""))
        if payment is None or payment.state.open:
            return None
        if payment.state is State.PAID:
            return self._check_paid(payment.request_id, "written down as paid")
        truth = self._switch.truth(self.client_id, payment.request_id)
        if truth.net:
            self.trouble.append(
                f"P6: {payment.request_id} is {payment.state}, but {truth.net} are charged"
            )
        return None

    def _check_paid(self, request_id: str, how: str) -> None:
        truth = self._switch.truth(self.client_id, request_id)
        amount = self.journal.history.payments[request_id].amount
        right = (truth.charge_count, truth.reversal_count) == (1, 0)
        if not right or truth.price != (amount.value, amount.currency):
            self.trouble.append(f"P5: {request_id} is {how}, but the wallets say {truth}")

    def _journaled(self, api: str, reference: str) -> bool:
        """Whether the intent can be read from the disk right now."""
        if api not in INTENTS:
            return True
        kinds = ", ".join(f"'{kind}'" for kind in INTENTS[api])
        query = (
            f"SELECT 1 FROM journal WHERE kind IN ({kinds}) AND instr(body, ?) "  # noqa: S608
            "ORDER BY seq DESC LIMIT 1"
        )
        return bool(self.disk.connection.execute(query, (reference,)).fetchall())

    def printed(self, slip: Slip, boot: int, said: PrinterSays) -> None:
        """The printer is done with a slip; only the process that sent it can be told."""
        if not said.fault:
            self.slips.append(slip)
        self.told(boot, said)

    def told(self, boot: int, said: PrinterSays) -> None:
        """The printer says something to the process that asked it."""
        if boot == self._boot:
            self._said.append(said)


class _Paper:
    """A printer that takes its time, and sometimes has no paper or jams in the middle."""

    def __init__(self, till: Till, boot: int) -> None:
        self._till = till
        self._boot = boot
        self._fate = till._fate

    def print(self, receipt: Receipt) -> None:
        """See Paper."""
        refund, payment = receipt.refund, receipt.payment
        well = payment.state is State.PAID
        well = well and (refund is None or refund.state is RefundState.REFUNDED)
        document_id = receipt.document_id
        slip = Slip(document_id, receipt.number, payment.request_id, well, receipt.copy)
        said = PrinterSays(document_id)
        if self._fate.strikes(self._fate.rates.printer_fault):
            jams = self._fate.chance.random() < 0.5
            said = PrinterSays(document_id, "stuck" if jams else "paper_out", sent=jams)
        self._later(lambda: self._till.printed(slip, self._boot, said))

    def report(self, report: Report) -> None:
        """See pos.engine.Paper; nobody closes a shift here."""

    def look(self) -> None:
        """See Paper. Whoever looks has put paper in."""
        self._later(lambda: self._till.told(self._boot, PrinterSays()))

    def open_drawer(self) -> None:
        """See Paper."""
        self._later(lambda: self._till.told(self._boot, PrinterSays()))

    def _later(self, act: Callable[[], None]) -> None:
        self._fate.later(self._fate.chance.uniform(0.1, PRINTING_S_MAX), act)


class _Eye:
    """An eye that the cashier's own hand plays."""

    def arm(self) -> None:
        """Nothing to switch on."""

    def resume(self) -> None:
        """Nothing to switch on."""

    def disarm(self) -> None:
        """Nothing to switch off."""
