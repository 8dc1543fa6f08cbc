"""A pretend customer before the till: what she says and does, whatever the cashier does.

Apart from the day, which gives her hands, so that her manners can be read, and tried, alone. She
sees what a customer sees: the till's View.
"""

from typing import Protocol

from pos.sale.money import Amount
from pos.sale.view import Notice, Stage, Verdict, View
from pos.scheme.partners import Behaviour
from pos.training.plan import Customer, Mishap

SAID_MAX = 4

# Seconds until she speaks, or acts, while a payment is under way.
SPEAKS_S = 3.0
APPROVES_S = 1.0
FINDS_OUT_S = 15.0  # that the wallet waits for her PIN, or that nobody heeds what she says
HOLDS_AGAIN_S = 4.0  # a fresh code, after one that the till knows
LINK_DOWN_S = 60.0

# What her first code does; every later one pays.
_FIRST = {
    Mishap.LATE: Behaviour.ANSWER_LOST,
    Mishap.DECLINED: Behaviour.NO_MONEY,
    Mishap.WALKS_AWAY: Behaviour.SILENT,
    Mishap.WRONG_AMOUNT: Behaviour.SILENT,
    Mishap.CLAIMS: Behaviour.SILENT,
}


class Hands(Protocol):
    """What a customer can do at the counter, and what the day does around her."""

    def hold_up(self, behaviour: Behaviour, attempt: int) -> None:
        """Hold a fresh payment code before the camera."""

    def hold_up_again(self) -> None:
        """Hold up the same code once more."""

    def take_away(self) -> None:
        """Take the phone away from the camera."""

    def scan(self, order_code: str) -> bool:
        """Scan the till's code; whether the wallet took it."""

    def approve(self) -> None:
        """Pay what waits in the wallet."""

    def decline(self) -> None:
        """Refuse what waits in the wallet."""

    def link(self, *, up: bool) -> None:
        """Cut or mend the line between till and switch."""

    def paper(self, *, there: bool) -> None:
        """Take the paper out of the printer, or put a roll in."""

    def printed_count(self) -> int:
        """Documents that the printer has printed today."""


