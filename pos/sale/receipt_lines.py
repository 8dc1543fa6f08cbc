"""The lines of a receipt: of the till, or of a terminal beside a till.

Apart, and pure, so that paper, screen and telephone are given the same lines and can be tested
without any of them. Words come through `words`, so a receipt speaks the shop's language.

As a cash register it says what the Norwegian bookkeeping regulation (§ 5-3-12) and the Finnish act
on the obligation to offer a receipt (658/2013) want: number, time, seller with business id, place
and till, goods with their number and price, VAT by rate and in all, the means of payment; a copy
and a return under headings of their own. Beside a cash register it says that it is no receipt of a
purchase, in letters at least half as large again as the amount's (Norwegian cash register
regulation § 2-8-8), and so nothing else on it is large.
"""

from pos.sale.merchant import Role, Terminal
from pos.sale.order import Line, Order
from pos.sale.receipt import Receipt, come_back, table_of
from pos.sale.slip import RULE, SlipLine, Words, code_of, head, heading, ids_of, wallet_lines
from pos.sale.vat import VatRow

# What each law, or each customer, reads. A slip says it in the shop's language and in all of these.
NO_RECEIPT = {
    "nb": "IKKE KVITTERING FOR KJØP",
    "fi": "EI OSTOKUITTI",
    "sv": "EJ KVITTO FÖR KÖP",
    "en": "NOT A PURCHASE RECEIPT",
}
_LAW = {"NO": "nb", "FI": "fi"}


def lines_of(receipt: Receipt, terminal: Terminal, words: Words) -> tuple[SlipLine, ...]:
    """All lines, for paper and screen alike."""
    body = _purchase if terminal.role is Role.TILL else _no_purchase
    marks = (heading(words.say("receipt.copy")),) if receipt.copy else ()
    return (*head(terminal, words), *marks, *body(receipt, terminal, words))


def _no_purchase(receipt: Receipt, terminal: Terminal, words: Words) -> tuple[SlipLine, ...]:
    payment, refund = receipt.payment, receipt.refund
    ours = words.say("receipt.not_a_receipt")
    law = NO_RECEIPT[_LAW[terminal.store.country]] if terminal.store.country in _LAW else ours
    large = dict.fromkeys((law, ours))
    others = [text for text in NO_RECEIPT.values() if text not in large]
    key, amount = ("receipt.paid", payment.amount)
    if refund is not None:
        key, amount = ("receipt.refunded", refund.amount)
    return (
        *(heading(text) for text in large),
        SlipLine(" · ".join(others), center=True),
        RULE,
        SlipLine(words.say(key), words.amount_text(amount), strong=True),
        *_wallet(receipt, words),
        RULE,
        *_number_and_time(receipt, terminal, words, "receipt.slip_number"),
        *ids_of(payment, refund, words),
        *(code_of(payment) if refund is None else ()),
    )


def _purchase(receipt: Receipt, terminal: Terminal, words: Words) -> tuple[SlipLine, ...]:
    payment, refund, table = receipt.payment, receipt.refund, table_of(receipt)
    if refund is None:
        title, total, amount = "receipt.title", "receipt.total", payment.amount
        goods = _goods(receipt.order, words) if receipt.order else ()
    else:
        title, total, amount = "receipt.return_title", "receipt.total_returned", refund.amount
        goods = _returned(receipt, words)
    return (
        heading(words.say(title)),
        *_number_and_time(receipt, terminal, words, "receipt.number"),
        RULE,
        *goods,
        *((RULE,) if goods else ()),
        SlipLine(words.say(total), words.amount_text(amount), strong=True),
        *_wallet(receipt, words),
        *((RULE,) if table else ()),
        *_vat(table, payment.amount.currency, words),
        RULE,
        *ids_of(payment, refund, words),
        *(code_of(payment) if refund is None else ()),
    )


def _wallet(receipt: Receipt, words: Words) -> tuple[SlipLine, ...]:
    """What a refund gives back in another currency is the wallet's to say, later."""
    if receipt.refund is None:
        return wallet_lines(receipt.payment, words)
    return (SlipLine(words.say("receipt.wallet"), receipt.payment.wallet),)


def _number_and_time(
    receipt: Receipt, terminal: Terminal, words: Words, key: str
) -> tuple[SlipLine, ...]:
    refund, original = receipt.refund, f"{terminal.reference}-{receipt.original}"
    at = receipt.payment.opened_at if refund is None else refund.asked_at
    return (
        SlipLine(words.say(key), f"{terminal.reference}-{receipt.number}"),
        *((SlipLine(words.say("receipt.original"), original),) if receipt.original else ()),
        SlipLine(words.say("receipt.time"), words.time_text(at)),
        SlipLine(words.say("receipt.till"), terminal.reference),
        *((SlipLine(words.say("receipt.staff"), receipt.staff),) if receipt.staff else ()),
    )


def _goods(order: Order, words: Words) -> tuple[SlipLine, ...]:
    """What was sold, line by line; the discount over all of it and the tip stand last."""
    lines: list[SlipLine] = []
    for line in order.lines:
        lines.append(SlipLine(_named(line, words), words.minor_text(line.gross, order.currency)))
        if line.quantity > 1:
            each = words.minor_text(line.unit_price, order.currency)
            said = words.say("receipt.quantity", quantity=line.quantity, price=each)
            lines.append(SlipLine(f"  {said}"))
        if line.taken_off:
            off = words.minor_text(-line.taken_off, order.currency)
            lines.append(SlipLine("  " + words.say("receipt.discount"), off))
    if order.taken_off:
        off = words.minor_text(-order.taken_off, order.currency)
        lines.append(SlipLine(words.say("receipt.order_discount"), off))
    if order.tip:
        tip = words.minor_text(order.tip, order.currency)
        lines.append(SlipLine(words.say("receipt.tip"), tip))
    return tuple(lines)


def _named(line: Line, words: Words) -> str:
    return line.text or words.say("receipt.goods")


def _returned(receipt: Receipt, words: Words) -> tuple[SlipLine, ...]:
    """The goods that came back; nothing where money came back without any."""
    return tuple(
        SlipLine(
            f"{quantity} x {_named(line, words)}",
            words.minor_text(value, receipt.payment.amount.currency),
        )
        for quantity, line, value in come_back(receipt)
    )


def _vat(table: tuple[VatRow, ...], currency: str, words: Words) -> tuple[SlipLine, ...]:
    """A line for each rate, its base and its tax, those without tax apart, and the sums."""
    lines = []
    for row in table:
        base = words.minor_text(row.net, currency)
        if row.rate:
            rate, tax = words.percent_text(row.rate), words.minor_text(row.vat, currency)
            lines.append(SlipLine(words.say("receipt.vat", rate=rate, base=base), tax))
        else:
            lines.append(SlipLine(words.say("receipt.vat_free"), base))
    if lines:
        net, vat = sum(row.net for row in table), sum(row.vat for row in table)
        lines.append(SlipLine(words.say("receipt.net"), words.minor_text(net, currency)))
        lines.append(SlipLine(words.say("receipt.vat_in_all"), words.minor_text(vat, currency)))
    return tuple(lines)
