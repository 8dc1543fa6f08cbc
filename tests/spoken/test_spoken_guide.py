"""The speaking kiosk's patience, its words in every language, and what its terminal keeps."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from hardware.simulated import SimulatedVoice
from pos.language import CODES, Language
from pos.sale.box_office import box_office_at
from pos.sale.glimpse import Glimpse
from pos.sale.input import CallHelp, Charge, ChooseEntry, Drop, Input, MoreTickets, Stay
from pos.sale.money import Amount
from pos.sale.order import Line, Order
from pos.sale.view import Action, LinkState, Stage, Verdict, View, notice
from pos.sale.visitor import Step
from pos.shelf import SiteShelf
from pos.spoken.guide import FORGETS_S, Guide, Press

NOON = datetime(2026, 11, 24, 11, tzinfo=UTC).timestamp()


@dataclass
class Kiosk:
    """A guide without a till: Views go in by hand, what it says and puts is kept."""

    view: View
    voice: SimulatedVoice = field(default_factory=SimulatedVoice)
    inputs: list[Input] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    now_s: float = 1000.0

    def __post_init__(self) -> None:
        self.guide = Guide(
            self._put,
            "nb",
            self.view,
            self.voice,
            tell=self.printed.append,
            wipe=self.printed.clear,
            clock=lambda: self.now_s,
        )
        self.guide.apply(self.view)

    def _put(self, given: Input) -> bool:
        self.inputs.append(given)
        return True

    def press(self, *buttons: Press) -> None:
        """One after the other."""
        for each in buttons:
            self.guide.press(each)

    def choose(self, action: str) -> None:
        """Go to this choice and choose it."""
        for _ in range(60):
            place = self.guide.place
            if place is not None and place.choice.action == action:
                return self.press(Press.CHOOSE)
            self.press(Press.NEXT)
        raise AssertionError(f"{action} is not offered")

    def passes(self, seconds: float) -> None:
        """Time, in steps of half a second."""
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s += 0.5
            self.guide.tick()

    def shows(self, **changes: object) -> None:
        """The till goes on."""
        self.view = replace(self.view, **changes)  # type: ignore[arg-type]
        self.guide.apply(self.view)

    def said(self, part: str) -> int:
        """In how many sentences this was said."""
        return sum(part in text for _, text in self.voice.said)


@pytest.fixture
def open_view(tmp_path: Path) -> View:
    """The shipped site at noon."""
    path = Path(str(files("pos.demo") / "site.toml"))
    shelf = SiteShelf(path, tmp_path, "NOK", "nb")
    shelf.look()
    assert shelf.site is not None
    return View(
        Stage.READY,
        "NOK",
        "Fjordtoppen",
        link=LinkState.UP,
        products=shelf.catalogue,
        box_office=box_office_at(shelf.site, NOON, lambda _: 0),
        actions=frozenset({Action.CHARGE, Action.SCAN}),
    )


@pytest.fixture
def kiosk(open_view: View) -> Kiosk:
    """A kiosk that is open, and nobody there."""
    return Kiosk(open_view)


ORDER = Order("", "NOK", (Line("Voksen", 19900, 2, 1200, product="ADULT", persons=1, timed=True),))


def test_nobody_is_spoken_to_before_a_button_is_pressed(kiosk: Kiosk) -> None:
    """A room is not filled with talk; and who goes without choosing leaves silence behind."""
    kiosk.passes(600)
    assert kiosk.voice.said == ()
    kiosk.press(Press.NEXT)
    assert kiosk.said("Velkommen") == 1
    assert kiosk.printed
    kiosk.passes(FORGETS_S + 1)
    assert kiosk.printed == []
    said = len(kiosk.voice.said)
    kiosk.passes(600)
    assert len(kiosk.voice.said) == said


def test_time_is_given_for_as_long_as_it_is_asked_for(kiosk: Kiosk) -> None:
    """A warning names the end and the way out of it; any button starts the whole wait anew, more
    often than the ten times of WCAG 2.2.1; without one the visit ends and leaves nothing."""
    kiosk.press(Press.NEXT)
    kiosk.choose("language:en")
    for count in range(1, 31):
        while kiosk.said("Press any button to have more time") < count:
            kiosk.passes(0.5)
            assert kiosk.guide.visit.step is Step.TICKETS, count
        kiosk.press(Press.NEXT)
        assert kiosk.inputs[-1] == Stay()
    kiosk.passes(600)
    assert kiosk.guide.visit.step is Step.START
    assert kiosk.inputs[-1] == Drop()
    assert kiosk.printed == []
    assert kiosk.guide.visit.language == "nb"


def test_no_time_passes_while_the_kiosk_speaks(kiosk: Kiosk) -> None:
    """Whoever listens to a long list is not thrown out by it, at the outcome either."""
    kiosk.press(Press.NEXT)
    kiosk.choose("language:fi")
    kiosk.voice.speaking = True  # type: ignore[misc]
    kiosk.passes(3600)
    assert kiosk.guide.visit.step is Step.TICKETS
    paid = {"verdict": Verdict.PAID, "request_id": "r1", "amount": Amount(19900, "NOK")}
    kiosk.shows(stage=Stage.PAYING, request_id="r1")
    kiosk.shows(stage=Stage.OUTCOME, **paid)
    kiosk.passes(3600)
    assert kiosk.guide.visit.step is Step.OUTCOME
    kiosk.voice.speaking = False  # type: ignore[misc]
    kiosk.passes(600)
    assert kiosk.guide.visit.step is Step.START


def test_three_buttons_reach_everything(kiosk: Kiosk) -> None:
    """Tickets, entry time, review and payment put the same inputs as the screen does; the third
    button goes back, and calls help where there is no way back."""
    kiosk.press(Press.NEXT, Press.BACK)
    assert kiosk.inputs == [CallHelp()]
    kiosk.choose("language:en")
    kiosk.choose("more:ADULT")
    assert MoreTickets("ADULT", 1) in kiosk.inputs
    kiosk.shows(order=ORDER)
    assert kiosk.said("2 Adult. Total 398 Norwegian kroner")
    kiosk.choose("on")
    assert kiosk.guide.visit.step is Step.ENTRY
    kiosk.press(Press.BACK)
    assert kiosk.guide.visit.step is Step.TICKETS
    kiosk.choose("on")
    kiosk.press(Press.CHOOSE)
    times = [each.starts_at for each in kiosk.inputs if isinstance(each, ChooseEntry)]
    kiosk.shows(order=replace(ORDER, entry_at=times[0]))
    kiosk.choose("pay")
    assert any(isinstance(each, Charge) for each in kiosk.inputs)


def test_a_button_cuts_the_voice_short_and_once_around_all_is_said_again(kiosk: Kiosk) -> None:
    """Who knows the way need not listen to the end, and who missed something hears it again."""
    hushed: list[int] = []
    kiosk.voice.hush = lambda: hushed.append(len(kiosk.voice.said))  # type: ignore[method-assign]
    kiosk.press(Press.NEXT)
    kiosk.choose("language:en")
    said = len(kiosk.voice.said)
    kiosk.press(Press.NEXT)
    assert hushed[-1] == said
    assert kiosk.said("Choose your tickets") == 1
    _all_round(kiosk)
    assert kiosk.said("Choose your tickets") == 2


def test_what_cannot_be_chosen_says_why_and_does_nothing(kiosk: Kiosk) -> None:
    """With the line down a visitor hears it before choosing a language, and again on each try."""
    kiosk.shows(link=LinkState.DOWN)
    kiosk.press(Press.NEXT, Press.CHOOSE)
    assert kiosk.guide.visit.step is Step.START
    assert kiosk.said("Payment is not possible just now") >= 2
    kiosk.shows(link=LinkState.UP)
    assert kiosk.said("English. Press 2.")


def test_the_camera_helps_whoever_cannot_see_it(kiosk: Kiosk) -> None:
    """While a code is waited for, what keeps it from being read is said, and not too often."""
    kiosk.press(Press.NEXT)
    kiosk.choose("language:en")
    kiosk.guide.aim(Glimpse(hint="closer"))
    words = Language("en").say("screen.aim_closer")
    assert not kiosk.said(words)
    kiosk.shows(stage=Stage.SHOWING, request_id="r1", looking=True, amount=Amount(1, "NOK"))
    for _ in range(10):
        kiosk.guide.aim(Glimpse(hint="closer"))
    assert kiosk.said(words) == 1


@pytest.mark.parametrize("code", CODES)
def test_every_step_is_said_in_every_language(open_view: View, code: str) -> None:
    """Nothing falls back to the general sentence, no amount is spelled as a code, and every line
    that is printed is also spoken by the end of the list."""
    kiosk = Kiosk(open_view)
    kiosk.press(Press.NEXT)
    kiosk.choose(f"language:{code}")
    begun = len(kiosk.voice.said)
    kiosk.shows(order=ORDER)
    _all_round(kiosk)
    kiosk.choose("on")
    _all_round(kiosk)
    kiosk.press(Press.CHOOSE)
    _all_round(kiosk)
    for stage in (Stage.PAYING, Stage.SHOWING, Stage.STOPPING):
        kiosk.shows(stage=stage, request_id="r1", looking=stage is Stage.SHOWING)
    for number, verdict in enumerate(each for each in Verdict):
        amount = Amount(39_800, "NOK")
        kiosk.shows(stage=Stage.PAYING, request_id=f"v{number}", amount=amount)
        reason = notice("reason.USER_BALANCE_NOT_ENOUGH")
        kiosk.shows(stage=Stage.OUTCOME, verdict=verdict, reason=reason)
    said = [text for spoken, text in kiosk.voice.said[begun:] if spoken == code]
    assert len(said) > 20
    unknown = Language(code).say("said.unknown")
    for text in said:
        assert unknown not in text
        assert "NOK" not in text
        assert "{" not in text


def _all_round(kiosk: Kiosk) -> None:
    """Hear every choice once."""
    for _ in range(60):
        kiosk.press(Press.NEXT)
        if kiosk.guide.place is None or kiosk.guide.place.number == 1:
            return
