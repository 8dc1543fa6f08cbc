"""`pos payments`: what the journal says of every payment. Reads only."""

import json
from datetime import UTC, datetime

import click

from pos.commands.options import json_option, state_option
from pos.folders import JOURNAL_NAME, state_folder
from pos.journal import read
from pos.sale.history import History
from pos.sale.payment import Payment
from pos.sale.refund import RefundState


@click.command()
@state_option
@json_option
@click.option("--open", "only_open", is_flag=True, help="Only what is unfinished.")
def payments(state: str | None, *, as_json: bool, only_open: bool) -> None:
    """List the payments in the journal, oldest first, with what was given back."""
    history = read(state_folder(state) / JOURNAL_NAME)
    if history.gap is not None:
        click.echo(
            f"Entries after number {history.gap.whole_until} were lost, and not all are back from "
            "the switch: run pos recover.",
            err=True,
        )
    chosen = history.open_payments() if only_open else list(history.payments.values())
    if as_json:
        click.echo(json.dumps([as_fields(payment, history) for payment in chosen]))
        return
    for payment in chosen:
        click.echo(line(payment, history))
    waiting = len(history.open_refunds())
    click.echo(f"{len(chosen)} payments, {len(history.open_payments())} unfinished, "
               f"{waiting} refunds unfinished")  # fmt: skip


def line(payment: Payment, history: History) -> str:
    """One payment on one line, for people."""
    at = datetime.fromtimestamp(payment.opened_at, UTC).astimezone()
    given = refunded(payment, history)
    back = f" refunded {given}" if given else ""
    return (
        f"{payment.request_id} {at:%Y-%m-%d %H:%M:%S} {payment.state:<10} {payment.amount!s:>14} "
        f"{payment.wallet or '-':<9} {payment.result_code or payment.stop_reason or '-'}{back}"
    )


def refunded(payment: Payment, history: History) -> int:
    """Minor units given back for sure."""
    return sum(
        refund.amount.value
        for refund in history.refunds_of(payment.request_id)
        if refund.state is RefundState.REFUNDED
    )


def as_fields(payment: Payment, history: History) -> dict[str, object]:
    """One payment as JSON values; amounts in minor units."""
    return {
        "state": str(payment.state),
        "request_id": payment.request_id,
        "payment_id": payment.payment_id,
        "amount": {"value": payment.amount.value, "currency": payment.amount.currency},
        "wallet": payment.wallet,
        "result_code": payment.result_code,
        "stop_reason": str(payment.stop_reason or ""),
        "scenario": str(payment.scenario),
        "opened_at": payment.opened_at,
        "refunded": refunded(payment, history),
        "refunds": [
            {"refund_id": r.refund_id, "state": str(r.state), "value": r.amount.value}
            for r in history.refunds_of(payment.request_id)
        ],
    }
