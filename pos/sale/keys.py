"""What a key for paying and a key for cancelling mean at a till, whatever its front end.

Apart from the till because a till without a screen has these two buttons and no other key.
"""

from pos.sale.input import Charge, Input, Next, Presenting, Stop
from pos.sale.view import Action, Stage, View


def pay_key(view: View) -> Input | None:
    """Go on: to paying what is on the desk, or to the next customer. None where it means none."""
    if view.stage is Stage.OUTCOME:
        return Next()
    if view.stage is Stage.READY and Action.CHARGE in view.actions:
        return Charge("", Presenting.CUSTOMER)
    return None


def cancel_key(view: View) -> Input | None:
    """Stop what is on the desk, or say that its end was seen. None where there is nothing."""
    if view.stage is Stage.OUTCOME:
        return Next()
    if Action.STOP in view.actions:
        return Stop(view.request_id)
    return None
