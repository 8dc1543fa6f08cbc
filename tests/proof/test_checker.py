"""The checker by itself: books that agree pass, and each altered row is named by its promise.

Apart from the simulation because here the books are right, and then one thing is changed.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pos.proof import dumps
from pos.proof.checker import differences
from pos.proof.folding import DOMAIN, story
from pos.proof.simulation import judging, run
from pos.proof.simulation.fate import NONE

Books = tuple[list[dumps.Till], dumps.Switch]


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Books:
    """The dumps of a shop at rest that sold and gave back, taken as the proof itself takes them."""
    taken: list[Books] = []
    right = judging.differences

    def take(tills: list[dumps.Till], switch: dumps.Switch) -> list[str]:
        taken.append((tills, switch))
        return right(tills, switch)

    monkeypatch.setattr(judging, "differences", take)
    for seed in range(60):
        assert not run.run(seed, NONE, tellings_max=8).found
        tills, switch = taken[-1]
        told = story(tills[0].lines)
        paid = [each for each in told.payments.values() if each.state == "PAID"]
        if paid and tills[0].slips and switch.refunds:
            return tills, switch
    raise AssertionError("No seed sold anything and gave some of it back.")


def altered(rows: list[dumps.Row], of: Callable[[dumps.Row], bool], **columns: Any) -> None:
    """Change the first row that is meant."""
    at = next(number for number, row in enumerate(rows) if of(row))
    rows[at] = {**rows[at], **columns}


def test_books_that_agree_pass(books: Books) -> None:
    """Nothing is found where nothing is wrong."""
    assert differences(*books) == []


def test_a_second_charge_is_found(books: Books) -> None:
    """A payment charged twice breaks P5 and P7."""
    tills, switch = books
    charge = next(row for row in switch.movements if row["kind"] == "charge")
    switch.movements.append({**charge, "reference": "again"})
    assert {each[:3] for each in differences(tills, switch)} >= {"P5:", "P7:"}


def test_a_charge_of_nobody_is_found(books: Books) -> None:
    """Money that moved for a payment that no till wrote down breaks P2."""
    tills, switch = books
    charge = next(row for row in switch.movements if row["kind"] == "charge")
    switch.movements.append({**charge, "payment_id": "nobody's"})
    assert any(each.startswith("P2:") for each in differences(tills, switch))


@pytest.mark.parametrize(
    ("table", "column", "value", "promise"),
    [
        ("payments", "state", "CANCELLED", "Q2:"),
        ("payments", "value", 1, "P5:"),
        ("refunds", "state", "FAILED", "Q2:"),
        ("entries", "value", 1, "P9:"),
        ("charges", "state", "pending", "P6:"),
    ],
)
def test_an_altered_row_of_the_switch_is_found(
    books: Books, table: str, column: str, value: Any, promise: str
) -> None:
    """One column of one row that speaks of settled money is changed, and the promise is named."""
    tills, switch = books
    right = {"SUCCEEDED", "paid"}
    altered(
        getattr(switch, table), lambda row: row.get("state") in right | {None}, **{column: value}
    )
    assert any(each.startswith(promise) for each in differences(tills, switch))


def test_a_journal_that_was_changed_cut_or_reordered_is_found(books: Books) -> None:
    """P11 holds for every row, and the checker's hash is its own."""
    till = books[0][0]
    lines = list(till.lines)
    assert not [each for each in story(lines).faults if each.startswith("P11")]
    body = json.loads(lines[2].body) | {"at": 0}
    for wrong in (
        [*lines[:2], replace(lines[2], body=json.dumps(body)), *lines[3:]],
        lines[:2] + lines[3:],
        [lines[1], lines[0], *lines[2:]],
    ):
        with_p11 = differences([replace(till, lines=tuple(wrong))], books[1])
        assert any(each.startswith("P11") for each in with_p11)
    assert DOMAIN == b"pos-journal-1"


def test_a_second_original_and_a_slip_out_of_nowhere_are_found(books: Books) -> None:
    """P13: what comes out of the printer is in the journal, and once."""
    till = books[0][0]
    twice = replace(till, slips=(*till.slips, till.slips[0]))
    nowhere = replace(till, slips=(dumps.Slip("nowhere", 1),))
    for wrong in (twice, nowhere):
        found = differences([wrong, *books[0][1:]], books[1])
        assert any(each.startswith("P13") for each in found)
