"""`pos pictures`: draws the pictures of the screens, from the screens themselves.

Apart from the tests because the README shows what is shipped: the same application, given Views
made by hand at a fixed moment, so that the same pictures come out on every machine.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from importlib.resources import files
from pathlib import Path

import click

from pos.commands import kiosk_pictures
from pos.commands.office_pictures import office_views
from pos.commands.paper_pictures import paper_views
from pos.language import Language
from pos.sale.assistance import Cause, HelpAsked, HelpDesk
from pos.sale.glimpse import Glimpse
from pos.sale.money import Amount
from pos.sale.order import Discount, Order, OrderParked
from pos.sale.ordering import Shop
from pos.sale.payment import State
from pos.sale.view import Action, LinkState, SaleRow, Stage, Verdict, View, notice
from pos.screens.customer import HeldUp, PendingPayment, Phone, PhoneResult, WalletChoice
from pos.shelf import load

NOW_S = 100.0  # on the clock that the Views are written in
TODAY = 1_795_356_000.0  # Unix seconds: 22 November 2026, 14:00 UTC

# Monospaced faces that come with the common systems; the pictures fetch nothing.
FACES = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"

_ORDER = "https://pay.samkassa.example/281999040000Ab3kQ9xYz7Lm2Pq8RtV5Ws6T"


def _nok(minor: int) -> Amount:
    return Amount(minor, "NOK")


# What the demo's shop sells, and an order of it.
PRODUCTS = load(Path(str(files("pos.demo") / "catalogue.toml")), "NOK", "nb")
_SHOP = Shop("NOK", "NO", "nb", date(2026, 11, 22), catalogue=PRODUCTS)


def _order(*lines: tuple[str, int]) -> Order:
    order = Order("", "NOK")
    for reference, quantity in lines:
        order = order.added(_SHOP.line(PRODUCTS.by_reference[reference], quantity))
    return order


ORDER = _order(("K1", 2), ("M1", 2), ("M4", 1), ("D3", 1)).discounted(Discount(percent=1000))
PARKED = (
    OrderParked("p1", "Bord 4", _order(("M3", 2)), TODAY - 900),
    OrderParked("p2", "", _order(("K2", 1), ("T1", 4)), TODAY - 300),
)

RECENT = (
    SaleRow("a1", _nok(12_900), State.PAID, TODAY - 240, "Alipay", left=12_900),
    SaleRow("a2", _nok(4_950), State.DECLINED, TODAY - 600, result_code="USER_BALANCE_NOT_ENOUGH"),
    SaleRow("a3", _nok(129_900), State.PAID, TODAY - 1_500, "Vipps", refunded=20_000, left=109_900),
    SaleRow("a4", _nok(8_000), State.CANCELLED, TODAY - 2_100, "ePassi"),
    SaleRow("a5", _nok(23_450), State.PAID, TODAY - 3_000, "ePassi", left=23_450),
)
ARRIVED = (
    SaleRow(
        "E-T01-000011", _nok(4_550), State.PAID, TODAY - 90, "Vipps", left=4_550, static_number=11
    ),
    SaleRow(
        "E-T01-000012", _nok(9_900), State.PAID, TODAY - 30, "Alipay", left=9_900, static_number=12
    ),
)
UNFINISHED = (SaleRow("u1", _nok(25_000), State.CANCELLING, TODAY - 75),)

_ANY = View(
    Stage.READY, "NOK", "Kaffebaren Oslo", link=LinkState.UP, recent=RECENT, products=PRODUCTS
)
FREE = frozenset({Action.CHARGE, Action.SCAN, Action.REFUND, Action.ORDER})
ENDED = FREE | {Action.NEXT}


def _sale(stage: Stage, **more: object) -> View:
    sale = replace(
        _ANY, stage=stage, amount=_nok(12_900), request_id="a0", stage_since_s=NOW_S - 17
    )
    return replace(sale, **more)  # type: ignore[arg-type]


WANTED = (
    HelpAsked("h1", "S01", Cause.AGE, "Pils 0,4 l", 18, NOW_S),
    HelpAsked("h2", "S02", Cause.CALL, "", 0, NOW_S),
)
VIEWS = {
    "ready": replace(_ANY, actions=FREE),
    "order": replace(_ANY, actions=FREE | {Action.PARK}, order=ORDER),
    "parked": replace(_ANY, actions=FREE | {Action.RECALL}, parked=PARKED),
    "tipping": _sale(
        Stage.TIPPING,
        order=ORDER,
        amount=ORDER.total(),
        actions=frozenset({Action.TIP, Action.STOP}),
    ),
    "arrived": replace(
        _ANY, actions=FREE, recent=(*reversed(ARRIVED), *RECENT), arrived=ARRIVED, arrived_more=2
    ),
    "trouble": replace(
        _ANY,
        actions=FREE,
        unfinished=UNFINISHED,
        link=LinkState.DOWN,
        notice=notice("code.wechat"),
        printer=notice("printer.trouble", sentence="The paper is out; put in a new roll."),
    ),
    "helping": replace(_ANY, actions=FREE, help=HelpDesk(wanted=WANTED)),
    "scanning": _sale(Stage.SCANNING, looking=True, actions=frozenset({Action.STOP})),
    "paying": _sale(Stage.PAYING, wallet="Vipps", actions=frozenset({Action.STOP})),
    "showing": _sale(
        Stage.SHOWING,
        order_code=_ORDER,
        expires_at_s=NOW_S + 161,
        actions=frozenset({Action.STOP}),
    ),
    "stopping": _sale(
        Stage.STOPPING, reason=notice("stopped.timeout"), actions=frozenset({Action.NEXT})
    ),
    "paid": _sale(
        Stage.OUTCOME,
        verdict=Verdict.PAID,
        wallet="Alipay",
        customer_amount=Amount(8_798, "CNY"),
        rate="NOK/CNY 0.6820",
        actions=ENDED,
    ),
    "declined": _sale(
        Stage.OUTCOME,
        verdict=Verdict.DECLINED,
        reason=notice("reason.USER_BALANCE_NOT_ENOUGH"),
        unfinished=UNFINISHED,
        actions=ENDED,
    ),
    "cancelled": _sale(
        Stage.OUTCOME,
        verdict=Verdict.CANCELLED,
        reason=notice("stopped.operator"),
        actions=ENDED,
    ),
    "stopped": replace(
        _ANY,
        stopped=notice(
            "halt.journal", sentence="The disk is full; make room and start the till again."
        ),
    ),
}
VIEWS |= paper_views(VIEWS["ready"], VIEWS["paid"], ORDER, TODAY)
# Laid over the desk, so apart from the views of it.
OFFICE_VIEWS = office_views(VIEWS["ready"], ORDER, TODAY)


class Kari:
    """A Phone for a picture: always in the same moment."""

    def wallets(self) -> Sequence[WalletChoice]:
        """See Phone."""
        return (WalletChoice("Vipps", "Kari", "2,500.00 NOK", "#ff5b24"),)

    def hold_up(self, choice: WalletChoice) -> HeldUp:
        """See Phone. A code of nobody: its issuer is none of the scheme's."""
        return HeldUp("281000020000000000000000")

    def put_away(self) -> None:
        """See Phone."""

    def scan(self, order_code: str, choice: WalletChoice) -> PendingPayment:
        """See Phone."""
        return PendingPayment("Kaffebaren Oslo", "129.00 NOK")

    def pending(self) -> PendingPayment | None:
        """See Phone."""

    def approve(self) -> None:
        """See Phone."""

    def decline(self) -> None:
        """See Phone."""

    def last_result(self) -> PhoneResult | None:
        """See Phone."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One file: a View, the keys pressed on it, the language, and the size in cells."""

    view: str
    keys: tuple[str, ...] = ()
    code: str = "en"
    size: tuple[int, int] = (80, 24)
    phone: Phone | None = None
    theme: str = "dark"
    held_up: bool = False  # a phone before the camera, which has just read its code


