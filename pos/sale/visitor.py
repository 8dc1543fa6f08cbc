"""A visitor at the kiosk: where they stand, what they speak, how long is waited for them.

Apart, and pure, because more than one front end serves visitors: the screen as things to touch,
the speaking one as numbered lines. A Visit is what one visitor has chosen that is not on the desk,
so a new Visit holds nothing of the last one. Times are the monotonic seconds of Views.
"""

from dataclasses import dataclass
from enum import StrEnum

from pos.sale.view import LinkState, Notice, Stage, Verdict, View, notice

# Each language as its speakers call it: the one thing that a visitor has to be able to read.
ENDONYMS = {
    "en": "English", "nb": "Norsk", "fi": "Suomi", "sv": "Svenska", "da": "Dansk", "zh": "中文",
}  # fmt: skip

# Seconds without a touch after which a visit is over, and how long before it is warned of it.
PATIENCE_S = 60.0
PAYING_PATIENCE_S = 120.0  # a phone has to be found, an app opened, a PIN remembered
WARNING_S = 15.0
# The outcome makes way for the next visitor; longer where there is something left to read.
OUTCOME_S = 5.0
READING_S = 20.0
CODES_S = 60.0  # tickets that are on no paper
MORE_S = 30.0
STOPPING_S = 20.0


class Step(StrEnum):
    """Where the visitor stands."""

    START = "start"  # nobody is there
    TICKETS = "tickets"
    ENTRY = "entry"
    REVIEW = "review"
    PAYING = "paying"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Visit:
    """One visitor. `home` is the site's own language; `pace` stretches every wait; `stage` is the
    last of the payment's that was seen.

    `ends_s` is when the visit ends by itself, 0 for never; `left` the payment whose outcome was
    seen already.
    """

    home: str
    language: str
    step: Step = Step.START
    stage: Stage = Stage.READY
    ends_s: float = 0.0
    left: str = ""
    pace: float = 1.0


def nobody(home: str, *, left: str = "", pace: float = 1.0) -> Visit:
    """The start: no visitor is there."""
    return Visit(home, home, left=left, pace=pace)


def out_of_order(view: View) -> Notice | None:
    """Why a person of the staff has to come before anything is sold, or None."""
    return view.stopped or view.barred


def unready(view: View) -> Notice | None:
    """Why nobody can buy a ticket now, or None. A visitor is told before choosing anything."""
    office = view.box_office
    if (why := out_of_order(view)) is not None:
        return why
    if office is None or view.link is LinkState.UNKNOWN:
        return notice("kiosk.starting")
    if view.link is not LinkState.UP:
        return notice("kiosk.link_down")
    if not office.sells:
        return notice("kiosk.closed_now")
    if office.sold_out and all(each.timed for each in office.site.tickets):
        return notice("kiosk.sold_out")
    return None


def patience_s(visit: Visit, view: View) -> float:
    """How long this step waits for a touch, at the usual pace; 0 for ever."""
    if visit.step is Step.START:
        return 0.0
    if visit.step is Step.OUTCOME:
        if view.verdict is Verdict.PAID:
            on_paper = view.papers.prints and view.printer is None
            return OUTCOME_S if on_paper else CODES_S
        asked = view.reason is not None and view.reason.key == "stopped.operator"
        return OUTCOME_S if asked else READING_S
    if visit.step is Step.PAYING:
        return STOPPING_S if view.stage is Stage.STOPPING else PAYING_PATIENCE_S
    return PATIENCE_S


def left_s(visit: Visit, view: View, now_s: float) -> float | None:
    """Seconds until the visit ends by itself, once there is reason to say so; else None."""
    if not visit.ends_s or view.stage is Stage.PAYING:
        return None
    left = max(0.0, visit.ends_s - now_s)
    warned = visit.step is Step.OUTCOME or left <= WARNING_S * visit.pace
    return left if warned else None
