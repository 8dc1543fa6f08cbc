"""`pos recover`: settle what an earlier process left unfinished, then list what is left."""

import click

from pos.commands.errand import foreground, work_until
from pos.commands.options import config_option, opened, state_option
from pos.commands.payments import line
from pos.errors import OutcomeUnknown
from pos.sale.view import View

PATIENCE_S = 60.0


@click.command()
@click.option("--seconds", default=PATIENCE_S, show_default=True, help="How long to try.")
@state_option
@config_option
def recover(seconds: float, state: str | None, config: str | None) -> None:
    """Settle what is unfinished, then list what is left. Exit 0 when nothing is, else 3."""
    folder, settings = opened(state, config)

    def follow(_view: View) -> None:
        """Nobody watches."""

    with foreground(settings, folder, follow) as engine:
        history = engine.history
        found = [p.request_id for p in history.open_payments()]
        refunds = [r.refund_id for r in history.open_refunds()]

        def settled() -> bool:
            return not history.open_payments() and not history.open_refunds()

        done = work_until(engine, settled, seconds)
        for request_id in found:
            click.echo(line(history.payments[request_id], history))
        for refund_id in refunds:
            refund = history.refunds[refund_id]
            click.echo(f"{refund.refund_id} refund {refund.state} {refund.amount}")
        left = len(history.open_payments()) + len(history.open_refunds())
    click.echo(f"{len(found) + len(refunds)} were unfinished, {left} are left")
    if not done:
        raise OutcomeUnknown(
            "Some outcomes are not known yet; run pos recover again when the switch answers."
        )