PICTURES = {
    "counter": Picture("ready", ("1", "2", "9")),
    "order": Picture("order", code="nb"),
    "products": Picture("order", ("f3", "b", "o"), size=(100, 30)),
    "light": Picture("order", size=(100, 30), theme="light"),
    "contrast": Picture("paid", code="sv", theme="contrast"),
    "menu": Picture("order", ("f9",)),
    "tip": Picture("tipping"),
    "demo": Picture("scanning", ("h",), size=(120, 34), phone=Kari()),
    "scanning": Picture("scanning"),
    "aiming": Picture("scanning", size=(100, 36), held_up=True),
    "showing": Picture("showing", code="nb"),
    "paying": Picture("paying"),
    "paid": Picture("paid"),
    "declined": Picture("declined", code="fi"),
    "paid-zh": Picture("paid", code="zh"),
    "last-sales": Picture("ready", ("f5",), code="sv"),
    "receipt": Picture("receipt", ("f11",), code="nb", size=(140, 50)),
    "refund": Picture("returns", ("f5", "r", "plus"), code="nb", size=(100, 30)),
    "staff": Picture("staff"),
    "report": Picture("report", size=(100, 30)),
    "journal": Picture("journal", ("f10", "4"), size=(100, 30)),
    "trouble": Picture("trouble", ("1", "2", "9")),
}


