"""The journal held against what the switch remembers of it; what was lost is fetched and worked.

Apart from the loop because it comes before all selling: a journal that is whole may still be too
short, after a card that lied about what it keeps, a copied card or a cut tail. Behind its
witness, the till writes a Gap, takes up as open whatever the switch was asked for and the journal
does not know, works it to its end like anything that a restart leaves open, and only then sells.
"""

from collections.abc import Callable

from pos.engine.parts import Parts, Writer
from pos.errors import JournalError
from pos.sale.incident import Gap, GapClosed
from pos.sale.payment import Opened, State, WindowClosed
from pos.sale.refund import RefundAsked
from pos.sale.testimony import NEWEST, Act, Claim, Testimony, Unheard
from pos.sale.view import Notice, notice

PAGE_COUNT_MAX = 10_000


class Witnessed:
    """One process's standing with the witness. `told` is what a person should hear of it.

    `resume` takes up every open payment and refund that it does not know yet.
    """

    def __init__(self, parts: Parts, writer: Writer, resume: Callable[[], int]) -> None:
        self._parts = parts
        self._writer = writer
        self._resume = resume
        self._session = parts.new_id()
        self._granted = self._absent = self._superseded = self._fetched = False
        self._waiting: list[RefundAsked] = []
        self._count = 0
        self.told: Notice | None = None

    @property
    def heard(self) -> bool:
        """Whether the witness takes down what this process asks for, or there is none."""
        return self._granted or self._absent

    def knows(self, request_id: str) -> bool:
        """Whether nothing is left to be learned of a payment: one that was refunded was paid."""
        if self._writer.history.gap is None or self._absent:
            return self.heard
        return self._fetched and all(asked.request_id != request_id for asked in self._waiting)

    def look(self) -> None:
        """Ask the witness, or tell it how far the journal has come; for when the link is up."""
        if self._absent or self._superseded or self._writer.halt is not None:
            return
        try:
            if self._granted:
                self._report()
            else:
                self._begin()
            if self._granted and self._writer.history.gap is not None and not self._fetched:
                self._fetch()
        except JournalError as fault:
            self._writer.stop(fault)

    def unfit(self) -> Notice | None:
        """Why nothing may be sold because of what the witness says, or has not said; or None."""
        if self._superseded:
            return notice("witness.superseded", grave=True)
        if self._absent:
            return None
        if not self._granted:
            return notice("witness.unheard")
        return None if self._writer.history.gap is None else self.told

    def work(self) -> Notice | None:
        """Take up what can be taken up now, and close the gap once all of it is settled; `told`."""
        history = self._writer.history
        if history.gap is None or not self._fetched:
            return self.told
        for asked in list(self._waiting):
            payment = history.payments[asked.request_id]
            reversal = payment.state is State.CANCELLING and asked.amount == payment.amount
            if payment.state.open and not reversal:
                continue
            self._waiting.remove(asked)
            if reversal:
                # No cancel can be done any more: it is the refund that stood in for it.
                self._take_up(WindowClosed(asked.request_id, asked.refund_id))
                continue
            left = history.left_amount(asked.request_id)
            if left is not None and left.value >= asked.amount.value:
                self._take_up(asked)
        done = not (self._waiting or history.open_payments() or history.open_refunds())
        if done and self._writer.write(GapClosed(self._count)):
            self.told = notice("witness.closed", count=self._count)
        return self.told

    def _begin(self) -> None:
        parts = self._parts
        said = parts.switch.testify(None)
        if said is Unheard.NO_WITNESS:
            self._absent = True
            self.told = notice("witness.none")
            return
        if not isinstance(said, Testimony):
            return
        journal, gap = parts.journal, self._writer.history.gap
        if not self._agrees(said) and gap is None:
            gap = Gap(journal.seq, said.seq, said.head, parts.clock.wall())
            if not self._writer.write(gap):
                return
        claim = Claim(self._session, journal.seq, journal.head.hex(), said.head)
        granted = parts.switch.testify(claim)
        if isinstance(granted, Testimony) and granted.session == self._session:
            self._granted = True
            parts.switch.bear(self._session, lambda: (journal.seq, journal.head.hex()))
            if gap is not None:
                self.told = notice("witness.gap", grave=True, seq=gap.whole_until, told=gap.seq)

    def _agrees(self, said: Testimony) -> bool:
        return said.seq == 0 or self._parts.journal.holds(said.seq, bytes.fromhex(said.head))

    def _report(self) -> None:
        journal = self._parts.journal
        said = self._parts.switch.testify(Claim(self._session, journal.seq, journal.head.hex()))
        if isinstance(said, Testimony) and said.session != self._session:
            self._superseded = True
            self.told = notice("witness.superseded", grave=True)

    def _fetch(self) -> None:
        """Read the witness's list back to where the journal knows every act; then write it.

        A message that came late stands above those that overtook it, so one known act is no end.
        That fewer than a page of them can overtake one is all that is relied on.
        """
        gap, before = self._writer.history.gap, NEWEST
        missing: list[Opened | RefundAsked] = []
        for _ in range(PAGE_COUNT_MAX):
            page = self._parts.switch.testify(None, before)
            if not isinstance(page, Testimony) or gap is None:
                return None
            if (page.session, page.before) != (self._session, before):
                return None  # an answer to another question: ask again at the next look
            unknown = [act for act in page.acts if not self._known(act, gap)]
            missing += [act.asked for act in unknown if act.asked is not None]
            if not (unknown and page.more):
                return self._import(missing)
            before = page.acts[-1].number
        return None

    def _known(self, act: Act, gap: Gap) -> bool:
        """Whether the act is of this very journal, from before the gap."""
        if not 0 < act.seq <= gap.whole_until:
            return False
        return self._parts.journal.holds(act.seq, bytes.fromhex(act.head))

    def _import(self, missing: list[Opened | RefundAsked]) -> None:
        """Write down, oldest first, what was asked for; refunds wait for their payment's end."""
        history = self._writer.history
        for asked in reversed(missing):
            if isinstance(asked, Opened):
                if asked.request_id not in history.payments:
                    self._take_up(asked)
            elif asked.refund_id not in history.refunds and asked.request_id in history.payments:
                self._waiting.append(asked)
        self._fetched = self._writer.halt is None
        self._resume()

    def _take_up(self, asked: Opened | RefundAsked | WindowClosed) -> None:
        if self._writer.write(asked):
            self._count += 1
            self._resume()
