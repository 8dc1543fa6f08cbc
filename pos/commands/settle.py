"""`pos scheme settle`: the files of a day, once a day, from the shell or a timer.

Apart from the other commands of the scheme because it is a job of its own, run where the books are.
"""

from datetime import date, datetime, timedelta
from pathlib import Path

import click

from pos.commands.options import partners_option, state_option
from pos.commands.switch import default_database
from pos.errors import WrongUse
from pos.folders import SWITCH_FOLDER_NAME, state_folder


@click.command()
@click.option(
    "--date", "day", metavar="YYYY-MM-DD", help="The day in UTC+8; yesterday if not said."
)
@click.option(
    "--into", metavar="DIR", help="Where the files go; settlement in the switch's folder."
)
@click.option(
    "--terms", type=click.Path(path_type=Path), help="Fees and units, if not those that ship."
)
@click.option("--database", metavar="URL", help="The switch's books, if elsewhere.")
@partners_option
@state_option
def settle(
    day: str | None,
    into: str | None,
    terms: Path | None,
    database: str | None,
    state: str | None,
    partners: Path | None,
) -> None:
    """Write the transaction, settlement and summary files of a day, for every client."""
    from pos.scheme.moments import BUSINESS_ZONE
    from pos.scheme.partner_file import read_scheme
    from pos.scheme.settlement import Settlement
    from pos.scheme.store import Store
    from pos.scheme.terms import Terms

    folder = state_folder(state) / SWITCH_FOLDER_NAME
    psp_names = read_scheme(partners).psp_names()
    which = _past_day(day, datetime.now(BUSINESS_ZONE).date())
    agreed = Terms.load(terms) if terms else Terms.shipped()
    target = Path(into) if into else folder / "settlement"
    with Store.open(database or default_database(folder)) as store:
        for file in Settlement(store, target, agreed, psp_names).settle(which):
            click.echo(f"{file.path} {file.count_rows}")


def _past_day(text: str | None, today: date) -> date:
    if text is None:
        return today - timedelta(days=1)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"--date {text!r} is not a day; write it like 2026-03-01.") from None
    if day >= today:
        raise WrongUse(f"{day} is not over in UTC+8; name a day before {today}.")
    return day
