"""The middle of the screen once an amount is charged: waiting, the outcome, or a stopped till.

Apart from the counter because these say where the money is, and the same panels serve every
screen that sells.
"""

from textual.app import ComposeResult
from textual.containers import Center, Horizontal, Vertical

from pos.language import Language
from pos.sale.glimpse import Glimpse
from pos.sale.view import Action, Stage, Verdict, View
from pos.screens.offers import goes_back
from pos.screens.panels import Big, Key, Shape, Words, elapsed_text
from pos.screens.preview import Preview

# From here on a cashier is tempted to scan once more.
DO_NOT_SCAN_AFTER_S = 15.0

# Where a wait ends by a key: the stages in which nothing is asked yet, or nothing is known yet.
WAITING = frozenset({Stage.SCANNING, Stage.PAYING, Stage.SHOWING, Stage.SWITCHING, Stage.STOPPING})

_FINDER = "┏━━━         ━━━┓\n\n ━━━━━━━━━━━━━━━ \n\n┗━━━         ━━━┛"
_STEPS = ("● ○ ○", "○ ● ○", "○ ○ ●", "○ ● ○")
_VERDICTS = {
    Verdict.PAID: "tick",
    Verdict.DECLINED: "cross",
    Verdict.CANCELLED: "bar",
    Verdict.ASIDE: "glass",
    Verdict.TRAINED: "bar",
}


class Waiting(Vertical):
    """The amount, what is being waited for and for how long, and the way out."""

    def __init__(self, language: Language) -> None:
        super().__init__(id="waiting")
        self._language = language
        self._view: View | None = None
        self._hint = ""

    def compose(self) -> ComposeResult:
        """From top to bottom as it is read."""
        say = self._language.say
        yield Words(id="wait-title", classes="title")
        yield Big(id="wait-amount")
        yield Words(id="wait-currency", classes="quiet")
        yield Words(_FINDER, id="wait-finder")
        with Center(id="wait-picture"):
            yield Preview(id="wait-preview")
        yield Words(id="wait-progress")
        yield Words(id="wait-say")
        yield Words(id="wait-warn", classes="sun")
        with Horizontal(classes="keys"):
            yield Key(say("screen.cancel"), "stop", hint="Esc", id="wait-stop")
            yield Key(say("screen.aside"), "next", hint="F4", id="wait-aside")

    def apply(self, view: View, now_s: float, *, code_fits: bool) -> None:
        """Show the wait of this View; `code_fits` is whether the shown code is on the screen."""
        self._view = view
        language, stage = self._language, view.stage
        self.query_one("#wait-title", Words).say(language.say(f"screen.{stage}_title"))
        amount = "" if view.amount is None else language.number_text(view.amount)
        self.query_one("#wait-amount", Big).say(amount)
        self.query_one("#wait-currency", Words).say(view.currency if amount else "")
        self.query_one("#wait-say", Words).say(self._sentence(view))
        self.query_one("#wait-stop").display = Action.STOP in view.actions
        self.query_one("#wait-aside").display = Action.NEXT in view.actions
        self.set_class(stage is Stage.SCANNING, "-scanning")
        if stage is not Stage.SCANNING:
            self._see(None)
        self.set_class(stage is Stage.STOPPING, "-stopping")
        self.tick(now_s, code_fits=code_fits)

    def aim(self, glimpse: Glimpse) -> None:
        """Show what the camera sees and how to hold the code; only while one is waited for."""
        if self._view is not None and self._view.stage is Stage.SCANNING:
            self._see(glimpse)
            self.query_one("#wait-progress", Words).say(self._hint)

    def _see(self, glimpse: Glimpse | None) -> None:
        self.query_one(Preview).show(glimpse)
        self.set_class(glimpse is not None and bool(glimpse.levels), "-preview")
        hint = glimpse.hint if glimpse is not None else ""
        self._hint = self._language.say(f"screen.aim_{hint}") if hint else ""

    def tick(self, now_s: float, *, code_fits: bool) -> None:
        """Move the clock on."""
        view = self._view
        if view is None or view.stage not in WAITING:
            return
        waited_s = now_s - view.stage_since_s
        self.query_one("#wait-progress", Words).say(self._progress(view, waited_s, now_s))
        warn = ""
        if view.stage is Stage.PAYING and waited_s >= DO_NOT_SCAN_AFTER_S:
            warn = self._language.say("screen.do_not_scan")
        elif view.stage is Stage.SHOWING and not code_fits:
            warn = self._language.say("screen.qr_no_room")
        self.query_one("#wait-warn", Words).say(warn)

    def _progress(self, view: View, waited_s: float, now_s: float) -> str:
        if view.stage is Stage.SCANNING:
            return self._hint
        if view.stage is Stage.SHOWING:
            left = elapsed_text(view.expires_at_s - now_s)
            return self._language.say("screen.expires", time=left)
        step = _STEPS[max(0, int(waited_s)) % len(_STEPS)]
        return f"{step}   {elapsed_text(waited_s)}"

    def _sentence(self, view: View) -> str:
        language = self._language
        said = language.say(f"screen.{view.stage}_say")
        if view.stage is Stage.PAYING and view.wallet:
            said = language.say("screen.paying_wallet", wallet=view.wallet)
        if view.stage is Stage.STOPPING and view.reason is not None:
            said = f"{language.notice(view.reason)} {said}"
        return said


