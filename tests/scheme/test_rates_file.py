"""The published file of reference rates: read exactly, followed while it changes, never obeyed."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pos.commands.scheme import scheme
from pos.errors import SettingsError
from pos.scheme.rates_file import FILE_BYTES_MAX, OLD_DAYS, RatesFile, read_rates, sample_rates
from tests.scheme.conftest import Clock

# The published form, written from its documentation.
PUBLISHED = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" \
xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
	<gesmes:subject>Reference rates</gesmes:subject>
	<gesmes:Sender>
		<gesmes:name>European Central Bank</gesmes:name>
	</gesmes:Sender>
	<Cube>
		<Cube time='{day}'>
			<Cube currency='USD' rate='1.0944'/>
			<Cube currency='NOK' rate='{nok}'/>
			<Cube currency='CNY' rate='7.5478'/>
		</Cube>
	</Cube>
</gesmes:Envelope>
"""


def published(day: str = "2026-02-27", nok: str = "11.6170") -> str:
    """A day's file."""
    return PUBLISHED.format(day=day, nok=nok)


def test_the_published_form_is_read():
    """The day, each currency against the euro, and the cross rate between two of them."""
    rates = read_rates(published().encode())
    assert rates.day == date(2026, 2, 27)
    assert rates.currencies == ("EUR", "USD", "NOK", "CNY")
    assert rates.rate("EUR", "NOK").price_text() == "11.61700000"
    assert rates.rate("NOK", "EUR").price_text() == "0.08608074"  # 1 / 11.6170
    assert rates.rate("NOK", "CNY").price_text() == "0.64972024"  # 7.5478 / 11.6170 = ...02410
    assert rates.rate("CNY", "CNY").price_text() == "1.00000000"


def test_the_sample_is_of_that_form_and_has_the_currencies_of_the_partners():
    """It is dated, and says that it is a sample."""
    assert sample_rates().day == date(2026, 11, 20)
    assert {"NOK", "EUR", "CNY", "SEK", "DKK"} <= set(sample_rates().currencies)


MONEY = st.decimals("0.0001", "99999", places=4)


@given(sold=MONEY, bought=MONEY, markup=st.integers(0, 2_000))
def test_a_cross_rate_is_exact_until_it_is_rounded_once(sold, bought, markup):
    """Never further from the true quotient than half of the last decimal, whatever it is."""
    text = published(nok=str(sold)).replace("7.5478", str(bought))
    rate = read_rates(text.encode()).rate("NOK", "CNY", markup)
    exact = Fraction(bought) / Fraction(sold) * Fraction(10_000 + markup, 10_000)
    error = Fraction(Decimal(rate.price_text())) - exact
    assert -Fraction(1, 2 * 10**8) < error <= Fraction(1, 2 * 10**8)


EXTERNAL = '<!DOCTYPE x [<!ENTITY nok SYSTEM "file:///etc/hostname">]>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "1"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (published().replace(HEAD, HEAD + EXTERNAL).replace("11.6170", "&nok;"), "definitions"),
        (published().replace(HEAD, HEAD + LAUGHS).replace("11.6170", "&b;"), "definitions"),
        (published().replace(HEAD, HEAD + '<!DOCTYPE x SYSTEM "http://x/">'), "definitions"),
        (published().replace("11.6170", "&nok;"), "not XML"),
        (published()[:-40], "not XML"),
        ("", "not XML"),
        ("<html><body>Not found</body></html>", "without a day"),
        (published().replace("eurofxref", "other"), "without a day"),
        (published() + " " * FILE_BYTES_MAX, "longer than"),
        (published(nok="0"), "rate of NOK"),
        (published(nok="-11.6"), "rate of NOK"),
        (published(nok="1e3"), "rate of NOK"),
        (published(nok="N/A"), "rate of NOK"),
        (published(nok=""), "rate of NOK"),
        (published().replace("'USD'", "'NOK'"), "NOK twice"),
        (published().replace("'USD'", "'EUR'"), "EUR twice"),
        (published().replace("'USD'", "'usd'"), "spelling"),
        (published(day="2026-02-30"), "no day"),
        (published(day="27.02.2026"), "no day"),
        (published().replace("currency='USD' rate='1.0944'", "time='2026-02-26'"), "one day"),
        (HEAD.replace("UTF-8", "no-such") + "<x/>", "not XML"),
    ],
)
def test_what_is_not_the_daily_file_is_refused(wrong, told):
    """Each with what is wrong; no definition of an entity is ever followed."""
    with pytest.raises(SettingsError, match=told):
        read_rates(wrong.encode())


