"""What the stories of one shop left behind, till by till, before the checker.

Apart from the checker, which knows no stories: here its three inputs are read from the files, each
till with what is its own, so that a fault is put down to the story that made it.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from pos.folders import JOURNAL_NAME
from pos.proof.checker import differences
from pos.proof.deaths.story import slips
from pos.proof.dumps import Line, Row, Switch, Till, journal_file, switch_file


def judged(tills: dict[str, Path], asked: dict[str, set[str]], database: Path) -> dict[str, str]:
    """The first thing wrong with each till where anything is; "" for what is nobody's."""
    whole = switch_file(database)
    owners = {row["payment_id"]: row["client_id"] for row in whole.payments}
    shares = {name: _share(whole, owners, name) for name in _names(tills, owners)}
    found: dict[str, str] = {}
    for name in tills:
        journal = tills[name] / JOURNAL_NAME
        lines = journal_file(journal) if journal.exists() else ()
        till = Till(name, lines, slips(tills[name]))
        faults = _unwritten(lines, asked.get(name, set()))
        faults += differences([till], shares[name])
        if faults:
            found[name] = faults[0]
    for name in shares.keys() - tills.keys():
        if any(getattr(shares[name], field.name) for field in fields(Switch)):
            found[""] = f"P2: the switch holds something for {name!r}, which is no till"
    return found


def _names(tills: dict[str, Path], owners: dict[str, str]) -> Iterable[str]:
    return {*tills, *owners.values(), ""}


def _share(whole: Switch, owners: dict[str, str], name: str) -> Switch:
    """What the switch and its wallets hold for one client; "" for payments of no client."""
    parts: dict[str, list[Row]] = defaultdict(list)
    for field in fields(Switch):
        for row in getattr(whole, field.name):
            client = row.get("client_id") or owners.get(row.get("payment_id", ""), "")
            if client == name:
                parts[field.name].append(row)
    return Switch(**{field.name: parts[field.name] for field in fields(Switch)})


def _unwritten(lines: tuple[Line, ...], asked: set[str]) -> list[str]:
    """P1: every id that was seen on the line was in the journal before."""
    written: set[str] = set()
    for line in lines:
        body = json.loads(line.body)
        written |= {body.get("request_id"), body.get("refund_id"), body.get("reversal_id")}
    return [f"P1: {each} was asked for and never written down" for each in asked - written]
