"""Attacks that software can answer, by the rows of the threat model.

Apart from the tests of each part because an attack goes through many. The table says which tests
answer a row, here (`::test_...`) or where the part is tested; a test below holds it to be true.

A1  hostile codes            ::test_no_look_alike_of_a_digit_pays
                             ::test_nothing_of_a_hostile_code_reaches_the_terminal
                             ::test_no_answer_carries_commands_to_a_terminal
                             tests/sale/test_code.py::test_every_text_has_an_answer
                             tests/hardware/test_paper.py::test_no_text_holds_a_command
                             tests/proof/test_fuzzing.py::test_any_bytes_are_taken_or_refused_as_documented
                             tests/screens/test_screens_keys.py::test_no_escape_sequence_reaches_the_terminal
A2  the same code again      tests/commands/test_shell_story.py::test_a_code_from_the_shell_pays_once
                             tests/scheme/test_book.py::test_a_code_is_used_up_even_when_the_payment_failed
A3  a live code relayed      tests/scheme/test_access.py::test_paying_too_often_is_answered_unknown_and_does_nothing
                             tests/sale/test_till.py::test_a_scanned_code_pays_the_amount_that_was_armed
A4  a code that is kept      tests/proof/test_secrecy_gate.py::test_after_a_whole_story_no_secret_is_anywhere
                             ::test_no_process_dumps_its_memory
A5  a false merchant code    tests/scheme/test_order_codes.py::test_an_order_code_expires
                             tests/scheme/test_order_codes.py::test_an_order_belongs_to_the_first_who_scans_it
A6  a code with a card in it ::test_a_card_is_refused_and_its_number_is_nowhere
A7  a forged answer          tests/switch/test_flipped_answers.py::test_every_flipped_byte_of_the_body_is_refused
                             tests/scheme/test_app.py::test_every_flipped_byte_of_a_body_is_refused
A8  a replayed request       tests/scheme/test_replays.py::test_a_replayed_payment_charges_nothing_more
                             tests/scheme/test_replays.py::test_a_replayed_cancel_or_refund_moves_nothing_more
                             tests/scheme/test_replays.py::test_a_stale_payment_after_its_cancel_is_refused
                             tests/scheme/test_app.py::test_a_signature_is_good_for_its_path_only
A9  a stolen key             tests/scheme/test_enrolment.py::test_a_revoked_key_is_refused_at_once
                             tests/scheme/test_access.py::test_a_till_does_its_own_business_only
A10 an edited journal        ::test_every_edit_of_every_entry_is_named
                             ::test_an_insider_who_recomputes_the_chain_cannot_write_what_no_till_writes
                             tests/commands/test_witness.py::test_verifying_asks_the_switch_whether_the_end_is_missing
A11 a strange USB device     none: the system image answers it
A12 a dishonest cashier      tests/commands/test_shell_story.py::test_refunds_never_exceed_what_was_paid
                             tests/sale/test_till.py::test_only_a_staffed_till_gives_back
                             tests/commands/test_office_engine.py::test_a_refund_above_the_limit_needs_a_supervisor
A13 a hostile client         tests/scheme/test_targets.py::test_no_other_address_counts
                             tests/scheme/test_app.py::test_a_body_that_is_too_long_is_not_read
                             tests/scheme/test_patience.py::test_slow_clients_do_not_keep_a_good_one_out
                             tests/scheme/test_replays.py::test_a_body_that_two_readers_read_differently_is_refused
A14 the supply chain         tests/test_repository.py::test_the_lock_pins_every_dependency_with_hashes
A15 who cannot see or hear   tests/hardware/test_indicator.py::test_signals_differ_without_colour
                             tests/screens/test_screens_drawn.py::test_every_pair_of_colours_can_be_read
    a guessed pairing code   tests/scheme/test_enrolment.py::test_wrong_codes_from_one_address_are_locked_out
                             tests/scheme/test_enrolment.py::test_an_invitation_bears_a_few_wrong_proofs_only
    a guessed staff PIN      tests/commands/test_office_engine.py::test_five_wrong_pins_lock_until_a_supervisor_unlocks
                             tests/sale/test_staff.py::test_a_restart_keeps_the_wrong_pins_and_logs_everybody_out
                             tests/test_roster.py::test_a_pin_hash_that_was_tampered_with_opens_for_nobody
    a stranger's file        tests/sale/test_settlement_reading.py::test_what_a_stranger_wrote_is_printed_safely
                             tests/commands/test_settling.py::test_a_file_that_cannot_be_relied_on_is_refused
"""  # noqa: E501 - names of tests

