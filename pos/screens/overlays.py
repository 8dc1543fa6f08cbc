"""What is laid over the desk, opened and answered: menu, products, discount, parked orders.

Apart from the counter, which only knows that something is to be opened, so that each of these
screens is imported when it is used first.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pos.sale.input import Input, Park, Recall, SetDiscount, SetQuantity
from pos.sale.order import Order, OrderParked
from pos.sale.view import Action, View
from pos.screens.front import Front
from pos.screens.offers import offered
from pos.screens.rows import Row

if TYPE_CHECKING:
    from pos.screens.counter import CounterScreen


def menu(desk: "CounterScreen", front: Front, view: View, act: Callable[[str], None]) -> None:
    """Everything that may be done now, numbered and named; `act` does what is chosen."""
    from pos.screens.picking import PickScreen

    say = front.language.say
    offers = [each for each in offered(view) if each.action != "menu"]
    rows = [Row(_capital(say(each.word)), each.key) for each in offers]

    def chosen(place: int | None) -> None:
        if place is not None:
            act(offers[place].action)

    desk.app.push_screen(PickScreen(front, say("screen.menu"), rows, key="f9"), chosen)


def opened(
    desk: "CounterScreen", front: Front, view: View, action: str, *, typed: str, place: int
) -> None:
    """Open what this action asks for; `place` is the chosen line, `typed` what was typed."""
    match action:
        case "review":
            from pos.screens.review import ReviewScreen

            desk.app.push_screen(ReviewScreen(front, view))
        case "office" if Action.OFFICE in view.actions:
            from pos.screens.office import OfficeMenu

            OfficeMenu(desk.app, front, view, desk.tell).open()
        case "receipt" if view.papers.receipt is not None:
            from pos.screens.receipt import ReceiptScreen

            document_id = view.papers.receipt.document_id
            desk.app.push_screen(ReceiptScreen(front, document_id, view))
        case "products" if Action.ORDER in view.actions and len(view.products):
            from pos.screens.products import ProductsScreen

            desk.app.push_screen(ProductsScreen(front, view, typed))
        case "discount" if view.order is not None and Action.ORDER in view.actions:
            _discount(desk, front, place)
        case "times" if view.order is not None and Action.ORDER in view.actions:
            _quantity(desk, front, place)
        case "lines" if view.order is not None and Action.ORDER in view.actions:
            _lines(desk, front, view.order)
        case "park" if Action.PARK in view.actions:
            _park(desk, front)
        case "park" if Action.RECALL in view.actions:
            _recall(desk, front, view)


def answer(desk: "CounterScreen", front: Front, view: View) -> None:
    """What other tills want, and both answers to each."""
    from pos.screens.help import answer_screen

    if not view.help.wanted:
        return
    screen, meant = answer_screen(front, view)

    def chosen(place: int | None) -> None:
        if (given := meant(place)) is not None:
            _put(desk, front, given)

    desk.app.push_screen(screen, chosen)


def _discount(desk: "CounterScreen", front: Front, place: int) -> None:
    from pos.screens.asking import AskScreen, Question

    ways = (("screen.discount_line", "line"), ("screen.discount_order", "order"))
    question = Question("screen.discount_title", "screen.discount_say", ways, percent=True)

    def answered(answer: tuple[str, str] | None) -> None:
        if answer is not None:
            way, typed = answer
            _put(desk, front, SetDiscount(typed, place if way == "line" else None))

    desk.app.push_screen(AskScreen(front, question), answered)


def _quantity(desk: "CounterScreen", front: Front, place: int) -> None:
    from pos.screens.asking import AskScreen, Question

    ways = (("screen.quantity_do", "set"),)
    question = Question("screen.quantity_title", "screen.quantity_say", ways)

    def answered(answer: tuple[str, str] | None) -> None:
        if answer is not None and answer[1].isdecimal():
            _put(desk, front, SetQuantity(place, int(answer[1])))

    desk.app.push_screen(AskScreen(front, question), answered)


def _lines(desk: "CounterScreen", front: Front, order: Order) -> None:
    """Which line is meant, for whoever has no arrows: a numpad, or a thumb and a long order."""
    from pos.screens.basket import Basket
    from pos.screens.picking import PickScreen

    basket = desk.query_one(Basket)

    def chosen(place: int | None) -> None:
        if place is not None:
            basket.choose(place)

    title = front.language.say("screen.lines_title")
    desk.app.push_screen(PickScreen(front, title, basket.rows(order), key="f9"), chosen)


def _park(desk: "CounterScreen", front: Front) -> None:
    from pos.screens.asking import AskScreen, Question

    question = Question(
        "screen.park_title", "screen.park_say", (("screen.park_do", "park"),), letters=True
    )

    def answered(answer: tuple[str, str] | None) -> None:
        if answer is not None:
            _put(desk, front, Park(answer[1]))

    desk.app.push_screen(AskScreen(front, question), answered)


def _recall(desk: "CounterScreen", front: Front, view: View) -> None:
    from pos.screens.picking import PickScreen

    language, parked = front.language, view.parked

    def row(each: OrderParked) -> Row:
        time = language.short_time_text(each.parked_at)
        total = language.minor_text(each.order.value, each.order.currency)
        return Row(f"{each.label or '–'}  ·  {time}", f"{total} {each.order.currency}")

    def chosen(place: int | None) -> None:
        if place is not None:
            _put(desk, front, Recall(parked[place].park_id))

    title = language.say("screen.recall_title")
    desk.app.push_screen(PickScreen(front, title, [row(each) for each in parked], key="f7"), chosen)


def _put(desk: "CounterScreen", front: Front, given: Input) -> None:
    if not front.put(given):
        desk.tell(front.language.say("screen.busy"))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
