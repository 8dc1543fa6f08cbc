"""Which address leads to which page of the phone, and the checks that all of them stand behind.

Apart from the pages because a table of addresses should be read at a glance, and because no page
may forget a check that stands before all of them.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from pos.scheme.book import OrderRefused
from pos.scheme.phone.discover_page import DiscoverPage
from pos.scheme.phone.own_pages import OwnPages
from pos.scheme.phone.pages import page, resource
from pos.scheme.phone.parts import Parts, refused, sentence_of
from pos.scheme.phone.shop_pages import ShopPages
from pos.scheme.phone.visit import Visit, read_visit
from pos.scheme.phone.words import Words

Act = Callable[..., Response]


def phone_routes(parts: Parts) -> APIRouter:
    """The phone at `/phone`, and the pages that the codes of shops lead to."""
    own, shop, discover = OwnPages(parts), ShopPages(parts), DiscoverPage(parts)
    router = APIRouter(include_in_schema=False)
    for path, act, answer in (
        ("/phone", own.show_code, None),
        ("/phone/code", None, own.renew_code),
        ("/phone/news", own.news, None),
        ("/phone/people", own.choose_person, own.take_person),
        ("/phone/asks", None, own.take_asks),
        ("/phone/language", None, own.take_language),
        ("/phone/scan", own.scan, own.scanned),
        ("/phone/discover", discover.discover, None),
        ("/phone/place", None, discover.take_place),
        ("/phone/payments", own.history, None),
        ("/phone/payments/{payment_id}", own.payment, own.answer_payment),
        ("/28199904{tail}", _whole_path(shop.order), _whole_path(shop.answer_order)),
        ("/c/{tail}", _whole_path(shop.order), _whole_path(shop.answer_order)),
        ("/MPM/3/{payload:path}", shop.mpm, None),
        ("/s/{sticker_id}", shop.sticker, shop.order_by_sticker),
    ):
        _add(router, path, "GET", act, parts)
        _add(router, path, "POST", answer, parts)

    @router.get("/phone/static/{name}")
    def static(name: str) -> Response:
        return resource(name) or Response(status_code=404)

    return router


def _whole_path(act: Callable[[Visit], Response]) -> Act:
    """A page that looks at the whole path itself."""

    def of_visit(visit: Visit, tail: str) -> Response:
        return act(visit)

    return of_visit


def _add(router: APIRouter, path: str, method: str, act: Act | None, parts: Parts) -> None:
    if act is None:
        return
    public_host = urlsplit(parts.public_url).hostname or ""

    async def handle(request: Request) -> Response:
        visit = await read_visit(request, public_host, parts.spoken)
        if not visit.at_our_address:
            return refused(visit, "wrong_address", 421)
        if method == "POST" and not visit.trusted:
            return refused(visit, "from_elsewhere", 403)
        return await run_in_threadpool(_acted, act, parts, visit, request.path_params)

    router.add_api_route(path, handle, methods=[method], response_model=None)


def _acted(act: Act, parts: Parts, visit: Visit, where: dict[str, str]) -> Response:
    try:
        return act(visit, **where)
    except OrderRefused as refusal:
        sentence = sentence_of(Words(visit.language), refusal)
        return page(visit, "refusal.html", parts.person(visit), status=409, sentence=sentence)
