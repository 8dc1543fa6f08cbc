"""How a call of the payment API ended: the results that the switch answers with, in its words.

Apart from the answers because a result is the same whatever the payment, and is made once.
"""

from functools import lru_cache

from pos.switch.wire import Result

CODES_KEPT_MAX = 100

SUCCESS = Result(result_code="SUCCESS", result_status="S", result_message="success")
IN_PROCESS = Result(
    result_code="PAYMENT_IN_PROCESS", result_status="U", result_message="in process"
)
REFUND_IN_PROCESS = Result(
    result_code="REFUND_IN_PROCESS", result_status="U", result_message="in process"
)
UNKNOWN = Result(
    result_code="UNKNOWN_EXCEPTION",
    result_status="U",
    result_message="The wallet has not acknowledged yet; repeat the request.",
)

_SENTENCES = {
    "CURRENCY_NOT_SUPPORT": "The currency is not supported.",
    "INVALID_PAYMENT_CODE": "The payment code is not valid; ask for a fresh one.",
    "ORDER_IS_CANCELED": "The order is cancelled.",
    "ORDER_IS_CLOSED": "The order is closed.",
    "ORDER_NOT_EXIST": "There is no such order.",
    "ORDER_STATUS_INVALID": "The state of the order does not allow this.",
    "PARAM_ILLEGAL": "A parameter is missing or wrong.",
    "PAYMENT_AMOUNT_EXCEED_LIMIT": "The amount is above the limit.",
    "CANCEL_WINDOW_EXCEED": "The time to cancel is over; refund instead.",
    "REFUND_AMOUNT_EXCEED": "The refunds would exceed the payment.",
    "REFUND_WINDOW_EXCEED": "The time to refund is over.",
    "REPEAT_REQ_INCONSISTENT": "The request id was used with other content.",
    "USER_BALANCE_NOT_ENOUGH": "The customer's balance does not suffice.",
    "USER_PAYMENT_VERIFICATION_FAILED": "The customer did not confirm.",
}


@lru_cache(maxsize=CODES_KEPT_MAX)
def failure(code: str) -> Result:
    """A final F with `code` and its sentence."""
    sentence = _SENTENCES.get(code, "The request failed.")
    return Result(result_code=code, result_status="F", result_message=sentence)
