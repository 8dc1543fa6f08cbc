"""`pos scheme`: callers, simulated customers and the books of a switch, from the shell.

Apart from `pos switch` because each of these acts once on the switch's database, whether the
switch is running on it or not.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pos.commands.callers import client, invite
from pos.commands.mpm import mpm
from pos.commands.options import partners_option, rates_option
from pos.commands.partners import partners
from pos.commands.promote import promote
from pos.commands.rates import rates
from pos.commands.settle import settle
from pos.commands.sticker import last_public_url, sticker
from pos.commands.switch import default_database
from pos.commands.targets import allow, disallow
from pos.errors import Refused, WrongUse
from pos.folders import state_folder

if TYPE_CHECKING:
    from pos.scheme.simulation import SimulatedScheme

F = TypeVar("F", bound=Callable[..., Any])

BEHAVIOURS = (
    "pays", "pin", "declines", "dawdles", "silent", "no-money",
    "answer-lost", "answer-late", "answer-doubled", "bad-signature",
)  # fmt: skip


def _of_books(command: F) -> F:
    """The two options that say which switch's books are meant."""
    command = click.option("--state", metavar="DIR", help="Folder of everything that is kept.")(
        command
    )
    return click.option("--database", metavar="URL", help="The switch's books, if elsewhere.")(
        command
    )


