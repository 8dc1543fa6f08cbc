"""What is said of a visit: sentences for where it stands, and a line for each choice.

Apart from the guide, which has a clock and buttons, because this depends on nothing but the visit,
the View and a language, and so can be read, and tested, by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pos.language import Language, Tongues, customer_language
from pos.sale.choice import Choice, choices
from pos.sale.money import Amount
from pos.sale.view import Notice, Stage, Verdict, View
from pos.sale.visitor import Step, Visit, unready

# (text, code of the language that it is in)
Sentence = tuple[str, str]

_TITLES = {
    Step.TICKETS: "kiosk.title_tickets",
    Step.ENTRY: "kiosk.title_entry",
    Step.REVIEW: "kiosk.title_review",
}


class SpokenLanguage(Language):
    """Says amounts as a voice does: 129 Norwegian kroner."""

    def amount_text(self, amount: Amount) -> str:
        """See Language."""
        return self.spoken_amount(amount)


@dataclass(frozen=True, slots=True)
class Line:
    """One choice: `number` from 1, what it is called, and in which language."""

    number: int
    choice: Choice
    text: str
    code: str


def lines(visit: Visit, view: View, tongues: Tongues) -> tuple[Line, ...]:
    """A line for each thing that may be done now; what is closed says why."""
    made = []
    for number, each in enumerate(choices(visit, view), 1):
        kind, _, which = each.action.partition(":")
        code = which if kind == "language" else visit.language
        words = tongues(code)
        text = words.notice(each.said)
        if kind == "language":
            text += ("。" if code == "zh" else ". ") + words.say("spoken.choose")
        if not each.open:
            why = "" if each.why is None else words.notice(each.why)
            text = words.say("spoken.closed", choice=text, why=why).strip()
        made.append(Line(number, each, text, code))
    return tuple(made)


def standing(visit: Visit, view: View, tongues: Tongues) -> tuple[Sentence, ...]:
    """Where the visit stands, in sentences; at the start, how the kiosk is worked."""
    words = tongues(visit.language)
    match visit.step:
        case Step.START:
            return _start(visit, view, tongues)
        case Step.PAYING:
            said = _paying(view, words)
        case Step.OUTCOME:
            return _outcome(visit, view, tongues)
        case _:
            said = [words.say(_TITLES[visit.step]), *_order(view, words)]
    if view.notice is not None:
        said.append(words.notice(view.notice))
    return _in(visit.language, said)


def _in(code: str, said: Sequence[str]) -> tuple[Sentence, ...]:
    return tuple((each, code) for each in said if each)


def _start(visit: Visit, view: View, tongues: Tongues) -> tuple[Sentence, ...]:
    """The welcome and how to go on, in the site's language and in English; or why not."""
    why, said = unready(view), []
    for code in dict.fromkeys((visit.home, "en")):
        words = tongues(code)
        site = "" if view.box_office is None else view.box_office.site.name(code)
        told = [f"{words.say('kiosk.welcome')}. {site}".strip(), words.say("spoken.how")]
        if why is not None:
            told = [told[0], told_why(why, view, words)]
        said += [(each, code) for each in told]
    return tuple(said)


def told_why(why: Notice, view: View, words: Language) -> str:
    """Why nobody can buy now, and what to do: come back, or ask the staff."""
    office, said = view.box_office, words.notice(why)
    if why.key == "kiosk.starting":
        return said
    if why.key == "kiosk.closed_now" and office is not None and office.next_opens_at:
        at = office.next_opens_at
        opens = words.say("kiosk.next_open", day=words.day_text(at), moment=words.clock_text(at))
        return f"{said} {opens}"
    return f"{said} {words.say('kiosk.ask_staff')}"


def _order(view: View, words: Language) -> list[str]:
    """The tickets so far, the entry time and the sum."""
    order = view.order
    if order is None or not order.lines:
        return []
    said = []
    for line in order.lines:
        product = view.products.by_reference.get(line.product)
        said.append(f"{line.quantity} {line.text if product is None else product.name(words.code)}")
    if order.entry_at:
        said.append(words.say("kiosk.entry_for", moment=words.clock_text(order.entry_at)))
    total = words.amount_text(Amount(order.value, view.currency))
    return [*said, words.say("kiosk.total", amount=total)]


def _paying(view: View, words: Language) -> list[str]:
    if view.stage is Stage.STOPPING:
        return [words.say("kiosk.stopping")]
    if not view.looking:
        return [words.say("kiosk.paying")]
    amount = "" if view.amount is None else words.amount_text(view.amount)
    return [amount, words.say("kiosk.hold_up")]


def _outcome(visit: Visit, view: View, tongues: Tongues) -> tuple[Sentence, ...]:
    """How it ended, in the visitor's language and then in that of the wallet, and the tickets."""
    verdict = view.verdict or Verdict.ASIDE
    on_paper = view.papers.prints and view.printer is None
    key = f"kiosk.said_{verdict}"
    if verdict is Verdict.PAID and not on_paper:
        key = "spoken.no_paper"
    said: list[Sentence] = []
    theirs = customer_language(view.wallet, view.issuer)
    for code in dict.fromkeys((visit.language, theirs or visit.language)):
        words = tongues(code)
        amount = "" if view.amount is None else words.amount_text(view.amount)
        # In capitals, as on the screen, some voices would spell it.
        word = words.say(f"outcome.{verdict}").capitalize()
        said.append((f"{word}: {amount}", code))
        said.append((words.say(key), code))
    words = tongues(visit.language)
    for each in view.papers.tickets if verdict is Verdict.PAID else ():
        number = " ".join(each.ticket.number.replace("-", ""))  # letter by letter
        text = words.say("spoken.ticket", name=each.name, number=number)
        said.append((text, visit.language))
    if verdict is Verdict.DECLINED and view.reason is not None:
        said.append((words.notice(view.reason), visit.language))
    return tuple(said)
