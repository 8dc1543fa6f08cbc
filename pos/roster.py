"""The staff file: who works here, with their PINs and badges kept so that nobody can read them.

Apart from the journal because secrets change and go, and entries never do. A PIN has so few
digits that only a slow hash keeps it (Argon2id, RFC 9106); a badge carries 130 random bits, for
which a plain digest is enough. The file is read again whenever it has changed, so somebody who
was added can log in at once.
"""

import base64
import hashlib
import hmac
import re
import secrets
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import tomlkit
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from pos.errors import SettingsError, WrongUse
from pos.folders import write_private
from pos.sale.code import BADGE_PREFIX
from pos.sale.secret import Secret
from pos.sale.staff import Member, StaffRole

FILE_NAME = "staff.toml"

_STAFF_ID = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_PIN = re.compile(r"[0-9]{4,12}", re.ASCII)
_BADGE_BYTES = 17

# The second choice of RFC 9106 asks for 64 MiB; a till with a camera has less to spare, so this
# is OWASP's for small machines: a fifth of a second on a Raspberry Pi 4.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: Annotated[str, StringConstraints(pattern=f"^{_STAFF_ID.pattern}$")]
    # No character that is a command to a terminal or a printer.
    name: Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^\P{C}+$")]
    role: StaffRole
    pin: str
    pin_version: int = 1
    badge: str = ""

    def member(self) -> Member:
        return Member(self.id, self.name, self.role, self.pin_version)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    staff: tuple[_Entry, ...] = ()


class Roster:
    """The staff of one till. Raises SettingsError when the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._entries: dict[str, _Entry] = {}
        self._read_if_new()

    def members(self) -> tuple[Member, ...]:
        """Everybody, by number; nobody where there is no file: then the till asks for no PIN."""
        self._read_if_new()
        return tuple(each.member() for _, each in sorted(self._entries.items(), key=_by_number))

    def member(self, staff_id: str) -> Member | None:
        """The one with this number."""
        return next((each for each in self.members() if each.staff_id == staff_id), None)

    def has_pin(self, staff_id: str, pin: Secret) -> bool:
        """Whether it is their PIN; False for a stranger, in as much time."""
        self._read_if_new()
        entry = self._entries.get(staff_id)
        try:
            return _HASHER.verify(entry.pin if entry else _HASHER.hash("0000"), pin.reveal()) and (
                entry is not None
            )
        except (VerificationError, InvalidHashError):
            return False

    def owner_of(self, pin: Secret, role: StaffRole) -> Member | None:
        """Who in this role has the PIN, or None."""
        in_role = [each for each in self.members() if each.role is role]
        return next((each for each in in_role if self.has_pin(each.staff_id, pin)), None)

    def with_badge(self, badge: Secret) -> Member | None:
        """Whose badge was scanned, or None."""
        self._read_if_new()
        digest = _digest(badge.reveal())
        for entry in self._entries.values():
            if entry.badge and hmac.compare_digest(entry.badge, digest):
                return entry.member()
        return None

    def add(self, member: Member, pin: str) -> None:
        """Take somebody on. Raises WrongUse when the number is taken, or the PIN is too easy."""
        if not _STAFF_ID.fullmatch(member.staff_id):
            raise WrongUse("A staff number is 1 to 6 digits and does not begin with 0.")
        if member.staff_id in self._entries:
            raise WrongUse(f"There is a member of staff {member.staff_id} already; take another.")
        if not (1 <= len(member.name) <= 50 and member.name.isprintable()):
            raise WrongUse("A name is 1 to 50 characters long, and none of them is a command.")
        self._keep(
            _Entry(
                id=member.staff_id, name=member.name, role=member.role, pin=_hashed(pin),
                pin_version=1,
            )
        )  # fmt: skip

    def set_pin(self, staff_id: str, pin: str) -> None:
        """Give somebody a new PIN, which also unlocks them. Raises WrongUse."""
        entry = self._entry(staff_id)
        changed = {"pin": _hashed(pin), "pin_version": entry.pin_version + 1}
        self._keep(entry.model_copy(update=changed))

    def new_badge(self, staff_id: str) -> str:
        """A fresh badge's text, to be printed as a QR code; their old one is dead. Once only."""
        token = base64.b32encode(secrets.token_bytes(_BADGE_BYTES)).decode().rstrip("=")
        text = BADGE_PREFIX + token
        self._keep(self._entry(staff_id).model_copy(update={"badge": _digest(text)}))
        return text

    def remove(self, staff_id: str) -> None:
        """Let somebody go. Raises WrongUse when there is nobody with this number."""
        self._entry(staff_id)
        del self._entries[staff_id]
        self._write()

    def _entry(self, staff_id: str) -> _Entry:
        self._read_if_new()
        if staff_id not in self._entries:
            raise WrongUse(f"There is no member of staff {staff_id}; see pos staff list.")
        return self._entries[staff_id]

    def _keep(self, entry: _Entry) -> None:
        self._entries[entry.id] = entry
        self._write()

    def _write(self) -> None:
        tables = tomlkit.aot()
        for _, entry in sorted(self._entries.items(), key=_by_number):
            table = tomlkit.table()
            table.update(entry.model_dump(mode="json"))
            tables.append(table)
        document = tomlkit.document()
        document.add(tomlkit.comment("Written by pos staff. PINs and badges cannot be read back."))
        document.add("staff", tables)
        write_private(self._path, tomlkit.dumps(document).encode())
        self._stamp = self._seen()

    def _seen(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino

    def _read_if_new(self) -> None:
        seen = self._seen()
        if seen == self._stamp:
            return
        try:
            self._entries = _read(self._path) if seen is not None else {}
        except SettingsError:
            # A till that is selling goes on with the staff that it knows; the next start says it.
            if self._stamp is None:
                raise
        self._stamp = seen


def _read(path: Path) -> dict[str, _Entry]:
    try:
        listed = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).staff
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise SettingsError(f"{path} cannot be read; restore it, or delete it and add the staff "
                            "anew with pos staff add.") from fault  # fmt: skip
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}: the key {key} is wrong: {first['msg'].lower()}.") from None
    entries = {each.id: each for each in listed}
    if len(entries) != len(listed):
        raise SettingsError(f"{path} has two members of staff with one number; remove one.")
    return entries


def _by_number(item: tuple[str, _Entry]) -> int:
    return int(item[0])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _hashed(pin: str) -> str:
    """The PIN as it is kept. Raises WrongUse for one that anybody would try first."""
    if not _PIN.fullmatch(pin):
        raise WrongUse("A PIN is 4 to 12 digits.")
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if steps in ({0}, {1}, {9}):
        raise WrongUse("A PIN like 1111 or 1234 is the first that anybody tries; take another.")
    return _HASHER.hash(pin)
