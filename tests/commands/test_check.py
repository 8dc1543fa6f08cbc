"""`pos check` as somebody types it: beside a till that sells, and at one with something wrong."""

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from driving import shell
from driving.counter import Counter
from driving.tills import Till

from pos.folders import JOURNAL_NAME, TILL_KEY_NAME

# Parts that depend on the machine that runs the tests, and not on the till.
FOREIGN = {"temperature", "power", "wear", "clock"}
PARTS = [
    "versions", "temperature", "power", "disk", "wear", "journal", "unfinished", "key", "link",
    "certificate", "clock", "codes", "camera", "printer", "lights",
]  # fmt: skip


def checked(till: Till, *, code: int = 0) -> dict[str, dict[str, Any]]:
    """What `pos check --json` says, by part."""
    done = till.pos("check", "--json")
    assert done.code == code, done
    told = json.loads(done.out)
    assert told["fit"] == (code == 0)
    assert [each["part"] for each in told["parts"]] == PARTS
    for each in told["parts"]:
        assert each["remedy"] or each["standing"] not in {"fault", "poor"}, each
    return {each["part"]: each for each in told["parts"]}


def standings(told: dict[str, dict[str, Any]]) -> dict[str, str]:
    """How each part of the till itself stands."""
    return {part: each["standing"] for part, each in told.items() if part not in FOREIGN}


@pytest.fixture
def furnished(till: Till) -> Till:
    """A till with a camera, a printer and lights, all simulated."""
    till.settle_in(till.switch.url, camera="simulated", printer="simulated", indicator="simulated")
    return till


def test_a_till_that_has_sold_is_fit(furnished: Till) -> None:
    """Everything is there and good: the switch, the key, the journal, the devices."""
    assert furnished.sell(furnished.switch.new_code(), "10.00").code == 0
    told = checked(furnished)
    assert standings(told) == {
        "versions": "good", "disk": "good", "journal": "good", "unfinished": "good", "key": "good",
        "link": "good", "certificate": "absent", "codes": "good", "camera": "good",
        "printer": "good", "lights": "good",
    }  # fmt: skip
    assert "1280 x 720" in told["camera"]["found"]
    assert furnished.client_id in told["link"]["found"]
    assert "synchronised" in told["clock"]["found"] or "the switch" in told["clock"]["found"]


def test_a_person_reads_a_line_and_the_remedy_under_it(till: Till) -> None:
    """Without --json: a mark, the part, what was found; the last line says how it stands."""
    till.settle_in("http://127.0.0.1:9")
    done = till.pos("check")
    assert done.code == 1
    lines = done.out.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("FAULT link"))
    assert "does not answer" in lines[at]
    assert "Check the network cable" in lines[at + 1]
    assert lines[-1].startswith("1 faults")


def test_what_is_wrong_with_key_and_caller_is_told(till: Till) -> None:
    """A key that others can read; a caller that the switch does not know; answers of another."""
    (till.folder / TILL_KEY_NAME).chmod(0o644)
    assert standings(checked(till, code=1))["key"] == "fault"
    (till.folder / TILL_KEY_NAME).chmod(0o600)
    settings = till.folder / "terminal.toml"
    good = settings.read_text()
    settings.write_text(good.replace(till.client_id, "nobody"))
    told = checked(till, code=1)
    assert told["link"]["standing"] == "fault"
    assert "pos enrol" in told["link"]["remedy"]


def test_a_payment_left_open_is_told(till: Till) -> None:
    """After a death in the middle of a sale: poor for a while, and what to run."""
    till.sell(till.switch.new_code(), "10.00", dying_at="pay sent")
    told = checked(till)
    assert told["unfinished"]["standing"] == "poor"
    assert "pos recover" in told["unfinished"]["remedy"]


def test_a_journal_that_was_changed_is_a_fault(till: Till) -> None:
    """The first entry that is not what was written is named; nothing is unfinished for sure."""
    assert till.sell(till.switch.new_code(), "10.00").code == 0
    with sqlite3.connect(till.folder / JOURNAL_NAME) as connection:
        connection.execute("DROP TRIGGER journal_is_final_update")
        connection.execute("UPDATE journal SET body = replace(body, '1000', '9000')")
    connection.close()
    told = checked(till, code=1)
    assert told["journal"]["standing"] == "fault"
    assert "is not what was written" in told["journal"]["found"]
    assert told["unfinished"]["standing"] == "unknown"


