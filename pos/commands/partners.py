"""`pos scheme partners`: who takes part in the scheme, as the files say it.

Apart from the other commands of `pos scheme` because it opens no books: it shows what a switch that
is given the same file would go by.
"""

import json
from pathlib import Path

import click

from pos.commands.options import json_option, partners_option


@click.command()
@partners_option
@json_option
def partners(partners: Path | None, *, as_json: bool) -> None:
    """List the partners: a line each, or everything about them."""
    from pos.scheme.partner_file import read_scheme

    rows = [
        {
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
            "funds": dict(row.funds),
            "upstream": None if row.upstream is None else row.upstream.url,
        }
        for row in read_scheme(partners).wallets
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for told in rows:
        where = f"at {told['upstream']}" if told["upstream"] else f"holds {told['currency']}"
        click.echo(f"{told['name']}  {told['title']}  {told['code']}  {where}")
