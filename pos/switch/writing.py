"""Payments and refunds of ours to the messages that ask for them.

Apart from the client, which sends them, as `reading` is apart, which understands the answers.
"""

from datetime import UTC, datetime
from functools import lru_cache

from pos.sale.merchant import Terminal
from pos.sale.money import Amount
from pos.sale.payment import Payment
from pos.sale.secret import Secret
from pos.switch import wire

TERMINALS_KEPT_MAX = 8


def pay_request(payment: Payment, code: Secret | None, terminal: Terminal) -> wire.PayRequest:
    """The `pay` message of `payment` (switch API, in-store scenarios)."""
    amount = wire.WireAmount.of(payment.amount)
    at = datetime.fromtimestamp(payment.opened_at, UTC).astimezone()
    # No paymentExpiryTime: it would be our clock's, and a wrong clock must not stop a sale.
    return wire.PayRequest(
        payment_request_id=payment.request_id,
        payment_amount=amount,
        order=wire.Order(
            reference_order_id=payment.sale_id,
            order_description=terminal.store.name,
            order_amount=amount,
            merchant=_merchant(terminal),
            env=wire.Env(
                store_terminal_id=terminal.reference,
                store_terminal_request_time=wire.time_text(at),
            ),
        ),
        payment_method=wire.PaymentMethod(
            payment_method_type="CONNECT_WALLET",
            payment_method_id=None if code is None else code.reveal(),
        ),
        payment_factor=wire.PaymentFactor(in_store_payment_scenario=payment.scenario.value),
        settlement_strategy=wire.SettlementStrategy(settlement_currency=payment.amount.currency),
    )


@lru_cache(maxsize=TERMINALS_KEPT_MAX)
def _merchant(terminal: Terminal) -> wire.Merchant:
    """The merchant of every `pay` message of this terminal."""
    merchant, store = terminal.merchant, terminal.store
    return wire.Merchant(
        reference_merchant_id=merchant.reference,
        merchant_mcc=merchant.mcc,
        merchant_name=merchant.name,
        store=wire.Store(
            reference_store_id=store.reference,
            store_name=store.name,
            store_mcc=merchant.mcc,
        ),
    )


def refund_request(refund_id: str, payment_id: str, amount: Amount) -> wire.RefundRequest:
    """The `refund` message."""
    return wire.RefundRequest(
        refund_request_id=refund_id,
        payment_id=payment_id,
        refund_amount=wire.WireAmount.of(amount),
    )