def test_devices_that_are_not_there_are_faults(till: Till, tmp_path: Path) -> None:
    """A camera that is gone and a printer that is gone, each with its remedy."""
    till.settle_in(till.switch.url, camera="usb:99", printer="file:/dev/no-such-printer")
    told = checked(till, code=1)
    assert told["camera"]["standing"] == told["printer"]["standing"] == "fault"
    assert "plug it in" in told["camera"]["remedy"].lower()


def test_a_printer_is_asked_and_prints_nothing(till: Till, tmp_path: Path) -> None:
    """The paper, here a file, stays empty."""
    paper = tmp_path / "paper"
    till.settle_in(till.switch.url, printer=f"file:{paper}")
    assert standings(checked(till))["printer"] == "good"
    assert paper.read_bytes() == b""


@contextmanager
def selling(till: Till) -> Iterator[None]:
    """Somebody else holds the till's journal, as a running till does."""
    program = (
        "import sys, pathlib, pos.journal as j\n"
        "with j.Journal(pathlib.Path(sys.argv[1])):\n print('open', flush=True); input()"
    )
    running = subprocess.Popen(
        [shell.command()[0], "-c", program, str(till.folder / JOURNAL_NAME)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=shell.environment(),
    )  # fmt: skip
    try:
        assert shell.line_with(running, "open")
        yield
    finally:
        running.communicate("\n", timeout=20)


def test_devices_of_a_till_that_runs_are_left_alone(furnished: Till) -> None:
    """They are its own; the rest is examined, and its lock is not touched."""
    assert furnished.sell(furnished.switch.new_code(), "10.00").code == 0
    with selling(furnished):
        told = checked(furnished)
        found = {part: told[part]["found"] for part in ("camera", "printer", "lights")}
        assert {told[part]["standing"] for part in found} == {"unknown"}
        assert all("in use by the till" in each for each in found.values())
        assert told["journal"]["standing"] == "good"
    assert "in use" not in checked(furnished)["printer"]["found"]


def test_a_fresh_machine_is_fit(tmp_path: Path) -> None:
    """Without any settings: a till with its own switch, nothing plugged in, and no fault."""
    done = shell.run("check", "--state", str(tmp_path / "new"))
    assert done.code == 0, done
    assert "nothing has been sold here yet" in done.out


def test_settings_that_are_wrong_are_told_as_wrong_use(till: Till) -> None:
    """A fault in terminal.toml ends it with its key, before anything is examined."""
    with (till.folder / "terminal.toml").open("a") as file:
        file.write('scaner = "x"\n')
    done = till.pos("check")
    assert done.code == 2
    assert "devices.scaner" in done.err


def test_a_key_that_is_lent_has_no_age_of_its_own(till: Till, tmp_path: Path) -> None:
    """systemd copies it at every start, so its date would tell of the start and not of the key."""
    lent = tmp_path / "lent"
    lent.mkdir(mode=0o700)
    (till.folder / TILL_KEY_NAME).rename(lent / f"keys_{TILL_KEY_NAME}")
    done = till.pos("check", "--json", extra={"CREDENTIALS_DIRECTORY": str(lent)})
    parts = {each["part"]: each for each in json.loads(done.out)["parts"]}
    assert parts["key"]["found"] == "version 1, lent by systemd"
    assert parts["link"]["standing"] == "good"


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed here")
@pytest.mark.parametrize(
    ("voice", "standing", "part"),
    [
        ("simulated", "good", "heard it?"),
        ("espeak:null", "good", "heard it?"),
        ("espeak:plughw:31", "poor", "is not heard"),
    ],
)
def test_a_voice_is_tried_where_there_is_one(
    till: Till, voice: str, standing: str, part: str
) -> None:
    """It says a sentence; one that nobody can hear has a remedy, and a till sells without it."""
    till.settle_in(till.switch.url, voice=voice)
    done = till.pos("check", "--json")
    assert done.code == 0
    told = json.loads(done.out)["parts"][-1]
    assert (told["part"], told["standing"]) == ("voice", standing)
    assert part in told["found"]
    assert bool(told["remedy"]) == (standing == "poor")


@pytest.mark.usefixtures("pseudo_terminals")
def test_the_till_shows_the_same_lines_on_its_own_screen(till: Till) -> None:
    """From the office's menu, while it runs; the parts are those of the command."""
    said = [part["part"] for part in till.pos("check", "--json").last["parts"]]
    with Counter("--state", str(till.folder)) as counter:
        counter.wait(lambda: b"Connected" in counter.drawn)
        counter.press("\x1b[21~")  # F10
        counter.wait(lambda: b"Check the till" in counter.drawn)
        counter.press("check\r")
        counter.wait(lambda: all(part.encode() in counter.drawn for part in said))
