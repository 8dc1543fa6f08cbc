"""Elements of the audit file: in the order in which they are named, without what is not there.

Apart because every part of the file is made of these and of nothing else.
"""

from xml.etree.ElementTree import Element, tostring

from pos.sale.money import major_units

# What an element may hold: text, elements of its own (a list may repeat a name), or nothing.
Content = str | list[tuple[str, "Content"]] | None

ID_LENGTH_MAX = 35
TEXT_LENGTH_MAX = 999

# Every decimal of the file has two places, whatever the currency has.
_DECIMALS = 2


def element(name: str, content: Content) -> Element:
    """The element; None is left out by whoever lists it."""
    made = Element(name)
    if isinstance(content, str):
        made.text = content
    elif content is not None:
        made.extend(element(each, inner) for each, inner in content if inner is not None)
    return made


def text_of(name: str, content: Content) -> str:
    """The element as it stands in the file, in the namespace of its root."""
    return tostring(element(name, content), encoding="unicode")


def money(value: int, currency: str) -> str:
    """Minor units as `-16.40`."""
    told = major_units(value, currency)
    return told if "." in told else told + "." + "0" * _DECIMALS


def identifier(text: str) -> str:
    """At most as long as an identifier may be."""
    return text[:ID_LENGTH_MAX]


def share(basis_points: int) -> str:
    """A rate as `15.00`."""
    return f"{basis_points // 100}.{basis_points % 100:02}"
