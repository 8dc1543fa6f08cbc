"""What each wallet can do at this till right now, why not, and since when that is known.

Apart from the view because the switch tells some of it, past payments tell the rest, and neither is
a promise: whoever tries is not kept from it by what stands here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from pos.sale.payment import Payment, Scenario, State
from pos.sale.refund import Refund, RefundState
from pos.sale.view import Notice


class NoOffering(StrEnum):
    """Why nothing is known of the wallets."""

    NO_CALL = "no call"  # this acquirer does not say
    SILENCE = "silence"  # it may later


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether it can; None where nobody knows. `reason` says why not.

    `known_at` is Unix seconds: when the switch said so, or when it was last seen to.
    """

    able: bool | None = None
    reason: Notice | None = None
    known_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Capability:
    """One wallet, named as the switch names it: its code scanned, ours shown to it, money back."""

    wallet: str
    scan: Ability = Ability()
    show: Ability = Ability()
    refund: Ability = Ability()

    @property
    def whole(self) -> bool:
        """Whether nothing is known to be missing."""
        return False not in (self.scan.able, self.show.able, self.refund.able)


def seen(
    payments: Iterable[Payment], refunds: Mapping[str, Iterable[Refund]]
) -> tuple[Capability, ...]:
    """What the till's own payments, oldest first, have shown: a wallet that paid so can do so.

    For a switch that tells nothing of its wallets. `refunds` are by their payment's request id.
    """
    found: dict[str, Capability] = {}
    for payment in payments:
        if payment.state is not State.PAID or not payment.wallet:
            continue
        before = found.get(payment.wallet, Capability(payment.wallet))
        paid = Ability(able=True, known_at=payment.opened_at)
        if payment.scenario is Scenario.PAYMENT_CODE:
            before = replace(before, scan=paid)
        else:
            before = replace(before, show=paid)
        for refund in refunds.get(payment.request_id, ()):
            if refund.state is RefundState.REFUNDED:
                before = replace(before, refund=Ability(able=True, known_at=refund.asked_at))
        found[payment.wallet] = before
    return tuple(found.values())


def cut_off(known: Iterable[Capability], why: Notice) -> tuple[Capability, ...]:
    """The same without a link: nothing can be done, and what was known is as old as it was."""
    return tuple(
        replace(
            each,
            scan=replace(each.scan, able=False, reason=why),
            show=replace(each.show, able=False, reason=why),
            refund=replace(each.refund, able=False, reason=why),
        )
        for each in known
    )
