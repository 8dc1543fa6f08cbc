"""A till with less patience: every wait of the product, divided by one number.

Apart from the nest because it is the one thing in which these tills differ from those in shops.
What they wait for is here on the same machine, and thousands of deaths fit into minutes.
"""

from dataclasses import fields
from typing import Any

from pos.engine.parts import Parts
from pos.proof.planting import Planting
from pos.sale import refund
from pos.sale.pursuit import Limits
from pos.switch import exchange

TIMES = 5
_WAITS = ("CONNECT_S", "FIRST_BYTE_S", "INQUIRY_FIRST_BYTE_S", "TOTAL_S")


def hurry(planting: Planting) -> None:
    """Divide the waits of the till in this process."""
    begin = Parts.__init__
    limits = _quick(Limits())

    def hasty(self: Parts, *args: Any, **options: Any) -> None:
        begin(self, *args, **options)
        self.limits = limits

    planting.attribute(Parts, "__init__", hasty)
    for name in _WAITS:
        planting.attribute(exchange, name, getattr(exchange, name) / TIMES)
    waits = tuple(wait_s / TIMES for wait_s in refund.REFUND_WAITS_S)
    planting.attribute(refund, "REFUND_WAITS_S", waits)


def _quick(limits: Limits) -> Limits:
    """The same with every wait, not every count, divided."""
    divided: dict[str, Any] = {}
    for field in fields(limits):
        value = getattr(limits, field.name)
        if isinstance(value, tuple):
            divided[field.name] = tuple(each / TIMES for each in value)
        else:
            divided[field.name] = value / TIMES if "_s" in field.name else value
    return Limits(**divided)
