"""`pos receipt` and `pos wiring` as a person types them, and what they refuse."""

import base64
import re
from pathlib import Path

import pytest
import segno
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_der_public_key
from driving.shell import run
from driving.tills import SwitchProcess, Till
from escpos_paper import Paper

IMAGES = Path(__file__).parents[2] / "images"


@pytest.fixture
def sold(switch: SwitchProcess, tmp_path: Path) -> tuple[Till, str, Path]:
    """A till with a printer that is a file, one paid sale of 129.00, and the file."""
    paper = tmp_path / "paper"
    till = switch.new_till(tmp_path / "till", "receipts-" + tmp_path.name, printer=f"file:{paper}")
    done = till.sell(switch.new_code())
    assert done.code == 0, done.err
    return till, done.last["request_id"], paper


def printed(paper: Path) -> str:
    """All that was printed, read by another reader of ESC/POS."""
    return Paper().read(paper.read_bytes()).text


def test_a_receipt_is_shown_printed_once_more_and_no_more(
    sold: tuple[Till, str, Path],
) -> None:
    """The shown one and the copy have the lines of the first, and say that they are copies."""
    till, request_id, paper = sold
    first = printed(paper)
    assert "COPY" not in first
    shown = till.pos("receipt", "show", request_id)
    assert shown.code == 0
    assert "COPY" in shown.out
    for row in ("IKKE KVITTERING FOR KJØP", "129.00 NOK", request_id):
        assert row in shown.out.replace("\xa0", " ")
    assert till.pos("receipt", "print", request_id).code == 0
    copy = printed(paper).removeprefix(first)
    assert "COPY" in copy
    assert [row for row in copy.split() if row != "COPY"] == first.split()
    again = till.pos("receipt", "print", request_id)
    assert again.code == 1
    assert "one copy was printed already" in again.err
    assert till.pos("receipt", "show", "0" * 32).code == 1
    assert till.pos("receipt", "print", "0" * 32).code == 1


def test_goods_come_back_by_their_line(sold: tuple[Till, str, Path]) -> None:
    """One of line 1, once; its return receipt is printed before the command ends."""
    till, request_id, paper = sold
    assert till.pos("refund", request_id, "--line", "1").code == 2
    assert till.pos("refund", request_id, "--line", "1:1", "--amount", "1").code == 2
    assert till.pos("refund", request_id, "--line", "2:1").code == 1
    done = till.pos("refund", request_id, "--line", "1:1")
    assert done.code == 0
    assert done.last["amount"] == {"value": 12_900, "currency": "NOK"}
    assert done.last["refund_id"] in printed(paper)
    assert till.pos("refund", request_id, "--line", "1:1").code == 1
    assert "COPY" not in printed(paper)  # nothing was owed to a later command


def test_a_carried_receipt_is_verified_by_anybody(
    sold: tuple[Till, str, Path], tmp_path: Path
) -> None:
    """From text, from a picture of its code, with the terminal's public key alone, and by a few
    lines that share nothing with the till; a changed letter is found."""
    till, request_id, _ = sold
    text = till.pos("receipt", "show", "--text", request_id).out
    key = till.pos("receipt", "key").out.strip()
    assert till.pos("receipt", "verify", text).code == 0
    elsewhere = ("--state", str(tmp_path / "elsewhere"))
    assert run("receipt", "verify", "--key", key, text, *elsewhere).code == 0
    segno.make_qr(text.strip(), error="l").save(str(tmp_path / "code.png"), scale=4, border=4)
    seen = run("receipt", "verify", "--key", key, "--image", str(tmp_path / "code.png"), *elsewhere)
    assert seen.code == 0
    assert re.fullmatch(r"true: receipt T01-1, signed by key [A-Z2-7]{6}\n", seen.out)

    forged = text.replace("129.00", "999.00")
    assert forged != text
    refused = run("receipt", "verify", "--key", key, forged, *elsewhere)
    assert refused.code == 1
    assert "was changed" in refused.err
    another = run("receipt", "verify", text, *elsewhere)  # with a key of its own
    assert another.code == 1
    assert run("receipt", "verify", "--key", key, "a text", *elsewhere).code == 2
    assert run("receipt", "verify", "--key", "AAAA", text, *elsewhere).code == 2

    signed, signature = text.strip()[:-103], text.strip()[-103:]
    public = load_der_public_key(base64.b64decode(key))
    sealed = base64.b32decode(signature + "=" * (-len(signature) % 8))
    public.verify(sealed, signed.encode())  # type: ignore[union-attr, call-arg]
    with pytest.raises(InvalidSignature):
        public.verify(sealed, signed.replace("1", "2").encode())  # type: ignore[union-attr, call-arg]


def test_the_wiring_is_that_of_the_settings(tmp_path: Path) -> None:
    """Pins as they are set; two on one pin are told before anybody solders."""
    settings = tmp_path / "terminal.toml"
    settings.write_text('[devices]\nindicator = "leds"\n[devices.pins]\nyellow = 23\nhelp = -1\n')
    at = ("--config", str(settings), "--state", str(tmp_path))
    told = run("wiring", *at)
    assert told.code == 0
    assert re.search(r"pin 16  GPIO23 +yellow LED", told.out)
    assert "blue" not in told.out
    assert "help" not in told.out
    settings.write_text("[devices.pins]\nred = 5\n")
    clash = run("wiring", *at)
    assert clash.code == 2
    assert "both on GPIO5" in clash.err
    settings.write_text("[devices.pins]\nred = 99\n")
    assert "devices.pins.red" in run("wiring", *at).err


def test_the_kept_picture_of_the_wiring_is_what_is_drawn_now(tmp_path: Path) -> None:
    """`pos wiring --image` of the built-in settings."""
    drawn = tmp_path / "wiring.svg"
    assert run("wiring", "--image", str(drawn), "--state", str(tmp_path)).code == 0
    assert drawn.read_text() == (IMAGES / "wiring.svg").read_text()
    assert run("wiring", "--image", "wiring.png", "--state", str(tmp_path)).code == 2
