"""A full disk, a changed journal, two tills on one journal: the till refuses and says why.

Apart from the journal's own tests, which fail each write by itself: here whole commands meet a
disk that is really full.
"""

import errno
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from driving import shell
from driving.shell import one_sentence
from driving.tills import SwitchProcess, Till

WAL_HEADER_BYTES, WAL_FRAME_BYTES = 32, 4096 + 24


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mounting = [mount, "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode != 0:
        pytest.skip("this system does not let a small disk be mounted")
    yield place
    subprocess.run([umount, str(place)], check=True)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        for _ in range(8 * 2**20 // 4096 + 1):
            os.write(descriptor, bytes(4096))
    except OSError as full:
        assert full.errno == errno.ENOSPC  # noqa: PT017 - the loop's end, not the test's point
    finally:
        os.close(descriptor)


def test_a_disk_that_is_full(small_disk: Path, switch: SwitchProcess) -> None:
    """Nearly full, nothing is begun; quite full, not even a journal. The remedy is told."""
    till = switch.new_till(small_disk / "till", f"small-{os.getpid()}")
    done = till.sell(switch.new_code())
    assert (done.code, done.last["state"]) == (1, "REFUSED")
    assert "free space" in one_sentence(done.err)
    assert till.states() == []
    assert till.booked() == []
    fill(small_disk / "rest")
    done = till.sell(switch.new_code())
    assert done.code == 1
    one_sentence(done.err)
    assert till.booked() == []
    for other in (("switch", "--port", "0"), ("sell", "--amount", "5", "--show")):
        refused = shell.run(*other, "--state", str(small_disk))
        assert (refused.code in (1, 2), refused.out) == (True, ""), refused
        one_sentence(refused.err)


def no_file_beyond(size_bytes: int) -> Callable[[], None]:
    """Let no file of the child grow past `size_bytes`, as on a disk that fills up meanwhile."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))


@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_a_disk_that_fills_up_during_a_sale(frames: int, till: Till) -> None:
    """Where the intent cannot be written nothing is sent; an outcome that cannot be written is
    found again later. One sentence, whichever write fails."""
    assert till.sell(till.switch.new_code(), "1").code == 0
    room_bytes = WAL_HEADER_BYTES + frames * WAL_FRAME_BYTES
    done = till.sell(till.switch.new_code(), "129.00", before=no_file_beyond(room_bytes))
    sent = len(till.booked()) - 1
    kinds = [entry["kind"] for entry in till.journal()]
    assert sent <= kinds.count("Opened") - 1
    if kinds.count("Paid") < 2:
        assert done.code in (1, 3), done
        one_sentence(done.err)
    assert till.pos("recover").code == 0
    assert till.differences() == []


def test_a_till_whose_journal_was_changed(till: Till) -> None:
    """One changed byte: no command sells on it, each names the entry, the file is left alone."""
    assert till.sell(till.switch.new_code()).code == 0
    journal = till.folder / "journal.db"
    written = journal.read_bytes()
    assert written.count(b'"value":12900') == 2  # in the intent and in the outcome
    changed = written.replace(b'"value":12900', b'"value":12901', 1)
    named = 4 if changed.index(b'"value":12901') < written.rindex(b'"value":12900') else 3
    journal.write_bytes(changed)
    code = till.switch.new_code()
    before = len(till.booked())
    for args in (
        ("sell", "--amount", "5", "--code", code),
        ("refund", "any"),
        ("recover",),
        ("counter",),
        ("payments",),
        ("journal", "verify"),
    ):
        done = till.pos(*args)
        assert done.code == 1, args
        assert f"Entry {named} of the journal" in one_sentence(done.err), args
    assert len(till.booked()) == before
    assert journal.read_bytes() == changed


@pytest.mark.parametrize(
    "content", [b"not a journal at all" * 300, b"SQLite format 3\0" + b"x" * 99]
)
def test_a_file_that_is_no_journal(content: bytes, till: Till) -> None:
    """A file in the journal's place is kept, and nothing is sold."""
    journal = till.folder / "journal.db"
    journal.write_bytes(content)
    done = till.sell(till.switch.new_code())
    assert done.code == 1
    assert "journal" in one_sentence(done.err)
    assert journal.read_bytes() == content
    assert till.booked() == []


def test_two_tills_on_one_journal(till: Till) -> None:
    """While one sells, no other writes; reading stays welcome."""
    selling = till.start("sell", "--amount", "45.50", "--show")
    shell.line_with(selling, "/28199904")
    for args in (("sell", "--amount", "5", "--show"), ("counter",)):
        done = till.pos(*args)
        assert done.code == 1, args
        assert "Another Samkassa process" in one_sentence(done.err)
    reading = till.pos("payments", "--open")
    assert (reading.code, len(reading.out.splitlines())) == (0, 2)
    selling.send_signal(signal.SIGINT)
    assert shell.finish(selling).last["state"] == "CANCELLED"
    assert till.differences() == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A state folder below a file is wrong, and told."""
    (tmp_path / "file").write_text("")
    done = shell.run("sell", "--amount", "5", "--show", "--state", str(tmp_path / "file" / "x"))
    assert (done.code, done.out) == (2, "")
    assert str(tmp_path / "file") in one_sentence(done.err)


def test_a_till_that_died_while_it_made_its_journal(till: Till) -> None:
    """An empty file is a journal of which nothing was written: read as such, and sold on."""
    (till.folder / "journal.db").touch(mode=0o600)
    assert till.pos("payments").out == "0 payments, 0 unfinished, 0 refunds unfinished\n"
    assert till.pos("journal", "verify").out.startswith("0 entries, unbroken")
    assert till.sell(till.switch.new_code()).code == 0
    assert till.differences() == []


def test_there_is_no_journal_yet(till: Till) -> None:
    """Reading what never was is answered in one sentence."""
    for args in (("payments",), ("journal", "verify")):
        done = till.pos(*args)
        assert (done.code, done.out) == (1, "")
        assert "no journal" in one_sentence(done.err)
