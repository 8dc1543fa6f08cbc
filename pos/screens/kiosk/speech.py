"""The languages that the kiosk speaks, with the site's own clock in each.

Apart because every step says something in the visitor's language, the start in all of them, and
the outcome once more in that of the wallet.
"""

from collections.abc import Callable
from datetime import tzinfo

from pos.language import Language, Tongues
from pos.sale.box_office import BoxOffice
from pos.sale.site import DAY_MIN


class Speech(Tongues):
    """What the kiosk speaks. `home` is the site's own language."""

    def __init__(self, home: str, make: Callable[[str, tzinfo | None], Language]) -> None:
        super().__init__(make)
        self.home = home


def hours_text(office: BoxOffice, language: Language) -> str:
    """When the site is open today. Midnight at the end of a day is written as 24."""
    span = office.site.span_on(office.day)
    if span is None:
        return language.say("kiosk.closed_today")
    opens, closes = map(language.clock_text, (office.opens_at, office.closes_at))
    if span.closes == DAY_MIN:
        closes = "24" + closes.lstrip("0")
    return language.say("kiosk.hours", opens=opens, closes=closes)
