"""The witness's answer as the till's own values.

Apart from `reading`, whose answers decide what became of money: here nothing does, for what the
switch remembers only says what to ask about.
"""

from pos.errors import AmountError
from pos.sale.payment import Opened, Scenario
from pos.sale.refund import RefundAsked
from pos.sale.testimony import Act, Testimony, Unheard
from pos.switch.witness import WitnessAct, WitnessResponse


def read_testimony(answer: WitnessResponse) -> Testimony | Unheard:
    """The testimony, or SILENCE for a refusal or an answer that is not whole."""
    if answer.result.result_status != "S" or (answer.head is None and answer.seq != "0"):
        return Unheard.SILENCE
    try:
        acts = tuple(_act(each) for each in answer.acts)
    except AmountError:
        return Unheard.SILENCE
    return Testimony(
        answer.session or "", int(answer.seq), answer.head or "", acts, answer.more == "true",
        int(answer.before or "0"),
    )  # fmt: skip


def _act(told: WitnessAct) -> Act:
    return Act(int(told.number), int(told.seq), told.head, _asked(told))


def _asked(told: WitnessAct) -> Opened | RefundAsked | None:
    """The entry that the till wrote before it asked, but for the digest of the code."""
    if told.payment_request_id is None or told.amount is None:
        return None
    amount, at = told.amount.amount(), int(told.asked_at_ms or "0") / 1000
    if told.kind == "pay":
        scenario = Scenario(told.in_store_payment_scenario or Scenario.PAYMENT_CODE)
        sale_id = told.reference_order_id or ""
        return Opened(told.payment_request_id, sale_id, amount, scenario, at)
    if told.refund_request_id is None:
        return None
    return RefundAsked(told.refund_request_id, told.payment_request_id, amount, at)
