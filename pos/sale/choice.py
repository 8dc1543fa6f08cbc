"""All that a visitor may do at a moment, in the order in which it is offered.

Apart, and pure, because a screen draws it as things to touch and the speaking kiosk as numbered
lines, and because whatever is not offered here does nothing, whoever presses what.
"""

from dataclasses import dataclass, replace

from pos.sale.box_office import persons_in
from pos.sale.ticketing import quantity_of, unsellable
from pos.sale.view import Action, Notice, Stage, Verdict, View, notice
from pos.sale.visitor import ENDONYMS, Step, Visit, unready


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that may be chosen: `action` is its name, `said` what it is called.

    One that is not `open` is shown, but not to be had now, and `why` says why.
    """

    action: str
    said: Notice
    open: bool = True
    why: Notice | None = None


def choices(visit: Visit, view: View) -> tuple[Choice, ...]:
    """All that the visitor may do now, in the order in which it is offered."""
    match visit.step:
        case Step.START:
            return _languages(view)
        case Step.TICKETS:
            return (*_tickets(visit, view), _go_on(view), _over(), _help(view))
        case Step.ENTRY:
            return (*_entries(view), _back(), _over(), _help(view))
        case Step.REVIEW:
            return (_pay(view), _back(), _over(), _help(view))
        case Step.PAYING:
            return (*_stop(view), _more_time(), _help(view))
        case Step.OUTCOME:
            return (*_after(view), _more_time(), _help(view))


def _languages(view: View) -> tuple[Choice, ...]:
    why = unready(view)
    return (
        *(
            Choice(f"language:{code}", notice("kiosk.language", name=name), why is None, why)
            for code, name in ENDONYMS.items()
        ),
        _help(view),
    )


def _tickets(visit: Visit, view: View) -> list[Choice]:
    made = []
    for product in view.products.products:
        if not product.persons:
            continue
        name, count = product.name(visit.language), quantity_of(view.order, product.reference)
        full = product.timed and view.box_office is not None and view.box_office.sold_out
        why = notice("kiosk.limit", most=product.limit) if 0 < product.limit <= count else None
        why = notice("kiosk.sold_out") if full else why
        more = notice("kiosk.more", name=name, price=product.price, count=count)
        made += [
            Choice(f"more:{product.reference}", more, why is None, why),
            Choice(f"fewer:{product.reference}", replace(more, key="kiosk.fewer"), count > 0),
        ]
    return made


def _entries(view: View) -> list[Choice]:
    if view.box_office is None:
        return []
    persons, made = persons_in(view.order, timed=True), []
    for each in view.box_office.entries:
        fits = persons <= each.left
        key = "kiosk.entry" if each.left else "kiosk.entry_none"
        said = notice(key, moment=each.starts_at, left=each.left)
        why = None if fits else notice("kiosk.entry_full", left=each.left)
        made.append(Choice(f"entry:{each.starts_at}", said, fits, why))
    return made


def _go_on(view: View) -> Choice:
    return Choice("on", notice("kiosk.on"), persons_in(view.order) > 0)


def _pay(view: View) -> Choice:
    why = unready(view) or unsellable(view.order, view.box_office)
    offered = Action.CHARGE in view.actions and view.order is not None
    return Choice("pay", notice("kiosk.pay"), offered and why is None, why)


def _stop(view: View) -> list[Choice]:
    if view.stage is Stage.STOPPING:
        return [Choice("leave", notice("kiosk.leave"))]
    return [Choice("stop", notice("kiosk.stop"))] if Action.STOP in view.actions else []


def _after(view: View) -> list[Choice]:
    again = view.order is not None and view.verdict in (Verdict.DECLINED, Verdict.CANCELLED)
    return [
        *([Choice("again", notice("kiosk.again"))] if again else []),
        Choice("leave", notice("kiosk.done")),
    ]


def _back() -> Choice:
    return Choice("back", notice("kiosk.back"))


def _over() -> Choice:
    return Choice("over", notice("kiosk.over"))


def _more_time() -> Choice:
    return Choice("time", notice("kiosk.more_time"))


def _help(view: View) -> Choice:
    called = view.papers.help_wanted
    return Choice("help", notice("kiosk.help_called" if called else "kiosk.help"))
