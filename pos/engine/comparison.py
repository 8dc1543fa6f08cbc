"""What the switch says, when a person asks, beside what is written here of a final payment.

Apart from the loop because asking changes nothing about money: a difference is written down and
put before a person.
"""

from pos.engine.parts import Writer
from pos.sale.incident import Answered
from pos.sale.payment import Payment, State, StillOpen
from pos.sale.view import LinkState, Notice, notice
from pos.switch.protocol import Switch

# What an inquiry may find of a final payment without contradicting what is written here.
AGREES = {
    State.PAID: {"Paid"},
    State.DECLINED: {"Declined", "FoundCancelled", "ORDER_NOT_EXIST"},
    State.CANCELLED: {"Declined", "FoundCancelled"},
    State.REVERSED: {"Paid", "FoundCancelled"},
}


def compared(switch: Switch, writer: Writer, payment: Payment) -> Notice:
    """Inquire `payment`, which is final here; write a difference down. What to say of it."""
    event = switch.inquire(payment)
    says = type(event).__name__
    if isinstance(event, StillOpen):
        if (unheard := link_notice(switch)) is not None:
            return unheard
        says = event.result_code
    if says in AGREES[payment.state]:
        return notice("ask.same", state=payment.state)
    writer.write(Answered(payment.request_id, says))
    return notice("ask.differs", grave=True, says=says)


def link_notice(switch: Switch) -> Notice | None:
    """Why the switch cannot be used just now, or None."""
    if switch.setup_fault:
        return notice("link.setup", grave=True, code=switch.setup_fault)
    match switch.link:
        case LinkState.UP:
            return None
        case LinkState.DISTRUSTED:
            return notice("link.distrusted", grave=True)
        case _:
            return notice("link.down")