import json
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import JournalDamaged
from pos.journal import Journal, chained, read
from pos.proof.secrecy.shop import Shop
from pos.sale.code import NotOurs, PaymentCode, recognise
from pos.sale.incident import Started
from pos.sale.money import Amount
from pos.sale.payment import Declined, Opened, Scenario
from pos.switch.wire import PayResponse, WireError, load

ROOT = Path(__file__).parents[2]
CODE = "281031021234567890123456"
# Two cards of EMV's own test set: the code as a phone shows it, the number inside.
CARD_CODES = (
    "hQVDUFYwMWETTwegAAAAVVVVUFdVQTMzMwCJAgAR",
    "hQVDUFYwMWFPB6AAAAAzMwFXEWIVAAAAAAAAAA==",
)
DIGITS_OF_OTHERS = ("０", "٠", "०", "𝟎", "⁰")  # fullwidth, Arabic, Nagari, bold, superscript


def test_every_test_of_the_table_is_there() -> None:
    """A row that names a test which is gone would say more than is true."""
    named = re.findall(r"(\S*\.py)?::(test_\w+)", __doc__ or "")
    assert len(named) > 35
    for file, test in named:
        path = ROOT / file if file else Path(__file__)
        assert re.search(rf"def {test}\(", path.read_text("utf-8")), f"{path.name} has no {test}"
    rows = re.findall(r"^A(\d+) ", __doc__ or "", re.MULTILINE)
    assert [int(row) for row in rows] == list(range(1, 16))


@pytest.mark.parametrize("zero", DIGITS_OF_OTHERS)
def test_no_look_alike_of_a_digit_pays(zero: str) -> None:
    """One digit of another script among honest ones: not ours, whichever place it has."""
    for place in range(len(CODE)):
        other = chr(ord(zero) + int(CODE[place])) if zero != "⁰" else zero
        assert isinstance(recognise(CODE[:place] + other + CODE[place + 1 :], "QR"), NotOurs)


@given(st.text(st.characters(categories=["Cc", "Cf", "Zl", "Zp"]), min_size=1, max_size=4))
def test_no_hidden_character_is_sent_along(hidden: str) -> None:
    """Controls, marks of direction and invisible characters within a code: it does not pay."""
    found = recognise(CODE[:9] + hidden + CODE[9:], "QR")
    assert not isinstance(found, PaymentCode)


