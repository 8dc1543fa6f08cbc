"""From sales to settlement files to the till's report: the money's way, worked by the commands."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from driving import shell
from driving.shell import one_sentence
from driving.tills import SwitchProcess, Till

from pos.scheme.moments import BUSINESS_ZONE
from pos.scheme.partner_file import shipped_scheme
from pos.scheme.settlement import Settlement
from pos.scheme.store import Store
from pos.scheme.terms import Terms


def sold(till: Till, *how: str) -> str:
    """The request id of a sale over 129.00."""
    done = till.pos("sell", "--amount", "129.00", *how)
    request_id: str = done.last["request_id"]
    return request_id


@pytest.fixture(scope="module")
def settled(switch: SwitchProcess, tmp_path_factory: pytest.TempPathFactory) -> tuple[Till, Path]:
    """A till that sold, was declined and gave back, and where its files of today lie.

    The day is settled as of tomorrow; nothing else of it is played.
    """
    folder = tmp_path_factory.mktemp("settled")
    till = switch.new_till(folder / "till", "till-settled")
    first = sold(till, "--code", switch.new_code())
    sold(till, "--code", switch.new_code(wallet="alipay"))
    assert till.pos("sell", "--amount", "9", "--code", switch.new_code("declines")).code == 1
    assert till.pos("refund", first, "--amount", "30").code == 0
    names = {row.name: row.psp_name for row in shipped_scheme().wallets}
    now = datetime.now(UTC)
    with Store.open(f"sqlite:///{switch.state}/switch/switch.db") as store:
        job = Settlement(
            store, folder, Terms.shipped(), names, clock=lambda: now + timedelta(days=2)
        )
        list(job.settle(now.astimezone(BUSINESS_ZONE).date()))
    return till, folder / "v1" / "settlements" / "till-settled"


def file_of(folder: Path, kind: str) -> Path:
    """The one file of that kind."""
    (path,) = folder.glob(f"*/{kind}*.csv")
    return path


@pytest.mark.parametrize("kind", ["transactionItems", "settlementItems"])
def test_a_till_agrees_with_its_own_files(settled: tuple[Till, Path], kind: str) -> None:
    """Every line of a real day is matched, whichever file it is; exit 0."""
    till, folder = settled
    done = till.pos("report", "settle", str(file_of(folder, kind)))
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[-1] == "3 matched, 0 expected, 0 unexplained"
    assert "difference               0.00 NOK" in lines
    assert f"file      paid {'258.00':>14} NOK  given back {'30.00':>14} NOK" in lines


def test_each_line_that_differs_is_explained_and_the_exit_code_is_1(
    settled: tuple[Till, Path], tmp_path: Path
) -> None:
    """An amount changed, a line lost and a line too many, for people and for machines."""
    till, folder = settled
    header, first, *rest, end = file_of(folder, "transactionItems").read_text().splitlines()
    stranger = rest[-1].replace(rest[-1].split(",")[5], "=cmd\x1b[2J")
    forged = tmp_path / file_of(folder, "transactionItems").name
    forged.write_text("\n".join([header, first.replace("12900", "12901"), stranger, end]) + "\n")
    done = till.pos("report", "settle", str(forged))
    assert done.code == 1
    assert "4 lines" in one_sentence(done.err)
    assert "\x1b" not in done.out
    assert "amount differs: it is 129.00 NOK here and 129.01 NOK in the file" in done.out
    assert done.out.count("only in the journal") == 2 * 2  # reason and sentence, two lines
    assert '"=cmd?[2J" only in the file' in done.out
    told = json.loads(till.pos("report", "settle", str(forged), "--json").out)
    assert told["counts"] == {"matched": 0, "expected": 0, "unexplained": 4}
    assert [(each["line"], each["reason"]) for each in told["findings"]] == [
        (2, "amount differs"),
        (3, "only in the file"),
        (0, "only in the journal"),
        (0, "only in the journal"),
    ]
    assert told["totals"]["NOK"]["file_paid"] == 12_901


def test_a_file_that_cannot_be_relied_on_is_refused(
    settled: tuple[Till, Path], tmp_path: Path
) -> None:
    """Cut short, without a day, or not there: nothing is judged, exit 2."""
    till, folder = settled
    whole = file_of(folder, "transactionItems").read_text()
    cut = tmp_path / "cut.csv"
    cut.write_text(whole.removesuffix("<END>\n"))
    empty = tmp_path / "empty.csv"
    empty.write_text(whole.splitlines()[0] + "\n<END>\n")
    for args, told in (
        ((str(cut),), "<END>"),
        ((str(empty),), "--date"),
        ((str(empty), "--date", "soon"), "--date"),
        ((str(tmp_path / "none.csv"),), "cannot be read"),
    ):
        done = till.pos("report", "settle", *args)
        assert (done.code, done.out) == (2, "")
        assert told in one_sentence(done.err)


def test_settling_from_the_shell(switch: SwitchProcess, tmp_path: Path) -> None:
    """A line for each file; yesterday if no day is said; a day that is not over is refused."""
    state = ("--state", str(switch.state))
    quiet = shell.run("scheme", "settle", "--date", "2026-01-01", "--into", str(tmp_path), *state)
    assert quiet.code == 0, quiet.err
    for told in quiet.out.splitlines():
        path, count = told.rsplit(" ", 1)
        assert Path(path).read_text().endswith("<END>\n")
        assert count == "0"
    assert shell.run("scheme", "settle", *state).code == 0
    for wrong in ("9999-12-31", "yesterday"):
        done = shell.run("scheme", "settle", "--date", wrong, *state)
        assert (done.code, done.out) == (2, "")
        one_sentence(done.err)
