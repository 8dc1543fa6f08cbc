"""`pos refund`: give back all or part of a payment."""

import json
import re

import click

from pos.commands.errand import foreground, log_in, staff_option, work_until
from pos.commands.options import config_option, opened, state_option
from pos.errors import OutcomeUnknown, Refused, WrongUse
from pos.language import Language
from pos.sale.input import GiveBack
from pos.sale.money import Amount
from pos.sale.refund import Refund, RefundState
from pos.sale.return_line import ReturnLine
from pos.sale.view import View

PATIENCE_S = 30.0


@click.command()
@click.argument("request_id")
@click.option("--amount", metavar="30.00", default="", help="Part of it; all that is left if not.")
@click.option(
    "--line",
    "places",
    metavar="2:1",
    multiple=True,
    help="Goods that came back: of line 2 of the receipt, one. May be repeated.",
)
@staff_option
@state_option
@config_option
def refund(
    request_id: str,
    amount: str,
    places: tuple[str, ...],
    staff: str | None,
    state: str | None,
    config: str | None,
) -> None:
    """Give back. The last line is one JSON object: state, refund_id, request_id, amount,
    result_code. Exit 0 refunded, 1 not, 2 wrong use, 3 not known yet."""
    folder, settings = opened(state, config)
    if amount and places:
        raise WrongUse("Say --amount or --line, not both.")
    if amount:
        Amount.parse(amount, settings.terminal.currency)
    lines = tuple(_line(place) for place in places)
    words = Language(settings.terminal.language)
    views: list[View] = []

    def follow(view: View) -> None:
        views[:] = [view]

    with foreground(settings, folder, follow) as engine:
        log_in(engine, staff, words)
        before = len(engine.history.refunds)
        engine.handle(GiveBack(request_id, amount, lines))
        if len(engine.history.refunds) == before:
            said = views[0].stopped or views[0].notice
            raise Refused(words.notice(said) if said else "Nothing was given back.")
        asked = list(engine.history.refunds.values())[-1]
        work_until(engine, lambda: _state(engine.history.refunds[asked.refund_id]), PATIENCE_S)
        done = engine.history.refunds[asked.refund_id]
    click.echo(json.dumps({
        "state": str(done.state),
        "refund_id": done.refund_id,
        "request_id": done.request_id,
        "amount": {"value": done.amount.value, "currency": done.amount.currency},
        "result_code": done.result_code,
    }))  # fmt: skip
    if done.state is RefundState.ASKED:
        raise OutcomeUnknown("The refund is registered but not confirmed yet: run pos recover.")
    if done.state is RefundState.REFUSED:
        raise Refused(words.say("refund.refused", code=done.result_code))


def _line(typed: str) -> ReturnLine:
    """`2:1` as the second line of the receipt, one of it. Raises WrongUse."""
    found = re.fullmatch(r"([1-9]\d{0,2}):([1-9]\d{0,2})", typed)
    if found is None:
        raise WrongUse(f"--line {typed} is no line of a receipt; write 2:1 for one of line 2.")
    return ReturnLine(int(found[1]) - 1, int(found[2]))


def _state(refund_: Refund) -> bool:
    return refund_.state is not RefundState.ASKED
