"""Pictures of the kiosk: its steps, at one moment of one site, each in some visitor's language.

Apart from the counter's pictures because a visitor comes to a step by touching, and the Views of
it are those of a place with an entrance.
"""

from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from importlib.resources import files
from pathlib import Path

from pos.language import Language
from pos.sale.box_office import box_office_at
from pos.sale.capability import Ability, Capability
from pos.sale.money import Amount
from pos.sale.order import Order
from pos.sale.ordering import Shop
from pos.sale.view import Action, LinkState, Papers, Stage, Verdict, View, notice
from pos.shelf import load_site

NOW_S = 100.0  # on the clock that the Views are written in
TODAY = 1_795_356_000.0  # Unix seconds: 22 November 2026, 15:00 in Oslo

SITE = load_site(Path(str(files("pos.demo") / "site.toml")), "NOK", "nb")
_TAKEN = {0: 40, 1: 38, 2: 31}  # persons by the place of the entry time from now on
_FIRST_AT = int(TODAY)
OFFICE = box_office_at(SITE, TODAY, lambda at: _TAKEN.get((at - _FIRST_AT) // 1_800, 0))
_PRODUCTS = SITE.catalogue()
_SHOP = Shop("NOK", "NO", "nb", OFFICE.day, catalogue=_PRODUCTS, box_office=OFFICE)


def _order() -> Order:
    order = Order("", "NOK")
    for reference, quantity in (("ADULT", 2), ("CHILD", 1)):
        order = order.added(_SHOP.line(_PRODUCTS.by_reference[reference], quantity))
    return replace(order, entry_at=OFFICE.entries[2].starts_at)


ORDER = _order()
_ABLE = Ability(able=True, known_at=TODAY - 60)
_WALLETS = (
    Capability("Vipps", _ABLE, _ABLE, _ABLE),
    Capability("ePassi", _ABLE, _ABLE, _ABLE),
    Capability("Alipay", _ABLE, _ABLE, _ABLE),
)
_FREE = frozenset({Action.CHARGE, Action.SCAN, Action.ORDER})
_ANY = View(
    Stage.READY, "NOK", "Fjordtoppen AS", link=LinkState.UP, products=_PRODUCTS,
    box_office=OFFICE, actions=_FREE, papers=Papers(prints=True), wallets=_WALLETS,
)  # fmt: skip
_PAID = replace(
    _ANY,
    stage=Stage.OUTCOME,
    verdict=Verdict.PAID,
    amount=ORDER.total(),
    order=ORDER,
    request_id="a0",
    wallet="Alipay",
    customer_amount=Amount(34_911, "CNY"),
    rate="NOK/CNY 0.7024",
    stage_since_s=NOW_S,
)
VIEWS = {
    "free": _ANY,
    "chosen": replace(_ANY, order=ORDER),
    "showing": replace(
        _ANY,
        stage=Stage.SHOWING,
        amount=ORDER.total(),
        order=ORDER,
        request_id="a0",
        order_code="https://pay.samkassa.example/281999040000Ab3kQ9xYz7Lm2Pq8RtV5Ws6T",
        expires_at_s=NOW_S + 161,
        stage_since_s=NOW_S - 17,
        looking=True,
        actions=frozenset({Action.STOP}),
    ),
    "paid": _PAID,
    "declined": replace(
        _PAID,
        verdict=Verdict.DECLINED,
        reason=notice("reason.USER_BALANCE_NOT_ENOUGH"),
        customer_amount=None,
        rate="",
    ),
    "stopping": replace(
        _PAID, stage=Stage.STOPPING, verdict=None, wallet="", customer_amount=None, rate=""
    ),
    "no-link": replace(_ANY, link=LinkState.DOWN),
    "closed": replace(_ANY, box_office=box_office_at(SITE, TODAY + 33 * 86_400.0, lambda _: 0)),
    "barred": replace(_ANY, barred=notice("barred.devices", grave=True), actions=frozenset()),
}


@dataclass(frozen=True, slots=True)
class KioskPicture:
    """One file: the View, what was touched before, and the size in cells."""

    view: str
    touched: tuple[str, ...] = ()
    size: tuple[int, int] = (80, 24)
    theme: str = "dark"


KIOSK_PICTURES = {
    "kiosk-start": KioskPicture("free", size=(100, 30)),
    "kiosk-tickets": KioskPicture("chosen", ("language:zh",), size=(100, 30)),
    "kiosk-entry": KioskPicture("chosen", ("language:fi", "on"), size=(100, 30)),
    "kiosk-review": KioskPicture("chosen", ("language:sv", "on", f"entry:{ORDER.entry_at}")),
    "kiosk-showing": KioskPicture("showing", ("language:zh",), size=(100, 30)),
    "kiosk-paid": KioskPicture("paid", ("language:en",), size=(100, 30)),
    "kiosk-closed": KioskPicture("closed"),
    "kiosk-barred": KioskPicture("barred"),
}


def language_at(code: str, zone: tzinfo | None) -> Language:
    """The language with the clock of the site, or with UTC before that is known."""
    return Language(code, zone or UTC)


async def drawn(picture: KioskPicture) -> str:
    """The picture as an SVG as Textual makes it."""
    from pos.screens.kiosk.app import KioskApp
    from pos.screens.qr import QrForm

    # A visitor comes to where money moves only by way of the tickets.
    first = VIEWS["chosen"] if picture.touched else VIEWS[picture.view]
    app = KioskApp(
        lambda _: True,
        "en",
        first,
        qr_form=QrForm.HALF,
        clock=lambda: NOW_S,
        wall=lambda: TODAY,
        make=language_at,
        theme=picture.theme,
    )
    async with app.run_test(size=picture.size) as pilot:
        await pilot.pause()
        for action in picture.touched:
            app.visitors.choose(action)
        app.show(VIEWS[picture.view])
        await pilot.pause()
        await pilot.pause()
        return app.export_screenshot(title="Samkassa", simplify=True)
