"""The head and master data of the audit file: who, where, with which codes, articles and staff.

Apart from what happened because all of it is looked up by what happened.
"""

import re
from datetime import UTC, datetime, tzinfo

from pos.errors import SettingsError
from pos.saf_t.element import Content, identifier
from pos.sale.history import History
from pos.sale.merchant import Terminal
from pos.sale.tallying import order_of_payment

# Basis points to the authority's standard VAT codes; the codes are ours too.
_STANDARD_VAT = {2500: ("3", "25 %"), 1500: ("31", "15 %"), 1111: ("32", "11.11 %"),
                 1200: ("33", "12 %"), 0: ("0", "0 %")}  # fmt: skip

# Our codes, the authority's predefined ones, and what they mean.
SALE_LINE, RETURN_LINE = "SALE", "RETURN"
CASH_SALE, RETURN_PAYMENT = "CASHSALE", "RETURNPAY"
TIP, DISCOUNT = "TIP", "DISCOUNT"
OTHER_GROUP = "OTHER"
KEYED_ARTICLE = "AMOUNT"
EVENTS = {
    "START": ("13001", "POS application start"),
    "STOP": ("13002", "POS application shut down"),
    "LOGIN": ("13003", "Employee log in"),
    "LOGOUT": ("13004", "Employee log out"),
    "DRAWER": ("13005", "Open cash drawer"),
    "XREPORT": ("13008", "X report"),
    "ZREPORT": ("13009", "Z report"),
    "PARK": ("13010", "Suspend transaction"),
    "RECALL": ("13011", "Resume transaction"),
    "SALESRECEIPT": ("13012", "Sales receipt printed"),
    "RETURNRECEIPT": ("13013", "Return receipt"),
    "COPYRECEIPT": ("13014", "Copy receipt"),
    "TRAINING": ("13017", "Training receipt"),
    "TRAININGON": ("13023", "Training mode on"),
    "TRAININGOFF": ("13024", "Training mode off"),
    "OTHER": ("13999", "Other"),
}

_PLACE = re.compile(r"(?P<street>.+?)(?: (?P<number>\d+\w?))?, (?P<code>\d{4}) (?P<city>.+)")


def vat_code(rate: int) -> str:
    """The code of a rate in basis points."""
    return _STANDARD_VAT.get(rate, _STANDARD_VAT[2500])[0]


def payment_type(wallet: str) -> str:
    """The code of a wallet among the means of payment."""
    return identifier(wallet or "WALLET")


class Groups:
    """The code of each category of the catalogue, as long as a code may be."""

    def __init__(self, history: History) -> None:
        orders = history.order_book.placed.values()
        self.names = sorted({line.category for order in orders for line in order.lines} - {""})
        self._codes = {name: f"G{place}" for place, name in enumerate(self.names, 1)}

    def code(self, category: str) -> str:
        """The code; OTHER_GROUP for none."""
        return self._codes.get(category, OTHER_GROUP)


def org_number(terminal: Terminal) -> str:
    """Nine digits. Raises SettingsError where there are none."""
    digits = re.sub(r"\D", "", terminal.merchant.org_number)
    if len(digits) != 9:
        raise SettingsError(
            "The audit file needs the shop's organisation number: set merchant.org_number in the "
            "settings to its nine digits."
        )
    return digits


def header(terminal: Terminal, first: str, last: str, made: datetime, version: str) -> Content:
    """Which program wrote what about which days."""
    return [
        ("fiscalYear", first[:4]),
        ("startDate", first),
        ("endDate", last),
        ("curCode", terminal.currency),
        ("dateCreated", f"{made:%Y-%m-%d}"),
        ("timeCreated", f"{made:%H:%M:%S}"),
        ("softwareDesc", "Samkassa"),
        ("softwareVersion", version),
        ("softwareCompanyName", "Samkassa"),
        ("auditfileVersion", "1.0"),
        ("headerComment", f"Cash register {terminal.reference}"),
    ]


