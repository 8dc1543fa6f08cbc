"""Who may call the switch, by their public keys in several versions.

Apart from the book because a key says who speaks, and never what may happen to money. Every call
asks the database, so that a revoked key is refused by every process at once.
"""

import os
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from sqlalchemy import Connection, func, select, update

from pos.errors import PosError, SettingsError, WrongUse
from pos.scheme.book import utc_now
from pos.scheme.express import Statement
from pos.scheme.moments import milliseconds
from pos.scheme.places import Spot, put_place
from pos.scheme.store import Store, insert_new
from pos.scheme.tables import client as clients
from pos.scheme.tables import client_key as keys
from pos.switch.signature import (
    Verifier,
    load_private_key,
    load_public_key,
    new_private_key,
    public_key_line,
)

# How long the keys before it stay good once a new one is in use: time to start a till again.
OVERLAP_MS = 24 * 60 * 60 * 1000
VERSIONS_MAX = 1_000

_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_VERSION = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)

# Asked by every call.
_KEY = Statement("""
    SELECT client.revoked_at_ms, client_key.public_key, client_key.first_used_at_ms,
        client_key.expires_at_ms, client_key.revoked_at_ms
    FROM client LEFT JOIN client_key
        ON client_key.client_id = client.client_id AND client_key.version = :version
    WHERE client.client_id = :client_id
""")


class Unrecognised(PosError):
    """The caller or the version of its key is not good; `code` is the API's result code."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Key:
    """A good key of a caller. `fresh`: it has signed nothing yet."""

    client_id: str
    version: int
    verifier: Verifier
    fresh: bool


class Clients:
    """The registered callers."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = utc_now) -> None:
        self.store = store
        self.clock = clock

    def add(self, client_id: str, public_key: str | bytes, partner: str | None = None) -> None:
        """Register a caller by version 1 of its key, or give a known one a new version 1.

        `partner` enrols its merchant; the scheme's first if not said. Raises WrongUse, also for a
        merchant of another partner, or SettingsError.
        """
        line = public_key_line(load_public_key(public_key))
        now_ms = milliseconds(self.clock())
        of_first = (keys.c.client_id == client_id, keys.c.version == 1)
        with self.store.write() as connection:
            self.admit(connection, check_client_id(client_id), partner=partner)
            if _insert_key(connection, client_id, 1, line, now_ms):
                return
            known = connection.execute(select(keys.c.public_key).where(*of_first)).scalar_one()
            again: dict[str, Any] = {"expires_at_ms": None, "revoked_at_ms": None}
            if known != line:
                again |= {"public_key": line, "added_at_ms": now_ms, "first_used_at_ms": None}
            connection.execute(update(keys).where(*of_first).values(**again))

    def trust(self, client_id: str, public_key: str | bytes) -> None:
        """Register a caller as `add` does, but give nothing back to one that was revoked.

        For what is repeated at every start of a switch.
        """
        line = public_key_line(load_public_key(public_key))
        found = [
            row for row in self.rows(check_client_id(client_id)) if row["version"] in (1, None)
        ]
        taken_away = any(row["client_revoked_at_ms"] is not None for row in found)
        if not taken_away and line not in [row["public_key"] for row in found]:
            self.add(client_id, line)

    def admit(
        self,
        connection: Connection,
        client_id: str,
        assignment: str | None = None,
        partner: str | None = None,
    ) -> None:
        """Let `client_id` be a caller, also one that was revoked; its keys are another matter.

        Raises WrongUse when another `partner` enrolled it: who pays it out is settled for good.
        """
        values: dict[str, Any] = {"revoked_at_ms": None}
        if assignment is not None:
            values["assignment"] = assignment
        of_client = clients.c.client_id == client_id
        row = values | {"client_id": client_id, "added_at_ms": milliseconds(self.clock())}
        if insert_new(connection, clients, **row, partner=partner):
            return
        # Locks it: whoever admits it meanwhile waits, and then finds the keys of this transaction.
        connection.execute(update(clients).where(of_client).values(**values))
        known = connection.execute(select(clients.c.partner).where(of_client)).scalar()
        if partner not in (None, known):
            raise WrongUse(
                f"{client_id} was enrolled by {known or 'the first partner'}, for good; give the "
                "merchant another id."
            )

    def add_version(self, connection: Connection, client_id: str, public_key: str) -> int:
        """Register the next version of an admitted caller's key; the earlier ones stay good.

        They end `OVERLAP_MS` after the new one was first used. A key that is good already keeps
        its version. Raises Unrecognised beyond `VERSIONS_MAX`.
        """
        now_ms = milliseconds(self.clock())
        # Locked against another enrolment of the same caller until the end of the transaction.
        locked = select(clients).where(clients.c.client_id == client_id).with_for_update()
        connection.execute(locked)
        same = select(keys).where(keys.c.client_id == client_id, keys.c.public_key == public_key)
        for row in connection.execute(same).mappings():
            if _is_good(row, now_ms):
                return int(row["version"])
        newest = select(func.max(keys.c.version)).where(keys.c.client_id == client_id)
        version = int(connection.execute(newest).scalar() or 0) + 1
        if version > VERSIONS_MAX:
            raise Unrecognised("ACCESS_DENIED", "This client has had too many keys; use another.")
        _insert_key(connection, client_id, version, public_key, now_ms)
        return version

    def key(self, client_id: str, version: str = "1") -> Key:
        """The caller's key of that version. Raises Unrecognised when either is not good."""
        number = int(version) if _VERSION.fullmatch(version) else 0
        row = self.store.glance(_KEY, {"client_id": client_id, "version": number})
        if row is None:
            raise Unrecognised("CLIENT_INVALID", "This client id is not registered.")
        client_revoked_at_ms, public_key, first_used_at_ms, expires_at_ms, revoked_at_ms = row
        if client_revoked_at_ms is not None:
            raise Unrecognised("CLIENT_INVALID", "This client was revoked.")
        now_ms = milliseconds(self.clock())
        if public_key is None or not _good_at(now_ms, expires_at_ms, revoked_at_ms):
            raise Unrecognised("KEY_NOT_FOUND", "There is no good key of this version.")
        return Key(client_id, number, _verifier(public_key), fresh=first_used_at_ms is None)

    def used(self, key: Key) -> None:
        """A fresh key has signed its first call: the end of the earlier ones is in sight."""
        now_ms = milliseconds(self.clock())
        of_client = keys.c.client_id == key.client_id
        with self.store.write() as connection:
            first = connection.execute(
                update(keys)
                .where(of_client, keys.c.version == key.version, keys.c.first_used_at_ms.is_(None))
                .values(first_used_at_ms=now_ms)
            )
            if first.rowcount == 1:
                connection.execute(
                    update(keys)
                    .where(of_client, keys.c.version < key.version, keys.c.expires_at_ms.is_(None))
                    .values(expires_at_ms=now_ms + OVERLAP_MS)
                )

    def revoke(self, client_id: str, version: int | None = None) -> None:
        """Refuse the caller, or one version of its key, from now on. Raises WrongUse if unknown."""
        now_ms = milliseconds(self.clock())
        which = [keys.c.client_id == client_id, keys.c.revoked_at_ms.is_(None)]
        of_client = clients.c.client_id == client_id
        with self.store.write() as connection:
            if version is not None:
                which.append(keys.c.version == version)
                query = select(keys.c.version).where(
                    keys.c.client_id == client_id, keys.c.version == version
                )
            else:
                query = select(clients.c.client_id).where(of_client)
                revoked = update(clients).where(of_client, clients.c.revoked_at_ms.is_(None))
                connection.execute(revoked.values(revoked_at_ms=now_ms))
            if connection.execute(query).first() is None:
                what = client_id if version is None else f"{client_id} with key version {version}"
                raise WrongUse(f"There is no client {what}; see pos scheme client list.")
            connection.execute(update(keys).where(*which).values(revoked_at_ms=now_ms))

    def place(self, client_id: str, spot: Spot | None) -> None:
        """Write down where the caller's till stands, or nothing. Raises WrongUse if unknown."""
        with self.store.write() as connection:
            known = select(clients.c.client_id).where(clients.c.client_id == client_id)
            if connection.execute(known).first() is None:
                raise WrongUse(f"There is no client {client_id}; see pos scheme client list.")
            put_place(connection, client_id, spot)

    def rows(self, client_id: str | None = None) -> Sequence[dict[str, Any]]:
        """Every version of every caller's key, or of one caller's: the columns, and `state`."""
        query = (
            select(
                clients.c.client_id,
                clients.c.assignment,
                clients.c.revoked_at_ms.label("client_revoked_at_ms"),
                keys.c.version,
                keys.c.public_key,
                keys.c.added_at_ms,
                keys.c.first_used_at_ms,
                keys.c.expires_at_ms,
                keys.c.revoked_at_ms,
            )
            .select_from(clients.outerjoin(keys, keys.c.client_id == clients.c.client_id))
            .order_by(clients.c.client_id, keys.c.version)
        )
        if client_id is not None:
            query = query.where(clients.c.client_id == client_id)
        now_ms = milliseconds(self.clock())
        with self.store.read() as connection:
            found = connection.execute(query).mappings().all()
        return [dict(row) | {"state": _state(row, now_ms)} for row in found]


