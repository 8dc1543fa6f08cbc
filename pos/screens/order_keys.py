"""What a key means for the order on the desk: one key, one Input, or nothing.

Apart, and without Textual, because the same keys lie on keyboard, numpad and screen, and what
they mean can be tested as a table.
"""

from pos.sale.input import AddAmount, Drop, MoreOf, Ordering, Scanned, SetQuantity
from pos.sale.secret import Secret
from pos.sale.view import Action, View

# No amount is so long: such digits, ended by Enter, are a product's number, as a hand scanner
# that plays a keyboard types it.
GTIN_LENGTH_MIN = 8
_SYMBOLOGIES = {8: "EAN8", 12: "UPCA"}


def product_number(typed: str, view: View) -> Scanned | None:
    """The typed digits as a scanned product, where the shop has products and it can be one."""
    if len(view.products) == 0 or not typed.isdecimal() or len(typed) < GTIN_LENGTH_MIN:
        return None
    return Scanned(Secret(typed), _SYMBOLOGIES.get(len(typed), "EAN13"))


def ordered(action: str, view: View, typed: str, place: int) -> Ordering | Scanned | None:
    """The Input of this action, with what is typed and the line that is chosen."""
    if Action.ORDER not in view.actions:
        return None
    if typed:
        return _typed(action, view, typed, place)
    if view.order is None:
        return None
    given: dict[str, Ordering] = {
        "plus": MoreOf(place, 1),
        "minus": MoreOf(place, -1),
        "remove": SetQuantity(place, 0),
        "drop": Drop(),
    }
    return given.get(action)


def _typed(action: str, view: View, typed: str, place: int) -> Ordering | Scanned | None:
    if action == "scan" and (scanned := product_number(typed, view)) is not None:
        return scanned
    if action == "plus" or (action in ("scan", "show") and view.order is not None):
        return AddAmount(typed)  # what is typed beside an order is one more line of it
    if action == "times" and typed.isdecimal() and view.order is not None:
        return SetQuantity(place, int(typed))
    return Drop() if action == "drop" and view.order is not None else None
