"""What may be done at the counter right now: the keys of the footer and the rows of the menu.

Apart, and without Textual, so that keyboard, numpad, touch, footer and menu cannot disagree: all
of them read this one table.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pos.sale.view import Action, Stage, Verdict, View


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to do: its action, the language key of its name, and the key on the keyboard.

    `foot` is whether the footer names it; the menu names every one.
    """

    action: str
    word: str
    key: str
    when: Callable[[View], bool]
    foot: bool = True


def _in(action: str, *stages: Stage) -> Callable[[View], bool]:
    return lambda view: action in view.actions and (not stages or view.stage in stages)


def _with_order(view: View) -> bool:
    return view.stage is Stage.READY and view.order is not None and Action.ORDER in view.actions


def _sells(view: View) -> bool:
    return Action.ORDER in view.actions and len(view.products) > 0


def _working(view: View) -> bool:
    return view.stopped is None


def goes_back(view: View) -> bool:
    """Whether Next leads back to an order that was not paid."""
    unpaid = view.verdict in (Verdict.DECLINED, Verdict.CANCELLED)
    return view.stage is Stage.OUTCOME and unpaid and view.order is not None


def _goes_on(view: View) -> bool:
    return view.stage is Stage.OUTCOME and Action.NEXT in view.actions and not goes_back(view)


def may_leave(view: View) -> bool:
    """Whether nothing is on the desk that a person waits for."""
    return view.stopped is not None or view.stage in (Stage.READY, Stage.OUTCOME)


def _helped(view: View) -> bool:
    return view.office.remote.helper is not None


def _has_receipt(view: View) -> bool:
    return view.stage is Stage.OUTCOME and view.papers.receipt is not None


OFFERS = (
    Offer("scan", "screen.key_scan", "Enter", _in(Action.SCAN, Stage.READY)),
    Offer("show", "screen.key_show", "F2", _in(Action.CHARGE, Stage.READY)),
    Offer("stop", "screen.key_cancel", "Esc", _in(Action.STOP)),
    Offer("next", "screen.key_aside", "F4", _in(Action.NEXT, Stage.STOPPING)),
    Offer("next", "screen.key_order", "Enter", goes_back),
    Offer("next", "screen.key_next", "Enter", _goes_on),
    Offer("answer", "screen.key_answer", "H", lambda view: bool(view.help.wanted)),
    Offer("products", "screen.key_products", "F3", _sells),
    Offer("receipt", "screen.key_receipt", "F11", _has_receipt),
    Offer("review", "screen.key_review", "F5", _working),
    Offer("plus", "screen.key_plus", "+", _with_order, foot=False),
    Offer("minus", "screen.key_minus", "-", _with_order, foot=False),
    Offer("times", "screen.key_times", "*", _with_order, foot=False),
    Offer("discount", "screen.key_discount", "F6", _with_order, foot=False),
    Offer("remove", "screen.key_remove", "Del", _with_order, foot=False),
    Offer("park", "screen.key_park", "F7", _in(Action.PARK), foot=False),
    Offer("park", "screen.key_recall", "F7", _in(Action.RECALL), foot=False),
    Offer("drop", "screen.key_drop", "F8", _with_order, foot=False),
    Offer("lines", "screen.key_lines", "↑ ↓", _with_order, foot=False),
    Offer("office", "screen.key_office", "F10", _in(Action.OFFICE), foot=False),
    Offer("drawer", "screen.key_drawer", "D", lambda view: view.papers.prints, foot=False),
    Offer("help", "screen.key_help", "?", lambda _: True, foot=False),
    Offer("send_away", "remote.key_end", "Ctrl+E", _helped, foot=False),
    Offer("theme", "screen.key_theme", "F12", lambda _: True, foot=False),
    Offer("menu", "screen.key_menu", "F9", lambda _: True),
    Offer("leave", "screen.key_quit", "Ctrl+Q", may_leave),
)


def offered(view: View) -> list[Offer]:
    """What this View allows, in the order of the table."""
    return [offer for offer in OFFERS if offer.when(view)]