def company(terminal: Terminal, history: History, zone: tzinfo | None) -> list[tuple[str, Content]]:
    """Everything about the company that stands before its locations."""
    number = org_number(terminal)
    return [
        ("companyIdent", number),
        ("companyName", terminal.merchant.name),
        ("taxRegistrationCountry", terminal.store.country),
        ("taxRegIdent", number + "MVA"),
        ("streetAddress", address(terminal)),
        ("vatCodeDetails", _vat_codes()),
        ("employees", _employees(history, zone)),
        ("articles", _articles(history, zone)),
        ("basics", _basics(history)),
    ]


def address(terminal: Terminal) -> Content:
    """`Jernbanetorget 1, 0154 Oslo` taken apart; another form stands whole."""
    text, country = terminal.store.address, terminal.store.country
    place = _PLACE.fullmatch(text)
    if place is None:
        return [("streetname", text or None), ("country", country)]
    return [
        ("streetname", place["street"]),
        ("number", place["number"]),
        ("city", place["city"]),
        ("postalCode", place["code"]),
        ("country", country),
    ]


def _vat_codes() -> Content:
    # The rates of today hold since then.
    since = "2018-01-01"
    return [
        ("vatCodeDetail", [
            ("vatCode", code), ("dateOfEntry", since), ("vatDesc", f"VAT {told}"),
            ("standardVatCode", code),
        ])
        for code, told in _STANDARD_VAT.values()
    ]  # fmt: skip


def _employees(history: History, zone: tzinfo | None) -> Content:
    made: list[tuple[str, Content]] = []
    for came in sorted(history.books.attendance.first.values(), key=lambda each: each.staff_id):
        now = history.books.attendance.known[came.staff_id]
        first_name, _, last_name = now.name.rpartition(" ")
        at = datetime.fromtimestamp(came.at, UTC).astimezone(zone)
        made.append(("employee", [
            ("empID", came.staff_id),
            ("dateOfEntry", f"{at:%Y-%m-%d}"),
            ("timeOfEntry", f"{at:%H:%M:%S}"),
            ("firstName", first_name or None),
            ("surName", last_name),
            ("employeeRole", [("roleType", now.role.value)]),
        ]))  # fmt: skip
    return made or None


def _articles(history: History, zone: tzinfo | None) -> Content:
    groups = Groups(history)
    made: dict[str, Content] = {}
    for payment in history.payments.values():
        at = datetime.fromtimestamp(payment.opened_at, UTC).astimezone(zone)
        for line in order_of_payment(payment, history).lines:
            code = identifier(line.product) or KEYED_ARTICLE
            made.setdefault(code, [
                ("artID", code),
                ("dateOfEntry", f"{at:%Y-%m-%d}"),
                ("artGroupID", groups.code(line.category)),
                ("artDesc", line.text or "Amount"),
            ])  # fmt: skip
    return [("article", made[code]) for code in sorted(made)] or None


def _basics(history: History) -> Content:
    listed = [("04", Groups(history).code(name), "04999", name) for name in Groups(history).names]
    listed += [
        ("04", OTHER_GROUP, "04999", "Other goods"),
        ("05", SALE_LINE, "", "Sale line"),
        ("05", RETURN_LINE, "", "Return line"),
        ("08", DISCOUNT, "", "Discount"),
        ("10", TIP, "10001", "Tip"),
        ("11", CASH_SALE, "11001", "Cash sale"),
        ("11", RETURN_PAYMENT, "11006", "Return payment"),
    ]
    wallets = {payment_type(each.wallet) for each in history.payments.values()}
    listed += [("12", each, "12011", f"Mobile phone app {each}") for each in sorted(wallets)]
    listed += [("13", code, known, told) for code, (known, told) in EVENTS.items()]
    return [
        ("basic", [
            ("basicType", kind), ("basicID", code), ("predefinedBasicID", known or None),
            ("basicDesc", told),
        ])
        for kind, code, known, told in listed
    ]  # fmt: skip
