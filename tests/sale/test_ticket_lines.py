"""Tickets on paper: what stands on each, in every language, and that its code is read off the roll.

Apart from the receipts, whose lines the law knows.
"""

import queue
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hardware.decoder import Decoder
from hardware.devices import Unprinted
from hardware.simulated_printer import SimulatedPrinter
from pos.language import Language
from pos.paper import print_line
from pos.sale.ticket import ShownTicket, Ticket
from pos.sale.ticket_lines import ticket_lines, when_of
from pos.stamp import Stamp

OSLO = ZoneInfo("Europe/Oslo")
DAY = Ticket("0123456789abcdef", "FJORDSUMMIT", "GARDEN", 4, 1_795_906_800, 1_795_993_200)
SLOT = Ticket("00000000000000ff", "FJORDSUMMIT", "ADULT", 1, 1_795_950_000, 1_795_951_800)


@pytest.mark.parametrize("code", ["en", "nb", "fi", "sv", "da", "zh"])
def test_a_ticket_says_what_it_admits_to(code: str) -> None:
    """Name, persons, day and number; the times of day only where it is for one."""
    words = Language(code, OSLO)
    shown = (ShownTicket("SAMKASSA:T1:A", "Garden", DAY), ShownTicket("SAMKASSA:T1:B", "A", SLOT))
    lines = ticket_lines(shown, words)
    texts = [line.text for line in lines]
    assert [line.qr for line in lines if line.qr] == ["SAMKASSA:T1:A", "SAMKASSA:T1:B"]
    assert texts.count("Garden") == 1
    assert words.say("ticket.admits", persons=4) in texts
    assert DAY.number in texts
    assert "29" in when_of(DAY, words)
    assert "–" not in when_of(DAY, words)
    assert when_of(SLOT, words).startswith(words.day_text(SLOT.begins_at))
    assert words.clock_text(SLOT.ends_at) in when_of(SLOT, words)


@pytest.mark.parametrize("paper_mm", [58, 80])
def test_a_printed_ticket_is_read_off_the_roll(paper_mm: int, tmp_path: Path) -> None:
    """The code as the printer draws it, whole, on the narrow roll too."""
    text = Stamp(tmp_path).stamped(DAY)
    printer = SimulatedPrinter(columns=32 if paper_mm == 58 else 48)
    lines = ticket_lines((ShownTicket(text, "Garden", DAY),), Language("en", OSLO))
    done: queue.Queue[Unprinted | None] = queue.Queue()
    printer.submit([print_line(line) for line in lines], done.put)
    assert done.get(timeout=20) is None
    picture = np.asarray(printer.draw())
    printer.close()
    assert text in {symbol.text for symbol in Decoder().read_thoroughly(picture)}
