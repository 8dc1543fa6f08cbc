"""`pos scheme promote`: the coupons that wallets fund, from the shell or from a table.

Apart from the other commands of the scheme because marketing is run by other people than payments.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pos.commands.options import Command, json_option, partners_option, state_option
from pos.commands.switch import default_database
from pos.errors import SettingsError
from pos.folders import SWITCH_FOLDER_NAME, state_folder
from pos.sale.money import major_units

if TYPE_CHECKING:
    from pos.scheme.promotions import Promotions, Spending


def _of_a_switch(command: Command) -> Command:
    """The two options that say which switch is meant."""
    with_state = state_option(command)
    return click.option("--database", metavar="URL", help="The switch's books, if elsewhere.")(
        with_state
    )


@click.group()
def promote() -> None:
    """Coupons: what wallets pay of their customers' purchases."""


@promote.command()
@click.argument("coupon_id", metavar="ID")
@click.option("--name", required=True, help="What the customer reads.")
@click.option("--wallet", required=True, help="Whose customers have it: vipps, epassi, alipay.")
@click.option("--currency", required=True, help="Of the amounts: the prices', or the wallet's.")
@click.option("--budget", required=True, metavar="AMOUNT", help="Of all payments together.")
@click.option("--off", metavar="AMOUNT", help="A fixed discount.")
@click.option("--percent", metavar="NUMBER", help="Or a percentage, with --most.")
@click.option("--most", metavar="AMOUNT", help="The most that one payment is discounted.")
@click.option("--least", metavar="AMOUNT", help="The smallest amount that it is good for.")
@click.option("--customer-count", type=int, help="How often one customer may have it.")
@click.option("--customer-budget", metavar="AMOUNT", help="How much one customer may have of it.")
@click.option("--begins", metavar="TIME", help="Like 2026-03-01T00:00:00+01:00; now if not said.")
@click.option("--ends", metavar="TIME", help="From then on it is good no more.")
@click.option("--merchant", "merchants", multiple=True, metavar="REFERENCE", help="Only there.")
@click.option("--stacks", is_flag=True, help="Good together with others that stack.")
@partners_option
@_of_a_switch
def add(database: str | None, state: str | None, partners: Path | None, **options: Any) -> None:
    """Add the coupon ID. Adding it again unchanged does nothing; a coupon never changes."""
    from pos.scheme.coupon_table import read_coupon
    from pos.scheme.partner_file import read_scheme

    options["id"] = options.pop("coupon_id")
    given = {key: value for key, value in options.items() if value not in (None, (), False)}
    coupon = read_coupon(given, read_scheme(partners))
    with _promotions(database, state) as promotions:
        added = promotions.add([coupon])
    click.echo(f"{'added' if added else 'unchanged'} {coupon.coupon_id}")


@promote.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@partners_option
@_of_a_switch
def load(file: Path | None, database: str | None, state: str | None, partners: Path | None) -> None:
    """Add the coupons of the table FILE (TOML), all or none; the demonstration's if not said."""
    from pos.scheme.coupon_table import read_coupons, sample_coupons
    from pos.scheme.partner_file import read_scheme

    if file is None:
        coupons = sample_coupons()
    else:
        try:
            coupons = read_coupons(file.read_text("utf-8"), read_scheme(partners))
        except (OSError, UnicodeDecodeError) as fault:
            raise SettingsError(f"{file} cannot be read ({fault}); name a TOML file.") from None
    with _promotions(database, state) as promotions:
        added = promotions.add(coupons)
    for coupon in coupons:
        click.echo(f"{'added' if coupon.coupon_id in added else 'unchanged'} {coupon.coupon_id}")


@promote.command("list")
@json_option
@_of_a_switch
def list_coupons(database: str | None, state: str | None, *, as_json: bool) -> None:
    """List every coupon, and what is left, reserved and spent of its budget."""
    with _promotions(database, state) as promotions:
        rows = promotions.spending()
    if as_json:
        click.echo(json.dumps([_plain(row) for row in rows], ensure_ascii=False, indent=2))
        return
    for row in rows:
        click.echo(_line(row))


@promote.command()
@click.argument("coupon_id", metavar="ID")
@_of_a_switch
def end(coupon_id: str, database: str | None, state: str | None) -> None:
    """End the coupon ID now; payments that have it keep it."""
    with _promotions(database, state) as promotions:
        promotions.end(coupon_id)
    click.echo(f"ended {coupon_id}")


@contextmanager
def _promotions(database: str | None, state: str | None) -> Iterator["Promotions"]:
    from pos.scheme.book import utc_now
    from pos.scheme.promotions import Promotions
    from pos.scheme.store import Store

    folder = state_folder(state) / SWITCH_FOLDER_NAME
    with Store.open(database or default_database(folder)) as store:
        yield Promotions(store, utc_now)


def _line(row: "Spending") -> str:
    from pos.scheme.moments import moment

    coupon = row.coupon

    def money(value: int) -> str:
        return major_units(value, coupon.currency)

    if coupon.off is not None:
        what = f"{money(coupon.off)} {coupon.currency} off"
    else:
        most = f" up to {money(coupon.most)} {coupon.currency}" if coupon.most else ""
        what = f"{(coupon.basis_points or 0) / 100:g} %{most}"
    if coupon.least:
        what += f" from {money(coupon.least)}"
    until = "" if coupon.ends_at_ms is None else f"  until {moment(coupon.ends_at_ms):%F %T} UTC"
    return (
        f"{coupon.coupon_id}  {coupon.wallet}  {coupon.name}  {what}  budget {money(coupon.budget)}"
        f" left {money(row.left)} reserved {money(row.reserved)} spent {money(row.spent)}{until}"
    )


def _plain(row: "Spending") -> dict[str, Any]:
    """Amounts in smallest units of `currency`, times in milliseconds since 1970 UTC."""
    from dataclasses import asdict

    return asdict(row.coupon) | {
        "left": row.left, "reserved": row.reserved, "spent": row.spent,
    }  # fmt: skip
