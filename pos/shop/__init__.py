"""The tills of one shop, telling each other over the shop's network where help is wanted.

Apart from the switch because it goes on when the link to it is down, and moves no money.
"""

from collections.abc import Callable
from pathlib import Path

from pos.sale.input import Input
from pos.shop.asking import Asking
from pos.shop.hearing import Hearing
from pos.shop.messages import ShopKey
from pos.shop_settings import ShopSection

__all__ = ["Asking", "Hearing", "shop_lines"]


def shop_lines(
    section: ShopSection, terminal: str, put: Callable[[Input], bool]
) -> list[Asking | Hearing]:
    """The ends that these settings name, not started. Raises SettingsError."""
    key = ShopKey(Path(section.key))
    lines: list[Asking | Hearing] = []
    if section.listen is not None:
        lines.append(Hearing(key, terminal, section.listen, put))
    if section.counters:
        lines.append(Asking(key, terminal, section.counters, put))
    return lines
