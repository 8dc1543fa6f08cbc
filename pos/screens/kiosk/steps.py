"""The steps in which a visitor chooses: tickets, entry time, and a look at all of it.

Apart from the start, where nobody is, and from paying, where the till leads. Their things to touch
are made once and shown as there is something for them, page by page.
"""

from textual.app import ComposeResult
from textual.containers import Grid, Horizontal, Vertical

from pos.language import Language
from pos.sale.catalogue import Product
from pos.sale.choice import Choice
from pos.sale.ticketing import quantity_of
from pos.sale.view import View
from pos.screens.kiosk.targets import Target
from pos.screens.kiosk.wallets import wallets_text
from pos.screens.panels import Big, Words

ROW_LINES = 5
ROW_COUNT_MAX = 10
ENTRY_COLUMNS = 18
ENTRY_COUNT_MAX = 48


class TicketRow(Horizontal):
    """One kind of ticket: name, price, how many."""

    def __init__(self, number: int) -> None:
        super().__init__(id=f"ticket-{number}", classes="ticket")

    def compose(self) -> ComposeResult:
        """From left to right as it is read."""
        with Vertical(classes="ticket-words"):
            yield Words(classes="ticket-name title")
            yield Words(classes="ticket-price")
        yield Target("−", "", classes="ticket-fewer")
        with Vertical(classes="ticket-count"):
            yield Big()
        yield Target("+", "", classes="ticket-more")

    def apply(
        self, product: Product, view: View, language: Language, choices: dict[str, Choice]
    ) -> None:
        """Show this ticket."""
        reference = product.reference
        self.query_one(".ticket-name", Words).say(product.name(language.code))
        self.query_one(".ticket-price", Words).say(language.amount_text(product.price))
        self.query_one(Big).say(str(quantity_of(view.order, reference)))
        for mark, kind in (("−", "fewer"), ("+", "more")):
            action = f"{kind}:{reference}"
            is_open = action in choices and choices[action].open
            self.query_one(f".ticket-{kind}", Target).offer(mark, action, is_open=is_open)


class TicketsPanel(Vertical):
    """`pages` after `apply` is how many there are."""

    pages = 1

    def __init__(self) -> None:
        super().__init__(id="tickets", classes="step")

    def compose(self) -> ComposeResult:
        """Rows, and what they sum to."""
        with Vertical(id="ticket-rows"):
            for number in range(ROW_COUNT_MAX):
                yield TicketRow(number)
        yield Words(id="tickets-total", classes="title")

    def apply(
        self, view: View, language: Language, choices: dict[str, Choice], page: int, lines: int
    ) -> None:
        """Show the tickets of this page on `lines` lines."""
        sold = [each for each in view.products.products if each.persons]
        room = max(1, min(ROW_COUNT_MAX, (lines - 1) // ROW_LINES))
        self.pages = max(1, -(-len(sold) // room))
        shown = sold[page % self.pages * room :][:room]
        for number, row in enumerate(self.query(TicketRow)):
            row.display = number < len(shown)
            if row.display:
                row.apply(shown[number], view, language, choices)
        self.query_one("#tickets-total", Words).say(total_text(view, language))


class EntryPanel(Vertical):
    """The entry times of today, in the order of the day."""

    pages = 1

    def __init__(self) -> None:
        super().__init__(id="entry", classes="step")

    def compose(self) -> ComposeResult:
        """As many as any screen has room for."""
        with Grid(id="entry-times"):
            for number in range(ENTRY_COUNT_MAX):
                yield Target("", "", id=f"entry-{number}", classes="entry-time")

    def apply(
        self, view: View, language: Language, choices: dict[str, Choice], page: int, lines: int
    ) -> None:
        """Show the times of this page on `lines` lines."""
        entries = view.box_office.entries if view.box_office is not None else ()
        across = max(1, self.app.size.width // ENTRY_COLUMNS)
        room = max(across, min(ENTRY_COUNT_MAX, lines // ROW_LINES * across))
        self.pages = max(1, -(-len(entries) // room))
        shown = entries[page % self.pages * room :][:room]
        grid = self.query_one(Grid)
        grid.styles.grid_size_columns = across
        for number, target in enumerate(self.query(Target)):
            target.display = number < len(shown)
            if not target.display:
                continue
            each = shown[number]
            action = f"entry:{each.starts_at}"
            left = language.say("kiosk.places", left=each.left)
            target.offer(
                language.clock_text(each.starts_at),
                action,
                is_open=action in choices and choices[action].open,
                hint=left if each.left else language.say("kiosk.full"),
            )


class ReviewPanel(Vertical):
    """All that was chosen, before it is paid."""

    def __init__(self) -> None:
        super().__init__(id="review-visit", classes="step")

    def compose(self) -> ComposeResult:
        """Lines, time of entry, sum."""
        yield Words(id="visit-lines")
        yield Words(id="visit-entry", classes="title")
        yield Big(lines_max=4, id="visit-amount")
        yield Words(id="visit-currency", classes="quiet")
        yield Words(id="visit-wallets")

    def apply(self, view: View, language: Language) -> None:
        """Show the order on the desk."""
        order = view.order
        lines = [] if order is None else order.lines
        self.query_one("#visit-lines", Words).say(
            "\n".join(
                f"{line.quantity} × {ticket_name(view, line.product, language) or line.text}"
                for line in lines
            )
        )
        said = ""
        if order is not None and order.entry_at:
            said = language.say("kiosk.entry_for", moment=language.clock_text(order.entry_at))
        self.query_one("#visit-entry", Words).say(said)
        value = 0 if order is None else order.value
        self.query_one("#visit-amount", Big).say(language.minor_text(value, view.currency))
        self.query_one("#visit-currency", Words).say(view.currency)
        self.query_one("#visit-wallets", Words).say(wallets_text(view, language))


def ticket_name(view: View, reference: str, language: Language) -> str:
    """The name of this ticket in the visitor's language, empty when it is sold no more."""
    product = view.products.by_reference.get(reference)
    return "" if product is None else product.name(language.code)


def total_text(view: View, language: Language) -> str:
    """What the order comes to."""
    value = 0 if view.order is None else view.order.value
    amount = f"{language.minor_text(value, view.currency)}\N{NO-BREAK SPACE}{view.currency}"
    return language.say("kiosk.total", amount=amount)
