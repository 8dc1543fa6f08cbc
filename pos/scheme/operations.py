"""The pages for those who run a switch: health, measures, and the description of the API, for
machines and for people.

Apart from the doors because nothing here is signed, and nothing says anything of a payment or a
person. The measures are for this machine alone unless a network is named.
"""

import ipaddress
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from pos.errors import WrongUse
from pos.scheme.description_page import page_headers, render
from pos.scheme.measures import Measures
from pos.scheme.store import Store

# So often the database is asked at most, however often the health is.
HEALTH_ASKED_EVERY_S = 1.0
MEASURES_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# A proxy's marks: who asks through one is not on this machine, whatever address we see.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Watchers:
    """The networks from which the measures may be read."""

    networks: tuple[Network, ...] = (
        ipaddress.ip_network("127.0.0.0/8"),
        ipaddress.ip_network("::1/128"),
    )

    @classmethod
    def of(cls, networks: Sequence[str]) -> Self:
        """This machine and `networks`, such as `10.1.0.0/16`. Raises WrongUse."""
        try:
            also = tuple(ipaddress.ip_network(each) for each in networks)
        except ValueError:
            raise WrongUse("--metrics takes a network; write it like 10.1.0.0/16.") from None
        return cls((*cls().networks, *also))

    def admit(self, request: Request) -> bool:
        """Whether the one who asks may read."""
        if request.client is None or any(name in request.headers for name in _FORWARDED):
            return False
        try:
            address = ipaddress.ip_address(request.client.host)
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self.networks)


class Health:
    """Whether the database answers; asked once for all who ask within a second."""

    def __init__(self, store: Store, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._asked_at_s: float | None = None
        self._good = False

    def good(self) -> bool:
        """The newest answer, or a new one."""
        with self._lock:
            now_s = self._clock_s()
            if self._asked_at_s is None or now_s - self._asked_at_s >= HEALTH_ASKED_EVERY_S:
                self._good = self._answers()
                self._asked_at_s = self._clock_s()
            return self._good

    def _answers(self) -> bool:
        try:
            with self._store.read() as connection:
                return bool(connection.execute(select(1)).scalar_one() == 1)
        except SQLAlchemyError:
            return False


def operations_routes(
    health: Health, measures: Measures, watchers: Watchers, description: dict[str, Any]
) -> APIRouter:
    """`GET /health`, `/metrics`, `/openapi.json` and `/docs`."""
    router = APIRouter(include_in_schema=False)
    page = render(description)

    # Not async: each may wait for the database, which then happens in a thread of the pool.
    @router.get("/health")
    def _health() -> Response:
        good = health.good()
        told = {"status": "ok" if good else "no database"}
        return JSONResponse(told, status_code=200 if good else 503)

    @router.get("/metrics")
    def _metrics(request: Request) -> Response:
        if not watchers.admit(request):
            told = {"status": "The measures are read from the networks named by --metrics."}
            return JSONResponse(told, status_code=403)
        return Response(measures.text(), media_type=MEASURES_TYPE)

    @router.get("/openapi.json")
    def _description() -> Response:
        return JSONResponse(description)

    @router.get("/docs")
    def _page() -> Response:
        return HTMLResponse(page, headers=page_headers())

    return router
