"""`pos sell`: one sale from the shell, through the same engine and journal as at the counter."""

import json
import time
from pathlib import Path

import click

from pos.commands.errand import foreground, interrupted, log_in, staff_option, work_until
from pos.commands.options import config_option, opened, plain_device_errors, state_option
from pos.engine import Engine
from pos.errors import OutcomeUnknown, Refused, WrongUse
from pos.language import Language
from pos.sale.code import NotOurs, PaymentCode, recognise
from pos.sale.input import Charge, OpenShift, Presenting, Scanned, Stop
from pos.sale.money import Amount
from pos.sale.payment import Payment, State
from pos.sale.reason import REASON_TEXT
from pos.sale.secret import Secret
from pos.sale.view import Stage, View

# Past the inquiries and the first cancels; what is open then is the business of `pos recover`.
PATIENCE_S = 240.0
STOPPING_PATIENCE_S = 20.0


@click.command()
@click.option("--amount", required=True, metavar="129.00", help="What the customer pays.")
@click.option("--currency", metavar="NOK", help="Another currency than the terminal's.")
@click.option("--code", metavar="TEXT", help="The customer's code, as text.")
@click.option("--image", metavar="FILE", help="A picture of the customer's code.")
@click.option("--show", is_flag=True, help="Show a code for the customer to scan.")
@staff_option
@state_option
@config_option
def sell(
    amount: str,
    currency: str | None,
    code: str | None,
    image: str | None,
    staff: str | None,
    state: str | None,
    config: str | None,
    *,
    show: bool,
) -> None:
    """One sale. The last line is one JSON object: state, request_id, payment_id, amount,
    wallet, result_code. Exit 0 paid, 1 not paid, 2 wrong use, 3 not known yet."""
    if [bool(code), bool(image), show].count(True) != 1:
        raise WrongUse("Say how the customer pays: one of --code, --image or --show.")
    folder, settings = opened(state, config)
    if currency:
        terminal = settings.terminal.model_copy(update={"currency": currency})
        settings = settings.model_copy(update={"terminal": terminal})
    # Nobody stands at a shell to be asked for a tip.
    order = settings.order.model_copy(update={"tips": False})
    settings = settings.model_copy(update={"order": order})
    asked = Amount.parse(amount, settings.terminal.currency)
    sale = _Sale(Language(settings.terminal.language))
    try:
        scanned = None if show else _scanned(code, image)
        with foreground(settings, folder, sale.follow) as engine:
            log_in(engine, staff, sale.words)
            if staff is not None and engine.history.books.current.opened is None:
                engine.handle(OpenShift())
            payment = sale.run(engine, asked, scanned)
    except Refused:
        _print("REFUSED", asked)
        raise
    _report(payment, sale)


class _Sale:
    """One sale's way through the engine: what to put in, what to tell, when to stop."""

    def __init__(self, words: Language) -> None:
        self.words = words
        self._view: View | None = None
        self._told: set[str] = set()
        self._stopping_s: float | None = None
        self._unwanted = False

    @property
    def view(self) -> View:
        """The latest View; the engine shows one when it starts."""
        assert self._view is not None  # noqa: S101 - see above
        return self._view

    def follow(self, view: View) -> None:
        """Called by the engine with every View."""
        self._view = view
        if view.stage is Stage.STOPPING and self._stopping_s is None:
            self._stopping_s = time.monotonic()
        if view.order_code:
            self._tell(view.order_code, _qr(view.order_code) + view.order_code)
        elif view.stage in (Stage.PAYING, Stage.STOPPING):
            self._tell(view.stage, self.words.say(f"screen.{view.stage}_title"))

    def _tell(self, once: str, text: str) -> None:
        if once not in self._told:
            self._told.add(once)
            click.echo(text)

    def run(self, engine: Engine, amount: Amount, scanned: Scanned | None) -> Payment:
        """Sell; the payment as it stands when it is final or patience is over."""
        count = len(engine.history.payments)
        presenting = Presenting.MERCHANT if scanned is None else Presenting.CUSTOMER
        with interrupted(self._give_up):
            engine.handle(Charge(amount.plain(), presenting))
            if scanned is not None and self.view.stage is Stage.SCANNING:
                engine.handle(scanned)
            if len(engine.history.payments) == count:
                raise Refused(self._why_not())
            request_id = engine.history.recent(1)[0].request_id
            work_until(engine, lambda: self._settled(engine, request_id), PATIENCE_S)
        return engine.history.payments[request_id]

    def _give_up(self) -> None:
        """Only noted: a signal may come while this very thread holds the inbox's lock."""
        self._unwanted = True

    def _why_not(self) -> str:
        said = self.view.stopped or self.view.notice
        return "Nothing was charged; try again." if said is None else self.words.notice(said)

    def _settled(self, engine: Engine, request_id: str) -> bool:
        if self._unwanted and engine.put(Stop(request_id)):
            self._unwanted = False
        if self._stopping_s is not None:
            return time.monotonic() - self._stopping_s > STOPPING_PATIENCE_S or (
                not engine.history.payments[request_id].state.open
            )
        return not engine.history.payments[request_id].state.open


def _scanned(code: str | None, image: str | None) -> Scanned:
    """The code as the scanner would report it. Raises WrongUse or Refused with the reason."""
    text, symbology = (code or "", "QR") if image is None else _read(Path(image))
    known = recognise(text, symbology)
    match known:
        case PaymentCode():
            return Scanned(Secret(text), symbology)
        case NotOurs():
            raise Refused(REASON_TEXT[known.reason])
        case _:
            raise Refused("This is no payment code; ask the customer for the one in the app.")


def _read(path: Path) -> tuple[str, str]:
    """The first payment code in a picture, else the first code of any kind."""
    from hardware.decoder import Decoder
    from hardware.pictures import open_picture

    with plain_device_errors():
        symbols = Decoder().read_thoroughly(open_picture(path))
    if not symbols:
        raise Refused(f"No code can be read in {path}; take the picture again, nearer and sharper.")
    paying = (s for s in symbols if isinstance(recognise(s.text, s.symbology), PaymentCode))
    symbol = next(paying, symbols[0])
    return symbol.text, symbol.symbology.value


def _qr(text: str) -> str:
    """The code in half blocks, dark on light, for a terminal."""
    import io

    import segno

    drawn = io.StringIO()
    segno.make_qr(text, error="m").terminal(drawn, border=4, compact=True)
    return drawn.getvalue()


def _print(state: str, amount: Amount, payment: Payment | None = None) -> None:
    """The last line: one JSON object, the same keys however the sale went."""
    code = "" if payment is None else payment.result_code or str(payment.stop_reason or "")
    click.echo(json.dumps({
        "state": state,
        "request_id": "" if payment is None else payment.request_id,
        "payment_id": "" if payment is None else payment.payment_id,
        "amount": {"value": amount.value, "currency": amount.currency},
        "wallet": "" if payment is None else payment.wallet,
        "result_code": code,
    }))  # fmt: skip


def _report(payment: Payment, sale: _Sale) -> None:
    _print(str(payment.state), payment.amount, payment)
    if payment.state is State.PAID:
        return
    reason = sale.view.reason
    told = sale.words.notice(reason) if reason is not None else str(payment.state)
    if payment.state.open:
        raise OutcomeUnknown(f"{told} The outcome is not known yet: run pos recover.")
    raise Refused(told)
