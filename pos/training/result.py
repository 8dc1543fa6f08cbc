"""How a training day went, as lines in the trainee's language.

Apart from the marking, which has no words, and from the command, which only prints: both books are
opened here, after till and switch have let go of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from pos.demo.totals import Totals, totals
from pos.embedded import CLIENT_ID
from pos.folders import JOURNAL_NAME, SWITCH_FOLDER_NAME
from pos.journal import read
from pos.language import Language
from pos.scheme.statement import statement
from pos.scheme.store import Store
from pos.training.day import Served
from pos.training.marking import Charged, Charges, Mark, evidence_of, marks_of, score


@dataclass(frozen=True, slots=True)
class Result:
    """The marks of everybody who was served, and the two books held against each other."""

    marks: tuple[Mark, ...]
    books: Totals

    @property
    def lost(self) -> tuple[tuple[str, str], ...]:
        """(mishap, point) for each point that was not won."""
        return tuple((str(each.customer.mishap), each.name) for each in self.marks if not each.won)

    @property
    def unfinished(self) -> int:
        """Payments and refunds that the trainee left the till with; a till works on at them."""
        return self.books.unfinished

    def lines(self, language: Language) -> Iterator[str]:
        """A heading and its points for each customer, the score, and whether the books agree."""
        say = language.say
        yield say("train.title")
        for customer, marks in groupby(self.marks, key=lambda each: each.customer):
            what = say(f"train.mishap.{customer.mishap}")
            yield f"{customer.number:>3}. {what}"
            for each in marks:
                sign, said = ("+", "did") if each.won else ("-", "better")
                yield f"     {sign} {say(f'train.{said}.{each.name}')}"
        won, count = score(self.marks)
        yield say("train.score", won=won, count=count)
        if self.unfinished:
            yield say("train.books_open", count=self.unfinished)
        else:
            yield say("train.books_agree" if self.books.equal else "train.books_differ")


def result_of(state: Path, served: Sequence[Served], currency: str) -> Result:
    """Read both books of the day in `state`."""
    history, charges = read(state / JOURNAL_NAME), _charges(state)
    marks = [
        mark
        for each in served
        for mark in marks_of(evidence_of(each.customer, each.request_ids, history, charges))
    ]
    return Result(tuple(marks), totals(state, CLIENT_ID, currency))


def _charges(state: Path) -> Charges:
    with Store.open(f"sqlite:///{(state / SWITCH_FOLDER_NAME / 'switch.db').resolve()}") as store:
        books = statement(store)
    return {
        each["request_id"]: Charged(each["amount"]["value"], each["state"] == "SUCCEEDED")
        for each in books["payments"]
        if each["paid"] is not None
    }
