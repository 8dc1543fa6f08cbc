"""`pos scheme partners`: who takes part in the scheme, as the files say it.

Apart from the other commands of `pos scheme` because it opens no books: it shows what a switch that
is given the same file would go by.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pos.commands.options import json_option, partners_option

if TYPE_CHECKING:
    from pos.scheme.routing import WalletTerms


@click.command()
@partners_option
@json_option
def partners(partners: Path | None, *, as_json: bool) -> None:
    """List the partners: a line each, or everything about them."""
    from pos.scheme.partner_file import read_scheme
    from pos.scheme.routing import SCHEME

    rows = read_scheme(partners).wallets
    if as_json:
        click.echo(json.dumps([_plain(row) for row in rows], ensure_ascii=False, indent=2))
        return
    for row in rows:
        where = f"at {row.upstream.url}" if row.upstream else f"holds {row.currency}"
        speaks = f"speaks {' '.join(row.languages)}" if row.languages else "speaks any language"
        funder = SCHEME if row.coupon_funder == SCHEME else "wallet"
        click.echo(
            f"{row.name}  {row.title}  {row.code}  {where}  {speaks}  coupons paid by the {funder}"
        )


def _plain(row: "WalletTerms") -> dict[str, Any]:
    return {
        "name": row.name,
        "psp_name": row.psp_name,
        "title": row.title,
        "colour": row.colour,
        "currency": row.currency or None,
        "languages": list(row.languages),
        "code": row.code,
        "patterns": [pattern.pattern for pattern in row.patterns],
        "otherwise": [pattern.pattern for pattern in row.otherwise],
        "limit": row.limit,
        "markup": row.markup,
        "quote_minutes": row.quote_minutes,
        "funds": dict(row.funds),
        "upstream": None if row.upstream is None else row.upstream.url,
    }
