"""The parts that every screen of the till is put together from.

Apart because a key must look and answer the same wherever it stands. Nothing here takes the
focus: the keyboard belongs to the screen, and mouse and touch press what they see.
"""

import unicodedata

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Grid
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from pos.language import Language
from pos.sale.capability import Capability
from pos.sale.money import Amount
from pos.sale.view import LinkState, SaleRow, View
from pos.screens import letters
from pos.screens.palette import dimmed

# A shape for each, because colour alone must not tell.
_LINK_MARKS = {
    LinkState.UNKNOWN: "○",
    LinkState.UP: "●",
    LinkState.DOWN: "×",
    LinkState.DISTRUSTED: "!",
}

PAD_KEYS = ("7", "8", "9", "4", "5", "6", "1", "2", "3", ",", "0", "back")


class Words(Static):
    """Text that is never read as markup, with an empty text taking no room."""

    def __init__(
        self,
        text: str = "",
        *,
        id: str | None = None,  # noqa: A002 - Textual's own word
        classes: str | None = None,
    ) -> None:
        self._text = harmless(text)
        super().__init__(self._text, id=id, classes=classes, markup=False)
        self._hide_empty()

    def _hide_empty(self) -> None:
        # A class, not `display`, so that the style sheet may hide it for other reasons too.
        self.set_class(not self._text, "-empty")

    @property
    def text(self) -> str:
        """What is shown."""
        return self._text

    def say(self, text: str) -> None:
        """Show `text`."""
        text = harmless(text)
        if text != self._text:
            moves = self._moves(text)
            self._text = text
            self._hide_empty()
            self.update(text, layout=moves)

    def _moves(self, text: str) -> bool:
        """Whether what stands around may have to make room, or to close up.

        To lay out a whole screen costs more than all else between a key and its redraw.
        """
        if not text or not self._text:
            return True
        before, after = cell_len(self._text), cell_len(text)
        if self.styles.is_auto_width:
            return before != after
        lines = "\n" in text or "\n" in self._text
        return self.styles.is_auto_height and (
            lines or max(before, after) > self.content_size.width
        )


class Key(Widget):
    """A key on the screen: what it does, and the key on the keyboard that does the same."""

    class Pressed(Message):
        """The key was clicked or touched; `action` is its name."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(
        self,
        label: str,
        action: str,
        *,
        hint: str = "",
        id: str | None = None,  # noqa: A002 - Textual's own word
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.label, self.hint, self.action = label, hint, action

    def render(self) -> Content:
        """The label, then the hint in brackets' place, dimmer."""
        if not self.hint:
            return Content.styled(self.label, "bold")
        return Content.assemble((self.label, "bold"), f"\N{NO-BREAK SPACE} {self.hint}")

    def relabel(self, label: str) -> None:
        """Change what it says it does."""
        if label != self.label:
            self.label = label
            self.refresh(layout=True)

    def on_click(self) -> None:
        """Tell the screen."""
        self.post_message(self.Pressed(self.action))


class Pad(Grid):
    """Digits as they lie on a numeric keypad; posts Key.Pressed with `pad:<key>`."""

    def __init__(self, decimal: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="pad")
        self._labels = {",": decimal, "back": "←"}

    def compose(self) -> ComposeResult:
        """Twelve keys."""
        for key in PAD_KEYS:
            yield Key(self._labels.get(key, key), f"pad:{key}", classes="pad-key")


