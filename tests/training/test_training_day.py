"""A training day on the real counter till: keys go in, and the two books tell the score."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.pilot import Pilot

from pos.config import Settings
from pos.language import Language
from pos.sale.money import exponent
from pos.sale.payment import State
from pos.sale.view import LinkState, Stage, Verdict, View
from pos.screens.app import PosApp
from pos.screens.guests import GuestPanel
from pos.training.day import TrainingDay
from pos.training.plan import Customer, Mishap
from pos.training.play import customers_of, first_view, prepared
from pos.training.result import Result, result_of

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

WAIT_S_MAX = 60.0
HURRY = 0.1
# The whole day, with every mishap, where TRAINING_WHOLE is set; otherwise some that are quick.
WHOLE = bool(os.environ.get("TRAINING_WHOLE"))
QUICK = (Mishap.WALKS_AWAY, Mishap.WRONG_AMOUNT, Mishap.TORN, Mishap.REFUND)
SEED = 7


@pytest.fixture
def anyio_backend() -> str:
    """Textual runs on asyncio alone."""
    return "asyncio"


@pytest.fixture
def settings() -> Settings:
    """The built-in shop, on a day of training."""
    return prepared(Settings())


def day_of(settings: Settings, *mishaps: Mishap) -> tuple[Customer, ...]:
    """The day of the seed, with only these mishaps; all of them without any."""
    everybody = customers_of(settings, SEED, len(Mishap))
    return tuple(each for each in everybody if each.mishap in (mishaps or tuple(Mishap)))


@dataclass
class Cashier:
    """Somebody's hands at the till, and eyes for what the customer says."""

    pilot: Pilot[None]
    app: PosApp
    day: TrainingDay

    async def until(self, what: str, happened: Callable[[View], bool]) -> View:
        """Wait until the screen shows it."""
        ends_s = time.monotonic() + WAIT_S_MAX
        while not happened(self.app.shown):
            if time.monotonic() > ends_s:
                seen = (self.app.shown.stage, self.app.shown.notice, self.app.shown.printer)
                raise AssertionError(f"{what} not seen: {seen}, {self.day.scene()}")
            await asyncio.sleep(0.02)
        return self.app.shown

    async def hears(self, *keys: str) -> None:
        """Wait until the customer has said one of these."""
        await self.until(str(keys), lambda _: self.said(*keys))

    def said(self, *keys: str) -> bool:
        """Whether the customer has said one of these."""
        return any(each.key in keys for each in self.day.scene().said)

    async def comes(self, customer: Customer) -> None:
        """Wait for this customer, with a free desk."""
        await self.until(
            "customer",
            lambda v: (
                self.day.scene().number == customer.number
                and v.stage is Stage.READY
                and (bool(self.day.served) or v.link is LinkState.UP)
            ),
        )

    async def charge(self, customer: Customer, *, first: bool = True) -> None:
        """Key what she says and take it."""
        amount = customer.first_amount if first else customer.amount
        typed = f"{amount.value / 10 ** exponent(amount.currency):.2f}"
        await self.pilot.press("delete", *typed, "enter")

    async def outcome(self) -> Verdict | None:
        """Wait for it, and free the desk."""
        view = await self.until("outcome", lambda v: v.stage is Stage.OUTCOME)
        await self.pilot.press("f4")
        await self.until("free desk", lambda v: v.stage is Stage.READY)
        return view.verdict

    async def serve(self, customer: Customer) -> None:
        """As it ought to be done."""
        await self.comes(customer)
        await self.charge(customer)
        match customer.mishap:
            case Mishap.WALKS_AWAY:
                await self.hears("guest.walks")
                await self.pilot.press("escape")
            case Mishap.WRONG_AMOUNT:
                await self.hears("guest.mind")
                await self.pilot.press("escape")
                assert await self.outcome() is Verdict.CANCELLED
                await self.charge(customer, first=False)
            case Mishap.DECLINED:
                assert await self.outcome() is Verdict.DECLINED
                await self.charge(customer)
            case Mishap.LINK_DOWN:
                assert await self.outcome() is Verdict.DECLINED
                while self.app.shown.stage is Stage.READY:
                    await self.charge(customer)
                    await asyncio.sleep(0.5)
        await self.outcome()
        await self.afterwards(customer)
        await self.pilot.press("n")

    async def afterwards(self, customer: Customer) -> None:
        """What she wants once she has paid."""
        match customer.mishap:
            case Mishap.PAPER_OUT:
                await self.until("no paper", lambda v: v.printer is not None)
                await self.pilot.press("r")
                await self.hears("guest.thanks")
            case Mishap.TORN:
                await self.hears("guest.torn")
                await self.pilot.press("f5", "p")
                await self.hears("guest.thanks")
                await self.pilot.press("escape")
            case Mishap.REFUND:
                await self.pilot.press("f5", "r", "enter")
                await self.hears("guest.thanks")
                while len(self.app.screen_stack) > 1:
                    await self.pilot.press("escape")

    async def serve_carelessly(self, customer: Customer) -> None:
        """Believes what customers say, and charges again when one asks for it."""
        await self.comes(customer)
        await self.charge(customer)
        match customer.mishap:
            case Mishap.SECOND_SCAN:
                await self.outcome()
                await self.charge(customer)
                await self.outcome()
            case Mishap.CLAIMS:
                await self.hears("guest.claims")
                await self.pilot.press("n", "escape")
                await self.outcome()
                return
            case Mishap.DECLINED:
                await self.outcome()
        await self.pilot.press("n")


