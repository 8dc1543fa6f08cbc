"""What a till is fitted with because of its settings and of what it is used for.

Apart from the terminal, which only joins the parts: here is decided whether there is one.
"""

from pathlib import Path

from pos.config import Settings
from pos.register_key import RegisterKey
from pos.sale.merchant import Role, Terminal
from pos.sale.mode import Mode
from pos.shelf import CatalogueShelf, SiteShelf


def register_key_of(parties: Terminal, state: Path) -> RegisterKey | None:
    """Where the law takes the device for a cash register, and what it sells for true."""
    true = parties.role is Role.TILL and not parties.pretend
    return RegisterKey.at(state) if true else None


def shelf_of(settings: Settings, state: Path, mode: Mode) -> CatalogueShelf | SiteShelf | None:
    """What is sold, where there is a file of it."""
    order, currency = settings.order, settings.terminal.currency
    language = settings.terminal.language
    if mode.entrance:
        return SiteShelf(Path(settings.kiosk.site), state, currency, language)
    if not order.catalogue:
        return None
    return CatalogueShelf(Path(order.catalogue), state, currency, language)