@click.command()
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("images/screens"),
    show_default=True,
    help="The folder to write to.",
)
def pictures(folder: Path) -> None:
    """Draw the pictures of the screens for the README."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in PICTURES.items():
        (folder / f"{name}.svg").write_text(asyncio.run(drawn(picture)), encoding="utf-8")
        click.echo(folder / f"{name}.svg")
    for name, visited in kiosk_pictures.KIOSK_PICTURES.items():
        svg = alone(asyncio.run(kiosk_pictures.drawn(visited)))
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
        click.echo(folder / f"{name}.svg")


async def drawn(picture: Picture) -> str:
    """The picture as an SVG that refers to no other file."""
    from pos.screens.app import PosApp
    from pos.screens.qr import QrForm

    app = PosApp(
        lambda _: True,
        Language(picture.code, UTC),
        (VIEWS | OFFICE_VIEWS)[picture.view],
        phone=picture.phone,
        qr_form=QrForm.HALF,
        clock=lambda: NOW_S,
        theme=picture.theme,
    )
    async with app.run_test(size=picture.size) as pilot:
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        await pilot.press(*picture.keys)
        if picture.held_up:
            app.glimpse(_glimpse())
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        return alone(app.export_screenshot(title="Samkassa", simplify=True))


def _glimpse() -> Glimpse:
    """What the camera sees of a phone in a hand."""
    from hardware.decoder import Decoder
    from hardware.devices import Frame
    from hardware.glance import Glance, Watcher
    from hardware.phone import photograph
    from pos.eyes import seen

    glances: list[Glance] = []
    luma = photograph("251001020123456789012345", seed=4)
    Watcher(glances.append, pictures=True)(Frame(luma, 0.0, 1), Decoder().read(luma))
    return seen(glances[0])


def alone(svg: str) -> str:
    """The same SVG without fonts from afar, and with names that do not change by chance."""
    svg = re.sub(r"@font-face\s*\{[^}]*\}", "", svg)
    svg = re.sub(r"font-family:\s*Fira Code,\s*monospace", f"font-family: {FACES}", svg)
    svg = svg.replace("Fira Code", "monospace").replace("<text ", '<text xml:space="preserve" ')
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\bterminal-\d+-", "till-", svg)
    return "\n".join(line.rstrip() for line in svg.splitlines() if line.strip()) + "\n"
