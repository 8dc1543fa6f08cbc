"""Which partner enrolled a merchant: its acquirer, by the client that calls for him.

Apart from the clients' keys because every payment asks. It is settled when the client is enrolled
and never changes, so each process asks the database once and remembers.
"""

from sqlalchemy import Connection, bindparam, select

from pos.scheme.tables import client as clients

REMEMBERED_MAX = 262_144

# Put together once: SQLAlchemy takes longer to build a statement than to have it done.
_PARTNER = select(clients.c.partner).where(clients.c.client_id == bindparam("of_client"))


class Acquirers:
    """The acquirers that this process has met. Safe for many threads."""

    def __init__(self) -> None:
        self._known: dict[str, str | None] = {}

    def of(self, connection: Connection, client_id: str) -> str | None:
        """Name of the partner that enrolled `client_id`; None for the scheme's first."""
        if client_id in self._known:
            return self._known[client_id]
        row = connection.execute(_PARTNER, {"of_client": client_id}).one_or_none()
        if row is None:
            return None  # not remembered: it may be enrolled yet
        partner: str | None = row.partner
        if len(self._known) < REMEMBERED_MAX:
            self._known[client_id] = partner
        return partner
