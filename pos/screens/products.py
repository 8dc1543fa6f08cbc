"""The products: searched as one types, or by category, and put on the order.

Apart from the counter because here letters are words to search for. It stays open until it is
left, so that one touch after the other fills an order. With a numpad alone the digits search by
number, plus and minus move, the asterisk turns to the next category, and the slash leads back.
"""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen

from pos.sale.catalogue import Product
from pos.sale.input import AddProduct
from pos.sale.view import Action, Stage, View
from pos.screens.front import Front
from pos.screens.handing import handed_on
from pos.screens.panels import Key, Words
from pos.screens.rows import Row, Rows

TYPED_LENGTH_MAX = 40
_MOVES = {"up": -1, "down": 1, "minus": -1, "plus": 1, "pageup": -8, "pagedown": 8}
_TURNS = {"tab": 1, "right": 1, "asterisk": 1, "shift+tab": -1, "left": -1}


class ProductsScreen(Screen[None]):
    """`typed` is what is searched for first."""

    def __init__(self, front: Front, view: View, typed: str = "") -> None:
        super().__init__(id="products")
        self._front = front
        self._view = view
        self._typed = typed
        self._found: tuple[Product, ...] = ()
        self._local = ""

    def compose(self) -> ComposeResult:
        """The search, categories and products side by side, the order so far, and the keys."""
        say = self._front.language.say
        yield Words(say("screen.products_title"), classes="title", id="products-title")
        yield Words(id="products-typed")
        with Horizontal(id="products-lists"):
            yield Rows(id="products-categories")
            yield Rows(detailed=True, id="products-rows")
        yield Words(say("screen.products_none"), id="products-none", classes="quiet")
        yield Words(id="products-notice")
        yield Words(id="products-order")
        with Horizontal(classes="keys"):
            yield Key(say("screen.add"), "add", hint="Enter", id="products-add")
            yield Key(say("screen.category"), "turn", hint="*", id="products-turn")
            yield Key(say("screen.back"), "back", hint="Esc /", id="products-back")

    def on_mount(self) -> None:
        """List what there is."""
        self._list_categories()
        self._search()
        self._show()

    def apply(self, view: View) -> None:
        """Show `view`, or make way when the desk is not free any more."""
        before, self._view = self._view, view
        if view.stopped is not None or view.stage not in (Stage.READY, before.stage):
            self.dismiss()
            return
        self._local = ""
        if view.products is not before.products:
            self._list_categories()
            self._search()
        self._show()

    def _list_categories(self) -> None:
        names = [self._front.language.say("screen.all"), *self._view.products.categories]
        shown = self.query_one("#products-categories", Rows)
        shown.fill(len(names), lambda at: Row(names[at]))
        shown.display = len(names) > 1

    def _search(self) -> None:
        products = self._view.products
        place = self.query_one("#products-categories", Rows).place
        if self._typed.strip():
            self._found = products.search(self._typed)
        elif place > 0:
            self._found = products.in_category(products.categories[place - 1])
        else:
            self._found = products.products
        rows = self.query_one("#products-rows", Rows)
        rows.fill(len(self._found), lambda at: self._row(self._found[at]))
        rows.display = bool(self._found)
        self.query_one("#products-none").display = not self._found
        hint = self._front.language.say("screen.search_hint")
        typed = self.query_one("#products-typed", Words)
        typed.say(f"{self._typed}▏" if self._typed else hint)
        typed.set_class(not self._typed, "quiet")

    def _row(self, product: Product) -> Row:
        language = self._front.language
        parts = [product.reference, product.category, product.gtin]
        if product.age_limit:
            parts.append(language.say("screen.age", age=product.age_limit))
        if product.benefit is not None:
            parts.append(language.say(f"benefit.{product.benefit}"))
        detail = "  ·  ".join(part for part in parts if part)
        return Row(product.name(language.code), language.number_text(product.price), detail)

    def _show(self) -> None:
        language, order, said = self._front.language, self._view.order, self._view.notice
        notice = self.query_one("#products-notice", Words)
        notice.say(self._local or ("" if said is None else language.notice(said)))
        text = language.say("screen.order_empty")
        if order is not None:
            count = sum(line.quantity for line in order.lines)
            total = language.minor_text(order.value, order.currency)
            text = f"{language.say('order.to_pay', count=count)}  {total} {order.currency}"
        self.query_one("#products-order", Words).say(text)

    def on_key(self, event: events.Key) -> None:
        """Search, move, add or go back."""
        if handed_on(self, event):
            return
        event.stop()
        if event.key in _MOVES:
            self.query_one("#products-rows", Rows).move(_MOVES[event.key])
        elif event.key in _TURNS:
            self._turn(_TURNS[event.key])
        elif event.key == "enter":
            self._act("add")
        elif event.key in ("escape", "slash", "f3"):
            self._act("back")
        elif event.key == "backspace":
            self._type(self._typed[:-1])
        elif event.key == "delete":
            self._type("")
        elif event.is_printable and event.character:
            self._type((self._typed + event.character)[:TYPED_LENGTH_MAX])

    def _type(self, text: str) -> None:
        self._typed = text
        self._search()

    def _turn(self, by: int) -> None:
        """To the next category, and from the last to the first."""
        categories = self.query_one("#products-categories", Rows)
        count = len(self._view.products.categories) + 1
        categories.move((categories.place + by) % count - categories.place)
        self._type("")

    def on_key_pressed(self, message: Key.Pressed) -> None:
        """A key of the screen was clicked or touched."""
        message.stop()
        if self.is_current:
            self._act(message.action)

    def on_rows_touched(self, message: Rows.Touched) -> None:
        """A touched product is added, a touched category is listed."""
        message.stop()
        if message.rows.id == "products-rows":
            self._act("add")
        else:
            self._type("")

    def _act(self, action: str) -> None:
        place = self.query_one("#products-rows", Rows).place
        if action == "back":
            self.dismiss()
        elif action == "turn":
            self._turn(1)
        elif action == "add" and self._found and Action.ORDER in self._view.actions:
            if self._front.put(AddProduct(self._found[place].reference)):
                if self._typed:
                    self._type("")
            else:
                self._local = self._front.language.say("screen.busy")
                self._show()
