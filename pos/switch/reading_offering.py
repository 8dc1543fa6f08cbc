"""The switch's answer about its wallets as the till's own values.

Apart from `reading`, whose answers decide what became of money: here nothing does.
"""

from pos.sale.capability import Ability, Capability
from pos.sale.view import notice
from pos.switch.offering import YES, OfferingResponse


def read_offering(answer: OfferingResponse, wall_s: float) -> tuple[Capability, ...]:
    """What each wallet can do, as of `wall_s` (Unix seconds); nothing for a refusal."""
    return tuple(
        Capability(
            each.psp_name,
            _ability(each.scan, wall_s),
            _ability(each.show, wall_s),
            _ability(each.refund, wall_s),
        )
        for each in answer.wallets
    )


def _ability(told: str, wall_s: float) -> Ability:
    if told == YES:
        return Ability(able=True, known_at=wall_s)
    return Ability(able=False, reason=notice(f"offering.{told}"), known_at=wall_s)
