"""The *Discover* page: merchants near the customer, and what her wallet offers there.

Apart from her other pages because it knows where she looks. That stays in her own browser, to
about a hundred metres; the switch keeps none of it.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from starlette.responses import Response

from pos.errors import WrongUse
from pos.scheme.discover import Invitation, merchants_near
from pos.scheme.moments import milliseconds, moment
from pos.scheme.phone.pages import go, page
from pos.scheme.phone.parts import Parts, people
from pos.scheme.phone.visit import Visit, remember
from pos.scheme.phone.words import Words
from pos.scheme.places import Spot


@cache
def towns() -> Mapping[str, str]:
    """Where a customer may look around without her own position: spots by name."""
    text = resources.files(__package__).joinpath("towns.toml").read_text("utf-8")
    return tomllib.loads(text)


class DiscoverPage:
    """The page, and the place that it goes by."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def discover(self, visit: Visit) -> Response:
        """Merchants with their offers: the nearest first, or by name where no place is chosen."""
        person = self._parts.person(visit)
        if person is None:
            return people(self._parts, visit, "/phone/discover")
        words = Words(visit.language)
        near = _spot(visit.place)
        listed = merchants_near(
            self._parts.scheme.store,
            self._parts.scheme.book.promotions,
            person.wallet.name,
            person.wallet.currency,
            milliseconds(self._parts.clock()),
            near,
        )
        shops = [
            (
                shop,
                "" if shop.distance_m is None else words.distance(shop.distance_m),
                [(offer.name, _terms(words, offer)) for offer in shop.offers],
            )
            for shop in listed
        ]
        place = "" if near is None else visit.place
        return page(visit, "discover.html", person, shops=shops, towns=towns(), place=place)

    def take_place(self, visit: Visit) -> Response:
        """The place to look around, "" for none; what is no place changes nothing."""
        text = visit.form.get("place", "")
        back = go(visit, "/phone/discover")
        return remember(back, visit, place=text) if not text or _spot(text) else back


def _spot(text: str) -> Spot | None:
    try:
        return Spot.parse(text) if text else None
    except WrongUse:
        return None


def _terms(words: Words, offer: Invitation) -> str:
    """What an offer takes off, from which amount and how long, in the customer's language."""
    said = []
    if offer.off is not None:
        said.append(words.say("offer_off", amount=words.amount(offer.off)))
    if offer.percent is not None and offer.most is not None:
        most = words.amount(offer.most)
        said.append(words.say("offer_percent", percent=words.number(offer.percent), most=most))
    if offer.least is not None:
        said.append(words.say("offer_least", amount=words.amount(offer.least)))
    if offer.ends_at_ms is not None:
        said.append(words.say("offer_until", time=words.time(moment(offer.ends_at_ms))))
    return " · ".join(said)
