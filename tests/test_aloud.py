"""The till without a screen: what is said of each View, what each button means, whose patience."""

from dataclasses import dataclass, field, replace

import pytest

from hardware.devices import Button
from hardware.simulated import SimulatedVoice
from pos.aloud import AGAIN_S, OUTCOME_S, WARN_S, Aloud
from pos.language import CODES, Language, catalogue
from pos.sale.assistance import Cause, HelpAnswered, HelpAsked, HelpDesk
from pos.sale.catalogue import Catalogue, Product
from pos.sale.input import Charge, Drop, Input, Next, Presenting, Stay, Stop
from pos.sale.mode import CHECKOUT, STAFF_PATIENCE_S
from pos.sale.money import Amount
from pos.sale.order import Line, Order
from pos.sale.vat import VatClass
from pos.sale.view import Action, LinkState, Notice, Papers, Stage, Verdict, View, notice

SHELF = Catalogue([
    Product("K1", (("nb", "Kaffe"), ("zh", "咖啡")), Amount(4200, "NOK"), VatClass.STANDARD),
])  # fmt: skip
READY = View(
    Stage.READY, "NOK", "Kafe", products=SHELF, actions=frozenset({Action.CHARGE, Action.ORDER})
)
COFFEE = Line("Kaffe", 4200, product="K1")
BEER = Line("Pils", 9850, product="P1", age_limit=18)
ORDERED = replace(READY, order=Order("", "NOK", (COFFEE,)), stage_since_s=10.0)
SCANNING = replace(
    ORDERED, stage=Stage.SCANNING, amount=Amount(4200, "NOK"), stage_since_s=11.0,
    actions=frozenset({Action.STOP}),
)  # fmt: skip
PAYING = replace(SCANNING, stage=Stage.PAYING, request_id="r1", issuer="281033", stage_since_s=12.0)
PAID = replace(
    PAYING, stage=Stage.OUTCOME, verdict=Verdict.PAID, wallet="AlipayCN", stage_since_s=13.0
)
DECLINED = replace(
    PAID, verdict=Verdict.DECLINED, reason=notice("reason.EXPIRED_CODE"),
    actions=READY.actions | {Action.NEXT},
)  # fmt: skip


@dataclass
class Desk:
    """A till without a screen whose engine is this test."""

    now_s: float = 10.0
    inputs: list[Input] = field(default_factory=list)
    voice: SimulatedVoice = field(default_factory=SimulatedVoice)

    def __post_init__(self) -> None:
        self.front = Aloud(self._put, self.voice, CHECKOUT, "nb", clock=lambda: self.now_s)

    def _put(self, given: Input) -> bool:
        self.inputs.append(given)
        return True

    def show(self, *views: View) -> list[tuple[str, str]]:
        """What is said of these, after all that was said before."""
        before = len(self.voice.said)
        for view in views:
            self.front.show(view)
        return list(self.voice.said[before:])

    def press(self, button: Button) -> list[tuple[str, str]]:
        """What is said of a press."""
        before = len(self.voice.said)
        self.front.press(button)
        return list(self.voice.said[before:])

    def pass_time(self, seconds: float) -> list[tuple[str, str]]:
        """What is said meanwhile, with a look at the clock every half second."""
        before = len(self.voice.said)
        ends_s = self.now_s + seconds
        while self.now_s < ends_s:
            self.now_s += 0.5
            self.front.tick()
        return list(self.voice.said[before:])


@pytest.fixture
def desk() -> Desk:
    """A till without a screen."""
    return Desk()