def _of_a_switch(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which switch is meant, and with which partners."""
    return partners_option(_of_books(command))


@click.group()
def scheme() -> None:
    """The scheme's callers, customers and books."""


scheme.add_command(settle)
scheme.add_command(promote)
scheme.add_command(client)
client.add_command(allow)
client.add_command(disallow)
scheme.add_command(invite)
scheme.add_command(sticker)
scheme.add_command(mpm)
scheme.add_command(partners)
scheme.add_command(rates)


@scheme.command()
@click.argument("wallet")
@click.option("--customer", metavar="NAME", help="Whose code; the wallet's first if not said.")
@click.option(
    "--behaves",
    metavar="HOW",
    default="pays",
    type=click.Choice(BEHAVIOURS),
    help=f"What happens when it is used: {', '.join(BEHAVIOURS)}.",
)
@click.option(
    "--image", type=click.Path(path_type=Path), help="Draw it as a phone shows it, into this file."
)
@_of_a_switch
def code(
    wallet: str,
    customer: str | None,
    behaves: str,
    image: Path | None,
    partners: Path | None,
    database: str | None,
    state: str | None,
) -> None:
    """Make a fresh payment code of a customer of WALLET, such as vipps, epassi or alipay."""
    from pos.scheme.partners import Behaviour

    with _scheme(database, state, partners) as simulated:
        text = simulated.customers.new_code(wallet, customer, Behaviour(behaves))
    if image is None:
        click.echo(text)
        return
    from hardware.devices import DeviceError
    from hardware.phone import draw_phone

    try:
        draw_phone(text).save(image)
    except (DeviceError, OSError, ValueError) as error:
        raise WrongUse(f"The picture {image} cannot be written ({error}); check --image.") from None
    click.echo(str(image))


@scheme.command()
@click.argument("text")
@click.option("--wallet", required=True, help="The wallet that scans: vipps, epassi or alipay.")
@click.option("--customer", metavar="NAME", help="Who scans; the wallet's first if not said.")
@click.option("--amount", metavar="45.50", help="What is paid at the static code of a till.")
@click.option("--decline", is_flag=True, help="Say no instead of yes.")
@_of_a_switch
@rates_option
def scan(
    text: str,
    wallet: str,
    amount: str | None,
    customer: str | None,
    partners: Path | None,
    rates: Path | None,
    database: str | None,
    state: str | None,
    *,
    decline: bool,
) -> None:
    """Let a simulated customer scan the merchant code TEXT and answer."""
    from pos.scheme.merchant_codes import static_id

    with _scheme(database, state, partners, rates) as simulated:
        if (static := static_id(text)) is not None or amount is not None:
            text = _order_at(simulated, static, amount)
        offer = simulated.customers.scan(text, wallet, customer)
        act = simulated.customers.decline if decline else simulated.customers.approve
        outcome = act(wallet, offer.payment_id)
    shown = str(offer.charge)
    if offer.charge != offer.price:
        shown += f" for {offer.price}"
    if outcome.answer == "paid":
        click.echo(f"paid {shown} to {offer.merchant_name}")
    elif decline:
        click.echo(f"declined {shown} to {offer.merchant_name}")
    else:
        raise Refused(f"Not paid: {outcome.code}. Ask the shop for a new code.")


def _order_at(simulated: "SimulatedScheme", static: str | None, amount: str | None) -> str:
    """The order that a customer who says `amount` makes at a till's static code; its text."""
    from pos.sale.money import Amount
    from pos.scheme.stickers import Stickers

    if static is None:
        raise WrongUse("This code asks for its own amount: leave --amount out.")
    stickers = Stickers(simulated.store, simulated.book)
    sticker = stickers.find(static)
    if sticker is None:
        raise Refused("There is no such static code; scan another one.")
    if amount is None:
        raise WrongUse("A static code asks for no amount: say what is paid with --amount.")
    price = Amount.parse(amount, sticker.seller.currency)
    return stickers.order(sticker, price, "pos scheme scan")


@scheme.command()
@click.option("--json", "as_json", is_flag=True, help="Everything, as one JSON object.")
@_of_books
def book(database: str | None, state: str | None, *, as_json: bool) -> None:
    """Print the switch's own books: payments, refunds, balances."""
    from pos.scheme.statement import statement
    from pos.scheme.store import Store

    with Store.open(database or default_database(_folder(state))) as store:
        books = statement(store)
    if as_json:
        click.echo(json.dumps(books, ensure_ascii=False, indent=2))
        return
    for row in books["payments"]:
        click.echo(
            f"{row['payment_id']}  {row['request_id']}  {row['client']}  "
            f"{_money(row['amount'])}  {row['wallet'] or '-'}  "
            f"{_money(row['customer_amount'])}  {row['state']}"
        )
    for row in books["refunds"]:
        click.echo(
            f"refund {row['refund_id']} of {row['payment_id']}  "
            f"{_money(row['amount'])}  {row['state']}"
        )
    for row in books["balances"]:
        click.echo(f"account {row['account']}  {_money(row)}")
    for row in books["positions"]:
        click.echo(f"owed {row['wallet']} to {row['acquirer']}  {_money(row)}")
    for row in books["customers"]:
        click.echo(f"customer {row['wallet']} {row['customer']}  {_money(row)}")


@scheme.command()
@_of_books
def migrate(database: str | None, state: str | None) -> None:
    """Bring the tables of the books to the version of this switch; stop every switch first."""
    from pos.scheme.store import migrate_database

    before, after = migrate_database(database or default_database(_folder(state)))
    if before == after:
        click.echo(f"the tables have version {after} already")
    else:
        click.echo(f"the tables were brought from {before or 'nothing'} to version {after}")


def _folder(state: str | None) -> Path:
    return state_folder(state) / "switch"


@contextmanager
def _scheme(
    database: str | None, state: str | None, partners: Path | None, rates: Path | None = None
) -> Iterator["SimulatedScheme"]:
    from pos.scheme.partner_file import read_scheme
    from pos.scheme.rates_file import RatesFile
    from pos.scheme.simulation import open_scheme
    from pos.scheme.store import Store

    begin = last_public_url(_folder(state))
    quoted_by = None if rates is None else RatesFile(rates).rates
    with (
        Store.open(database or default_database(_folder(state))) as store,
        open_scheme(
            store, public_url=begin, terms=read_scheme(partners), rates=quoted_by
        ) as simulated,
    ):
        yield simulated


def _money(amount: dict[str, Any] | None) -> str:
    """Signed major units; an account or balance may be below zero, a price may not."""
    if amount is None:
        return "-"
    from pos.sale.money import exponent

    decimals = exponent(amount["currency"])
    digits = str(abs(amount["value"])).rjust(decimals + 1, "0")
    whole, fraction = (digits[:-decimals], digits[-decimals:]) if decimals else (digits, "")
    sign = "-" if amount["value"] < 0 else ""
    return f"{sign}{whole}{'.' + fraction if fraction else ''} {amount['currency']}"
