"""The fleet on a screen: the worst first, what is looked for, one till looked into."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest

from pos.fleet.report import Grade, Part, Pushed, Report, Sums
from pos.fleet.roll import ORDER, Seen, Standing
from pos.language import CODES, Language
from pos.screens.fleet import FleetApp
from pos.screens.rows import Rows

pytestmark = pytest.mark.anyio

SMALL, USUAL, LARGE = (80, 24), (100, 30), (130, 40)


def report(**more: Any) -> Report:
    """What a till told."""
    told: dict[str, Any] = {
        "session": "a", "every_s": 30.0, "at": 1.75e9, "started_at": 1.75e9, "version": "1.2.0",
        "store": "Oslo S", "terminal": "T01", "mode": "counter", "sales": 1204, "shift": 12,
        "sums": (Sums(currency="NOK", sold=1_234_500, given_back=9_900),),
        "parts": (Part(part="link", grade=Grade.GOOD, found="up"),),
    }  # fmt: skip
    return Report(**{**told, **more})


def seen(name: str, standing: Standing = Standing.WELL, **more: Any) -> Seen:
    """One till."""
    told: dict[str, Any] = {
        "age_s": 4.0, "report": report(), "behind": False, "changed_s": 0.0, "pushed": 0,
    }  # fmt: skip
    return Seen(name=name, standing=standing, **{**told, **more})


DISK = Part(part="disk", grade=Grade.FAULT, found="2 % free", remedy="Delete what is not needed.")
FLEET = [
    seen("BGO-1.T01"),
    seen("BGO-1.T02", Standing.BEHIND, behind=True, report=report(version="1.1.9")),
    seen("HEL-3.T01", Standing.LOST, age_s=7300.0, report=report(open_payments=1)),
    seen("HEL-3.T02", Standing.UNFINISHED, report=report(open_refunds=2), changed_s=5.0),
    seen("OSL-1.T01", Standing.FAULT, report=report(parts=(DISK,)), changed_s=9.0),
    seen("OSL-1.T02", Standing.STOPPED, report=report(stopped="The disk is full.")),
    seen("OSL-1.T03", Standing.CLOSED, age_s=90.0),
    seen("TOS-1.T01", Standing.SILENT, age_s=None, report=None),
]


class Office:
    """A fleet that a test makes."""

    def __init__(self, fleet: list[Seen]) -> None:
        self.fleet = fleet
        self.trouble = ""
        self.revision = 0

    def seen(self) -> list[Seen]:
        """See pos.screens.fleet.Office."""
        return self.fleet


def app_of(office: Office, code: str = "en", theme: str = "dark") -> FleetApp:
    """The screen of it."""
    return FleetApp(office, Language(code, UTC), theme=theme)


def names(text: str) -> list[str]:
    """The tills on the screen, from the top."""
    words = text.split()
    return [word for word in words if word[3:5] in {"-1", "-3"} and ".T" in word]


@pytest.mark.parametrize("size", [SMALL, USUAL, LARGE], ids=lambda each: str(each[0]))
def test_the_fleet_looks_as_kept(snap_compare: Any, size: tuple[int, int]) -> None:
    """What is down, what is behind, what is unfinished, at a glance."""
    assert snap_compare(app_of(Office(FLEET)), terminal_size=size)


def test_one_till_looks_as_kept(snap_compare: Any) -> None:
    """All that it told, with what to do."""
    fleet = [seen("OSL-1.T01", Standing.FAULT, report=report(
        parts=(DISK, *report().parts), open_payments=1, oldest_open_at=1.75e9 - 60,
        last_payment_at=1.75e9 - 60, pushed=Pushed(answered=3, refused="It cannot be."),
    ))]  # fmt: skip
    assert snap_compare(app_of(Office(fleet), "nb"), press=["enter"], terminal_size=USUAL)


@pytest.mark.parametrize("code", CODES)
async def test_every_language_has_room(seen_on: Callable[[Any], str], code: str) -> None:
    """On the smallest screen the worst is on top, and every column's head is whole."""
    office = Office(FLEET)
    async with app_of(office, code).run_test(size=SMALL) as pilot:
        text = seen_on(pilot.app)
        worst = sorted(FLEET, key=lambda each: (ORDER[each.standing], each.name))
        assert names(text) == [each.name for each in worst]
        say = Language(code).say
        for column in ("version", "unfinished", "sales", "age"):
            assert say(f"fleet.{column}") in text
        for each in FLEET:
            assert say(f"fleet.is_{each.standing}") in text


@pytest.fixture
def seen_on(seen: Callable[[Any], str]) -> Callable[[Any], str]:
    """What stands on a screen; `seen` is a till here."""
    return seen