def check_client_id(client_id: str) -> str:
    """`client_id` itself. Raises WrongUse when it is none."""
    if not _CLIENT_ID.fullmatch(client_id):
        raise WrongUse(
            "A client id has 1 to 64 letters, digits, hyphens or underscores; choose another."
        )
    return client_id


def _insert_key(
    connection: Connection, client_id: str, version: int, line: str, now_ms: int
) -> bool:
    """Whether it is new."""
    row = {"client_id": client_id, "version": version, "public_key": line, "added_at_ms": now_ms}
    return insert_new(connection, keys, **row)


def _state(row: Any, now_ms: int) -> str:
    if row["client_revoked_at_ms"] is not None or row["revoked_at_ms"] is not None:
        return "revoked"
    return "good" if _is_good(row, now_ms) else "expired"


def _is_good(row: Any, now_ms: int) -> bool:
    return _good_at(now_ms, row["expires_at_ms"], row["revoked_at_ms"])


def _good_at(now_ms: int, expires_at_ms: int | None, revoked_at_ms: int | None) -> bool:
    return revoked_at_ms is None and (expires_at_ms is None or now_ms < expires_at_ms)


@lru_cache(maxsize=4096)
def _verifier(line: str) -> Verifier:
    """Only the reading of a key is remembered, never whether it is good."""
    return Verifier(load_public_key(line))


def own_key(folder: Path) -> RSAPrivateKey:
    """The switch's private key, `switch.pem` in `folder`; made on first use, for its owner only.

    Raises SettingsError when it cannot be read or written.
    """
    path = folder / "switch.pem"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, new_private_key())
        return load_private_key(path.read_bytes())
    except OSError as error:
        raise SettingsError(
            f"The switch's key {path} cannot be used ({error.strerror}); check its folder."
        ) from None


def _write_once(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step; where another process was first, its file stays."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            return
    finally:
        fresh.unlink()
