"""One order, two codes: the shown one is closed for sure before the scanned one is used.

Apart from the till because it is the one place where a code waits, and how long it may, and what
becomes of it then, should be read together. Times are monotonic seconds.

    Two codes may be presented for one order, and one payment is made. The shown code is asked
    about once more: paid, it has won. Else it is cancelled, and nothing is paid by the scanned
    code before the switch has acknowledged that.
"""

from dataclasses import replace

from pos.sale.payment import Payment
from pos.sale.till import Desk, Pay, followed
from pos.sale.view import Stage, notice

# A customer holds up a telephone for so long, and a code on it lives for a minute or so.
HELD_S_MAX = 20.0


def hold(desk: Desk, pay: Pay, now_s: float) -> Desk:
    """The desk with the scanned code waiting for the shown one to be closed."""
    return replace(
        desk, stage=Stage.SWITCHING, since_s=now_s, order_code="", expires_at_s=0.0, notice=None,
        held=pay, held_until_s=now_s + HELD_S_MAX,
    )  # fmt: skip


def go_on(desk: Desk, shown: Payment, now_s: float) -> tuple[Desk, Pay | None]:
    """The desk after a look at the payment by the shown code, and what may be paid now.

    Nothing while that is open; a code that waited too long is forgotten, and said to be.
    """
    if desk.held is None:
        return desk, None
    if now_s >= desk.held_until_s:
        after = followed(replace(desk, held=None), shown, now_s)
        return replace(after, notice=notice("switching.forgotten")), None
    if shown.state.open:
        return desk, None
    return replace(desk, held=None), desk.held
