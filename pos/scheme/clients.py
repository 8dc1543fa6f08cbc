"""Who may call the switch, by public key, and the switch's own key pair.

Apart from the book because a key says who speaks, and never what may happen to money.
"""

import os
import re
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from sqlalchemy import insert, select, update

from pos.errors import SettingsError, WrongUse
from pos.scheme.book import utc_now
from pos.scheme.moments import milliseconds
from pos.scheme.store import Store
from pos.scheme.tables import client as clients
from pos.switch.signature import (
    Verifier,
    load_private_key,
    load_public_key,
    new_private_key,
    public_key_line,
)

_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class Clients:
    """The registered callers."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._clock = clock

    def add(self, client_id: str, public_key: str | bytes) -> None:
        """Register a caller, or give a known one a new key. Raises WrongUse or SettingsError."""
        if not _CLIENT_ID.fullmatch(client_id):
            raise WrongUse(
                "A client id has 1 to 64 letters, digits, hyphens or underscores; choose another."
            )
        line = public_key_line(load_public_key(public_key))
        with self._store.write() as connection:
            renewed = connection.execute(
                update(clients).where(clients.c.client_id == client_id).values(public_key=line)
            )
            if renewed.rowcount == 0:
                connection.execute(
                    insert(clients).values(
                        client_id=client_id,
                        public_key=line,
                        added_at_ms=milliseconds(self._clock()),
                    )
                )

    def verifier(self, client_id: str) -> Verifier | None:
        """Checks signatures of the caller; None when it is not registered."""
        query = select(clients.c.public_key).where(clients.c.client_id == client_id)
        with self._store.read() as connection:
            line = connection.execute(query).scalar()
        return None if line is None else Verifier(load_public_key(line))


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