async def test_keys_choose_what_is_listed_and_in_which_order(
    seen_on: Callable[[Any], str],
) -> None:
    """F2 goes through what is wrong, F3 through the orders, and Esc leads back to all."""
    async with app_of(Office(FLEET)).run_test(size=USUAL) as pilot:
        found = []
        for _ in range(4):
            await pilot.press("f2")
            found.append(names(seen_on(pilot.app)))
        assert found[0] == ["HEL-3.T01", "TOS-1.T01"]
        assert found[1] == ["HEL-3.T01", "HEL-3.T02"]
        assert found[2] == ["BGO-1.T02"]
        assert len(found[3]) == 6
        await pilot.press("escape", "f3")
        assert names(seen_on(pilot.app)) == [each.name for each in FLEET]
        await pilot.press("f3")
        assert names(seen_on(pilot.app))[:2] == ["OSL-1.T01", "HEL-3.T02"]


async def test_typing_finds_by_name_version_and_word(seen_on: Callable[[Any], str]) -> None:
    """Backspace widens again; what fits nothing is said."""
    async with app_of(Office(FLEET)).run_test(size=USUAL) as pilot:
        await pilot.press(*"osl-1")
        assert names(seen_on(pilot.app)) == ["OSL-1.T02", "OSL-1.T01", "OSL-1.T03"]
        await pilot.press(*["backspace"] * 5, *"1.1.9")
        assert names(seen_on(pilot.app)) == ["BGO-1.T02"]
        await pilot.press("escape", *"silent")
        assert names(seen_on(pilot.app)) == ["TOS-1.T01"]
        await pilot.press(*"xyz")
        assert "No till fits." in seen_on(pilot.app)


async def test_the_chosen_till_stays_chosen_when_others_change(
    seen_on: Callable[[Any], str],
) -> None:
    """Whoever looks for one does not lose it; whoever chose none sees the worst on top."""
    office = Office(FLEET)
    async with app_of(office).run_test(size=USUAL) as pilot:
        await pilot.press("down", "down")
        chosen = names(seen_on(pilot.app))[2]
        office.fleet = [*FLEET, seen("AAA-1.T01", Standing.LOST)]
        pilot.app.stir()
        await pilot.pause(0.5)
        text = seen_on(pilot.app)
        assert names(text)[0] == "AAA-1.T01"
        assert f"▸ ■ {chosen}" in text
        await pilot.press("enter")
        assert chosen in seen_on(pilot.app)
        assert "The disk is full." in seen_on(pilot.app)
        office.fleet = [each for each in FLEET if each.name != chosen]
        pilot.app.stir()
        await pilot.pause(0.5)
        assert "This till was forgotten." in seen_on(pilot.app)
        await pilot.press("escape")
        assert names(seen_on(pilot.app))[0] == "HEL-3.T01"


async def test_a_broker_that_is_gone_is_said_and_what_was_known_stays(
    seen_on: Callable[[Any], str],
) -> None:
    """Nobody takes an old picture for a new one."""
    office = Office(FLEET)
    async with app_of(office).run_test(size=USUAL) as pilot:
        assert "broker" not in seen_on(pilot.app)
        office.trouble = "it does not answer"
        pilot.app.stir()
        await pilot.pause(0.5)
        text = seen_on(pilot.app)
        assert "it does not answer" in text
        assert "HEL-3.T01" in text


async def test_a_touch_looks_into_a_till(seen_on: Callable[[Any], str]) -> None:
    """The row under the finger."""
    async with app_of(Office(FLEET)).run_test(size=USUAL) as pilot:
        await pilot.click(Rows, offset=(5, 2))
        assert "Sells nothing" in seen_on(pilot.app)
        await pilot.click("#fleet-one-back")
        assert names(seen_on(pilot.app))[0] == "HEL-3.T01"


async def test_many_tills_make_one_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is stirred, it looks a few times a second."""
    office = Office([seen(f"T{number:04}") for number in range(2_000)])
    looks: list[int] = []
    take = office.seen

    def counted() -> list[Seen]:
        looks.append(1)
        return take()

    monkeypatch.setattr(office, "seen", counted)
    async with app_of(office).run_test(size=USUAL) as pilot:
        before = len(looks)
        for _ in range(500):
            pilot.app.stir()
        await pilot.pause(0.5)
        assert 0 < len(looks) - before <= 5


async def test_what_a_stranger_wrote_does_no_harm(seen_on: Callable[[Any], str]) -> None:
    """No escape sequence and no markup of a report reaches the terminal."""
    found = Part(part="x", grade=Grade.FAULT, found="\x1b[2J[red]boo[/red]\u202e")
    odd = seen("OSL-1.T09", Standing.FAULT, report=report(parts=(found,), store="[b]\x07"))
    async with app_of(Office([odd])).run_test(size=LARGE) as pilot:
        await pilot.press("enter")
        text = seen_on(pilot.app)
        assert "[red]boo[/red]" in text
        assert "\x1b" not in text
        assert "\u202e" not in text
