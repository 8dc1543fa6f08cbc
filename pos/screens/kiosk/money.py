"""The steps in which money moves: our code and the camera, and how it ended.

Apart from the steps before because the till leads here: nothing is chosen but to stop, and the
outcome is said in a word, a shape, a colour and the amount, large enough for two metres.
"""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from pos.language import Language, customer_language
from pos.sale.view import Stage, Verdict, View
from pos.screens.kiosk.speech import Speech
from pos.screens.kiosk.wallets import wallets_text
from pos.screens.panels import Big, Shape, Words, elapsed_text

_SHAPES = {
    Verdict.PAID: "tick",
    Verdict.DECLINED: "cross",
    Verdict.CANCELLED: "bar",
    Verdict.ASIDE: "glass",
    Verdict.TRAINED: "bar",
}
_STEPS = ("● ○ ○", "○ ● ○", "○ ○ ●", "○ ● ○")


class PayPanel(Vertical):
    """The amount, and the two ways to pay it."""

    def __init__(self) -> None:
        super().__init__(id="pay", classes="step")

    def compose(self) -> ComposeResult:
        """From top to bottom as it is read."""
        yield Big(lines_max=7, id="pay-amount")
        yield Words(id="pay-currency", classes="quiet")
        yield Words(id="pay-say", classes="title")
        yield Words(id="pay-also", classes="title")
        yield Words(id="pay-progress")
        yield Words(id="pay-wallets")

    def apply(self, view: View, language: Language, now_s: float, *, code_fits: bool) -> None:
        """Show this View; `code_fits` is whether our code is on the screen."""
        say, stage = language.say, view.stage
        amount = "" if view.amount is None else language.number_text(view.amount)
        self.query_one("#pay-amount", Big).say(amount)
        self.query_one("#pay-currency", Words).say(view.currency if amount else "")
        said, also = say("kiosk.paying"), ""
        if stage is Stage.SHOWING:
            said = say("kiosk.scan_ours") if code_fits else say("kiosk.no_room")
            also = say("kiosk.or_hold_up") if looks(view) else ""
        elif stage is Stage.SCANNING:
            said = say("kiosk.hold_up")
        elif stage is Stage.STOPPING:
            said = say("kiosk.stopping")
        self.query_one("#pay-say", Words).say(said)
        self.query_one("#pay-also", Words).say(also)
        waits = stage in (Stage.SHOWING, Stage.SCANNING)
        self.query_one("#pay-wallets", Words).say(wallets_text(view, language) if waits else "")
        self.tick(view, language, now_s)

    def tick(self, view: View, language: Language, now_s: float) -> None:
        """Move the clock on."""
        if view.stage is Stage.SHOWING:
            said = language.say("screen.expires", time=elapsed_text(view.expires_at_s - now_s))
        else:
            waited_s = max(0, int(now_s - view.stage_since_s))
            said = _STEPS[waited_s % len(_STEPS)]
        self.query_one("#pay-progress", Words).say(said)


class EndPanel(Vertical):
    """How it ended."""

    def __init__(self) -> None:
        super().__init__(id="end", classes="step")

    def compose(self) -> ComposeResult:
        """The word, the shape beside the amount, and what to do now, in two languages."""
        yield Big(lines_max=6, lines_tall=6, id="end-word")
        with Horizontal(id="end-middle"):
            yield Shape(id="end-shape", markup=False)
            yield Big(lines_max=7, id="end-amount")
        yield Words(id="end-details")
        yield Words(id="end-say", classes="title")
        yield Words(id="end-wallet", classes="title")
        yield Words(id="end-reason")
        yield Words(id="end-code")

    def apply(self, view: View, speech: Speech, code: str, *, on_paper: bool, title: str) -> None:
        """Show the verdict of this View to somebody who speaks `code`; `title` is that of the
        code on the screen."""
        language, verdict = speech(code), view.verdict or Verdict.ASIDE
        for each in Verdict:
            self.set_class(each is verdict, f"-{each}")
        self.query_one("#end-word", Big).say(language.say(f"outcome.{verdict}"))
        self.query_one("#end-shape", Shape).show(_SHAPES[verdict])
        amount = "" if view.amount is None else language.number_text(view.amount)
        self.query_one("#end-amount", Big).say(amount)
        self.query_one("#end-details", Words).say(_details(view, language))
        self.query_one("#end-say", Words).say(_said(verdict, language, on_paper=on_paper))
        theirs = customer_language(view.wallet, view.issuer)
        also = ""
        if theirs is not None and theirs != code:
            word = speech(theirs).say(f"outcome.{verdict}")
            also = f"{word}: {_said(verdict, speech(theirs), on_paper=on_paper)}"
        self.query_one("#end-wallet", Words).say(also)
        unpaid = verdict is Verdict.DECLINED and view.reason is not None
        reason = language.notice(view.reason) if unpaid and view.reason is not None else ""
        self.query_one("#end-reason", Words).say(reason)
        self.query_one("#end-code", Words).say(title)


def looks(view: View) -> bool:
    """Whether the camera waits for the visitor's code while ours is shown."""
    return view.looking


def _said(verdict: Verdict, language: Language, *, on_paper: bool) -> str:
    if verdict is Verdict.PAID and not on_paper:
        return language.say("kiosk.said_paid_screen")
    return language.say(f"kiosk.said_{verdict}")


def _details(view: View, language: Language) -> str:
    parts = (view.currency if view.amount else "", view.wallet, view.rate)
    lines = ["  ·  ".join(part for part in parts if part)]
    if view.savings is not None:
        lines.append(language.say("screen.saved", amount=language.amount_text(view.savings)))
    if view.customer_amount is not None:
        charged = language.amount_text(view.customer_amount)
        lines.append(language.say("display.charged", amount=charged))
    return "\n".join(lines)