class Big(Widget):
    """One text as large as its room allows, the part after `bright` characters dimmed.

    It takes at most `lines_max` lines, or `lines_tall` on a screen of TALL_LINES_MIN or more.
    """

    TALL_LINES_MIN = 34

    def __init__(
        self,
        *,
        lines_max: int = 4,
        lines_tall: int = 7,
        id: str | None = None,  # noqa: A002 - Textual's own word
    ) -> None:
        super().__init__(id=id)
        self._lines = (lines_max, lines_tall)
        self._text, self._bright = "", 0

    def say(self, text: str, bright: int | None = None) -> None:
        """Show `text`."""
        shown = (text, len(text) if bright is None else bright)
        if shown != (self._text, self._bright):
            width = self.size.width
            lines = len(self._fitted(width)) if width else 0
            self._text, self._bright = shown
            self.refresh(layout=lines == 0 or lines != len(self._fitted(width)))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Lines of the letters that fit `width`."""
        return len(self._fitted(width))

    def render(self) -> Content:
        """The letters; the style sheet aligns the lines."""
        spans: list[tuple[str, str] | str] = []
        for number, (bright, dim) in enumerate(self._fitted(self.size.width)):
            spans += ["\n"] if number else []
            spans += [bright, (dim, dimmed(self.app.theme))] if dim else [bright]
        return Content.assemble(*spans)

    def _fitted(self, width: int) -> list[letters.Halves]:
        lines = self._lines[self.app.size.height >= self.TALL_LINES_MIN]
        return letters.fitted(self._text, width, lines, self._bright)


class Shape(Static):
    """A symbol drawn from blocks: the outcome for whoever cannot tell the colours."""

    _shown = ""

    def show(self, name: str) -> None:
        """Draw the shape of this name (see `letters.shape`)."""
        if name != self._shown:
            self._shown = name
            self.update(Content("\n".join(letters.cells(letters.shape(name)))))


class Head(Widget):
    """The top line: whose till it is, and how the link is."""

    def __init__(self, language: Language) -> None:
        super().__init__(id="head")
        self._language = language

    def compose(self) -> ComposeResult:
        """Name at the left, link at the right."""
        yield Static("Samkassa", id="brand", markup=False)
        yield Words(id="merchant")
        yield Words(id="link")

    def apply(self, view: View) -> None:
        """Say what this View knows."""
        self.query_one("#merchant", Words).say(view.merchant_name)
        link = self.query_one("#link", Words)
        words = self._language.say(f"screen.link_{view.link}")
        link.say(f"{_LINK_MARKS[view.link]} {words}")
        link.set_class(view.link in (LinkState.DOWN, LinkState.DISTRUSTED), "-trouble")


def missing_text(wallet: Capability, language: Language) -> str:
    """What a wallet cannot do now, and why, in one sentence."""
    abilities = {"scan": wallet.scan, "show": wallet.show, "refund": wallet.refund}
    missing = [name for name, each in abilities.items() if each.able is False]
    what = ", ".join(language.say(f"offering.{name}") for name in missing)
    reason = abilities[missing[0]].reason
    why = "" if reason is None else language.notice(reason)
    return language.say("offering.missing", wallet=wallet.wallet, what=what, why=why)


class Faults(Words):
    """What camera, printer, static code, catalogue and wallets cannot do, while they cannot."""

    def apply(self, view: View, language: Language) -> None:
        """Show the faults of this View."""
        faults = [
            said for said in (view.camera, view.printer, view.watch, view.shelf) if said is not None
        ]
        said = [language.notice(each) for each in faults]
        if view.link is LinkState.UP:  # without a link that is said, and of no wallet alone
            said += [missing_text(each, language) for each in view.wallets if not each.whole]
        if view.papers.help_wanted:
            said.insert(0, language.say("help.called"))
        told = [f"! {each}" for each in said]
        if view.office.training:
            told.insert(0, language.say("screen.training"))
        self.say("\n".join(told))


class Arrived(Static):
    """What the static code brought lately, oldest first: money, and no sale of this desk."""

    def __init__(self, language: Language) -> None:
        super().__init__("", id="arrived", markup=False)
        self._language = language
        self._shown: tuple[tuple[SaleRow, ...], int] = (), 0
        self.display = False

    def apply(self, view: View) -> None:
        """A line for each payment, its amount bold, and how many came before them."""
        shown = view.arrived, view.arrived_more
        if shown == self._shown:
            return
        self._shown = shown
        say = self._language.say
        self.display = bool(view.arrived)
        parts: list[tuple[str, str] | str] = [("■ ", "bold"), say("screen.static_title")]
        if view.arrived_more:
            parts.append("  " + say("screen.static_more", count=view.arrived_more))
        for row in view.arrived:
            amount = self._language.amount_text(row.amount)
            time = self._language.short_time_text(row.opened_at)
            said = say("screen.static_paid", number=row.static_number, wallet=row.wallet, time=time)
            parts += [("\n  " + amount, "bold"), "  " + harmless(said)]
        self.update(Content.assemble(*parts))


class Unfinished(Words):
    """The payments whose outcome is not known; in sight for as long as there is one."""

    LINES_MAX = 2

    def __init__(self, language: Language) -> None:
        super().__init__(id="unfinished")
        self._language = language

    def apply(self, view: View) -> None:
        """List the payments, those that wait for a person first."""
        rows = sorted(view.unfinished, key=lambda row: (not row.needs_person, row.opened_at))
        self.set_class(any(row.needs_person for row in rows), "-person")
        lines = [self._line(row) for row in rows[: self.LINES_MAX]]
        more = len(rows) - len(lines)
        if more > 0:
            lines[-1] += "  " + self._language.say("screen.unfinished_more", count=more)
        self.say("\n".join(lines))

    def _line(self, row: SaleRow) -> str:
        amount = self._language.amount_text(row.amount)
        opened = self._language.short_time_text(row.opened_at)
        key = "screen.needs_person" if row.needs_person else "screen.unfinished"
        state = self._language.say(f"state.{row.state}")
        mark = "!!" if row.needs_person else "…"
        return f"{mark} " + self._language.say(key, amount=amount, time=opened, state=state)


def amount_or_nothing(language: Language, amount: Amount | None) -> str:
    """The amount with its currency, or an empty text."""
    return "" if amount is None else language.amount_text(amount)


def harmless(text: str) -> str:
    """The text without control and format characters, but for line ends.

    A name or a code may come from the other end of the wire; an escape sequence in it must not
    reach the terminal, nor a direction mark turn an amount around.
    """
    return "".join(
        mark for mark in text if mark == "\n" or not unicodedata.category(mark).startswith("C")
    )


def elapsed_text(seconds: float) -> str:
    """Minutes and seconds, `1:05`; never negative."""
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02}"
