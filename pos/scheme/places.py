"""Where a merchant's till stands, and which of them are near a spot.

Apart from the callers because a place says nothing of who may call: it is what a customer's
*Discover* page goes by.
"""

import math
import re
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection, delete, insert, select

from pos.errors import WrongUse
from pos.scheme.promotion_tables import place as places

MILLIONTHS = 1_000_000
EARTH_RADIUS_M = 6_371_009  # its mean, IUGG
# Half the height of the box that is searched, in millionths of a degree: 5, 50, 500 km, all.
_REACHES = (50_000, 500_000, 5_000_000, 180 * MILLIONTHS)
_TEXT = re.compile(r"(-?\d{1,2}(?:\.\d{1,6})?),\s?(-?\d{1,3}(?:\.\d{1,6})?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Spot:
    """A point on the Earth (WGS 84) in millionths of a degree, positive to the north and east."""

    latitude: int
    longitude: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The spot of `59.911,10.753`: degrees with a point. Raises WrongUse."""
        match = _TEXT.fullmatch(text)
        north, east = (float(match[1]), float(match[2])) if match else (math.inf, math.inf)
        if abs(north) > 90 or abs(east) > 180:
            raise WrongUse(
                f"{text!r} is no place; write latitude and longitude like 59.911,10.753."
            )
        return cls(round(north * MILLIONTHS), round(east * MILLIONTHS))

    def metres_to(self, other: "Spot") -> int:
        """The way to `other` as the crow flies, by the haversine formula on a sphere."""
        north, south = _radians(self.latitude), _radians(other.latitude)
        across = _radians(other.longitude - self.longitude)
        half = (
            math.sin((south - north) / 2) ** 2
            + math.cos(north) * math.cos(south) * math.sin(across / 2) ** 2
        )
        return round(2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, half))))

    def __str__(self) -> str:
        return f"{self.latitude / MILLIONTHS:.6f},{self.longitude / MILLIONTHS:.6f}"


def put_place(connection: Connection, client_id: str, spot: Spot | None) -> None:
    """Write down where the till of `client_id` stands; None: it is not known any more."""
    connection.execute(delete(places).where(places.c.client_id == client_id))
    if spot is not None:
        columns = {"latitude": spot.latitude, "longitude": spot.longitude}
        connection.execute(insert(places).values(client_id=client_id, **columns))


def nearest(
    connection: Connection, spot: Spot, enough_count: int, count_max: int
) -> dict[str, int]:
    """Metres from `spot` by client id, nearest first.

    Of the smallest box around the spot that holds `enough_count`, at most `count_max`: among very
    many, a few just beyond its sides may be nearer than those in its corners. A box ends where
    longitudes begin again, in the Pacific.
    """
    shrink = max(0.01, math.cos(_radians(spot.latitude)))  # of a degree of longitude
    north, east = places.c.latitude - spot.latitude, places.c.longitude - spot.longitude
    found: dict[str, int] = {}
    for reach in _REACHES:
        wide = round(reach / shrink)
        query = (
            select(places)
            .where(
                places.c.latitude.between(spot.latitude - reach, spot.latitude + reach),
                places.c.longitude.between(spot.longitude - wide, spot.longitude + wide),
            )
            .order_by(north * north + east * east * shrink**2, places.c.client_id)
            .limit(count_max)
        )
        found = {
            row.client_id: spot.metres_to(Spot(row.latitude, row.longitude))
            for row in connection.execute(query)
        }
        if len(found) >= enough_count:
            break
    return found


def _radians(millionths: int) -> float:
    return math.radians(millionths / MILLIONTHS)
