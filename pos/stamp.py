"""The site's key that signs tickets and the list of those given back, and what knows it by.

Apart from the seal of receipts because kiosks of one site may share this key, and a gate has only
the public half of it.
"""

from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pos.errors import SettingsError
from pos.folders import write_private
from pos.sale.revocation import RevocationList, read_list, signed_list, unsigned_list
from pos.sale.ticket import SignedTicket, Ticket, packed, taken_apart, text_of
from pos.seal import private_key, public_key, public_text

KEY_FILE_NAME = "tickets.pem"
LIST_FILE_NAME = "revoked-tickets.txt"
_EVERYBODY = 0o644  # gates read the list, by a share or a web server: it lets nobody in


class Stamp:
    """The key in a file of `folder`, made when there is none. Raises SettingsError."""

    def __init__(self, folder: Path) -> None:
        self._list = folder / LIST_FILE_NAME
        self._key = private_key(folder / KEY_FILE_NAME)
        self.public = public_text(self._key.public_key())

    def stamped(self, ticket: Ticket) -> str:
        """The ticket's text, the same each time. Raises WrongUse as `packed`."""
        return text_of(ticket, self._key.sign(packed(ticket)))

    def revoked(self, site: str, made_at: int, serials: frozenset[str]) -> bytes:
        """The list of these serials."""
        unsigned = unsigned_list(site, made_at, serials)
        return signed_list(unsigned, self._key.sign(unsigned))

    def publish(self, site: str, made_at: int, serials: frozenset[str]) -> None:
        """Put the list into its file, whole. Where the disk does not take it the last one stays,
        and gates tell how old that is."""
        with suppress(OSError):
            write_private(self._list, self.revoked(site, made_at, serials))
            self._list.chmod(_EVERYBODY)


class TicketKeys:
    """The public keys of a site, by which its gates know what is true."""

    def __init__(self, lines: str) -> None:
        """A key a line, as `pos tickets key` prints it. Raises SettingsError, also for none."""
        told = [line.strip() for line in lines.splitlines() if line.strip()]
        if not told:
            raise SettingsError("There is no key: write the line that pos tickets key prints.")
        self._keys: list[Ed25519PublicKey] = [public_key(line) for line in told]

    def ticket(self, text: str) -> Ticket | None:
        """The ticket of this text where one of the keys signed it; else None."""
        apart = taken_apart(text)
        return apart.ticket if apart is not None and self._signed(apart) else None

    def revocations(self, text: bytes) -> tuple[RevocationList, str] | None:
        """The list where one of the keys signed it, and the public key that did; else None."""
        told = read_list(text)
        if told is None:
            return None
        for key in self._keys:
            if _is_by(key, told.signature, told.signed):
                return told, public_text(key)
        return None

    def _signed(self, apart: SignedTicket) -> bool:
        return any(_is_by(key, apart.signature, apart.signed) for key in self._keys)


def _is_by(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True
