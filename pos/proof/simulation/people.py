"""The cashiers and the customers, played by chance.

Apart from the world because people are no machinery: they scan too late, scan twice, press stop,
walk away, and approve in the app what was cancelled long ago.
"""

from math import inf

from pos.errors import PosError
from pos.proof.simulation.till import Till
from pos.proof.simulation.world import World
from pos.sale.input import (
    AddAmount,
    AskAgain,
    Charge,
    GiveBack,
    Input,
    Next,
    Presenting,
    Scanned,
    SetDiscount,
    SetQuantity,
    Stop,
)
from pos.sale.payment import State
from pos.sale.return_line import ReturnLine
from pos.sale.secret import Secret
from pos.sale.view import LinkState, Stage
from pos.scheme.partners import Behaviour
from pos.scheme.simulation import SimulatedScheme

WALLETS = ("vipps", "epassi", "alipay")
PEOPLE = {
    "vipps": ("Kari", "Kari", "Ola"),
    "epassi": ("Aino", "Väinö"),
    "alipay": ("Li Na", "Wang Wei"),
}
PERSONAL_CODE = "https://qr.vipps.no/28/2/01/031/4799999901"
BEHAVIOURS = {
    Behaviour.PAYS: 60,
    Behaviour.PIN: 16,
    Behaviour.DECLINES: 8,
    Behaviour.DAWDLES: 4,
    Behaviour.SILENT: 4,
    Behaviour.NO_MONEY: 4,
}
PROMPT, PROMPT_S_MAX = 0.85, 4.0
SHOWN_BEFORE = 0.02
EITHER_WAY = 0.4
WITH_GOODS, GOODS_MAX, PIECES_MAX = 0.2, 3, 4
VISITS_MAX = 2  # of a customer who brings goods back
WATCHED_COUNT_MAX = 300
WOKEN_S_MAX = 30.0  # a till is woken by something before its own next act
SETTLING_COUNT_MAX = 40
SLOWER_S = 2.0
_BUSY = (Stage.PAYING, Stage.SHOWING, Stage.SWITCHING, Stage.STOPPING)


