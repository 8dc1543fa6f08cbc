"""`pos demo --tour`: the whole scheme plays itself, and the two books are compared honestly.

Apart from the tour's parts because a newcomer runs exactly this command.
"""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from driving import shell
from driving.agreement import disagreements
from driving.tills import Till

from pos.demo.totals import totals
from pos.folders import JOURNAL_NAME, SWITCH_FOLDER_NAME
from pos.journal import rows
from pos.scheme.statement import statement
from pos.scheme.store import Store

# Many processes in one test: on a slow machine they may need longer than other tests.
pytestmark = pytest.mark.timeout(400)

CLIENT_ID = "samkassa-till"
TOUR_S_MAX = 300.0  # a machine that does nothing else needs under 30


def test_the_tour_ends_with_equal_books(tmp_path: Path) -> None:
    """A line for each step, the table, "charges = sales", exit 0; and the checker that shares no
    code with the product finds no difference either."""
    state = tmp_path / "state"
    done = shell.run("demo", "--tour", "--state", str(state), seconds_max=TOUR_S_MAX)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[-1] == "charges = sales"
    for wallet in ("Vipps", "ePassi", "AlipayCN"):
        for how in ("scanned code", "shown code"):
            assert any(how in line and wallet in line and "paid" in line for line in lines)
    for step in ("answer lost", "customer says no", "refund in part", "slips printed"):
        assert any(step in line for line in lines), step
    total = next(line for line in lines if line.startswith("all ")).split()
    assert (total[1], total[2]) == ("7", "7")
    journal = [
        {"seq": row.seq, "kind": row.kind, "body": row.body} for row in rows(state / JOURNAL_NAME)
    ]
    with Store.open(f"sqlite:///{state / SWITCH_FOLDER_NAME / 'switch.db'}") as store:
        book = statement(store)
    assert disagreements(journal, book, CLIENT_ID) == []
    assert len(book["payments"]) == 8


def of_another_till(state: Path, till: Till) -> None:
    """The journal is another till's."""
    assert till.sell(till.switch.new_code()).code == 0
    shutil.copy(till.folder / JOURNAL_NAME, state / JOURNAL_NAME)


def empty(state: Path, till: Till) -> None:
    """The journal holds a start and no sale."""
    assert till.pos("recover").code == 0
    shutil.copy(till.folder / JOURNAL_NAME, state / JOURNAL_NAME)


@pytest.mark.parametrize("plant", [of_another_till, empty])
def test_the_comparison_notices_a_difference(
    plant: Callable[[Path, Till], None], till: Till, tmp_path: Path
) -> None:
    """Books that do not belong together are not equal, and the table says so."""
    state = tmp_path / "own"
    made = shell.run("scheme", "code", "epassi", "--state", str(state))
    sale = ("sell", "--amount", "5", "--code", made.out.strip(), "--state", str(state))
    assert shell.run(*sale).code == 0
    assert totals(state, CLIENT_ID, "NOK").equal
    for left in state.glob(f"{JOURNAL_NAME}*"):
        left.unlink()
    plant(state, till)
    table = totals(state, CLIENT_ID, "NOK")
    assert not table.equal
    assert table.strays
    assert table.lines()[-1].startswith("CHARGES DIFFER FROM SALES: ")


def test_the_tour_keeps_nothing_unless_told_to(tmp_path: Path) -> None:
    """Interrupted, it ends at once, its own switch with it, and its folder is gone."""
    running = shell.start("demo", "--tour", extra={"TMPDIR": str(tmp_path)})
    shell.line_with(running, "switch up")
    assert len(list(tmp_path.iterdir())) == 1
    running.send_signal(signal.SIGINT)
    done = shell.finish(running)
    assert done.code == 130
    assert list(tmp_path.iterdir()) == []
