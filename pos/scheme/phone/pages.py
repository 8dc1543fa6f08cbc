"""From what is to be shown to a page: templates, words, and the headers that fence a page in.

Apart from the routes so that nothing reaches a browser but through templates that escape it and
under one set of headers.
"""

import re
import secrets
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response

from pos.scheme.phone.visit import Visit, remember
from pos.scheme.phone.words import Words, languages

if TYPE_CHECKING:
    from jinja2 import Environment

    from pos.scheme.phone.accounts import Person

PLAIN_COLOUR = "#1c2430"
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)
_MEDIA = {"phone.css": "text/css", "phone.js": "text/javascript", "icon.svg": "image/svg+xml"}


def page(
    visit: Visit,
    template: str,
    person: "Person | None" = None,
    *,
    status: int = 200,
    **shown: object,
) -> Response:
    """`template` with `shown` in it, in the visitor's language and the wallet's colours."""
    words = Words(visit.language)
    nonce = secrets.token_urlsafe(16)
    colour = PLAIN_COLOUR if person is None else safe_colour(person.wallet.colour)
    html = (
        _templates()
        .get_template(template)
        .render(
            say=words.say,
            amount=words.amount,
            money=words.money,
            time=words.time,
            language=words.code,
            languages=languages(),
            nonce=nonce,
            colour=colour,
            ink=ink_on(colour),
            safe_colour=safe_colour,
            visit=visit,
            person=person,
            **shown,
        )
    )
    response = Response(html, status_code=status, media_type="text/html; charset=utf-8")
    response.headers.update(fence(nonce))
    return remember(response, visit)


def fragment(html: str) -> Response:
    """A piece of a page, or of data, for the script."""
    response = Response(html, media_type="text/html; charset=utf-8")
    response.headers.update(fence())
    return response


def go(visit: Visit, path: str) -> Response:
    """Send the browser to a path of ours, as a GET."""
    response = RedirectResponse(path, status_code=303)
    response.headers.update(fence())
    return remember(response, visit)


def resource(name: str) -> Response | None:
    """A style sheet, script or picture of the pages; None for another name."""
    if name not in _MEDIA:
        return None
    content = resources.files(__package__).joinpath("static", name).read_bytes()
    response = Response(content, media_type=_MEDIA[name])
    response.headers.update(fence())
    return response


def fence(nonce: str = "") -> Mapping[str, str]:
    """Headers that let a page use only what is ours, be framed by nobody and kept nowhere."""
    style = f"style-src 'self' 'nonce-{nonce}'; " if nonce else ""
    return {
        "Content-Security-Policy": (
            f"default-src 'self'; {style}form-action 'self'; frame-ancestors 'none'; "
            "base-uri 'none'; object-src 'none'"
        ),
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
        # Not `no-referrer`: browsers would then hide the origin of our own forms too.
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=(self)",
    }


def safe_colour(colour: str) -> str:
    """`colour` if it is one, so that a scheme's data cannot write style sheets."""
    return colour if _COLOUR.fullmatch(colour) else PLAIN_COLOUR


def ink_on(colour: str) -> str:
    """Black or white, whichever stands out more on `#rrggbb` (WCAG 2.2, relative luminance)."""
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#ffffff"


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


@cache
def _templates() -> "Environment":
    # Here, so that a switch whose phone nobody opens does not load it.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(__package__ or ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
