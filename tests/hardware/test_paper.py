"""Lines set on paper: nothing too wide, nothing lost silently, nothing that a printer obeys."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.devices import Align, PrintLine
from hardware.paper import cells, printable, set_line, typed

texts = st.text(max_size=200) | st.text("支付宝, a bø", max_size=200)


def test_nordic_letters_and_the_euro_are_kept() -> None:
    """Every letter of the six languages' alphabets but Chinese prints as itself."""
    assert (
        printable("Rømmegrøt på Åland, Käse, 12,00 € é ß")
        == "Rømmegrøt på Åland, Käse, 12,00 € é ß"
    )


@pytest.mark.parametrize(
    ("text", "paper"),
    [
        ("“Kaffe” – 1 stk…", '"Kaffe" - 1 stk...'),
        ("Čakča Šaddi", "Cakca Saddi"),
        ("1\u00a0290,00\u202fkr", "1 290,00 kr"),
        ("支付宝 Alipay", "支付宝 Alipay"),
        ("e\u0301", "é"),
        ("☕", "?"),
        ("a\x1bp\x00b\u200b\ufeffc", "apbc"),
    ],
)
def test_letters_that_the_page_lacks_are_spelled_or_marked(text: str, paper: str) -> None:
    """Letters outside code page 858 lose their accent; those without a Latin form become `?`."""
    assert printable(text) == paper


@given(texts)
def test_no_text_holds_a_command(text: str) -> None:
    """Whatever a name or a label holds, only printing characters of the page come out."""
    kept = printable(text)
    assert not any(unicodedata.category(character).startswith("C") for character in kept)
    if typed(kept):
        assert all(byte >= 0x20 and byte != 0x7F for byte in kept.encode("cp858"))


@given(texts, texts, st.booleans(), st.sampled_from(Align), st.integers(16, 64))
def test_every_row_fits_the_paper(
    text: str, right: str, big: bool, align: Align, columns: int
) -> None:
    """No row is wider than the paper, and a big one has half the columns."""
    rows = set_line(PrintLine(text, right, big=big, align=align), columns)
    assert rows
    assert all(cells(row) == (columns // 2 if big else columns) for row in rows)


@given(st.lists(st.text("abcæøå", min_size=1, max_size=12), max_size=20), st.integers(16, 48))
def test_wrapping_loses_no_word(words: list[str], columns: int) -> None:
    """All words stand on the paper in their order."""
    rows = set_line(PrintLine(" ".join(words)), columns)
    assert " ".join(rows).split() == words


def test_an_amount_stands_flush_right() -> None:
    """Name and amount share the last row; the amount keeps the right edge."""
    assert set_line(PrintLine("Kaffe", "45,00"), 20) == ["Kaffe          45,00"]
    rows = set_line(PrintLine("En svært lang kopp med kaffe", "45,00"), 20)
    assert rows == ["En svært lang       ", "kopp med kaffe 45,00"]


def test_a_right_part_too_wide_gets_its_own_row() -> None:
    """A long right part does not squeeze the text beside it to nothing."""
    assert set_line(PrintLine("Ref", "2026112200000123"), 20) == [
        "Ref                 ",
        "    2026112200000123",
    ]


def test_centred_text_and_rules() -> None:
    """A centred line has equal margins; a rule goes across the paper."""
    assert set_line(PrintLine("Takk", align=Align.CENTER), 16) == ["      Takk      "]
    assert set_line(PrintLine(rule=True), 16) == ["-" * 16]


def test_a_qr_code_alone_takes_no_row() -> None:
    """A line that is only a QR code has no text to set."""
    assert set_line(PrintLine(qr="SAMPLE"), 42) == []


def test_ideographs_take_two_columns_and_break_anywhere() -> None:
    """Chinese has no blanks between words, and each letter is as wide as two others."""
    assert cells("支付宝 Alipay") == 13
    rows = set_line(PrintLine("支付宝支付宝支付宝"), 16)
    assert [row.rstrip() for row in rows] == ["支付宝支付宝支付", "宝"]
