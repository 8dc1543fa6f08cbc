"""An X or Z report on the screen: its lines, and the sales by hour and by wallet as charts.

Apart from the office's menu because the till shows a report as soon as there is one.
"""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.screen import Screen

from pos.sale.input import Leave, PrintReport
from pos.sale.report import Report
from pos.sale.report_lines import body
from pos.sale.slip import SlipLine
from pos.sale.view import Stage, View
from pos.screens.chart import Value, bars, columns
from pos.screens.front import Front
from pos.screens.panels import Key, Words
from pos.screens.widths import centred, spread

LINES_WIDTH = 42
CHART_WIDTH = 30
CHART_HEIGHT = 5

_KEYS = {
    "escape": "back", "slash": "back", "enter": "back", "p": "print", "asterisk": "print",
    "down": "down", "plus": "down", "pagedown": "down",
    "up": "up", "minus": "up", "pageup": "up",
}  # fmt: skip


class ReportScreen(Screen[None]):
    """The report of `View.office`. It makes way for an outcome on the desk."""

    CSS_PATH = "office.tcss"

    def __init__(self, front: Front, view: View) -> None:
        super().__init__(id="report")
        self._front = front
        self._view = view
        self._shown: Report | None = None

    def compose(self) -> ComposeResult:
        """Title, lines and charts side by side, and the keys."""
        say = self._front.language.say
        yield Words(id="report-title", classes="title")
        with Horizontal(id="report-whole"):
            with VerticalScroll(id="report-lines", can_focus=False):
                yield Words(id="report-text")
            with VerticalScroll(id="report-charts", can_focus=False):
                yield Words(say("report.by_hour"), classes="title")
                yield Words(id="report-hours")
                yield Words(say("report.by_wallet"), classes="title")
                yield Words(id="report-wallets")
        yield Words(id="report-notice")
        with Horizontal(classes="keys"):
            yield Key(say("screen.print"), "print", hint="P *", id="report-print")
            yield Key(say("screen.down"), "down", hint="+", id="report-down")
            yield Key(say("screen.back"), "back", hint="Esc /", id="report-back")

    def on_mount(self) -> None:
        """Show the report."""
        self._show()

    def apply(self, view: View) -> None:
        """Show another one, or make way."""
        ended = view.stage is Stage.OUTCOME and self._view.stage is not Stage.OUTCOME
        self._view = view
        if ended:
            self._front.put(Leave())
        if ended or view.office.report is None or view.stopped is not None:
            self.dismiss()
        else:
            self._show()

    def _show(self) -> None:
        report, language = self._view.office.report, self._front.language
        said = self._view.notice
        self.query_one("#report-notice", Words).say("" if said is None else language.notice(said))
        if report is None or report == self._shown:
            return
        self._shown = report
        lines = body(report, language)
        self.query_one("#report-title", Words).say(lines[0].text)
        text = "\n".join(plain(line, LINES_WIDTH) for line in lines[1:])
        self.query_one("#report-text", Words).say(text)
        hours = "\n".join(columns(hours_of(report), CHART_WIDTH, CHART_HEIGHT))
        self.query_one("#report-hours", Words).say(hours or language.say("report.nothing"))
        wallets = [
            Value(wallet, turnover.net, language.minor_text(turnover.net, report.currency))
            for wallet, turnover in report.by_wallet
        ]
        drawn = "\n".join(bars(wallets, CHART_WIDTH))
        self.query_one("#report-wallets", Words).say(drawn or language.say("report.nothing"))

    def on_key(self, event: events.Key) -> None:
        """The keys of the screen."""
        if action := _KEYS.get(event.key):
            event.stop()
            event.prevent_default()
            self._act(action)

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the screen was clicked or touched."""
        message.stop()
        self._act(message.action)

    def _act(self, action: str) -> None:
        lines = self.query_one("#report-lines", VerticalScroll)
        if action == "print":
            self._front.put(PrintReport())
        elif action == "down":
            # Past the end, from the top again: one key is enough for a finger.
            if lines.scroll_y >= lines.max_scroll_y:
                lines.scroll_home(animate=False)
            else:
                lines.scroll_page_down(animate=False)
        elif action == "up":
            lines.scroll_page_up(animate=False)
        elif action == "back":
            self._front.put(Leave())


def hours_of(report: Report) -> list[Value]:
    """What was sold less what was given back in each hour, from the first to the last of them."""
    sums = {hour: turnover.net for hour, turnover in report.by_hour}
    if not sums:
        return []
    return [Value(f"{hour:02}", sums.get(hour, 0)) for hour in range(min(sums), max(sums) + 1)]


def plain(line: SlipLine, width: int) -> str:
    """The line in letters of one width."""
    if line.rule:
        return "─" * width
    if line.right:
        return spread(line.text, line.right, width)
    return centred(line.text, width) if line.center else line.text