def test_a_purchase_is_told_step_by_step(desk: Desk) -> None:
    """Greeting, each article with its price and the sum, what to pay, and how it ended: first in
    the language of the wallet, then in that of the shop."""
    two = replace(ORDERED, order=Order("", "NOK", (replace(COFFEE, quantity=2),)), stage_since_s=1)
    assert desk.show(READY) == [
        ("nb", "Hold varene foran kameraet én etter én, og trykk på betal.")
    ]
    assert desk.show(ORDERED) == [("nb", "Kaffe, 42 norske kroner. Til sammen 42 norske kroner.")]
    assert desk.show(two) == [("nb", "Kaffe, 42 norske kroner. Til sammen 84 norske kroner.")]
    assert desk.show(two) == [], "what is no news is not said again"
    assert desk.show(ORDERED) == [("nb", "Kaffe er tatt bort. Til sammen 42 norske kroner.")]
    assert desk.show(SCANNING)[0][1].startswith("42 norske kroner å betale. Hold betalingskoden")
    assert desk.show(PAYING) == [("nb", "Koden er lest. Vent litt, eller bekreft på telefonen.")]
    assert desk.show(replace(PAID, papers=Papers(prints=True))) == [
        ("zh", "支付成功：42挪威克朗。谢谢。 请取走小票。"),
        ("nb", "Betalt: 42 norske kroner. Takk. Ta kvitteringen."),
    ]


def test_paid_is_said_of_a_paid_sale_alone(desk: Desk) -> None:
    """No other verdict, and no stage before it, ever says the word for it, in any language."""
    for code in CODES:
        paid = Language(code).say("checkout.paid", amount="").split("{")[0].strip(" .:：。")
        for verdict in Verdict:
            for view in (
                PAYING,
                replace(PAID, verdict=verdict),
                replace(PAYING, stage=Stage.STOPPING),
            ):
                fresh = Desk()
                fresh.front = Aloud(fresh._put, fresh.voice, CHECKOUT, code)
                said = " ".join(text for _, text in fresh.show(SCANNING, view)[1:])
                mine = view.verdict is Verdict.PAID
                assert (paid.split(".")[0].split("：")[0] in said) == mine, (code, view.stage, said)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("reason.EXPIRED_CODE", "Forny koden"),
        ("reason.USER_BALANCE_NOT_ENOUGH", "ikke nok penger"),
        ("reason.USER_AMOUNT_EXCEED_LIMIT", "grense er nådd"),
        ("reason.NOT_SENT", "ingen forbindelse"),
        ("reason.RISK_REJECT", "Lommeboken sa nei"),
        ("reason.SOMETHING_NEW", "Lommeboken sa nei"),
    ],
)
def test_a_refusal_says_what_the_customer_can_do(desk: Desk, reason: str, said: str) -> None:
    """In words for the customer: the sentences of the screens are meant for a cashier."""
    told = desk.show(PAYING, replace(DECLINED, reason=notice(reason)))[-1][1]
    assert told.startswith("Ikke betalt.")
    assert said in told
    assert told.endswith("Trykk på betal for å prøve igjen, eller på hjelp.")


def test_pay_tries_again_after_a_refusal_with_one_press(desk: Desk) -> None:
    """The order is still there; after a paid sale the same press only sees the customer off."""
    desk.show(PAYING, DECLINED)
    desk.press(Button.PAY)
    desk.show(PAID)
    desk.press(Button.PAY)
    assert desk.inputs == [Charge("", Presenting.CUSTOMER), Next()]


def test_an_article_is_named_in_the_language_that_is_spoken(desk: Desk) -> None:
    """The button for it goes round the six, until the customer has left."""
    desk.show(READY)
    heard = [desk.press(Button.LANGUAGE) for _ in range(10)]
    assert [said[0][0] for said in heard] == [
        "fi",
        "sv",
        "da",
        "zh",
        "en",
        "nb",
        *("fi", "sv", "da", "zh"),
    ]
    assert heard[-1] == [("zh", "中文。 请将商品逐件对准摄像头，然后按付款键。")]
    assert desk.show(ORDERED) == [("zh", "咖啡，42挪威克朗。合计42挪威克朗。")]
    assert desk.show(SCANNING, PAYING, PAID)[-1] == ("zh", "支付成功：42挪威克朗。谢谢。")
    desk.show(READY)
    assert desk.show(ORDERED)[0][0] == "nb"


