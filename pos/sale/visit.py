"""How a visit goes on: by what the visitor chooses, by what the till does, and by time.

Apart, and pure, because every front end for visitors goes the same way, language, tickets, entry
time, payment, outcome, and only draws it differently.
"""

from dataclasses import replace

from pos.sale.box_office import persons_in
from pos.sale.choice import choices
from pos.sale.input import (
    CallHelp,
    Charge,
    ChooseEntry,
    Drop,
    Input,
    MoreTickets,
    Next,
    Presenting,
    Stay,
    Stop,
)
from pos.sale.view import Stage, View
from pos.sale.visitor import MORE_S, Step, Visit, nobody, out_of_order, patience_s

_PAYING = frozenset(Stage) - {Stage.READY, Stage.OUTCOME}


def chosen(visit: Visit, action: str, view: View, now_s: float) -> tuple[Visit, tuple[Input, ...]]:
    """The visit after this choice, and what the till is told. What is not offered does nothing,
    except that somebody is there."""
    if action == "time":
        later = max(visit.ends_s, now_s) + MORE_S * visit.pace
        return (replace(visit, ends_s=later) if visit.ends_s else visit), (Stay(),)
    offered = {each.action for each in choices(visit, view) if each.open}
    visit = _waited(visit, view, now_s)
    if action not in offered:
        return visit, () if visit.step is Step.START else (Stay(),)
    kind, _, which = action.partition(":")
    if kind in ("over", "leave"):
        return _gone(visit, view)
    return _stepped(visit, kind, which, view, now_s), _told(kind, which, view)


def _stepped(visit: Visit, kind: str, which: str, view: View, now_s: float) -> Visit:
    """Where the visitor stands after the choice."""
    timed = persons_in(view.order, timed=True) > 0
    match kind:
        case "language":
            return _at(replace(visit, language=which), Step.TICKETS, view, now_s)
        case "on":
            return _at(visit, Step.ENTRY if timed else Step.REVIEW, view, now_s)
        case "back":
            to_entry = visit.step is Step.REVIEW and timed
            return _at(visit, Step.ENTRY if to_entry else Step.TICKETS, view, now_s)
        case "entry":
            return _at(visit, Step.REVIEW, view, now_s)
        case "again":
            return _at(replace(visit, left=view.request_id), Step.REVIEW, view, now_s)
    return visit


def _told(kind: str, which: str, view: View) -> tuple[Input, ...]:
    """What the till is told of the choice."""
    match kind:
        case "more" | "fewer":
            return (MoreTickets(which, 1 if kind == "more" else -1),)
        case "entry":
            return (ChooseEntry(int(which)),)
        case "pay":
            return (Charge("", Presenting.EITHER),)
        case "stop":
            return (Stop(view.request_id),)
        case "again":
            return (Next(),)
        case "help":
            return (CallHelp(),)
    return () if kind == "language" else (Stay(),)


def _gone(visit: Visit, view: View) -> tuple[Visit, tuple[Input, ...]]:
    """The visitor is not there any more: nothing of the visit stays, on the desk either."""
    after = nobody(visit.home, left=view.request_id, pace=visit.pace)
    match view.stage:
        case Stage.READY | Stage.OUTCOME:
            return after, (Drop(),)
        case Stage.STOPPING:
            return after, (Next(), Drop())
        case Stage.SCANNING | Stage.TIPPING:
            return after, (Stop(view.request_id), Drop())
        case _:  # money may be under way: it is stopped for sure before anybody else comes
            return visit, (Stop(view.request_id),)


def seen(visit: Visit, view: View, now_s: float) -> Visit:
    """The visit as the till has gone on."""
    if view.stage in (Stage.OUTCOME, *_PAYING):
        step = Step.OUTCOME if view.stage is Stage.OUTCOME else Step.PAYING
        over = bool(view.request_id) and view.request_id == visit.left
        if over or (visit.step, visit.stage) == (step, view.stage):
            return visit
        return _at(replace(visit, stage=view.stage), step, view, now_s)
    if out_of_order(view) is not None and visit.step is not Step.START:
        return nobody(visit.home, left=visit.left, pace=visit.pace)
    return _chosen_so_far(visit, view, now_s)


def _chosen_so_far(visit: Visit, view: View, now_s: float) -> Visit:
    """The visit with the desk free: no further on than what lies on it."""
    if visit.step in (Step.PAYING, Step.OUTCOME):
        if view.order is None:
            return nobody(visit.home, left=visit.left, pace=visit.pace)
        return _at(visit, Step.REVIEW, view, now_s)
    if visit.step in (Step.ENTRY, Step.REVIEW) and view.order is None:
        return _at(visit, Step.TICKETS, view, now_s)
    if visit.step is Step.REVIEW and view.order is not None:
        # A chosen time that filled up meanwhile is chosen anew.
        timed = persons_in(view.order, timed=True) > 0
        if timed and not view.order.entry_at and view.notice is not None:
            return _at(visit, Step.ENTRY, view, now_s)
    return visit


def _at(visit: Visit, step: Step, view: View, now_s: float) -> Visit:
    return _waited(replace(visit, step=step), view, now_s)


def _waited(visit: Visit, view: View, now_s: float) -> Visit:
    """The visit with a whole wait before it."""
    wait_s = patience_s(visit, view) * visit.pace
    return replace(visit, ends_s=now_s + wait_s if wait_s else 0.0)


def passed(visit: Visit, view: View, now_s: float) -> tuple[Visit, tuple[Input, ...]]:
    """What time does to the visit; to be asked for at least once a second."""
    if visit.step is Step.START:
        # An input that the till could not take then is told again.
        said = view.notice is not None and out_of_order(view) is None
        stale = view.order is not None or said
        return visit, (Drop(),) if stale and view.stage is Stage.READY else ()
    if not visit.ends_s or now_s < visit.ends_s or view.stage is Stage.PAYING:
        return visit, ()
    after, told = _gone(visit, view)
    # A code of ours that nobody scans is cancelled; until that is sure nobody is asked again.
    return (_waited(after, view, now_s) if after.step is not Step.START else after), told
