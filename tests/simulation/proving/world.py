"""One small shop for one seed: a till, a line, the switch with its wallets, cashier and customers.

Apart from what can fail in it, and from the checker, which reads only what is left behind.
"""

from collections.abc import Callable
from pathlib import Path

import apsw

from pos.engine import Clock, Engine, Parts
from pos.fingerprint import Fingerprints
from pos.sale.input import Input
from pos.sale.merchant import Merchant, Store, Terminal
from pos.sale.mode import COUNTER
from pos.sale.view import Stage, Verdict, View
from pos.scheme.simulation import SimulatedScheme, open_scheme
from pos.switch import wire
from pos.switch.client import WireSwitch
from proving.fate import NONE, Fate, Rates, SwitchDied, TillDied
from proving.line import Line
from proving.mortal import FarWallet, MortalJournal, MortalStore

CLIENT_ID = "SIMULATED_TILL"
TERMINAL = Terminal("T01", Merchant("M-1", "Fjord Kafe", "5814"), Store("OSL-1", "Oslo S"), "NOK")
REBOOT_COUNT_MAX = 40
REST_S_MAX = 4 * 3600.0

_REQUESTS: dict[str, type[wire.Message]] = {
    "pay": wire.PayRequest,
    "inquiryPayment": wire.InquiryPaymentRequest,
    "cancel": wire.CancelRequest,
    "refund": wire.RefundRequest,
    "inquiryRefund": wire.InquiryRefundRequest,
}
# Which entry must be written down before a request about it may leave.
_INTENTS = {
    "pay": "kind = 'Opened'",
    "cancel": "kind IN ('CancelAsked', 'Mismatch')",
    "refund": "kind IN ('RefundAsked', 'WindowClosed')",
}