class People:
    """Everybody in the shop of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._fate = world.fate
        self._chance = world.fate.chance
        self.codes: list[str] = []

    def make_ready(self) -> None:
        """Between customers the line is good for a moment, and the till finds that it may sell."""
        till, _ = self._world.tills
        if till.fit:
            return
        self._fate.calm = True
        till.handle(Charge("1", Presenting.CUSTOMER))
        till.handle(Stop())
        self._fate.calm = False

    def sell(self) -> None:
        """One sale from the amount to whatever its end is, and sometimes a refund after it."""
        fate, chance = self._fate, self._chance
        till, other = self._world.tills
        if fate.strikes(fate.rates.clock_jump):
            till.jump_clock()
        if fate.strikes(fate.rates.evening):
            fate.pass_time(fate.until_evening_s() + chance.uniform(0.0, 30.0))
        if chance.random() < 0.1:
            self._begin(other)
        if self._begin(till):
            self._wait_for_the_end(till, other)
        self._clear_the_desk(other)
        # The next in the queue; while the till cannot sell, they wait until it has looked again.
        fate.pass_time(chance.uniform(1.0, 40.0))
        if till.view.link is not LinkState.UP:
            till.work()
        if chance.random() < 0.25:
            self._give_back(chance.choice(self._world.tills), till)
        if chance.random() < 0.1:
            self._ask_again(till)
        for each in self._world.tills:
            self._settle(each)

    def _begin(self, till: Till) -> bool:
        """An amount is typed, and a code held up or shown; whether the till lives."""
        chance = self._chance
        typed = f"{chance.randint(1, 900)}.{chance.randint(0, 99):02d}"
        if till.view.order is not None or chance.random() < WITH_GOODS:
            if not self._ring_up(till):
                return False
            typed = ""
        if chance.random() < 0.68:
            return till.handle(Charge(typed, Presenting.CUSTOMER)) and self._hold_up(till)
        ours = Presenting.EITHER if chance.random() < EITHER_WAY else Presenting.MERCHANT
        return till.handle(Charge(typed, ours))

    def _ring_up(self, till: Till) -> bool:
        """Goods on the desk, more of some, something off; whether the till lives.

        Those of a sale that came to nothing lie there still, and are tried again.
        """
        chance = self._chance
        if till.view.order is not None:
            return True
        made: list[Input] = []
        for place in range(chance.randint(1, GOODS_MAX)):
            made.append(AddAmount(f"{chance.randint(1, 99)}.{chance.randint(0, 99):02d}"))
            if chance.random() < 0.5:
                made.append(SetQuantity(place, chance.randint(2, PIECES_MAX)))
            if chance.random() < 0.2:
                made.append(SetDiscount(chance.choice(("10%", "0.50")), place))
        if chance.random() < 0.2:
            made.append(SetDiscount(chance.choice(("5%", "0.70"))))
        return all(till.handle(each) for each in made)

    def _hold_up(self, till: Till) -> bool:
        code = self._fresh_code() or self._fresh_code()  # her app tries again
        shown_before = self._chance.random() < SHOWN_BEFORE
        if code is None:
            return False
        if self.codes and shown_before:
            code = self._chance.choice(self.codes)  # shown before, by accident or not
        self.codes.append(code)
        alive = till.handle(Scanned(Secret(code), "QR"))
        if alive and self._chance.random() < 0.1:
            alive = till.handle(Scanned(Secret(code), "QR"))  # the camera's next frame
        return alive

    def _fresh_code(self) -> str | None:
        chance = self._chance
        wallet = chance.choice(WALLETS)
        customer = chance.choice(PEOPLE[wallet])
        (behaviour,) = chance.choices(list(BEHAVIOURS), weights=list(BEHAVIOURS.values()))
        if behaviour in (Behaviour.PIN, Behaviour.SILENT) and chance.random() < 0.6:
            self._fate.later(self._sooner_or_later(100.0), lambda: self._answer_in_app(wallet))
        if chance.random() < 0.04:
            return PERSONAL_CODE
        made: list[str] = []

        def make(scheme: SimulatedScheme) -> None:
            made.append(scheme.customers.new_code(wallet, customer, behaviour))

        self._world.switch.act(make)
        return made[0] if made else None

    def _answer_in_app(self, wallet: str) -> None:
        """Somebody of `wallet` answers everything that waits in the app."""
        approves = self._chance.random() < 0.85

        def answer(scheme: SimulatedScheme) -> None:
            for waiting in scheme.customers.waiting(wallet):
                if approves:
                    scheme.customers.approve(wallet, waiting.payment_id)
                else:
                    scheme.customers.decline(wallet, waiting.payment_id)

        self._world.switch.act(answer)

    def _scan_shown(self, text: str) -> None:
        """A customer scans the code on the till, and may answer at once, later or never."""
        wallet = self._chance.choice(WALLETS)
        customer = self._chance.choice(PEOPLE[wallet])

        def scan(scheme: SimulatedScheme) -> None:
            try:
                scheme.customers.scan(text, wallet, customer)
            except PosError:
                return  # too late, or taken by somebody else: the app says so

        self._world.switch.act(scan)
        if self._chance.random() < 0.92:
            self._fate.later(self._sooner_or_later(40.0), lambda: self._answer_in_app(wallet))

    def _wait_for_the_end(self, till: Till, other: Till) -> None:
        """Watch the till work until the sale is over, everybody has left, or it died."""
        fate, chance = self._fate, self._chance
        stop_at_s = fate.now_s + chance.uniform(0.0, 30.0) if chance.random() < 0.12 else None
        leaves_at_s = fate.now_s + chance.uniform(20.0, 400.0)
        # Our code is on the screen, and another telephone holds up one of its own.
        holds_up_at_s = fate.now_s + chance.uniform(0.0, 15.0)
        seen = ""
        for _ in range(WATCHED_COUNT_MAX):
            view = till.view
            if view.stage not in _BUSY:
                break
            if view.order_code != seen:
                seen = view.order_code
                self._notice_shown(seen)
            if stop_at_s is not None and fate.now_s >= stop_at_s:
                till.handle(Stop(view.request_id))
                stop_at_s = None
            if view.looking and view.stage is Stage.SHOWING and fate.now_s >= holds_up_at_s:
                holds_up_at_s = inf
                if not self._hold_up(till):
                    break
            wait_s = till.work()
            if other.busy:
                other.work()
            gone = fate.now_s >= leaves_at_s and view.stage is Stage.STOPPING
            if wait_s is None or gone:
                break
            fate.pass_time(min(wait_s, chance.uniform(0.05, WOKEN_S_MAX)))
        self._clear_the_desk(till)

    def _settle(self, till: Till) -> None:
        """Let the till come to the end of what it has begun, if it can."""
        for count in range(SETTLING_COUNT_MAX):
            if not till.busy:
                break
            wait_s = till.work() or 0.0
            # The longer it takes the slower the machine is, so that a day without a line is short.
            self._fate.pass_time(max(wait_s, SLOWER_S * count))
        self._clear_the_desk(till)

    def _notice_shown(self, text: str) -> None:
        """Somebody may see the code that the till shows, sooner or later."""
        if text and self._chance.random() < 0.92:
            in_s = self._sooner_or_later(60.0)
            self._fate.later(in_s, lambda: self._scan_shown(text))

    def _sooner_or_later(self, late_s_max: float) -> float:
        """After how many seconds somebody does what most do at once."""
        at_once = self._chance.random() < PROMPT
        return self._chance.uniform(0.3, PROMPT_S_MAX if at_once else late_s_max)

    def _clear_the_desk(self, till: Till) -> None:
        stage = till.view.stage
        if stage in (Stage.OUTCOME, Stage.STOPPING):
            till.handle(Next())
        elif stage is Stage.SCANNING:
            till.handle(Stop())

    def _give_back(self, till: Till, first: Till) -> None:
        paid = [row for row in till.view.recent if row.state is State.PAID]
        if not paid and till is not first:
            till = first
            paid = [row for row in till.view.recent if row.state is State.PAID]
        if not paid:
            return
        row = self._chance.choice(paid)
        if self._chance.random() < 0.4:
            for _ in range(self._chance.randint(1, VISITS_MAX)):
                till.handle(GiveBack(row.request_id, lines=self._brought(till, row.request_id)))
            return
        typed = "" if self._chance.random() < 0.5 else f"{self._chance.randint(1, 300)}"
        till.handle(GiveBack(row.request_id, typed))

    def _brought(self, till: Till, request_id: str) -> tuple[ReturnLine, ...]:
        """Some of the goods, whether or not they came back before; none of an unknown sale."""
        chance = self._chance
        pieces = till.pieces_of(request_id)
        count = min(chance.choice((1, 1, 1, 2)), len(pieces))
        places = sorted(chance.sample(range(len(pieces)), count))
        return tuple(ReturnLine(place, chance.randint(1, pieces[place])) for place in places)

    def _ask_again(self, till: Till) -> None:
        if rows := till.view.recent:
            till.handle(AskAgain(self._chance.choice(rows).request_id))
