"""The cashier and the customers, played by chance.

Apart from the world because people are no machinery: they scan too late, scan twice, press stop,
walk away, and approve in the app what was cancelled long ago.
"""

from pos.errors import PosError
from pos.proof.simulation.world import World
from pos.sale.input import AskAgain, Charge, GiveBack, Next, Presenting, Scanned, Stop
from pos.sale.payment import State
from pos.sale.secret import Secret
from pos.sale.view import Stage, View
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
    Behaviour.PAYS: 50,
    Behaviour.PIN: 16,
    Behaviour.DECLINES: 8,
    Behaviour.DAWDLES: 8,
    Behaviour.SILENT: 6,
    Behaviour.NO_MONEY: 4,
}
WATCHED_COUNT_MAX = 300
_BUSY = (Stage.PAYING, Stage.SHOWING, Stage.STOPPING)


class People:
    """Everybody in the shop of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._fate = world.fate
        self._chance = world.fate.chance
        self.codes: list[str] = []

    def sell(self) -> None:
        """One sale from the amount to whatever its end is, and sometimes a refund after it."""
        world, chance = self._world, self._chance
        typed = f"{chance.randint(1, 900)}.{chance.randint(0, 99):02d}"
        if chance.random() < 0.62:
            shown = world.handle(Charge(typed, Presenting.CUSTOMER)) and self._hold_up()
        else:
            shown = world.handle(Charge(typed, Presenting.MERCHANT))
        if shown:
            self._wait_for_the_end()
        # The next in the queue; while the till cannot sell, they wait longer.
        patience_s = 120.0 if self._view().stage is Stage.READY else 20.0
        self._fate.pass_time(chance.uniform(1.0, patience_s))
        world.work()
        if chance.random() < 0.25:
            self._give_back()
        if chance.random() < 0.1:
            self._ask_again()

    def _hold_up(self) -> bool:
        code = self._fresh_code()
        if code is None:
            return False
        if self.codes and self._chance.random() < 0.04:
            code = self._chance.choice(self.codes)  # shown before, by accident or not
        self.codes.append(code)
        alive = self._world.handle(Scanned(Secret(code), "QR"))
        if alive and self._chance.random() < 0.1:
            alive = self._world.handle(Scanned(Secret(code), "QR"))  # the camera's next frame
        return alive

    def _fresh_code(self) -> str | None:
        chance = self._chance
        wallet = chance.choice(WALLETS)
        customer = chance.choice(PEOPLE[wallet])
        (behaviour,) = chance.choices(list(BEHAVIOURS), weights=list(BEHAVIOURS.values()))
        if behaviour in (Behaviour.PIN, Behaviour.SILENT) and chance.random() < 0.6:
            self._fate.later(chance.uniform(1.0, 110.0), lambda: self._answer_in_app(wallet))
        if chance.random() < 0.04:
            return PERSONAL_CODE
        made: list[str] = []

        def make(scheme: SimulatedScheme) -> None:
            made.append(scheme.customers.new_code(wallet, customer, behaviour))

        self._world.at_switch(make)
        return made[0] if made else None

    def _answer_in_app(self, wallet: str) -> None:
        """Somebody of `wallet` answers everything that waits in the app."""
        approves = self._chance.random() < 0.75

        def answer(scheme: SimulatedScheme) -> None:
            for waiting in scheme.customers.waiting(wallet):
                if approves:
                    scheme.customers.approve(wallet, waiting.payment_id)
                else:
                    scheme.customers.decline(wallet, waiting.payment_id)

        self._world.at_switch(answer)

    def _scan_shown(self, text: str) -> None:
        """A customer scans the code on the till, and may answer at once, later or never."""
        wallet = self._chance.choice(WALLETS)
        customer = self._chance.choice(PEOPLE[wallet])

        def scan(scheme: SimulatedScheme) -> None:
            try:
                scheme.customers.scan(text, wallet, customer)
            except PosError:
                return  # too late, or taken by somebody else: the app says so

        self._world.at_switch(scan)
        if self._chance.random() < 0.85:
            self._fate.later(self._chance.uniform(0.5, 40.0), lambda: self._answer_in_app(wallet))

    def _wait_for_the_end(self) -> None:
        """Watch the till work until the sale is over, everybody has left, or it died."""
        world, fate, chance = self._world, self._fate, self._chance
        stop_at_s = fate.now_s + chance.uniform(0.0, 70.0) if chance.random() < 0.2 else None
        leaves_at_s = fate.now_s + chance.uniform(20.0, 400.0)
        seen = ""
        for _ in range(WATCHED_COUNT_MAX):
            view = self._view()
            if view.stage not in _BUSY:
                break
            if view.order_code != seen:
                seen = view.order_code
                self._notice_shown(seen)
            if stop_at_s is not None and fate.now_s >= stop_at_s:
                world.handle(Stop(view.request_id))
                stop_at_s = None
            wait_s = world.work()
            gone = fate.now_s >= leaves_at_s and view.stage is Stage.STOPPING
            if wait_s is None or gone:
                break
            fate.pass_time(min(wait_s, chance.uniform(0.05, 8.0)))
        self._clear_the_desk()

    def _notice_shown(self, text: str) -> None:
        """Somebody may see the code that the till shows, sooner or later."""
        if text and self._chance.random() < 0.85:
            in_s = self._chance.uniform(0.5, 200.0)
            self._fate.later(in_s, lambda: self._scan_shown(text))

    def _clear_the_desk(self) -> None:
        stage = self._view().stage
        if stage in (Stage.OUTCOME, Stage.STOPPING):
            self._world.handle(Next())
        elif stage is Stage.SCANNING:
            self._world.handle(Stop())

    def _give_back(self) -> None:
        paid = [row for row in self._view().recent if row.state is State.PAID]
        if not paid:
            return
        row = self._chance.choice(paid)
        typed = "" if self._chance.random() < 0.5 else f"{self._chance.randint(1, 300)}"
        self._world.handle(GiveBack(row.request_id, typed))

    def _ask_again(self) -> None:
        if rows := self._view().recent:
            self._world.handle(AskAgain(self._chance.choice(rows).request_id))

    def _view(self) -> View:
        return self._world.view
