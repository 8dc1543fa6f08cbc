"""What a voice says when one View follows another: sentences for somebody who sees no screen.

Apart from the front end that has the voice, because what is said depends on nothing but the two
Views and a language, and so can be read, and tested, without a clock or a device.
"""

from pos.language import Language
from pos.sale.assistance import Cause
from pos.sale.change import Change, Kind, change_between, order_left
from pos.sale.money import Amount
from pos.sale.order import Line
from pos.sale.view import LinkState, Notice, Stage, Verdict, View

_STAGES = {Stage.PAYING: "checkout.paying", Stage.STOPPING: "checkout.stopping"}

_VERDICTS = {
    Verdict.PAID: "checkout.paid",
    Verdict.DECLINED: "checkout.declined",
    Verdict.CANCELLED: "checkout.cancelled",
    Verdict.ASIDE: "checkout.aside",
    Verdict.TRAINED: "checkout.trained",
}

# What the other sentences of these keys say is meant for a cashier before a screen.
_FOR_SHOPPERS = {
    "amount.unreadable": "checkout.nothing",
    "order.no_product": "checkout.unknown",
    "order.charge_first": "checkout.pay_first",
    "code.used": "checkout.why_renew",
    "code.product_scanned": "checkout.hold_up",
}

_WHYS = {
    "checkout.why_renew": ("INVALID_PAYMENT_CODE", "INVALID_CODE", "EXPIRED_CODE", "PROCESS_FAIL"),
    "checkout.why_balance": ("USER_BALANCE_NOT_ENOUGH",),
    "checkout.why_limit": (
        "USER_AMOUNT_EXCEED_LIMIT", "PAYMENT_AMOUNT_EXCEED_LIMIT", "PAYMENT_COUNT_EXCEED_LIMIT",
    ),
    "checkout.why_link": ("NOT_SENT",),
}  # fmt: skip
_WHY = {f"reason.{code}": key for key, codes in _WHYS.items() for code in codes}


def greeting(words: Language) -> str:
    """How a purchase begins."""
    return words.say("checkout.ready")


def sentences(before: View, after: View, words: Language) -> list[str]:
    """What is said of the step from `before` to `after`, in order; nothing where it is no news."""
    if after.stopped is not None:
        return [words.say("checkout.stopped")] if before.stopped is None else []
    said = _of_stage(before, after, words)
    change = change_between(before, after)
    if change is not None:
        said += _of_change(change, before, after, words)
    return said + _of_surroundings(before, after, words)


def outcome(view: View, words: Language) -> list[str]:
    """How the sale ended, for whoever paid."""
    if view.verdict is None:
        return []
    amount = words.spoken_amount(view.amount) if view.amount is not None else ""
    said = [words.say(_VERDICTS[view.verdict], amount=amount)]
    if view.verdict is Verdict.DECLINED:
        key = view.reason.key if view.reason is not None else ""
        said += [words.say(_WHY.get(key, "checkout.why_other")), words.say("checkout.again")]
    if view.verdict is Verdict.PAID and view.papers.prints:
        key = "checkout.receipt" if view.printer is None else "checkout.no_receipt"
        said.append(words.say(key))
    return said


def ended(before: View, after: View) -> bool:
    """Whether a sale has just ended."""
    was = before.request_id, before.stage, before.verdict
    return after.stage is Stage.OUTCOME and was != (after.request_id, after.stage, after.verdict)


def _of_stage(before: View, after: View, words: Language) -> list[str]:
    if after.stage is before.stage:
        return []
    if after.stage is Stage.SCANNING and after.amount is not None:
        return [words.say("checkout.scanning", total=words.spoken_amount(after.amount))]
    key = _STAGES.get(after.stage)
    return [] if key is None else [words.say(key)]


def _of_change(change: Change, before: View, after: View, words: Language) -> list[str]:
    line = change.line
    if change.kind is Kind.REFUSED or line is None:
        return [] if after.notice is None else [_notice(after.notice, after.stage, words)]
    product = _name(line, after, words)
    if after.order is None:
        gone = order_left(before)
        alone = gone is not None and len(gone.lines) == 1
        key = "checkout.removed_last" if alone else "checkout.dropped"
        return [words.say(key, product=product)]
    total = words.spoken_amount(Amount(after.order.value, after.currency))
    if change.kind is Kind.REMOVED:
        return [words.say("checkout.removed", product=product, total=total)]
    price = words.spoken_amount(Amount(line.unit_price, after.currency))
    said = [words.say("checkout.added", product=product, price=price, total=total)]
    if line.age_limit and after.order.age_unproven:
        said.append(words.say("checkout.age", age=line.age_limit))
    return said


def _of_surroundings(before: View, after: View, words: Language) -> list[str]:
    """What is said although nobody did anything here."""
    said = []
    if after.papers.help_wanted and not before.papers.help_wanted:
        said.append("checkout.help_called")
    was, now = order_left(before), after.order
    if was is not None and now is not None and now.age_checked > was.age_checked:
        said.append("checkout.age_proven")
    answer = after.help.heard
    if answer is not None and answer != before.help.heard:
        causes = {each.help_id: each.cause for each in before.help.asked}
        cause = causes.get(answer.help_id)
        if cause is Cause.AGE and not answer.approved:
            said.append("checkout.age_denied")
        elif cause is Cause.CALL:
            said.append("checkout.help_coming" if answer.approved else "checkout.help_refused")
    if after.link is LinkState.DOWN and before.link is not LinkState.DOWN:
        said.append("checkout.link_down")
    if after.link is LinkState.UP and before.link is LinkState.DOWN:
        said.append("checkout.link_up")
    if after.camera is not None and before.camera is None:
        said.append("checkout.camera")
    return [words.say(key) for key in said]


def _notice(said: Notice, stage: Stage, words: Language) -> str:
    key = _FOR_SHOPPERS.get(said.key)
    if key is None and said.key.startswith("code."):
        key = "checkout.no_code" if stage is Stage.SCANNING else "checkout.unknown"
    return words.say(key) if key is not None else words.notice(said)


def _name(line: Line, view: View, words: Language) -> str:
    """The article in this language, if the catalogue still has it."""
    product = view.products.by_reference.get(line.product)
    return line.text if product is None else product.name(words.code)
