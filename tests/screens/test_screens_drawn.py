"""What the screens draw with: letters, the amount being typed, colours and sounds."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.commands.pictures import VIEWS
from pos.errors import AmountError
from pos.language import CODES, Language
from pos.sale.money import Amount
from pos.sale.view import SaleRow, Verdict, notice
from pos.screens import letters, palette, sound
from pos.screens.keyed import LENGTH_MAX, Keyed
from pos.screens.panels import elapsed_text

PRESSES = st.lists(st.sampled_from([*"0123456789,.", "back", "clear"]), max_size=20)


def typed(keys: str) -> Keyed:
    """After these keys, one character each."""
    keyed = Keyed()
    for key in keys:
        keyed = keyed.press(key)
    return keyed


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("", ("", "0,00")),
        ("1", ("1", ",00")),
        ("129", ("129", ",00")),
        ("129,", ("129,", "00")),
        ("129.5", ("129,5", "0")),
        ("129,50", ("129,50", "")),
        ("1299", ("1 299", ",00")),
        (",5", ("0,5", "0")),
        ("007", ("7", ",00")),
        ("1.299", ("1,299", "")),
    ],
)
def test_the_display_says_what_would_be_charged(keys: str, shown: tuple[str, str]) -> None:
    """Typed digits are bright, the zeros that they imply stand dim behind them."""
    assert typed(keys).shown("NOK", ",", " ") == shown


def test_a_currency_without_decimals_shows_none() -> None:
    """A yen amount has no dim zeros."""
    assert typed("500").shown("JPY", ".", ",") == ("500", "")


@given(PRESSES)
def test_what_is_shown_is_what_is_charged(keys: list[str]) -> None:
    """Bright and dim together read as exactly the amount that the till makes of the digits."""
    keyed = Keyed()
    for key in keys:
        keyed = keyed.press(key)
    assert len(keyed.typed) <= LENGTH_MAX + 1
    bright, implied = keyed.shown("NOK", ",", "")
    try:
        amount = Amount.parse(keyed.typed, "NOK")
    except AmountError:
        return
    assert bright + implied == amount.plain().replace(".", ",")


@given(st.text("0123456789,.", max_size=LENGTH_MAX - 1))
def test_no_digit_is_dropped_in_silence(keys: str) -> None:
    """Every digit pressed is still there, but for zeros in front: 1.299 never becomes 1.29."""
    digits = "".join(filter(str.isdigit, keys)).lstrip("0")
    kept = "".join(filter(str.isdigit, typed(keys).typed)).lstrip("0")
    assert kept == digits


def test_every_outcome_is_drawn_in_large_letters() -> None:
    """No language falls back to plain type for the word that nobody may misread."""
    for code in CODES:
        for verdict in Verdict:
            word = Language(code).say(f"outcome.{verdict}")
            lines = letters.fitted(word, 76, 6)
            assert 4 <= len(lines) <= 6, (code, word)
            assert all(len(first + rest) <= 76 for first, rest in lines)


@given(st.text("0123456789 ,.", min_size=1, max_size=14), st.integers(1, 130), st.integers(1, 8))
def test_letters_never_leave_their_room(text: str, columns: int, lines: int) -> None:
    """Whatever the room, drawn letters fit it; plain type is the last resort."""
    drawn = letters.fitted(text, columns, lines)
    if len(drawn) > 1:
        assert len(drawn) <= lines
        assert {len(first + rest) for first, rest in drawn} == {len(drawn[0][0] + drawn[0][1])}
        assert len(drawn[0][0] + drawn[0][1]) <= columns


@pytest.mark.parametrize(("name", "least"), [("dark", 4.5), ("light", 4.5), ("contrast", 7.0)])
def test_every_pair_of_colours_can_be_read(name: str, least: float) -> None:
    """Ink on ground has the contrast that WCAG 2.2 AA asks of text, or AAA in high contrast."""
    for pair in palette.PALETTES[name].pairs():
        assert palette.contrast(*pair) >= least, pair
    assert palette.contrast(palette.PRINT, palette.PAPER) >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is 21 to 1; a wallet's bar gets the ink that reads best."""
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert palette.ink_on("#ffffff") == "#000000"
    assert palette.ink_on("#101010") == "#ffffff"


def test_outcomes_sound_different() -> None:
    """Paid, not paid and look-at-me differ in rhythm, and each is heard once."""
    paying = VIEWS["paying"]
    paid = sound.beats_s(paying, VIEWS["paid"])
    declined = sound.beats_s(paying, VIEWS["declined"])
    asked = sound.beats_s(VIEWS["ready"], replace(VIEWS["ready"], notice=notice("code.used")))
    assert len({paid, declined, asked, sound.SILENCE}) == 4
    assert sound.beats_s(VIEWS["paid"], VIEWS["paid"]) == sound.SILENCE
    assert sound.beats_s(VIEWS["ready"], VIEWS["scanning"]) == sound.SILENCE


def test_a_read_is_heard_at_once() -> None:
    """One beat when the customer's code was read, and none for the wait that follows."""
    assert sound.beats_s(VIEWS["scanning"], VIEWS["paying"]) == sound.READ_BEATS_S
    assert sound.beats_s(VIEWS["paying"], VIEWS["paying"]) == sound.SILENCE
    assert sound.beats_s(VIEWS["showing"], VIEWS["paying"]) == sound.SILENCE


def test_each_arrival_is_heard_once() -> None:
    """With a rhythm of its own; silence when it is no news any more."""
    ready, came = VIEWS["ready"], VIEWS["arrived"]
    beats = sound.beats_s(ready, came)
    assert beats == sound.ARRIVED_BEATS_S
    assert beats not in (sound.PAID_BEATS_S, sound.NOT_PAID_BEATS_S, sound.ATTENTION_BEATS_S)
    assert sound.beats_s(replace(came, arrived=came.arrived[:1]), came) == sound.ARRIVED_BEATS_S
    for after in (came, replace(came, arrived=came.arrived[1:]), ready):
        assert sound.beats_s(came, after) == sound.SILENCE


def test_a_payment_that_needs_a_person_is_heard_once() -> None:
    """The bell rings when a payment comes to need a person, not for as long as it does."""
    ready = VIEWS["ready"]
    row = VIEWS["trouble"].unfinished[0]
    waiting = replace(ready, unfinished=(row,))
    called = replace(ready, unfinished=(SaleRow(row.request_id, row.amount, row.state, 0.0,
                                                needs_person=True),))  # fmt: skip
    assert sound.beats_s(waiting, called) == sound.ATTENTION_BEATS_S
    assert sound.beats_s(called, called) == sound.SILENCE


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1.0, "0:00"), (0.9, "0:00"), (65.2, "1:05"), (600, "10:00")]
)
def test_elapsed_time_reads_as_minutes_and_seconds(seconds: float, text: str) -> None:
    """Whole seconds, never negative."""
    assert elapsed_text(seconds) == text