class Guest:
    """One customer. Call `sees` whenever the View changed, and every now and then.

    `patience` is what all her waits are multiplied by. `gone` is whether she walked out.
    """

    def __init__(self, customer: Customer, hands: Hands, language: str, patience: float) -> None:
        self._customer, self._hands, self._patience = customer, hands, patience
        self._language = language
        self.said: tuple[Notice, ...] = ()
        self.gone = False
        self._paid_id = ""
        self._attempts = 0
        self._holding = self._fresh = self._taken_up = False
        self._moment: tuple[Stage, str] | None = None
        self._since_s = 0.0
        self._told: set[str] = set()
        self._wants = customer.first_amount
        self._printed = 0
        self._came_s = 0.0

    def comes(self, now_s: float) -> None:
        """Step up to the counter and say what she wants."""
        self._came_s = now_s
        self._printed = self._hands.printed_count()
        if self._customer.mishap is Mishap.LINK_DOWN:
            self._hands.link(up=False)
        if self._customer.mishap is Mishap.PAPER_OUT:
            self._hands.paper(there=False)
        goods = [each.name(self._language) for each in self._customer.goods]
        if self._customer.spare is not None:
            goods.append(self._customer.spare.name(self._language))
        self._say("guest.order", goods=" + ".join(goods), amount=self._wants)

    def leaves(self) -> None:
        """The next one is called: whatever she brought with her is over."""
        self._put_down()
        self._hands.link(up=True)
        self._hands.paper(there=True)

    def sees(self, view: View, now_s: float) -> None:
        """Look at the till, and do what she would do."""
        moment = (view.stage, view.request_id)
        entered = moment != self._moment
        if entered:
            self._moment, self._since_s = moment, now_s
        if now_s - self._came_s >= LINK_DOWN_S * self._patience:
            self._hands.link(up=True)
        if view.stage is not Stage.SCANNING:
            self._put_down()
        if self.gone:
            return
        match view.stage:
            case Stage.SCANNING:
                self._armed(view, now_s)
            case Stage.SHOWING | Stage.PAYING:
                self._waits(view, now_s, entered=entered)
            case Stage.OUTCOME if entered and view.request_id:
                self._ended(view)
        if self._paid_id:
            self._afterwards(view)

    def _armed(self, view: View, now_s: float) -> None:
        if view.amount != self._wants:
            self._say_once("guest.sum", amount=self._wants)
        elif not self._paid_id:
            if not self._holding:
                self._hold_up()
        elif self._customer.mishap is not Mishap.SECOND_SCAN:
            self._say_once("guest.paid_already")
        elif not self._holding:
            self._holding, self._fresh = True, False
            self._hands.hold_up_again()
        elif not self._fresh and now_s - self._since_s >= HOLDS_AGAIN_S * self._patience:
            self._hold_up()

    def _hold_up(self) -> None:
        self._holding = self._fresh = True
        self._attempts += 1
        self._hands.hold_up(self._manner(), self._attempts)

    def _manner(self) -> Behaviour:
        first = self._attempts == 1
        return _FIRST.get(self._customer.mishap, Behaviour.PAYS) if first else Behaviour.PAYS

    def _put_down(self) -> None:
        if self._holding:
            self._holding = False
            self._hands.take_away()

    def _waits(self, view: View, now_s: float, *, entered: bool) -> None:
        """A payment is under way: by her code, or by the till's, which she scans."""
        if entered:
            self._taken_up = view.stage is Stage.PAYING
        waited_s = (now_s - self._since_s) / self._patience
        if view.stage is Stage.SHOWING and not self._taken_up:
            self._scans(view)
            return
        if self._attempts != 1 or self._manner() in (Behaviour.PAYS, Behaviour.NO_MONEY):
            self._approve(view, waited_s, APPROVES_S)
            return
        match self._customer.mishap:
            case Mishap.LATE if view.stage is Stage.SHOWING:  # only a scanned code's is lost
                self._approve(view, waited_s, APPROVES_S)
            case Mishap.LATE if waited_s >= SPEAKS_S:
                self._say_once("guest.late")
            case Mishap.WALKS_AWAY if waited_s >= SPEAKS_S:
                self.gone = True
                self._say_once("guest.walks")
            case Mishap.WRONG_AMOUNT if waited_s >= APPROVES_S:
                self._change_mind()
                self._approve(view, waited_s, 2 * FINDS_OUT_S)
            case Mishap.CLAIMS if waited_s >= SPEAKS_S:
                self._say_once("guest.claims")
                if waited_s >= FINDS_OUT_S:
                    self._say_once("guest.pin")
                    self._approve(view, waited_s, FINDS_OUT_S)

    def _change_mind(self) -> None:
        self._wants, spare = self._customer.amount, self._customer.spare
        left_out = "" if spare is None else spare.name(self._language)
        self._say_once("guest.mind", goods=left_out, amount=self._wants)

    def _scans(self, view: View) -> None:
        """Scan the till's code once, if it asks for what she owes."""
        self._taken_up = True
        if view.amount != self._wants:
            self._say_once("guest.sum", amount=self._wants)
        elif self._paid_id and self._customer.mishap is not Mishap.SECOND_SCAN:
            self._say_once("guest.paid_already")
        else:
            self._attempts += 1
            self._hands.scan(view.order_code)

    def _approve(self, view: View, waited_s: float, after_s: float) -> None:
        if waited_s < after_s or f"answered {view.request_id}" in self._told:
            return
        self._told.add(f"answered {view.request_id}")
        if self._manner() is Behaviour.NO_MONEY:
            self._hands.decline()
        else:
            self._hands.approve()

    def _ended(self, view: View) -> None:
        if view.verdict is Verdict.PAID:
            if not self._paid_id:
                self._paid_id = view.request_id
                self._ask_for_more()
            return
        if self._paid_id:
            return
        if self._customer.mishap is Mishap.LINK_DOWN:
            self._say("guest.can_wait")
        else:
            declined = view.verdict is Verdict.DECLINED
            self._say("guest.declined" if declined else "guest.once_more")

    def _ask_for_more(self) -> None:
        asks = {
            Mishap.SECOND_SCAN: "guest.again",
            Mishap.REFUND: "guest.refund",
            Mishap.PAPER_OUT: "guest.paper",
        }
        mishap = self._customer.mishap
        if mishap in asks:
            self._say(asks[mishap])
        elif mishap is not Mishap.TORN:
            self._say("guest.thanks")

    def _afterwards(self, view: View) -> None:
        """What she wanted after she had paid may be done now."""
        printed = self._hands.printed_count() - self._printed
        match self._customer.mishap:
            case Mishap.TORN if printed >= 2:
                self._say_once("guest.thanks")
            case Mishap.TORN if printed == 1:
                self._say_once("guest.torn")
            case Mishap.PAPER_OUT if printed >= 1:
                self._say_once("guest.thanks")
            case Mishap.REFUND:
                rows = [row for row in view.recent if row.request_id == self._paid_id]
                if rows and rows[0].refunded == rows[0].amount.value:
                    self._say_once("guest.thanks")

    def _say_once(self, key: str, **values: str | Amount) -> None:
        if key not in self._told:
            self._told.add(key)
            self._say(key, **values)

    def _say(self, key: str, **values: str | Amount) -> None:
        self.said = (
            *self.said,
            Notice(key, tuple((name, str(value)) for name, value in values.items())),
        )[-SAID_MAX:]