def test_goods_for_adults_say_that_somebody_comes(desk: Desk) -> None:
    """The customer goes on meanwhile, hears that age was proven, or that the article was taken."""
    with_beer = replace(READY, order=Order("", "NOK", (COFFEE, BEER)), stage_since_s=11.0)
    assert "fra 18 år" in desk.show(ORDERED, with_beer)[-1][1]
    more = replace(with_beer, order=Order("", "NOK", (COFFEE, BEER, COFFEE)), stage_since_s=12.0)
    assert "fra 18" not in desk.show(more)[-1][1]
    waits = replace(more, notice=notice("age.wait"), stage_since_s=13.0)
    assert desk.show(waits) == [("nb", catalogue("nb")["age.wait"])]
    assert more.order is not None
    proven = replace(more, order=replace(more.order, age_checked=18), stage_since_s=14.0)
    assert desk.show(proven) == [("nb", "Alderen din er kontrollert.")]


@pytest.mark.parametrize(
    ("view", "said", "key"),
    [
        (ORDERED, notice("order.no_product", product="4006"), "checkout.unknown"),
        (ORDERED, notice("code.unknown_link"), "checkout.unknown"),
        (READY, notice("amount.unreadable"), "checkout.nothing"),
        (ORDERED, notice("order.charge_first"), "checkout.pay_first"),
        (SCANNING, notice("code.product_scanned"), "checkout.hold_up"),
        (SCANNING, notice("code.wechat"), "checkout.no_code"),
        (SCANNING, notice("code.used"), "checkout.why_renew"),
    ],
)
def test_what_is_of_no_use_is_said_for_somebody_without_a_screen(
    desk: Desk, view: View, said: Notice, key: str
) -> None:
    """Once for each time that it happens."""
    expected = [("nb", catalogue("nb")[key])]
    desk.show(view)
    assert desk.show(replace(view, notice=said)) == expected
    assert desk.show(replace(view, notice=said)) == []
    assert desk.show(replace(view, notice=said, stage_since_s=20.0)) == expected


def test_somebody_who_stands_still_is_asked_and_has_more_time_by_pay(desk: Desk) -> None:
    """Before the order is given up, once; the press that answers does not pay."""
    desk.show(ORDERED)
    limit_s = CHECKOUT.idle_reset_s
    assert limit_s is not None
    assert desk.pass_time(limit_s - WARN_S - 1.0) == []
    assert desk.pass_time(WARN_S) == [("nb", catalogue("nb")["checkout.still_there"])]
    assert desk.press(Button.PAY) == [("nb", catalogue("nb")["checkout.more_time"])]
    assert desk.inputs == [Stay()]
    desk.show(replace(ORDERED, stage_since_s=desk.now_s))
    assert desk.pass_time(limit_s - WARN_S - 1.0) == []
    assert desk.press(Button.PAY) == []
    assert desk.inputs == [Stay(), Charge("", Presenting.CUSTOMER)]
    assert desk.show(replace(READY, stage_since_s=99.0)) == [
        ("nb", "Kaffe er tatt bort. Ingenting er igjen.")
    ]


def test_an_order_that_nobody_came_back_to_is_said_to_be_given_up(desk: Desk) -> None:
    """Not that its one article was taken off: nobody did that."""
    desk.show(ORDERED)
    desk.pass_time(55.0)
    assert desk.show(replace(READY, stage_since_s=70.0)) == [
        ("nb", catalogue("nb")["checkout.dropped"])
    ]


def test_nobody_is_asked_where_nothing_would_be_lost(desk: Desk) -> None:
    """An empty desk is silent for ever, and so is one where money is under way."""
    assert desk.show(READY)
    assert desk.pass_time(300.0) == []
    desk.show(PAYING)
    assert desk.pass_time(300.0) == []
    assert desk.inputs == []


