"""What a customer does in her own wallet: shows a code, looks at her payments, answers what waits.

Apart from what she does at a shop's code, because these pages know her and no shop.
"""

from starlette.responses import Response

from pos.scheme.merchant_codes import local_path
from pos.scheme.partners import Behaviour
from pos.scheme.phone.accounts import Entry, Person
from pos.scheme.phone.drawing import bars_svg, qr_svg
from pos.scheme.phone.pages import fragment, go, page
from pos.scheme.phone.parts import PIN, Parts, local, people, refused
from pos.scheme.phone.visit import Visit, remember
from pos.scheme.phone.words import Words, languages

CODE_SHOWN_S = 60  # real wallets change it about once a minute
_WHY = {
    "USER_BALANCE_NOT_ENOUGH": "no_money",
    "USER_PAYMENT_VERIFICATION_FAILED": "you_declined",
    "ORDER_IS_CANCELED": "shop_cancelled",
    "ORDER_IS_CLOSED": "too_late",
}


class OwnPages:
    """The pages of the wallet."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show_code(self, visit: Visit) -> Response:
        """A fresh payment code."""
        person = self._parts.person(visit)
        if person is None:
            return people(self._parts, visit, "/phone")
        return page(
            visit,
            "code.html",
            person,
            drawn=_safe(self._fresh_code(visit, person)),
            life_s=CODE_SHOWN_S,
            balance=self._parts.accounts.balance(person),
            mark=self._parts.mark(person),
        )

    def renew_code(self, visit: Visit) -> Response:
        """The next code, for the page that shows one."""
        person = self._parts.person(visit)
        if person is None:
            return refused(visit, "not_found", 404)
        return fragment(self._fresh_code(visit, person))

    def news(self, visit: Visit) -> Response:
        """What changes when there is news of the customer's newest payment."""
        person = self._parts.person(visit)
        if person is None:
            return fragment("")
        newest = self._parts.accounts.newest(person)
        current = None if newest is None else self._parts.entry(person, newest.payment_id)
        return fragment("" if current is None else current.mark)

    def choose_person(self, visit: Visit) -> Response:
        """Whose phone is this?"""
        return people(self._parts, visit, "/phone")

    def take_person(self, visit: Visit) -> Response:
        """The answer to that."""
        person = self._parts.accounts.person(visit.form.get("person", ""))
        if person is None:
            return people(self._parts, visit, "/phone")
        return remember(go(visit, local(visit.form.get("next", ""))), visit, person=person.key)

    def take_asks(self, visit: Visit) -> Response:
        """Whether codes pay at once or wait for the PIN."""
        return remember(go(visit, "/phone"), visit, asks=visit.form.get("asks") == "1")

    def take_language(self, visit: Visit) -> Response:
        """The language of the pages."""
        code = visit.form.get("language", "")
        back = go(visit, local(visit.form.get("next", "")))
        return remember(back, visit, language=code) if code in languages() else back

    def scan(self, visit: Visit) -> Response:
        """Where a shop's code is scanned or pasted."""
        person = self._parts.person(visit)
        if person is None:
            return people(self._parts, visit, "/phone/scan")
        return page(visit, "scan.html", person, fault="")

    def scanned(self, visit: Visit) -> Response:
        """Leads to the page of a code of ours; anybody else's is not opened."""
        person = self._parts.person(visit)
        text = visit.form.get("code", "").strip()
        path = local_path(text, self._parts.public_url)
        if path is not None:
            return go(visit, path)
        fault = Words(visit.language).say("not_a_code")
        return page(visit, "scan.html", person, status=422, fault=fault)

    def history(self, visit: Visit) -> Response:
        """The customer's payments."""
        person = self._parts.person(visit)
        if person is None:
            return people(self._parts, visit, "/phone/payments")
        accounts = self._parts.accounts
        return page(
            visit,
            "payments.html",
            person,
            entries=accounts.history(person),
            balance=accounts.balance(person),
            mark=self._parts.mark(person),
        )

    def payment(self, visit: Visit, payment_id: str) -> Response:
        """One payment: to be answered, or its receipt."""
        person = self._parts.person(visit)
        entry = None if person is None else self._parts.entry(person, payment_id)
        if person is None or entry is None:
            return refused(visit, "not_found", 404, person)
        return self._payment_page(visit, person, entry)

    def answer_payment(self, visit: Visit, payment_id: str) -> Response:
        """The customer's yes or no to a payment that waits."""
        person = self._parts.person(visit)
        entry = None if person is None else self._parts.entry(person, payment_id)
        if person is None or entry is None:
            return refused(visit, "not_found", 404, person)
        customers = self._parts.scheme.customers
        if entry.state == "pending" and visit.form.get("answer") == "decline":
            customers.decline(person.wallet.name, payment_id)
        elif entry.state == "pending":
            if not PIN.fullmatch(visit.form.get("pin", "")):
                fault = Words(visit.language).say("pin_wrong")
                return self._payment_page(visit, person, entry, fault, status=422)
            customers.approve(person.wallet.name, payment_id)
        return go(visit, f"/phone/payments/{payment_id}")

    def _payment_page(
        self, visit: Visit, person: Person, entry: Entry, fault: str = "", status: int = 200
    ) -> Response:
        why = _WHY.get(entry.reason, "") if entry.state == "declined" else ""
        mark = self._parts.mark(person)
        return page(
            visit,
            "payment.html",
            person,
            status=status,
            entry=entry,
            fault=fault,
            why=why,
            mark=mark,
        )

    def _fresh_code(self, visit: Visit, person: Person) -> str:
        # A code that asks waits for as long as she lets it: somebody plays this customer.
        behaviour = Behaviour.SILENT if visit.asks else Behaviour.PAYS
        code = self._parts.scheme.customers.new_code(person.wallet.name, person.name, behaviour)
        return bars_svg(code) + qr_svg(code)


def _safe(svg: str) -> object:
    """Marks our own drawing as not to be escaped; it holds no text of anybody's."""
    from markupsafe import Markup

    return Markup(svg)  # noqa: S704 - drawn from digits by this package
