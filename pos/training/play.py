"""A training day at the screen: the counter's own, with the day's customer beside it.

Apart from the day because a test sits at it without a terminal.
"""

from importlib.resources import files
from pathlib import Path

from pos.config import DevicesSection, Settings
from pos.language import Language
from pos.sale.office import Office
from pos.sale.view import Stage, View
from pos.scheme.partner_file import shipped_scheme
from pos.shelf import load
from pos.training.day import TrainingDay
from pos.training.plan import Customer, planned
from pos.training.result import Result, result_of

NAME_LETTERS_MAX = 64
LOOK_EVERY_S = 0.2


def prepared(settings: Settings, language: str | None = None) -> Settings:
    """The shop's settings for a day on which nothing is true: marked, and with no device or switch
    of the shop's."""
    code = language or settings.terminal.language
    words = Language(code)
    order = settings.order
    if not order.catalogue:
        shipped = str(files("pos.demo") / "catalogue.toml")
        order = order.model_copy(update={"catalogue": shipped})
    name = f"{words.say('train.title')} · {settings.merchant.name}"[:NAME_LETTERS_MAX]
    return settings.model_copy(update={
        "merchant": settings.merchant.model_copy(update={"name": name}),
        "terminal": settings.terminal.model_copy(update={"language": code, "static_code": False}),
        "order": order.model_copy(update={"tips": False}),
        "switch": None,
        "devices": DevicesSection(camera="simulated", printer="simulated"),
    })  # fmt: skip


def customers_of(settings: Settings, seed: int, count: int) -> tuple[Customer, ...]:
    """The day of this seed. Raises WrongUse."""
    terminal = settings.terminal
    products = load(Path(settings.order.catalogue), terminal.currency, terminal.language)
    wallets = [each.name for each in shipped_scheme().wallets]
    return planned(seed, count, products, wallets)


def first_view(settings: Settings) -> View:
    """What is shown until the till speaks: even then it is training."""
    parties = settings.parties()
    name, office = parties.merchant.name, Office(training=True)
    return View(Stage.READY, parties.currency, name, office=office)


def play(settings: Settings, state: Path, seed: int, count: int) -> Result:
    """Run until the last customer is served, or the trainee leaves the till; how it went."""
    from pos.screens.app import PosApp

    with TrainingDay(settings, state, customers_of(settings, seed, count)) as day:

        def leave(app: PosApp) -> None:
            if day.over.is_set():
                app.exit()

        def opened(app: PosApp) -> None:
            day.start(app.show, glimpse=app.glimpse)
            app.set_interval(LOOK_EVERY_S, lambda: leave(app))

        app = PosApp(
            day.put,
            Language(settings.terminal.language),
            first_view(settings),
            party=day,
            theme=settings.terminal.theme,
            opened=opened,
        )
        app.run()
    return result_of(state, day.served, settings.terminal.currency)