HOSTILE = {
    "title": "\x1b]0;owned\x07" + CODE,
    "screen": "\x1b[2J\x1b[H PAID 129.00",
    "cutter": "\x1d\x56\x01" + CODE + "\x10\x04\x01",
    "direction": CODE[:12] + "\u202e" + CODE[12:],
    "database": "'; DROP TABLE journal; --",
    "shell": "$(reboot)`id`|sh",
    "huge": "A" * 100_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_of_a_hostile_code_reaches_the_terminal(kind: str, tmp_path: Path) -> None:
    """Refused in one printable sentence in which nothing of it stands."""
    hostile = HOSTILE[kind]
    done = subprocess.run(
        [sys.executable, "-m", "pos", "sell", "--amount", "1", "--code", hostile,
         "--state", str(tmp_path / "till")],
        capture_output=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 1
    told = (done.stdout + done.stderr).decode()
    assert all(line.isprintable() for line in told.replace("\N{NO-BREAK SPACE}", " ").splitlines())
    assert (hostile in told) is False  # said so, or the report would repeat it


@pytest.mark.parametrize("mark", ["\x1b", "\x07", "\x9b", "\x1d", "\u202e", "\u2066", "\0", "\x7f"])
@pytest.mark.parametrize("field", ["resultCode", "resultMessage", "pspName"])
def test_no_answer_carries_commands_to_a_terminal(field: str, mark: str) -> None:
    """Escapes and overrides of direction in a signed answer make it no answer at all."""
    fields = {"resultCode": "SUCCESS", "resultMessage": "well", "pspName": "Vipps"}
    fields[field] += mark + "[2J"
    psp = {"pspName": fields.pop("pspName")}
    raw = json.dumps({"result": fields | {"resultStatus": "S"}, "pspCustomerInfo": psp}).encode()
    with pytest.raises(WireError):
        load(PayResponse, raw)


def test_no_process_dumps_its_memory(tmp_path: Path) -> None:
    """Where core dumps are allowed, a switch that is aborted leaves none."""
    with Shop(tmp_path) as shop:
        state = str(tmp_path / "books")
        assert not shop.core_dumped("switch", "--port", "0", "--until-eof", "--state", state)


@pytest.mark.parametrize("card", CARD_CODES)
def test_a_card_is_refused_and_its_number_is_nowhere(card: str, tmp_path: Path) -> None:
    """No 13 to 19 digits that could be a card's stand in anything that is kept or said."""
    state = tmp_path / "till"
    done = subprocess.run(
        [sys.executable, "-m", "pos", "sell", "--amount", "1", "--code", card,
         "--state", str(state)],
        capture_output=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 1
    assert b"card" in done.stderr
    kept = [path.read_bytes() for path in state.rglob("*") if path.is_file()]
    for content in (*kept, done.stdout, done.stderr):
        numbers = re.findall(rb"(?<!\d)\d{13,19}(?!\d)", content)
        assert not [each for each in numbers if luhn(each.decode())]
        assert card.encode() not in content
    assert luhn("5413330089020011")  # so that finding none says something


def luhn(digits: str) -> bool:
    """ISO/IEC 7812: whether the last digit is the check digit of the rest."""
    doubled = [int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits))]
    return sum(each - 9 * (each > 9) for each in doubled) % 10 == 0


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A journal of five entries."""
    path = tmp_path / "journal.db"
    with Journal(path) as book:
        book.append(Started("1", 1.0))
        for number in (1, 2):
            opened = Opened(
                f"r{number}", "s", Amount(100 * number, "NOK"), Scenario.PAYMENT_CODE, 1.0
            )
            book.append(opened)
            book.append(Declined(f"r{number}", "X"))
    return path


def tampered(path: Path, *statements: str) -> None:
    """Edit the file as an insider would, past what the table forbids."""
    with closing(apsw.Connection(str(path))) as connection:
        for each in ("update", "delete"):
            connection.execute(f"DROP TRIGGER journal_is_final_{each}")
        for statement in statements:
            connection.execute(statement)


EDITS = {
    "deleted": "DELETE FROM journal WHERE seq = {n}",
    "altered": "UPDATE journal SET body = body || ' ' WHERE seq = {n}",
    "renamed": "UPDATE journal SET kind = 'Paid' WHERE seq = {n}",
    "moved": "UPDATE journal SET seq = 900 WHERE seq = {n}",
    "doubled": (
        "UPDATE journal SET seq = seq + 1000 WHERE seq > {n};"
        "UPDATE journal SET seq = seq - 999 WHERE seq > 1000;"
        "INSERT INTO journal SELECT {n} + 1, kind, body, prev, hash FROM journal WHERE seq = {n}"
    ),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("number", range(1, 6))
def test_every_edit_of_every_entry_is_named(edit: str, number: int, written: Path) -> None:
    """Deleted, altered, moved, inserted: the first entry that is wrong is named, and none sold."""
    tampered(written, *EDITS[edit].format(n=number).split(";"))
    if (edit, number) == ("deleted", 5):
        # Nothing hangs on the last one: only the switch, the witness, knows that it was there.
        assert [each.request_id for each in read(written).open_payments()] == ["r2"]
        return
    wrong = number + 1 if edit == "doubled" else number
    for act in (lambda: Journal(written), lambda: read(written)):
        with pytest.raises(JournalDamaged, match=f"Entry {wrong} "):
            act()


FORGERIES = {
    "a success after a refusal": (
        "Paid",
        '{"amount":{"currency":"NOK","value":200},"payment_id":"p","request_id":"r2"}',
    ),
    "a refund of nothing": (
        "RefundAsked",
        '{"amount":{"currency":"NOK","value":5},"asked_at":1.0,"refund_id":"f","request_id":"r2"}',
    ),
    "no JSON": ("Started", "}"),
    "no object": ("Started", "[]"),
    "no kind": ("Gift", "{}"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_an_insider_who_recomputes_the_chain_cannot_write_what_no_till_writes(
    forgery: str, written: Path
) -> None:
    """A well-chained entry that breaks the table of moves, or is none, stops the till."""
    kind, body = FORGERIES[forgery]
    with closing(apsw.Connection(str(written))) as connection:
        ((seq, head),) = connection.execute(
            "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"
        )
        row = (seq + 1, kind, body, head, chained(head, seq + 1, kind, body))
        connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?)", row)
    for act in (lambda: Journal(written), lambda: read(written)):
        with pytest.raises(JournalDamaged):
            act()
