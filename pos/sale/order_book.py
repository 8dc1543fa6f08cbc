"""The orders of a till as they are folded: placed, parked, and the one that was recalled.

Apart from the history of payments because an order may live for hours before any money is asked
for, and a power cut must not forget one that waits.
"""

from dataclasses import dataclass, field

from pos.errors import IllegalMove
from pos.sale.order import (
    Order,
    OrderDropped,
    OrderEvent,
    OrderParked,
    OrderPlaced,
    OrderRecalled,
)


@dataclass(slots=True)
class OrderBook:
    """The fold. `placed` are by sale id, and only of sales that this till began: a payment that
    came back from the switch, or by the static code, has none. `parked` are by park id, oldest
    first; `recalled` is the one that lies on the desk, and is parked again when the till dies
    before it is placed."""

    placed: dict[str, Order] = field(default_factory=dict)
    parked: dict[str, OrderParked] = field(default_factory=dict)
    recalled: OrderParked | None = None

    def check(self, entry: OrderEvent) -> None:
        """Raise IllegalMove for one that cannot be; changes nothing."""
        match entry:
            case OrderPlaced() if entry.order.sale_id in self.placed:
                raise IllegalMove(f"The sale id {entry.order.sale_id} was used before.")
            case OrderParked() if entry.park_id in self.parked:
                raise IllegalMove(f"The order {entry.park_id} is parked already.")
            case OrderRecalled() if entry.park_id not in self.parked:
                raise IllegalMove(f"There is no parked order {entry.park_id}.")

    def take(self, entry: OrderEvent) -> None:
        """Take one entry in. Raises IllegalMove, having changed nothing."""
        self.check(entry)
        self.recalled = None
        match entry:
            case OrderPlaced():
                self.placed[entry.order.sale_id] = entry.order
            case OrderParked():
                self.parked[entry.park_id] = entry
            case OrderRecalled():
                self.recalled = self.parked.pop(entry.park_id)
            case OrderDropped():
                pass  # the books count it

    def park_again(self) -> None:
        """What lay on the desk of a till that ended was neither paid nor given up."""
        if self.recalled is not None:
            waiting = [*self.parked.values(), self.recalled]
            waiting.sort(key=lambda parked: parked.parked_at)
            self.parked = {parked.park_id: parked for parked in waiting}
            self.recalled = None