@asynccontextmanager
async def at_the_till(
    settings: Settings, state: Path, customers: tuple[Customer, ...], size: tuple[int, int]
) -> AsyncIterator[Cashier]:
    """A trainee before the screen, until the day is over."""
    first = first_view(settings)
    with TrainingDay(settings, state, customers, HURRY) as day:
        app = PosApp(
            day.put, Language("en"), first, party=day, opened=lambda app: day.start(app.show)
        )
        async with app.run_test(size=size) as pilot:
            yield Cashier(pilot, app, day)
            while not day.over.is_set():
                await asyncio.sleep(0.05)


def ended(settings: Settings, state: Path, day: TrainingDay) -> Result:
    """The score, with books that agree."""
    result = result_of(state, day.served, settings.terminal.currency)
    assert result.books.equal, result.books.lines()
    return result


async def test_a_perfect_cashier_gets_every_point(settings: Settings, tmp_path: Path) -> None:
    """Whatever goes wrong with a customer, there is a right end to it at the real keys.

    All eleven of them where TRAINING_WHOLE is set, four otherwise.
    """
    mishaps = [each for each in Mishap if WHOLE or each in QUICK]
    customers = day_of(settings, *mishaps)
    assert len(customers) == len(mishaps)
    async with at_the_till(settings, tmp_path, customers, (120, 34)) as cashier:
        for customer in customers:
            await cashier.serve(customer)
    result = ended(settings, tmp_path, cashier.day)
    assert result.lost == ()
    told = list(result.lines(Language("en")))
    assert told[-1] == "The till's journal and the switch's books agree: charges = sales."
    count = len(result.marks)
    assert told[-2] == f"Score: {count} of {count}"


async def test_a_careless_cashier_loses_the_named_points(
    settings: Settings, tmp_path: Path
) -> None:
    """ "I paid" is believed, a second payment taken, a no not heeded: each is told with its remedy,
    and the books agree all the same."""
    customers = day_of(settings, Mishap.SECOND_SCAN, Mishap.CLAIMS, Mishap.DECLINED)
    async with at_the_till(settings, tmp_path, customers, (120, 34)) as cashier:
        for customer in customers:
            await cashier.serve_carelessly(customer)
    result = ended(settings, tmp_path, cashier.day)
    assert set(result.lost) == {
        ("again", "paid"),
        ("again", "once"),
        ("claims", "unbelieved"),
        ("declined", "paid_after_no"),
    }
    told = "\n".join(result.lines(Language("fi")))
    assert "- Maksettu on se, mitä kassa sanoo, ei se, mitä asiakas sanoo." in told
    assert "Tulos: 1/5" in told


async def test_training_stands_on_everything(settings: Settings, tmp_path: Path) -> None:
    """Screen, merchant's name, slip and panel all say that it is training."""
    customers = day_of(settings, Mishap.NONE)
    async with at_the_till(settings, tmp_path, customers, (120, 34)) as cashier:
        await cashier.comes(customers[0])
        view = cashier.app.shown
        assert view.office.training
        assert view.merchant_name.startswith("TRAINING")
        assert cashier.app.screen.query_one(GuestPanel).region.width == 37
        await cashier.serve(customers[0])
        assert cashier.app.shown.recent[0].state is State.PAID
    slips = cashier.day.slips()
    assert len(slips) == 1
    assert slips[0].count("TRAINING") == 2
