"""One request to the phone: who holds it, and whether the request is her own doing.

Apart from the pages because these are the only checks between a stranger's web site and a
customer's yes. Nothing is kept on the switch: any of its processes can answer any request.
"""

import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from pos.scheme.phone.words import preferred

FORM_BYTES_MAX = 4096
FORM_FIELDS_MAX = 16
COOKIE_AGE_S = 180 * 24 * 3600
_SESSION, _PERSON, _ASKS, _LANGUAGE, _PLACE = (
    f"samkassa-{name}" for name in ("session", "person", "asks", "language", "place")
)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)  # 32 random bytes


@dataclass(frozen=True, slots=True)
class Visit:
    """What one browser asks, and how it has been set.

    `person` is the key of the chosen customer or "". `asks`: each payment waits for her PIN.
    `place`: where she looks for shops, `59.911,10.753` or "".
    `local`: where the browser is now, for forms that lead back to it.
    """

    session: str = field(repr=False)
    is_new: bool
    person: str
    asks: bool
    language: str
    place: str
    local: str
    form: Mapping[str, str] = field(repr=False)
    user_agent: str
    secure: bool
    own: bool
    at_our_address: bool

    @property
    def token(self) -> str:
        """What every form of this browser carries; of no use without its cookie."""
        return hashlib.sha256(b"samkassa phone form\n" + self.session.encode()).hexdigest()

    @property
    def trusted(self) -> bool:
        """Whether the form that was sent is one of ours, sent from one of our pages."""
        sent = self.form.get("token", "")
        return not self.is_new and self.own and hmac.compare_digest(sent.encode(), self._proof)

    @property
    def _proof(self) -> bytes:
        return self.token.encode()


async def read_visit(
    request: Request, public_host: str, spoken: Callable[[str], Sequence[str]] = lambda _person: ()
) -> Visit:
    """The visit that `request` is; a form longer than FORM_BYTES_MAX counts as empty.

    `spoken` tells the languages of the wallet of a customer's key: what the visitor has chosen goes
    before them.
    """
    cookies, headers = request.cookies, request.headers
    session = cookies.get(_SESSION, "")
    known = _TOKEN.fullmatch(session) is not None
    person = unquote(cookies.get(_PERSON, ""))
    accepted = headers.get("accept-language", "")
    language = cookies.get(_LANGUAGE, "") or preferred(accepted, spoken(person))
    return Visit(
        session=session if known else secrets.token_urlsafe(32),
        is_new=not known,
        person=person,
        asks=cookies.get(_ASKS, "") == "1",
        language=language,
        place=unquote(cookies.get(_PLACE, "")),
        local=request.url.path,
        form=await _form(request) if request.method == "POST" else {},
        user_agent=headers.get("user-agent", ""),
        secure=request.url.scheme == "https",
        own=_from_our_page(request),
        at_our_address=_at_our_address(headers.get("host", ""), public_host),
    )


def remember(
    response: Response,
    visit: Visit,
    *,
    person: str | None = None,
    asks: bool | None = None,
    language: str | None = None,
    place: str | None = None,
) -> Response:
    """Have the browser keep its session and whatever is given."""
    kept = {
        _SESSION: visit.session if visit.is_new else None,
        _PERSON: None if person is None else quote(person),
        _ASKS: None if asks is None else str(int(asks)),
        _LANGUAGE: language,
        _PLACE: None if place is None else quote(place),
    }
    for name, value in kept.items():
        if value is not None:
            # Lax: a telephone's camera opens an order code as a link from outside.
            response.set_cookie(
                name,
                value,
                max_age=COOKIE_AGE_S,
                httponly=True,
                samesite="lax",
                secure=visit.secure,
            )
    return response


async def _form(request: Request) -> dict[str, str]:
    held = bytearray()
    try:
        async for chunk in request.stream():
            held += chunk
            if len(held) > FORM_BYTES_MAX:
                return {}
        return dict(parse_qsl(held.decode(), max_num_fields=FORM_FIELDS_MAX))
    except (ClientDisconnect, ValueError):
        return {}


def _from_our_page(request: Request) -> bool:
    """Whether a browser says that one of our own pages sent this, and nothing says otherwise.

    Fetch Metadata where the browser tells it, the Origin header everywhere: browsers send it with
    every POST. The host alone is compared, for the scheme may end at a proxy before us.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site not in (None, "same-origin"):
        return False
    if origin is None:
        return site is not None
    return urlsplit(origin).netloc == request.headers.get("host", "").lower()


def _at_our_address(host: str, public_host: str) -> bool:
    """Whether the page was asked for by a name that nobody else can point at us.

    A stranger's site may have its name resolve to this machine and then read what we answer; it
    cannot do so with an address, `localhost`, or the name that the switch was started with.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name in ("localhost", public_host):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
