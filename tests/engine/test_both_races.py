"""Who is first: the code on the screen or the code before the camera, raced over real sockets.

The product's engine in its kiosk mode, the shipped switch as a process of its own, customers who
pay the shown code at a moment around the scan, and a line that loses, doubles and spoils answers.
The whole thousand takes minutes: `BOTH_RACES` says how many races there are, `BOTH_SEED` which.
"""

import os
import random
import sys
import threading
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from hardware.bench import Devices, NoIndicator
from pos.config import Settings
from pos.demo.totals import totals
from pos.embedded import CLIENT_ID, EmbeddedSwitch
from pos.engine import Engine
from pos.errors import PosError
from pos.proof.deaths.line import Line
from pos.sale.input import Charge, Next, Presenting, Scanned
from pos.sale.mode import KIOSK
from pos.sale.payment import State
from pos.sale.secret import Secret
from pos.sale.view import Stage, View
from pos.scheme.customers import Customers
from pos.scheme.simulation import open_scheme
from pos.scheme.store import Store
from pos.terminal import Station

RACES = int(os.environ.get("BOTH_RACES", "20"))
SEED = os.environ.get("BOTH_SEED", "1")
WALLETS = ("vipps", "epassi", "alipay")
SPREAD_S = 0.15  # within which the scan, the customer's scan and her yes fall
TURN_S_MAX = 0.05
TURNS_MAX = 1_000
# A request for money that never arrives is asked about for a minute, so only answers to it spoil.
ANYTHING = ("lost before", "lost after", "doubled", "reset", "cut", "502 before", "502 after")
ANSWERED = ("lost after", "doubled", "reset", "cut", "502 after", "forged")
FAULTY = 0.2  # of the races


@dataclass
class Race:
    """One order: when the code is scanned, when the shown one is paid, and what goes wrong."""

    scan_s: float
    take_up_s: float | None
    approve_s: float
    faults: tuple[str, ...]

    @classmethod
    def of(cls, chance: random.Random) -> "Race":
        """A race by chance. In one of ten nobody looks at the shown code."""
        looks = chance.random() < 0.9
        faults = (chance.choice(ANYTHING), chance.choice(ANYTHING), chance.choice(ANSWERED))
        return cls(
            chance.uniform(0, SPREAD_S),
            chance.uniform(0, SPREAD_S / 2) if looks else None,
            chance.uniform(0, SPREAD_S / 2),
            tuple(fault if chance.random() < 0.5 else "" for fault in faults)
            if chance.random() < FAULTY
            else (),
        )


class Customer(threading.Thread):
    """Somebody who scans the shown code and says yes, unless it is closed by then."""

    def __init__(self, customers: Customers, wallet: str, order_code: str, race: Race) -> None:
        super().__init__(daemon=True)
        self._customers = customers
        self._wallet = wallet
        self._order_code = order_code
        self._race = race
        self._nothing = threading.Event()

    def run(self) -> None:
        """See Thread. Too late is no fault."""
        race = self._race
        if race.take_up_s is None:
            return
        self._nothing.wait(race.take_up_s)
        try:
            offer = self._customers.scan(self._order_code, self._wallet)
            self._nothing.wait(race.approve_s)
            self._customers.approve(self._wallet, offer.payment_id)
        except PosError:
            return


def run(engine: Engine, views: list[View], customers: Customers, line: Line, race: Race) -> str:
    """One order from the key to its end; the state of its first payment."""
    engine.put(Charge("129", Presenting.EITHER))
    until(engine, lambda: views[-1].stage is Stage.SHOWING)
    first = views[-1].request_id
    line.meet(race.faults)
    wallet = WALLETS[int(race.scan_s * 1e6) % len(WALLETS)]
    code = Secret(customers.new_code(wallet))
    payer = Customer(customers, wallet, views[-1].order_code, race)
    scan = threading.Timer(race.scan_s, engine.put, [Scanned(code, "QR")])
    payer.start()
    scan.start()
    until(engine, lambda: ended(engine, views[-1]))
    payer.join()
    scan.join()
    line.meet(())
    engine.put(Next())
    until(engine, lambda: views[-1].stage is Stage.READY)
    return str(engine.history.payments[first].state)


def ended(engine: Engine, view: View) -> bool:
    """Whether the outcome is shown and nothing is open."""
    return view.stage is Stage.OUTCOME and not engine.history.open_payments()


def until(engine: Engine, reached: object) -> None:
    """Let the engine turn until it is so."""
    for _ in range(TURNS_MAX):
        if reached():  # type: ignore[operator]
            return
        engine.turn(TURN_S_MAX)
    raise AssertionError("The till did not get there.")


def test_whichever_code_comes_first_an_order_is_paid_once(tmp_path: Path) -> None:
    """Every order has exactly one payment that took money, and every other one is closed; the
    switch's own book and the till's journal tell the same, payment by payment."""
    chance = random.Random(f"both {SEED}")
    views: list[View] = []
    won: Counter[str] = Counter()
    devices = Devices(None, NoIndicator(), None)
    with (
        EmbeddedSwitch(tmp_path) as switch,
        Station(Settings(), tmp_path, KIOSK, devices) as station,
    ):
        caller = switch.connect()
        port = urlsplit(caller.url).port or 0
        database = (tmp_path / "switch" / "switch.db").resolve()
        with Line(lambda: port, ()) as line, Store.open(f"sqlite:///{database}") as store:
            customers = open_scheme(store).customers
            engine = station.engine(replace(caller, url=line.url), views.append)
            engine.start()
            for _ in range(RACES):
                won[run(engine, views, customers, line, Race.of(chance))] += 1
            history = engine.history
    payments = list(history.payments.values())
    by_sale: dict[str, list[State]] = {}
    for payment in payments:
        by_sale.setdefault(payment.sale_id, []).append(payment.state)
    assert len(by_sale) == len(history.order_book.placed) == RACES
    for states in by_sale.values():
        assert states.count(State.PAID) == 1, states
        assert set(states) <= {State.PAID, State.CANCELLED, State.DECLINED, State.REVERSED}
    books = totals(tmp_path, CLIENT_ID, "NOK")
    assert books.equal, books.lines()
    assert sum(row.charge_count for row in books.rows) == RACES
    assert won["PAID"] > 0
    assert won["CANCELLED"] > 0
    late = sum(payment.late_success for payment in payments)
    told = [f"{RACES} races, the shown code {dict(won)}: {line.met_count} faults met, {late} late"]
    sys.stdout.write("\n".join([*told, *books.lines(), ""]))
