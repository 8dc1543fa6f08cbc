"""`pos logs`: one payment's story in plain words, and a log that holds ids of ours and no more."""

import json
import signal
import tempfile
from pathlib import Path

import pytest
from driving import shell
from driving.tills import SwitchProcess, Till
from hypothesis import given
from hypothesis import strategies as st

from pos.log import FILE_BYTES_MAX, FILE_NAME, OLD_NAME, Log, read_file

pytestmark = pytest.mark.timeout(300)


def test_a_payment_that_was_paid_and_given_back_is_told_in_order(
    till: Till, switch: SwitchProcess
) -> None:
    """Asked for, called, paid, asked back, given back; each with its moment."""
    sale = till.sell(switch.new_code(), "45.50").last["request_id"]
    assert till.pos("refund", sale, "--amount", "5.50").code == 0
    told = till.pos("logs", "--payment", sale[:8])
    assert told.code == 0, told.err
    said = [line[24:] for line in told.out.splitlines()]
    order = [
        "The till asked for 45.50", "The switch was called: pay", "The switch says it is paid",
        "A refund of 5.50", "The switch was called: refund", "The refund is done.",
    ]  # fmt: skip
    places = [next(i for i, line in enumerate(said) if line.startswith(part)) for part in order]
    assert places == sorted(places), said
    assert all(line[:4].isdigit() for line in told.out.splitlines())
    as_lines = [
        json.loads(line) for line in till.pos("logs", "--payment", sale, "--json").out.splitlines()
    ]
    assert [each["said"] for each in as_lines] == said


def test_a_sale_that_was_killed_is_told_to_its_end_in_the_shops_language(
    till: Till, switch: SwitchProcess
) -> None:
    """A till that died, was started again, and cancelled what it had begun."""
    child = till.start("sell", "--amount", "10.00", "--code", switch.new_code("dawdles"))
    while till.states() != ["INTENT"]:
        assert child.poll() is None
    child.send_signal(signal.SIGKILL)
    shell.finish(child)
    assert till.pos("recover").code == 0
    with (till.folder / "terminal.toml").open("a") as settings:
        settings.write('[terminal]\nlanguage = "nb"\n')
    (opened,) = [row["body"] for row in till.journal() if row["kind"] == "Opened"]
    told = till.pos("logs", "--payment", opened["request_id"]).out
    assert "Kassen ba om 10,00" in told
    assert "Den ønskes ikke lenger" in told
    assert "Den er avbrutt" in told


def test_what_is_not_there_is_told(till: Till, switch: SwitchProcess) -> None:
    """An id of no payment, and one too short to mean anything."""
    till.sell(switch.new_code(), "1.00")
    assert "has no payment ffffffff" in shell.one_sentence(
        till.pos("logs", "--payment", "ffffffff").err
    )
    assert till.pos("logs", "--payment", "f").code == 2


@given(st.text(max_size=80))
def test_a_text_that_is_not_of_ours_is_never_told(text: str) -> None:
    """Whatever stands in a field: letters, digits and a few marks, or nothing of it."""
    with tempfile.TemporaryDirectory() as name:
        Log(Path(name)).tell("entry", "id", reason=text)
        (line,) = read_file(Path(name))
        assert line.get("reason", "") in ("", "?", text)
        assert line.get("reason", "").isascii()


def test_the_file_never_outgrows_twice_its_limit(tmp_path: Path) -> None:
    """The newest lines are there, the oldest are gone, and it is this user's alone."""
    (tmp_path / FILE_NAME).write_text("x" * FILE_BYTES_MAX + "\n")
    log = Log(tmp_path)
    log.tell("call", "first", api="pay")
    log.tell("call", "second", api="pay")
    assert (tmp_path / OLD_NAME).stat().st_size > FILE_BYTES_MAX
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert [line["payment"] for line in read_file(tmp_path)] == ["first", "second"]
