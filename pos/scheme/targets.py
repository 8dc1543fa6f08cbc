"""Which addresses the switch may call, and what they resolve to: it is not to be led astray.

Apart from sending so that the whole judgement stands in one place. A till names the URL of a
notification, so it may be of an attacker's choosing: only what the operator allowed for that client
counts, only under that origin and path, and a name never leads into a private network.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import Connection, delete, select

from pos.errors import PosError, WrongUse
from pos.scheme.outbox_tables import notify_target as targets
from pos.scheme.store import Store, insert_new
from pos.scheme.tables import client as clients

URL_CHARACTERS_MAX = 2048
ALLOWED_COUNT_MAX = 20  # for one client

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Sequence[str]]

_PORTS = {"http": 80, "https": 443}
# Dotted labels, of which the last is no number: so no address in an odd notation (0x7f.1, 127.1).
_NAME = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]*[a-z0-9])?"
)
_PLAIN = re.compile(r"[!-~]+")
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*")
# Segments that a server may take for a step upwards, also once they are decoded.
_STEP = re.compile(r"(^|/)\.{1,2}(/|$)|%2e|%2f|%5c", re.IGNORECASE)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Forbidden(PosError):
    """The switch may not call this address."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in parts: `host` in lower case, `path` with its query if any."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """The parts of a plain `https` URL; `http` to this machine alone. Raises WrongUse."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise _wrong() from None
        host = parts.hostname or ""
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        plain = (
            len(url) <= URL_CHARACTERS_MAX
            and _PLAIN.fullmatch(url)
            and port != 0
            and parts.scheme in _PORTS
            and parts.netloc.lower() in _spellings(parts, host, port)
            and not parts.fragment
            and _PATH.fullmatch(path)
            and not _STEP.search(parts.path)
            and (_literal(host) or _NAME.fullmatch(host))
        )
        if not plain or (parts.scheme == "http" and not _is_this_machine(host)):
            raise _wrong()
        return cls(parts.scheme, host, port or _PORTS[parts.scheme], path)

    def covers(self, other: "Target") -> bool:
        """Whether `other` lies under this one: the same origin, and a path below this path."""
        if (self.scheme, self.host, self.port) != (other.scheme, other.host, other.port):
            return False
        below = other.path.partition("?")[0]
        return below == self.path or below.startswith(self.path.rstrip("/") + "/")

    @property
    def host_header(self) -> str:
        """What stands in the `Host` header of a request to it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class AllowList:
    """The URLs below which each client may be notified."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def allow(self, client_id: str, url: str) -> None:
        """Let the client be notified at `url` and below it. Raises WrongUse."""
        target = Target.parse(url)
        if "?" in target.path:
            raise WrongUse("An allowed address has no query; leave out everything from the ?.")
        literal = _literal(target.host)
        if literal is not None and not _may_be_named(literal):
            raise WrongUse("This address is of no server that can be called; give another.")
        with self._store.write() as connection:
            known = select(clients.c.client_id).where(clients.c.client_id == client_id)
            if connection.execute(known).first() is None:
                raise WrongUse(f"There is no client {client_id}; see pos scheme client list.")
            if len(allowed_urls(connection, client_id)) >= ALLOWED_COUNT_MAX:
                raise WrongUse(f"A client has at most {ALLOWED_COUNT_MAX} addresses; remove one.")
            insert_new(connection, targets, client_id=client_id, url=url)

    def disallow(self, client_id: str, url: str) -> None:
        """Take back what `allow` gave. Raises WrongUse when it was not given."""
        which = (targets.c.client_id == client_id) & (targets.c.url == url)
        with self._store.write() as connection:
            if connection.execute(delete(targets).where(which)).rowcount == 0:
                raise WrongUse(f"{client_id} may not be notified at this address anyway.")

    def of(self, client_id: str) -> list[str]:
        """The client's allowed URLs in alphabetical order."""
        with self._store.read() as connection:
            return allowed_urls(connection, client_id)


def allowed_urls(connection: Connection, client_id: str) -> list[str]:
    """The client's allowed URLs in alphabetical order."""
    query = select(targets.c.url).where(targets.c.client_id == client_id).order_by(targets.c.url)
    return list(connection.execute(query).scalars())


def allowed_target(url: str, allowed: Sequence[str]) -> Target:
    """The target of `url` when one of the `allowed` URLs covers it. Raises Forbidden."""
    try:
        target = Target.parse(url)
    except WrongUse:
        raise Forbidden("The address is no plain https URL.") from None
    if not any(Target.parse(each).covers(target) for each in allowed):
        raise Forbidden("The address is not among those allowed for this client.")
    return target


def looked_up(host: str, port: int) -> Sequence[str]:
    """The addresses of `host` as this machine's resolver says. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def addresses(target: Target, resolve: Resolver = looked_up) -> list[str]:
    """The addresses to connect to for `target`. Raises Forbidden, or OSError when there are none.

    A name has to lead to public addresses alone: one private one among them is a trick. An address
    that the operator wrote down as such is taken as it is.
    """
    literal = _literal(target.host)
    if literal is not None:
        if not _may_be_named(literal):
            raise Forbidden("The address is of no server that can be called.")
        return [str(literal)]
    found = [ipaddress.ip_address(each.partition("%")[0]) for each in
             resolve(target.host, target.port)]  # fmt: skip
    fit = _is_loopback if _is_this_machine(target.host) else _is_public
    if not found or not all(fit(each) for each in found):
        raise Forbidden("The name leads to an address that is not allowed.")
    return list(dict.fromkeys(str(each) for each in found))


def _wrong() -> WrongUse:
    return WrongUse(
        "This is no address that can be notified; write a plain one like https://shop.example/paid "
        "(http only to this machine)."
    )


def _spellings(parts: SplitResult, host: str, port: int | None) -> set[str]:
    """How the netloc of a URL without user, password and other ornaments can be written."""
    bare = f"[{host}]" if ":" in host else host
    return {bare} if port is None else {f"{bare}:{port}"}


def _literal(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_this_machine(host: str) -> bool:
    literal = _literal(host)
    return host == "localhost" if literal is None else literal.is_loopback


def _is_loopback(address: IPAddress) -> bool:
    return address.is_loopback


def _may_be_named(address: IPAddress) -> bool:
    inner = _inner(address)
    if inner.is_loopback:
        return inner is address
    return not (
        inner.is_link_local or inner.is_multicast or inner.is_unspecified or inner.is_reserved
    )


def _is_public(address: IPAddress) -> bool:
    inner = _inner(address)
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def _inner(address: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)
