"""The *Discover* page over real HTTP: who is near, what is offered there, and how it is known."""

import re

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pos.commands.callers import client, invite
from pos.errors import WrongUse
from pos.scheme.clients import Clients
from pos.scheme.coupons import Coupon
from pos.scheme.discover import SHOWN_MERCHANTS_MAX, merchants_near
from pos.scheme.invitations import Invitations
from pos.scheme.moments import milliseconds
from pos.scheme.phone.discover_page import towns
from pos.scheme.phone.words import Words
from pos.scheme.places import MILLIONTHS, Spot, nearest
from pos.scheme.store import Store
from pos.scheme.tables import client as clients_table
from pos.switch.enrolling import enrol
from pos.switch.enrolment import Assignment
from pos.switch.signature import load_private_key, new_private_key
from pos.switch.wire import dump

OSLO, BERGEN = Spot.parse("59.911,10.753"), Spot.parse("60.392,5.324")
SHOPS = {"Bar": "59.9110,10.7530", "Kafe": "59.9330,10.7530", "Fisk": "60.3920,5.3240", "Sko": ""}


def enrolled(clients: Clients, name: str, client_id: str, place: str = "", **said: str) -> None:
    """A till of a merchant, as enrolment leaves it; at `place` if it is said."""
    assigned = Assignment(
        reference_merchant_id=f"M-{name}", merchant_name=name, currency="NOK", **said
    )
    with clients.store.write() as connection:
        clients.admit(connection, client_id, dump(assigned).decode())
    clients.place(client_id, Spot.parse(place) if place else None)


@pytest.fixture
def shops(street) -> None:
    """Two shops in Oslo, one in Bergen, and one of which no place is known; and two coupons."""
    for name, place in SHOPS.items():
        enrolled(street.clients, name, f"till-{name}", place, store_address=f"Torget 1, {name}by")
    street.scheme.book.promotions.add(
        [
            Coupon("a", "Five off", "vipps", "NOK", 9_000, basis_points=250, most=500, least=1_000),
            Coupon("b", "Fish day", "vipps", "NOK", 9_000, off=1_500, merchants=("M-Fisk",),
                   ends_at_ms=milliseconds(street.clock()) + 86_400_000),
        ]
    )  # fmt: skip


def listed(page) -> list[tuple[str, str]]:
    """Name and distance of each shop on the page."""
    found = re.findall(r"<h2>([^<]+?)(?: <small>([^<]+)</small>)?</h2>", page.text)
    return [(name, distance) for name, distance in found]


def test_without_a_place_shops_stand_by_name_after_those_with_offers_of_their_own(street, shops):
    """With their addresses, and the terms of each offer in words."""
    pocket = street.pocket()
    pocket.take()
    page = pocket.get("/phone/discover")
    assert listed(page) == [("Fisk", ""), ("Bar", ""), ("Kafe", ""), ("Sko", "")]
    assert "Torget 1, Fiskby" in page.text
    assert "2.5 % off, at most 5.00 NOK · from 10.00 NOK" in page.text
    assert page.text.count("Five off") == 4
    assert page.text.count("Fish day") == 1
    assert "15.00 NOK off · until 02/03/2026" in page.text
    assert 'aria-current="page">Discover' in page.text


def test_from_a_place_the_nearest_come_first(street, shops):
    """Chosen once it stays; the unplaced come last; no place brings back the names."""
    pocket = street.pocket()
    pocket.take()
    pocket.get("/phone/discover")
    page = pocket.post("/phone/place", place="59.911,10.753")
    assert page.url.path == "/phone/discover"
    assert listed(page) == [
        ("Bar", "100 m"), ("Kafe", "2.4 km"), ("Fisk", "305 km"), ("Sko", ""),
    ]  # fmt: skip
    assert "My position" in page.text
    page = pocket.post("/phone/place", place=towns()["Bergen"])
    assert [name for name, _ in listed(page)] == ["Fisk", "Kafe", "Bar", "Sko"]
    assert re.search(r"selected>Bergen<", page.text)
    assert listed(pocket.post("/phone/place", place=""))[1] == ("Bar", "")


def test_what_is_no_place_changes_nothing(street, shops):
    """In a form or in a cookie."""
    pocket = street.pocket()
    pocket.take()
    pocket.get("/phone/discover")
    pocket.post("/phone/place", place=str(OSLO))
    for text in ("91,0", "0,181", "x", "1;2", "<b>", "1,2,3", "٣,٣", "59.9110000001,10", "nan,1"):
        assert listed(pocket.post("/phone/place", place=text))[0] == ("Bar", "100 m")
    pocket.http.cookies.clear()
    pocket.take()
    pocket.http.cookies.set("samkassa-place", "<b>")
    page = pocket.get("/phone/discover")
    assert listed(page)[0] == ("Fisk", "")
    assert "<b>&" not in page.text


def test_a_wallet_without_offers_still_finds_the_shops(street, shops):
    """And where nobody is enrolled the page says so."""
    pocket = street.pocket()
    pocket.take("epassi/Aino")
    page = pocket.get("/phone/discover")
    assert [name for name, _ in listed(page)] == ["Bar", "Fisk", "Kafe", "Sko"]
    assert 'class="offer"' not in page.text
    for name in SHOPS:
        street.clients.revoke(f"till-{name}")
    assert "No shops are listed here yet." in pocket.get("/phone/discover").text


def test_a_merchant_with_several_tills_is_listed_by_the_nearest(street, shops):
    """Once, with the address of that till."""
    enrolled(street.clients, "Bar", "till-bar-2", str(BERGEN), store_address="Bryggen 2")
    pocket = street.pocket()
    pocket.take()
    pocket.get("/phone/discover")
    page = pocket.post("/phone/place", place=str(BERGEN))
    assert [name for name, _ in listed(page)] == ["Fisk", "Bar", "Kafe", "Sko"]
    assert "Bryggen 2" in page.text
    assert "Torget 1, Barby" not in page.text


