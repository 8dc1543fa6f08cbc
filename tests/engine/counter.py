"""A till with its static code beside it, and the customers who open it.

Apart from the shop because most tests need no such code.
"""

from dataclasses import dataclass

from pos.sale.money import Amount
from pos.scheme.clients import Clients
from pos.scheme.stickers import Seller, Sticker, Stickers
from pos.switch.signature import load_private_key, new_private_key, public_key_line
from tests.engine.conftest import CLIENT, Shop

LOOK_S = 3.0
KEY = public_key_line(load_private_key(new_private_key()))


@dataclass
class Counter:
    """A till with its sticker beside it, and customers who open it."""

    shop: Shop
    stickers: Stickers
    sticker: Sticker

    def begin(self, typed: int = 4550) -> str:
        """A customer opens the sticker and types an amount in øre; the payment at the switch."""
        url = self.stickers.order(self.sticker, Amount(typed, "NOK"), "AliApp")
        return self.shop.switch.scheme.customers.scan(url, "vipps", "Kari").payment_id

    def pay(self, typed: int = 4550) -> None:
        """And pays."""
        self.shop.switch.scheme.customers.approve("vipps", self.begin(typed))

    def lapse(self) -> None:
        """And declines."""
        self.shop.switch.scheme.customers.decline("vipps", self.begin())

    def asked(self, since: int = 0) -> list[int]:
        """The numbers that the till asked for after request `since`."""
        named = [each.reference for each in self.shop.line.asked[since:]]
        return [int(each.removeprefix("E-T01-")) for each in named if each.startswith("E-T01-")]

    def written(self, kind: str) -> list[int]:
        """The numbers in the entries of this kind."""
        return [
            int(fields["request_id"].removeprefix("E-T01-"))
            for name, fields in self.shop.entries()
            if name == kind
        ]

    def news(self) -> list[int]:
        """The numbers on the screen."""
        return [row.static_number for row in self.shop.view.arrived]

    def watching(self) -> None:
        """Let the till find where the numbers stand."""
        self.shop.go_on(1.0)
        assert self.shop.kinds()[-1] == "Watching"


def beside(shop: Shop) -> Counter:
    """A till that has not been started, with a sticker of its own."""
    Clients(shop.switch.store).add(CLIENT, KEY)
    stickers = Stickers(shop.switch.store, shop.switch.scheme.book, shop.fate.utc)
    seller = Seller("Cafe", "M-1", "OSL-1", "5814", "NOK")
    return Counter(shop, stickers, stickers.issue(CLIENT, "T01", seller))
