"""Keyed digests of payment codes, so that one code cannot pay twice and none is ever kept.

Apart because it owns the only secret that could link a digest to a code: a random key per day,
kept outside the journal for two days and then destroyed. A plain hash would not do: a payment
code has so few digits that all of them can be tried.
"""

import hmac
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path

from pos.errors import SettingsError
from pos.sale.code import Secret

DAY_S = 86_400
KEPT_DAYS = 2


class Fingerprints:
    """The day keys of one terminal, in a file of `folder` that only its user can read."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "fingerprint.keys"
        self._keys: dict[int, bytes] = {}
        with suppress(FileNotFoundError):
            try:
                stored = json.loads(self._path.read_bytes())
                self._keys = {int(day): bytes.fromhex(key) for day, key in stored.items()}
            except FileNotFoundError:
                raise  # no code was ever shown here
            except (ValueError, TypeError, AttributeError, OSError) as fault:
                raise SettingsError(
                    f"{self._path} cannot be read; delete it and start again."
                ) from fault

    def of(self, code: Secret, now: float) -> str:
        """Digest of `code` under the key of the day `now` (Unix seconds); 32 hex digits."""
        self._turn(int(now // DAY_S))
        return _digest(self._keys[max(self._keys)], code)

    def every(self, code: Secret, now: float) -> set[str]:
        """The digests under which `code` may have been journaled in the last day."""
        self._turn(int(now // DAY_S))
        return {_digest(key, code) for key in self._keys.values()}

    def _turn(self, day: int) -> None:
        """Make today's key, destroy those of the day before yesterday and older."""
        # A clock that steps back must not destroy the newest key: it goes on being used.
        if self._keys and day <= max(self._keys):
            return
        kept = dict(sorted((*self._keys.items(), (day, secrets.token_bytes(32))))[-KEPT_DAYS:])
        _write_private(self._path, json.dumps({str(each): key.hex() for each, key in kept.items()}))
        self._keys = kept


def _digest(key: bytes, code: Secret) -> str:
    return hmac.digest(key, code.reveal().encode(), "sha256").hex()[:32]


def _write_private(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
