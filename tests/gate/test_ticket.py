"""A ticket's text: what is signed, how small it is, and that nothing else is one.

Apart from the gates, which go by it.
"""

import string

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from hardware.decoder import Decoder
from hardware.phone import photograph
from pos.errors import SettingsError, WrongUse
from pos.sale.revocation import KEPT_S, read_list
from pos.sale.ticket import SIGNED_AS, TICKET_PREFIX, Ticket, packed, taken_apart, text_of
from pos.stamp import Stamp, TicketKeys
from tests.gate.conftest import DAY, SITE, ticket

NAMES = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=24)
MINUTES = st.integers(0, 2**32 - 2**17)
TICKETS = st.builds(
    lambda serial, site, kind, persons, begins, length: Ticket(
        serial.hex(), site, kind, persons, begins * 60, (begins + length) * 60
    ),
    st.binary(min_size=8, max_size=8), NAMES, NAMES, st.integers(1, 255), MINUTES,
    st.integers(1, 2**16 - 1),
)  # fmt: skip


@given(TICKETS, st.binary(min_size=64, max_size=64))
def test_every_ticket_comes_back_from_its_text(made: Ticket, signature: bytes) -> None:
    """Whatever it says, and with the very bytes that were signed."""
    apart = taken_apart(text_of(made, signature))
    assert apart is not None
    assert (apart.ticket, apart.signature, apart.signed) == (made, signature, packed(made))
    assert apart.signed.startswith(SIGNED_AS)


@given(st.text(max_size=300), st.text(string.ascii_uppercase + "234567", max_size=250))
def test_other_texts_are_no_tickets(any_text: str, coded: str) -> None:
    """Also where they begin as one; nothing raises, and what is taken has one text only."""
    for text in (any_text, TICKET_PREFIX + coded):
        apart = taken_apart(text)
        assert apart is None or text_of(apart.ticket, apart.signature) == text.strip()


def test_a_ticket_is_small_enough_to_be_read_from_a_phone(stamp: Stamp) -> None:
    """45 modules a side at level M at the most, and read from a picture of a phone held up."""
    text = stamp.stamped(DAY)
    code = segno.make_qr(text, error="m", boost_error=False)
    assert (code.mode, code.symbol_size(border=0)[0] <= 45) == ("alphanumeric", True)
    symbols = Decoder().read(photograph(text, seed=3))
    assert [symbol.text for symbol in symbols] == [text]


def test_a_ticket_has_the_same_text_each_time(stamp: Stamp) -> None:
    """Printed again it is the same ticket, not another one."""
    assert stamp.stamped(DAY) == stamp.stamped(DAY)
    assert TicketKeys(stamp.public).ticket(f" {stamp.stamped(DAY)}\n") == DAY


def test_one_changed_letter_is_no_ticket_any_more(stamp: Stamp) -> None:
    """At every place of the text."""
    keys, text = TicketKeys(stamp.public), stamp.stamped(DAY)
    for place in range(len(text)):
        changed = "A" if text[place] != "A" else "B"
        assert keys.ticket(text[:place] + changed + text[place + 1 :]) is None


def test_a_ticket_of_another_key_is_none(stamp: Stamp, tmp_path_factory: object) -> None:
    """Unless the gate was told of that key too."""
    other = Stamp(tmp_path_factory.mktemp("other"))  # type: ignore[attr-defined]
    text = other.stamped(DAY)
    assert TicketKeys(stamp.public).ticket(text) is None
    assert TicketKeys(f"{stamp.public}\n\n{other.public}\n").ticket(text) == DAY


@pytest.mark.parametrize(
    "wrong",
    [
        {"site": "x" * 25}, {"site": ""}, {"kind": "two words"}, {"kind": "sør"}, {"persons": 0},
        {"persons": 256}, {"begins_at": 30}, {"ends_at": DAY.begins_at},
        {"ends_at": DAY.begins_at + 60 * 2**16}, {"serial": "xyz"}, {"begins_at": -60},
    ],
    ids=str,
)  # fmt: skip
def test_what_the_form_has_no_place_for_is_said(wrong: dict[str, object]) -> None:
    """Before anything is sold by it."""
    with pytest.raises(WrongUse, match="cannot be made"):
        packed(ticket(1, **wrong) if "serial" not in wrong else Ticket(**_fields() | wrong))  # type: ignore[arg-type]


def _fields() -> dict[str, object]:
    return {name: getattr(DAY, name) for name in Ticket.__dataclass_fields__}


@pytest.mark.parametrize("lines", ["", "\n \n", "nonsense", "AAAA"])
def test_keys_that_are_none_are_said(lines: str) -> None:
    """A gate without a key would let nobody in, and not say why."""
    with pytest.raises(SettingsError, match="key"):
        TicketKeys(lines)


def test_a_list_of_tickets_given_back_is_believed_for_its_signature(stamp: Stamp) -> None:
    """A byte that is changed anywhere makes it none."""
    keys = TicketKeys(stamp.public)
    text = stamp.revoked(SITE, 1_800_000_000, frozenset({"0" * 16, "f" * 16}))
    told = keys.revocations(text)
    assert told is not None
    assert (told[0].site, told[0].made_at, len(told[0].serials)) == (SITE, 1_800_000_000, 2)
    assert told[1] == stamp.public
    for place in range(len(text)):
        assert keys.revocations(text[:place] + b"#" + text[place + 1 :]) is None
    assert read_list(b"") is None
    assert read_list(b"x" * 5_000_000) is None
    assert KEPT_S >= 86_400
