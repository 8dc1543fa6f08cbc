"""The staff file: PINs that cannot be read back, badges, and faults that are told."""

import stat
from pathlib import Path

import pytest

from pos.errors import PosError, SettingsError, WrongUse
from pos.roster import FILE_NAME, Roster
from pos.sale.code import BadgeCode, recognise
from pos.sale.secret import Secret
from pos.sale.staff import Member, StaffRole

KARI = Member("1", "Kari Nordmann", StaffRole.CASHIER)
OLA = Member("12", "Ola Hansen", StaffRole.SUPERVISOR)


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    """Kari with 4071, Ola with 907214."""
    made = Roster(tmp_path / FILE_NAME)
    made.add(OLA, "907214")
    made.add(KARI, "4071")
    return made


def test_a_pin_opens_for_its_owner_only(roster: Roster) -> None:
    """Somebody else's PIN, a part of it, and a stranger's number do not."""
    assert roster.has_pin("1", Secret("4071"))
    for staff_id, pin in (("1", "907214"), ("1", "407"), ("1", ""), ("2", "0000"), ("12", "4071")):
        assert not roster.has_pin(staff_id, Secret(pin))


def test_the_file_holds_no_pin_and_is_its_users_alone(roster: Roster, tmp_path: Path) -> None:
    """Argon2id keeps what so few digits cannot keep themselves."""
    path = tmp_path / FILE_NAME
    text = path.read_text()
    assert "4071" not in text
    assert text.count("$argon2id$") == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_everybody_is_listed_by_number(roster: Roster) -> None:
    """2 before 12, as people count."""
    roster.add(Member("2", "Åse", StaffRole.CASHIER), "8305")
    assert [each.staff_id for each in roster.members()] == ["1", "2", "12"]


def test_a_badge_is_read_as_one_and_names_its_owner(roster: Roster) -> None:
    """Only the newest; and no till reads it as money."""
    old, new = roster.new_badge("1"), roster.new_badge("1")
    code = recognise(new, "QR")
    assert isinstance(code, BadgeCode)
    assert roster.with_badge(code.secret) == KARI
    assert roster.with_badge(Secret(old)) is None
    assert roster.with_badge(Secret("")) is None


def test_a_new_pin_ends_the_old_one_and_its_wrong_tries(roster: Roster) -> None:
    """The version counts up, by which a lock is forgotten."""
    roster.set_pin("1", "5926")
    assert roster.has_pin("1", Secret("5926"))
    assert not roster.has_pin("1", Secret("4071"))
    member = roster.member("1")
    assert member is not None
    assert member.pin_version == 2


def test_a_till_that_runs_sees_who_was_added(roster: Roster, tmp_path: Path) -> None:
    """The file is read again when it has changed, and nobody is left when it is deleted."""
    other = Roster(tmp_path / FILE_NAME)
    roster.remove("1")
    assert other.members() == (OLA,)
    (tmp_path / FILE_NAME).unlink()
    assert other.members() == ()


@pytest.mark.parametrize("pin", ["", "123", "12a4", "1111", "1234", "9876", "7890", "1" * 13])
def test_a_pin_that_anybody_tries_first_is_refused(roster: Roster, pin: str) -> None:
    """Too short, no digits, one digit, a run up or down."""
    with pytest.raises(WrongUse):
        roster.set_pin("1", pin)


@pytest.mark.parametrize("member", [
    Member("0", "Nil", StaffRole.CASHIER), Member("1", "Twice", StaffRole.CASHIER),
    Member("1234567", "Long", StaffRole.CASHIER), Member("3", "", StaffRole.CASHIER),
])  # fmt: skip
def test_a_number_is_short_and_taken_once(roster: Roster, member: Member) -> None:
    """And everybody has a name."""
    with pytest.raises(WrongUse):
        roster.add(member, "8305")


@pytest.mark.parametrize("text", [
    "staff = 3", "[[staff", '[[staff]]\nid = "1"\nname = "K"\nrole = "owner"\npin = "x"\n',
    2 * '[[staff]]\nid = "1"\nname = "K"\nrole = "cashier"\npin = "x"\n',
])  # fmt: skip
def test_a_file_that_cannot_be_used_is_told_in_one_sentence(tmp_path: Path, text: str) -> None:
    """With its name, and what to do."""
    path = tmp_path / FILE_NAME
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"staff\.toml") as told:
        Roster(path)
    assert isinstance(told.value, PosError)
    assert str(told.value).endswith(".")


def test_a_pin_hash_that_was_tampered_with_opens_for_nobody(tmp_path: Path) -> None:
    """A broken hash is a wrong PIN, not a fault of the till."""
    path = tmp_path / FILE_NAME
    path.write_text('[[staff]]\nid = "1"\nname = "K"\nrole = "cashier"\npin = "x"\n')
    assert not Roster(path).has_pin("1", Secret("4071"))
