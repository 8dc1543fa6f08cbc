"""`kill -9` of the speaking kiosk in the middle of a payment, on a plain terminal.

Apart from the other deaths because here there is no screen: lines, a voice and three keys.
"""

import re
import signal
from pathlib import Path

import pytest
from driving.counter import Counter
from driving.tills import SwitchProcess

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("pseudo_terminals")]

NEXT, CHOOSE = "1", "2"
# Any move of the cursor is the drawing of a screen; a speaking kiosk only ever adds lines. What
# wipes the last visitor away is the one exception.
DRAWS = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
WIPES = (b"\x1b[2J", b"\x1b[3J", b"\x1b[H")


def go_to(kiosk: Counter, wanted: str) -> None:
    """Press the first key until this choice is the one that was said last, then the second."""

    def there() -> bool:
        places = re.findall(rb"(?:Choice|Valg) \d+ \D+ \d+: ([^\r\n]+)", bytes(kiosk.drawn))
        last = places[-1].decode() if places else ""
        return last.startswith(wanted) and "not now" not in last

    kiosk.press_until(NEXT, there)
    kiosk.press(CHOOSE)


def test_a_speaking_kiosk_that_dies_while_paying_forgets_nothing_and_nobody(
    switch: SwitchProcess, tmp_path: Path
) -> None:
    """The payment that was under way is ended at the next start, on both sides; the next visitor
    is welcomed by a kiosk that knows nothing of the last one."""
    camera = f"simulated:{switch.new_code('silent')}"
    till = switch.new_till(tmp_path / "till", "speaking-1", camera=camera, voice="simulated")
    with (till.folder / "terminal.toml").open("a") as settings:
        settings.write('[kiosk]\nspeaking = true\nsite = "site.toml"\n')
    (till.folder / "site.toml").write_text(SITE)
    with Counter("--state", str(till.folder), name="kiosk") as kiosk:
        kiosk.press_until(NEXT, lambda: b"Welcome" in kiosk.drawn)
        go_to(kiosk, "English. Press 2")
        go_to(kiosk, "One more: Adult")
        go_to(kiosk, "Next")
        go_to(kiosk, "Pay")
        kiosk.wait(lambda: "INTENT" in till.states() and len(till.states()) > 1)
        kiosk.child.kill()
        assert kiosk.ended() == -signal.SIGKILL
        drawn = bytes(kiosk.drawn)
    assert set(DRAWS.findall(drawn)) <= set(WIPES)
    assert b"Hold your app" in drawn
    with Counter("--state", str(till.folder), name="kiosk") as kiosk:
        kiosk.wait(lambda: bool(till.states()) and "INTENT" not in till.states())
        kiosk.wait(lambda: "CANCELLING" not in till.states())
        kiosk.press_until(NEXT, lambda: b"Welcome" in kiosk.drawn)
        assert b"Adult" not in kiosk.drawn
        kiosk.child.terminate()
        assert kiosk.ended() == 0
    assert "PAID" not in till.states()
    assert till.differences() == []


SITE = """
reference = "MUSEUM"
name = "Museum"
time_zone = "Europe/Oslo"
[hours]
monday = "00:00-24:00"
tuesday = "00:00-24:00"
wednesday = "00:00-24:00"
thursday = "00:00-24:00"
friday = "00:00-24:00"
saturday = "00:00-24:00"
sunday = "00:00-24:00"
[[ticket]]
reference = "ADULT"
name = { nb = "Voksen", en = "Adult" }
price = "100.00"
vat = "low"
valid = "day"
"""