def test_the_outcome_is_taken_away_before_the_next_customer_comes(desk: Desk) -> None:
    """Nobody shall take the light of the last one for theirs; a refused order is kept."""
    desk.show(PAYING, PAID)
    desk.now_s = PAID.stage_since_s
    desk.pass_time(OUTCOME_S - 1.0)
    assert desk.inputs == []
    desk.pass_time(1.0)
    assert desk.inputs == [Next()]
    other = Desk(now_s=DECLINED.stage_since_s)
    other.show(PAYING, DECLINED)
    other.pass_time(OUTCOME_S + 1.0)
    assert other.inputs == []


def test_an_order_is_given_up_by_the_second_press_alone(desk: Desk) -> None:
    """The first one asks; later than that it asks anew. A payment is stopped by one."""
    desk.show(ORDERED)
    asked = [("nb", catalogue("nb")["checkout.cancel_again"])]
    assert desk.press(Button.CANCEL) == asked
    desk.now_s += AGAIN_S + 1.0
    assert desk.press(Button.CANCEL) == asked
    desk.press(Button.CANCEL)
    desk.show(SCANNING)
    desk.press(Button.CANCEL)
    assert desk.inputs == [Stay(), Stay(), Drop(), Stop("")]


def test_what_befalls_the_till_is_said_once(desk: Desk) -> None:
    """No link, a link again, a camera that fails, help that was called, a till that has stopped."""
    down = replace(READY, link=LinkState.DOWN)
    called = replace(READY, papers=Papers(help_wanted=True))
    stopped = replace(READY, stopped=notice("halt.journal", sentence="The disk is full."))
    for view, key in (
        (down, "checkout.link_down"),
        (replace(READY, link=LinkState.UP), "checkout.link_up"),
        (replace(READY, camera=notice("camera.trouble", sentence="x")), "checkout.camera"),
        (called, "checkout.help_called"),
        (stopped, "checkout.stopped"),
    ):
        desk.show(READY) if key != "checkout.link_up" else None
        assert desk.show(view, view) == [("nb", catalogue("nb")[key])], key
    assert desk.press(Button.HELP) == []


def test_without_a_voice_buttons_and_clock_work(desk: Desk) -> None:
    """A shop may do with lights alone."""
    silent = Aloud(desk._put, None, CHECKOUT, "nb", clock=lambda: desk.now_s)
    silent.press(Button.PAY)
    silent.tick()
    silent.show(ORDERED)
    silent.press(Button.PAY)
    silent.show(PAID)
    desk.now_s = 100.0
    silent.tick()
    assert desk.inputs == [Charge("", Presenting.CUSTOMER), Next()]


@pytest.mark.parametrize(
    ("cause", "approved", "key"),
    [
        (Cause.CALL, True, "checkout.help_coming"),
        (Cause.CALL, False, "checkout.help_refused"),
        (Cause.AGE, False, "checkout.age_denied"),
        (Cause.PRINTER, True, ""),
    ],
)
def test_what_the_staff_answered_is_said_once(
    desk: Desk, cause: Cause, approved: bool, key: str
) -> None:
    """Whoever called hears whether somebody comes; troubles of the till's own are not theirs."""
    asked = HelpAsked("h1", "S01", cause, "", 0, 1.0)
    answer = HelpAnswered("h1", "T01", approved, "2", 2.0)
    answered = replace(ORDERED, help=HelpDesk(heard=answer))
    desk.show(replace(ORDERED, help=HelpDesk(asked=(asked,))))
    assert desk.show(answered, answered) == ([("nb", catalogue("nb")[key])] if key else [])


def test_whoever_waits_for_the_staff_is_not_hurried(desk: Desk) -> None:
    """Five minutes, not one, before anybody is asked whether they are still there."""
    desk.show(replace(READY, order=Order("", "NOK", (BEER,)), stage_since_s=10.0))
    assert desk.pass_time(STAFF_PATIENCE_S - WARN_S - 1.0) == []
    assert desk.pass_time(2.0) == [("nb", catalogue("nb")["checkout.still_there"])]