class World:
    """Everything of one run. `open` it, sell in it, bring it `to_rest`, then `close` it."""

    def __init__(
        self, folder: Path, seed: int, rates: Rates = NONE, *, till_dies_at: int = 0
    ) -> None:
        self.fate = Fate(seed, rates, till_dies_at=till_dies_at)
        self.folder = folder
        self.trouble: list[str] = []
        self.shown_paid: set[str] = set()
        self.line = Line(self.fate, self._deliver, self._journaled)
        self.view: View
        self.scheme = self._opened_scheme()
        self._journal: MortalJournal | None = None
        self._reading: apsw.Connection | None = None
        self.reboot()

    @property
    def journal_path(self) -> Path:
        """Where the till writes."""
        return self.folder / "journal.db"

    @property
    def switch_path(self) -> Path:
        """Where switch and wallets write."""
        return self.folder / "switch.db"

    # The till

    def reboot(self) -> None:
        """Start the till's process anew on what the last one wrote; it may die while starting."""
        for _ in range(REBOOT_COUNT_MAX):
            self._close_till()
            try:
                return self._started()
            except TillDied:
                self.fate.pass_time(self.fate.chance.uniform(0.5, 20.0))
        raise AssertionError("The till never came up.")

    def _started(self) -> None:
        fate = self.fate
        self._journal = MortalJournal(self.journal_path, fate.till_step)
        clock = Clock(monotonic=lambda: fate.now_s, wall=fate.wall_s)
        parts = Parts(
            self._journal,
            WireSwitch(self.line, TERMINAL),  # type: ignore[arg-type] - stands in for an Exchange
            Fingerprints(self.folder),
            TERMINAL,
            COUNTER,
            eye=_Eye(),
            clock=clock,
            new_id=lambda: f"{fate.chance.getrandbits(128):032x}",
        )
        self.engine = Engine(parts, self._show)
        self.engine.start()

    def opened_count(self) -> int:
        """How many payments the till has written down."""
        return 0 if self._journal is None else len(self._journal.history.payments)

    def handle(self, given: Input) -> bool:
        """Hand one input to the till; False when it died over it and was started anew."""
        return self._living(lambda: self.engine.handle(given)) is not None

    def work(self) -> float | None:
        """Let the till do one thing; seconds until the next, or None when it died."""
        return self._living(self.engine.work)

    def _living(self, act: Callable[[], float | None]) -> float | None:
        try:
            return act() or 0.0
        except TillDied:
            fate = self.fate
            away_s = 1300.0 if fate.strikes(0.1) else fate.chance.uniform(0.5, 60.0)
            fate.pass_time(away_s)
            self.reboot()
            return None

    def _show(self, view: View) -> None:
        self.view = view
        if view.stage is Stage.OUTCOME and view.verdict is Verdict.PAID:
            self.shown_paid.add(view.request_id)

    def _journaled(self, api: str, reference: str) -> bool:
        """Whether the intent can be read from the disk, by another connection, right now."""
        if api not in _INTENTS:
            return True
        if self._reading is None:
            self._reading = apsw.Connection(str(self.journal_path), flags=apsw.SQLITE_OPEN_READONLY)
        query = f"SELECT 1 FROM journal WHERE {_INTENTS[api]} AND instr(body, ?)"  # noqa: S608
        return bool(self._reading.execute(query, (reference,)).fetchall())

    # The switch

    def _opened_scheme(self) -> SimulatedScheme:
        fate = self.fate
        store = MortalStore.open(f"sqlite:///{self.switch_path}", durable=False)
        scheme = open_scheme(
            store, fate.utc, fate.chance.randbytes, reach=lambda wallet: FarWallet(wallet, fate)
        )
        store.step = fate.switch_step
        return scheme

    def at_switch(self, act: Callable[[SimulatedScheme], None]) -> bool:
        """Do something at the switch; False when it died over it and was started anew."""
        try:
            act(self.scheme)
        except SwitchDied:
            self._restart_switch()
            return False
        return True

    def _restart_switch(self) -> None:
        for _ in range(REBOOT_COUNT_MAX):
            self.scheme.store.close()
            self.scheme = self._opened_scheme()
            try:
                self.scheme.book.recover()
            except SwitchDied:
                continue
            return
        raise AssertionError("The switch never came up.")

    def _deliver(self, api: str, body: bytes) -> bytes | None:
        """One request to the rules of the switch; its answer, or None when it died over it."""
        answers: list[bytes] = []

        def act(scheme: SimulatedScheme) -> None:
            book = scheme.book
            asked = wire.load(_REQUESTS[api], body)
            calls: dict[str, Callable[..., wire.Message]] = {
                "pay": book.pay,
                "inquiryPayment": book.inquire_payment,
                "cancel": book.cancel,
                "refund": book.refund,
                "inquiryRefund": book.inquire_refund,
            }
            answers.append(wire.dump(calls[api](CLIENT_ID, asked)))

        try:
            self.at_switch(act)
        except Exception as fault:
            self.trouble.append(f"the switch failed over {api}: {fault!r}")
        return answers[0] if answers else None

    # The end

    def to_rest(self) -> None:
        """End all faults and let everything come to its end: late requests, waits, people."""
        fate = self.fate
        fate.calm = True
        until_s = fate.now_s + REST_S_MAX
        while fate.now_s < until_s:
            wait_s = self.work() or 0.0
            next_s = fate.next_s()
            view = self.view
            at_rest = view.stage not in (Stage.PAYING, Stage.SHOWING, Stage.STOPPING)
            # ASIDE: the sale on the desk is still being cancelled.
            if at_rest and not view.unfinished and view.verdict is not Verdict.ASIDE:
                if next_s is None:
                    return
                wait_s = next_s
            fate.pass_time(wait_s if next_s is None else min(wait_s, next_s))
            if view.stopped is not None:
                self.trouble.append(f"the till halted: {dict(view.stopped.values)}")
                return
        self.trouble.append("the till did not come to rest")

    def close(self) -> None:
        """Close every file."""
        self._close_till()
        self.scheme.store.close()

    def _close_till(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        if self._reading is not None:
            self._reading.close()
            self._reading = None


class _Eye:
    """An eye that the cashier's own hand plays."""

    def arm(self) -> None:
        """Nothing to switch on."""

    def disarm(self) -> None:
        """Nothing to switch off."""