def test_the_nearest_of_very_many_are_found(any_street):
    """A thousand tills on a line: the fifty next to the customer, in their order."""
    street = any_street
    now = milliseconds(street.clock())
    rows = []
    for number in range(1_000):
        assigned = Assignment(reference_merchant_id=f"M{number}", merchant_name=f"Shop {number}")
        row = {"client_id": f"t-{number:04d}", "added_at_ms": now}
        rows.append(row | {"assignment": dump(assigned).decode()})
    with street.scheme.store.write() as connection:
        connection.execute(clients_table.insert(), rows)
        from pos.scheme.promotion_tables import place

        connection.execute(
            place.insert(),
            [
                {"client_id": f"t-{number:04d}", "latitude": 59_000_000,
                 "longitude": 5_000_000 + number * 10_000}
                for number in range(1_000)
            ],
        )  # fmt: skip
    found = merchants_near(
        street.scheme.store, street.scheme.book.promotions, "vipps", "NOK", now,
        Spot(59_000_000, 14_902_000),
    )  # fmt: skip
    assert len(found) == SHOWN_MERCHANTS_MAX
    assert [shop.name for shop in found[:4]] == ["Shop 990", "Shop 991", "Shop 989", "Shop 992"]
    distances = [shop.distance_m for shop in found]
    assert distances == sorted(distances)
    with street.scheme.store.read() as connection:
        assert len(nearest(connection, OSLO, 10_000, 10_000)) == 1_000
        few = nearest(connection, Spot(59_000_000, 14_902_000), 3, 3)
        assert list(few) == ["t-0990", "t-0991", "t-0989"]


def test_a_distance_is_the_great_circle_s():
    """Oslo to Bergen is 305 km, a degree of the equator 111 km, and nothing around a pole."""
    assert round(OSLO.metres_to(BERGEN) / 1000) == 305
    assert Spot(0, 0).metres_to(Spot(0, MILLIONTHS)) == 111_195
    assert Spot(90 * MILLIONTHS, 0).metres_to(Spot(90 * MILLIONTHS, 170 * MILLIONTHS)) == 0
    assert Spot(0, 179_999_999).metres_to(Spot(0, -179_999_999)) == 0


@given(
    st.integers(-90 * MILLIONTHS, 90 * MILLIONTHS), st.integers(-180 * MILLIONTHS, 180 * MILLIONTHS)
)
def test_a_spot_is_read_as_it_is_written(latitude, longitude):
    """Within the six digits that are shown; a spot's distance to itself is none."""
    spot = Spot(latitude, longitude)
    assert Spot.parse(str(spot)) == spot
    assert spot.metres_to(spot) == 0


@pytest.mark.parametrize(
    ("metres", "text"),
    [(0, "100 m"), (249, "200 m"), (949, "900 m"), (950, "0,9 km"), (2_449, "2,4 km"),
     (9_999, "9,9 km"), (10_400, "10 km"), (305_900, "306 km")],
)  # fmt: skip
def test_a_distance_is_written_as_well_as_it_is_known(metres, text):
    """In hundreds of metres, then tenths, then whole kilometres."""
    assert Words("nb").distance(metres) == text


def test_a_place_is_said_at_enrolment(street):
    """The invitation carries it; the till that enrols is found there, and moves when it is told."""
    key = load_private_key(new_private_key())
    invitations = Invitations(street.clients, "")
    at = Assignment(merchant_name="Bok", store_place=str(OSLO))
    client_id, code = invitations.invite(None, at, 24)
    enrol(street.url, code, key)
    pocket = street.pocket()
    pocket.take()
    pocket.get("/phone/discover")
    assert listed(pocket.post("/phone/place", place=str(OSLO))) == [("Bok", "100 m")]
    street.clients.place(client_id, BERGEN)
    assert listed(pocket.get("/phone/discover")) == [("Bok", "305 km")]
    street.clients.place(client_id, None)
    assert listed(pocket.get("/phone/discover")) == [("Bok", "")]
    with pytest.raises(WrongUse, match="no place"):
        invitations.invite(None, Assignment(store_place="99,999"), 24)


def test_a_place_is_said_from_the_shell(tmp_path):
    """`pos scheme client place`, and `pos scheme invite --place`; nonsense is refused."""
    folder = tmp_path / "switch"
    folder.mkdir()
    url = f"sqlite:///{folder / 'switch.db'}"
    with Store.open(url) as store:
        enrolled(Clients(store), "Bar", "till-1")

    def run(command, *arguments: str):
        return CliRunner().invoke(
            command, [*arguments, "--database", url, "--state", str(tmp_path)]
        )

    assert run(client, "place", "till-1", "59.911,10.753").output == "till-1 is at 59.911,10.753\n"
    with Store.open(url) as store, store.read() as connection:
        assert nearest(connection, OSLO, 1, 1) == {"till-1": 0}
    assert run(client, "place", "till-1").output == "till-1 has no place\n"
    with Store.open(url) as store, store.read() as connection:
        assert nearest(connection, OSLO, 1, 1) == {}
    assert isinstance(run(client, "place", "nobody", "1,1").exception, WrongUse)
    assert isinstance(run(client, "place", "till-1", "north").exception, WrongUse)
    assert run(invite, "--merchant", "Bar", "--place", "59.911,10.753").exit_code == 0
    for wrong in ("99,999", "Oslo"):
        assert isinstance(run(invite, "--merchant", "Bar", "--place", wrong).exception, WrongUse)
