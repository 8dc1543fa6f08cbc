"""What a customer does at a shop's code: the till's order code, and the sticker beside the till.

Apart from her own pages because a real telephone's camera lands here first, knowing nobody yet.
Looking at an order changes nothing; it is taken up when she answers.
"""

from urllib.parse import quote, urlsplit

from starlette.responses import Response

from pos.errors import AmountError
from pos.sale.money import Amount
from pos.scheme.book import Offer, OrderRefused
from pos.scheme.merchant_codes import LOCAL_CODE, local_path
from pos.scheme.phone.accounts import Person
from pos.scheme.phone.pages import go, page
from pos.scheme.phone.parts import (
    PIN,
    Parts,
    people,
    refused,
)
from pos.scheme.phone.visit import Visit
from pos.scheme.phone.words import Words

LINKED_HOST = "here"  # whichever it was, it led to us


class ShopPages:
    """The pages that the codes of shops lead to."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def order(self, visit: Visit) -> Response:
        """*Pay 129.00 NOK to Fjord Kafe*, or what became of it."""
        if not LOCAL_CODE.fullmatch(visit.local):
            return refused(visit, "not_found", 404)
        person = self._parts.person(visit)
        if person is None:
            return people(self._parts, visit, visit.local, lead=self._lead(visit))
        known = self._parts.accounts.entry_of_code(person, self._text(visit))
        if known is not None:
            return go(visit, f"/phone/payments/{known.payment_id}")
        offer = self._parts.scheme.book.preview(self._text(visit), person.wallet.name, person.name)
        return _order_page(visit, person, offer)

    def answer_order(self, visit: Visit) -> Response:
        """The customer's yes or no to an order, which is hers from now on."""
        if not LOCAL_CODE.fullmatch(visit.local):
            return refused(visit, "not_found", 404)
        person = self._parts.person(visit)
        if person is None:
            return people(self._parts, visit, visit.local, lead=self._lead(visit))
        wallet, book, customers = (
            person.wallet.name,
            self._parts.scheme.book,
            self._parts.scheme.customers,
        )
        declines = visit.form.get("answer") == "decline"
        offer = book.preview(self._text(visit), wallet, person.name)
        fault = "" if declines else _fault(visit, offer)
        if fault:
            sentence = Words(visit.language).say(fault)
            return _order_page(visit, person, offer, sentence, status=422)
        offer = customers.scan(self._text(visit), wallet, person.name)
        if declines:
            customers.decline(wallet, offer.payment_id)
        elif not _fault(visit, offer):  # what she saw is what she pays
            customers.approve(wallet, offer.payment_id)
        return go(visit, f"/phone/payments/{offer.payment_id}")

    def mpm(self, visit: Visit, payload: str) -> Response:
        """Where a code in the form MPM/3 leads that a telephone's camera opened as a link."""
        # The server has decoded the path; within base64 a slash is no border.
        text = f"https://{LINKED_HOST}/MPM/3/{quote(payload, safe='')}"
        path = local_path(text, self._parts.public_url)
        return refused(visit, "not_found", 404) if path is None else go(visit, path)

    def sticker(self, visit: Visit, sticker_id: str) -> Response:
        """The page of a till's printed code: how much?"""
        sticker = self._parts.stickers.find(sticker_id)
        if sticker is None:
            return refused(visit, "not_found", 404)
        person = self._parts.person(visit)
        return page(visit, "sticker.html", person, sticker=sticker, typed="", fault="")

    def order_by_sticker(self, visit: Visit, sticker_id: str) -> Response:
        """Enters the payment for the till, and leads to it."""
        sticker = self._parts.stickers.find(sticker_id)
        if sticker is None:
            return refused(visit, "not_found", 404)
        typed = visit.form.get("amount", "")
        words = Words(visit.language)
        try:
            price = Amount.parse(typed, sticker.seller.currency)
            url = self._parts.stickers.order(sticker, price, visit.user_agent)
        except (AmountError, OrderRefused) as fault:
            key = "amount_wrong" if isinstance(fault, AmountError) else "not_accepted"
            return page(
                visit,
                "sticker.html",
                self._parts.person(visit),
                status=422,
                sticker=sticker,
                typed=typed,
                fault=words.say(key),
            )
        return go(visit, urlsplit(url).path)

    def _text(self, visit: Visit) -> str:
        """The whole code that leads to this page."""
        return self._parts.public_url + visit.local

    def _lead(self, visit: Visit) -> str:
        """What is to be paid, before it is known by whom. Raises OrderRefused."""
        price, merchant = self._parts.scheme.book.asked(self._text(visit))
        words = Words(visit.language)
        return words.say("pay_to", amount=words.amount(price), shop=merchant)


def _order_page(
    visit: Visit, person: Person, offer: Offer, fault: str = "", status: int = 200
) -> Response:
    return page(visit, "order.html", person, status=status, offer=offer, fault=fault)


def _fault(visit: Visit, offer: Offer) -> str:
    """Why a yes cannot stand: the key of its sentence, or nothing."""
    if not PIN.fullmatch(visit.form.get("pin", "")):
        return "pin_wrong"
    return "" if visit.form.get("charge") == str(offer.charge) else "charge_changed"