@given(st.binary(max_size=300), st.integers(0, 700))
def test_any_bytes_are_rates_or_a_sentence(junk, at):
    """Nothing else comes of a file, whatever is in it."""
    whole = published().encode()
    for raw in (junk, whole[:at] + junk + whole[at + len(junk) :]):
        try:
            rates = read_rates(raw)
        except SettingsError:
            continue
        assert rates.currencies[0] == "EUR"


@pytest.fixture
def file(tmp_path):
    """A file of rates of Friday, 27 February 2026."""
    path = tmp_path / "rates.xml"
    path.write_text(published())
    return path


class Switch:
    """What follows a file: the rates in use, and what was told."""

    def __init__(self, file, clock) -> None:
        self.followed = RatesFile(file, clock)
        self.in_use = self.followed.rates
        self.told: list[str] = []

    def look(self) -> str:
        """Look at the file once; NOK against the euro then."""
        self.followed.follow(self._adopt, self.told.append)
        return self.in_use.rate("EUR", "NOK").price_text()

    def _adopt(self, rates) -> None:
        self.in_use = rates


def test_a_newer_file_is_taken_up_without_a_restart(file, clock):
    """Once; a file that stays as it is changes nothing and says nothing."""
    switch = Switch(file, clock)
    assert switch.look() == "11.61700000"
    assert switch.told == []
    clock.advance(days=1)
    file.write_text(published("2026-03-02", "11.7000"))
    assert switch.look() == "11.70000000"
    assert switch.look() == "11.70000000"
    assert switch.told == ["the reference rates of 2026-03-02 are in use"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (published("2026-03-02")[:300], "not XML"),
        (published("2026-02-26", "11.5"), "older"),
        (published("2026-03-03", "11.5"), "still to come"),
        (None, "cannot be read"),
    ],
)
def test_a_broken_or_older_file_leaves_the_last_good_rates(file, clock, content, told):
    """It is said once, and again when another thing is wrong; then a good file is taken up."""
    switch = Switch(file, clock)
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    for _ in range(3):
        assert switch.look() == "11.61700000"
    (sentence,) = switch.told
    assert sentence.startswith("the reference rates of 2026-02-27 stay in use: ")
    assert told in sentence
    file.write_text("<never/>")
    switch.look()
    assert len(switch.told) == 2
    file.write_text(published("2026-03-02", "11.7000"))
    assert switch.look() == "11.70000000"


def test_old_rates_stay_in_use_and_are_told_of_once_a_day(file, clock):
    """After the longest run of days without new ones."""
    switch = Switch(file, clock)
    clock.now = datetime(2026, 2, 27, tzinfo=UTC)
    clock.advance(days=OLD_DAYS)
    assert (switch.look(), switch.told) == ("11.61700000", [])
    for days in (1, 1):
        clock.advance(days=days)
        for _ in range(3):
            assert switch.look() == "11.61700000"
    assert [sentence.split(" are ")[1].split(";")[0] for sentence in switch.told] == [
        "6 days old", "7 days old",
    ]  # fmt: skip


def test_a_switch_does_not_start_on_rates_that_cannot_be_used(tmp_path):
    """It would charge by other rates than it was told to."""
    with pytest.raises(SettingsError, match="cannot be read"):
        RatesFile(tmp_path / "none.xml", Clock())


def rates(*arguments: str):
    """`pos scheme rates ...` in this process."""
    result = CliRunner().invoke(scheme, ["rates", *arguments])
    if isinstance(result.exception, SettingsError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_shows_what_a_partners_customers_pay(file, tmp_path):
    """With each partner's mark-up; without a file, by the sample."""
    assert "alipay  NOK/CNY  0.70242863\n" in rates()
    partners = tmp_path / "partners.toml"
    partners.write_text('[[partner]]\nname = "alipay"\nmarkup = 150\n')
    shown = rates(str(file), "--partners", str(partners))
    assert shown.startswith("2026-02-27  4 currencies\n")
    assert "alipay  NOK/CNY  0.65946604\n" in shown  # 0.649720238... x 1.015
    assert "vipps  CNY/NOK  1.53912398\n" in shown


def test_a_fetched_file_is_put_in_place_only_if_it_is_good(file, tmp_path):
    """A broken or older one leaves what is there; a good one replaces even what is broken."""
    place = tmp_path / "in-use.xml"
    rates(str(file), "--into", str(place))
    assert place.read_text() == published()
    for wrong, told in ((published()[:200], "not XML"), (published("2026-02-26"), "older")):
        file.write_text(wrong)
        with pytest.raises(SettingsError, match=told):
            rates(str(file), "--into", str(place))
        assert place.read_text() == published()
    place.write_text("half")
    file.write_text(published())
    rates(str(file), "--into", str(place))
    assert place.read_text() == published()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in-use.xml", "rates.xml"]
    with pytest.raises(SettingsError, match="name it first"):
        rates("--into", str(place))