class Outcome(Vertical):
    """How it ended: a colour, a word, a shape, the amount, and why."""

    def __init__(self, language: Language) -> None:
        super().__init__(id="outcome")
        self._language = language

    def compose(self) -> ComposeResult:
        """From top to bottom as it is read."""
        yield Big(lines_max=6, id="outcome-word")
        with Horizontal(id="outcome-middle"):
            yield Shape(id="outcome-shape", markup=False)
            with Vertical(id="outcome-money"):
                yield Big(lines_tall=4, id="outcome-amount")
                yield Words(id="outcome-details")
        yield Words(id="outcome-reason")
        with Horizontal(classes="keys"):
            yield Key(self._language.say("screen.next"), "next", hint="Enter", id="outcome-next")

    def apply(self, view: View) -> None:
        """Show the verdict of this View."""
        verdict = view.verdict or Verdict.ASIDE
        language = self._language
        for each in Verdict:
            self.set_class(each is verdict, f"-{each}")
        self.query_one("#outcome-shape", Shape).show(_VERDICTS[verdict])
        self.query_one("#outcome-word", Big).say(language.say(f"outcome.{verdict}"))
        amount = "" if view.amount is None else language.number_text(view.amount)
        self.query_one("#outcome-amount", Big).say(amount)
        self.query_one("#outcome-details", Words).say(self._details(view))
        reason = "" if view.reason is None else language.notice(view.reason)
        if not reason and verdict is Verdict.ASIDE:
            reason = language.say("screen.stopping_say")
        self.query_one("#outcome-reason", Words).say(reason)
        key = self.query_one("#outcome-next", Key)
        key.display = Action.NEXT in view.actions
        key.relabel(language.say("screen.back_to_order" if goes_back(view) else "screen.next"))

    def _details(self, view: View) -> str:
        parts = (view.currency if view.amount else "", view.wallet, view.rate)
        lines = ["  ·  ".join(part for part in parts if part)]
        if view.savings is not None:
            saved = self._language.amount_text(view.savings)
            lines.append(self._language.say("screen.saved", amount=saved))
        if view.customer_amount is not None:
            charged = self._language.amount_text(view.customer_amount)
            lines.append(self._language.say("screen.customer_paid", amount=charged))
        return "\n".join(lines)


class Stopped(Vertical):
    """The till does not sell: nothing else is shown until a person has put it right."""

    def __init__(self, language: Language) -> None:
        super().__init__(id="stopped")
        self._language = language

    def compose(self) -> ComposeResult:
        """A hand, a word, a sentence."""
        yield Shape(id="stopped-shape", markup=False)
        yield Words(self._language.say("screen.stopped_title"), id="stopped-title")
        yield Words(id="stopped-say")

    def apply(self, view: View) -> None:
        """Say why."""
        self.query_one("#stopped-shape", Shape).show("hand")
        said = "" if view.stopped is None else self._language.notice(view.stopped)
        self.query_one("#stopped-say", Words).say(said)
