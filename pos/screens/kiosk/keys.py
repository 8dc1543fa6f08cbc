"""What the keys of a keyboard mean at a kiosk whose settings allow one.

Apart from the screen because a kiosk has none: the keys only choose what could be touched.
"""

from pos.sale.choice import Choice

_KEYS = {
    "enter": ("pay", "on", "again", "leave"),
    "escape": ("back", "over", "stop", "leave"),
    "space": ("time",),
    "pagedown": ("page",),
    "h": ("help",),
}


def meant(key: str, offered: tuple[Choice, ...]) -> str:
    """The action of this key: a number chooses by place, of what may be chosen; empty for none."""
    names = [each.action for each in offered if each.open]
    if len(key) == 1 and key in "123456789" and int(key) <= len(names):
        return names[int(key) - 1]
    return next((each for each in _KEYS.get(key, ()) if each in names or each == "page"), "")
