"""A payment code and a private key are found nowhere: no file, no log, no output.

Apart from the types that keep a code from being printed: here every byte that the commands leave
behind is searched.
"""

import base64
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from driving import shell
from driving.tills import SwitchProcess, Till

# Many processes in one test: on a slow machine they may need longer than other tests.
pytestmark = pytest.mark.timeout(400)

LIKE_A_PERSON = "https://qr.vipps.no/28/2/01/031/4799999901?v=1"
PRIVATE_FILES = {"till.pem", "switch.pem", "fingerprint.keys"}


def spellings(secret: str) -> Iterator[bytes]:
    """How `secret` could stand in a file: plain, in wide characters, reversed, or encoded."""
    for text in (secret, secret[::-1]):
        yield text.encode()
        yield text.encode("utf-16-le")
    for shift in range(3):  # base64 of a text depends on where in a group of three it begins
        yield base64.b64encode(b"x" * shift + secret.encode())[4 * (shift > 0) : -4]
    yield secret.encode().hex().encode()


def leaks(secrets: list[str], folders: list[Path], told: str) -> list[str]:
    """Where any of `secrets` stands: names of files, or `output`. Keys may hold themselves."""
    wanted = [spelling for secret in secrets for spelling in spellings(secret)]
    found = [] if not any(each in told.encode() for each in wanted) else ["output"]
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and any(each in path.read_bytes() for each in wanted):
                found.append(path.name)
    return found


def key_body(path: Path) -> str:
    """A line from the middle of a key in PEM: enough to know it by."""
    return path.read_text().splitlines()[10]


@pytest.mark.parametrize("hidden", ["plain", "wide", "encoded"])
def test_the_search_finds_what_it_looks_for(hidden: str, tmp_path: Path) -> None:
    """A code planted anywhere is found, so that finding none means something."""
    code = "281031021234567890123456"
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    shapes = {
        "plain": f"code={code}\n".encode(),
        "wide": f"<{code}>".encode("utf-16-le"),
        "encoded": base64.b64encode(f"id:{code}:x".encode()),
    }
    (below / "journal.db-wal").write_bytes(b"\0\1" + shapes[hidden])
    assert leaks([code], [tmp_path], "") == ["journal.db-wal"]
    assert leaks([code], [below.parent / "none"], f"sold {code}") == ["output"]
    assert leaks(["another"], [tmp_path], "sold") == []


def worked(till: Till) -> tuple[list[str], str]:
    """Sales that end in every way there is; their codes, and all that was said."""
    new_code, codes, told = till.switch.new_code, [], []

    def sell(behaves: str, dying_at: str = "", code: str = "") -> shell.Ran:
        codes.append(code or new_code(behaves))
        done = till.sell(codes[-1], dying_at=dying_at)
        told.append(done)
        return done

    assert sell("pays").code == 0
    assert sell("declines").code == 1
    assert sell("answer-lost").code == 0
    assert sell("pays", dying_at="Paid before").code == -signal.SIGKILL
    assert sell("pin", dying_at="pay sent", code=LIKE_A_PERSON).code == -signal.SIGKILL
    told.append(till.sell(codes[0]))  # held up a second time
    codes += ["28" * 16, "134567890123456789"]
    told += [till.sell(code, "1") for code in codes[-2:]]
    told += [till.pos("recover"), till.pos("payments", "--json"), till.pos("journal", "export")]
    told.append(shell.run("scheme", "book", "--json", "--state", str(till.switch.state)))
    assert till.differences() == []
    return codes, "".join(done.out + done.err for done in told)


def test_no_code_and_no_key_is_left_behind(switch: SwitchProcess, tmp_path: Path) -> None:
    """Paid, declined, lost, killed, refused: nothing of any code in a file or in what was said."""
    till = switch.new_till(tmp_path / "till", "canary", printer="simulated")
    codes, told = worked(till)
    assert leaks(codes, [till.folder, switch.state], told) == []
    keys = [till.folder / "till.pem", switch.state / "switch" / "switch.pem"]
    found = leaks([key_body(key) for key in keys], [till.folder, switch.state], told)
    assert set(found) == {key.name for key in keys}


def test_what_must_stay_private_is_for_its_owner_only(tmp_path: Path) -> None:
    """Keys and journal are readable by nobody else, whoever made them, and never printed."""
    state = ("--state", str(tmp_path / "own"))
    made = shell.run("scheme", "code", "vipps", *state)
    code = made.out.strip()
    done = shell.run("sell", "--amount", "5", "--code", code, *state)
    assert done.code == 0, done.err
    files = {path.name: path for path in (tmp_path / "own").rglob("*") if path.is_file()}
    assert files.keys() >= PRIVATE_FILES | {"journal.db", "switch.log", "switch.db"}
    for name in (*PRIVATE_FILES, "journal.db"):
        assert stat.S_IMODE(files[name].stat().st_mode) == 0o600, name
    assert leaks([code], [tmp_path], done.out + done.err) == []
    bodies = [key_body(files["till.pem"]), key_body(files["switch.pem"])]
    assert set(leaks(bodies, [tmp_path], done.out + done.err + made.err)) == {
        "till.pem",
        "switch.pem",
    }
