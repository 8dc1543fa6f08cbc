"""Everything that is said is said in six languages, with the same fields."""

import re
import string
import subprocess
import sys
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import get_args

import pytest

from hardware.aim import Hint
from pos.errors import AmountError, SettingsError
from pos.fleet.roll import Standing
from pos.language import CODES, FOLDER, Language, Tongues, catalogue
from pos.sale.assistance import Cause
from pos.sale.catalogue import Benefit
from pos.sale.code import REASON_TEXT, Reason
from pos.sale.money import Amount
from pos.sale.office import Happening
from pos.sale.payment import State, StopReason
from pos.sale.refund import RefundState
from pos.sale.view import LinkState, Notice, Stage, Verdict, notice
from pos.screens.fleet import COLUMNS, ONLY, SORTS
from pos.switch.offering import YES, Ability
from pos.training.marking import POINTS
from pos.training.plan import Mishap

ROOT = Path(__file__).resolve().parents[1]

# The final failures of the in-store API's table of result codes.
FINAL_FAILURES = (
    "INVALID_PAYMENT_CODE", "EXPIRED_CODE", "INVALID_CODE", "USER_BALANCE_NOT_ENOUGH",
    "USER_AMOUNT_EXCEED_LIMIT", "PAYMENT_AMOUNT_EXCEED_LIMIT", "PAYMENT_COUNT_EXCEED_LIMIT",
    "USER_STATUS_ABNORMAL", "USER_NOT_EXIST", "USER_KYC_NOT_QUALIFIED",
    "USER_PAYMENT_VERIFICATION_FAILED", "RISK_REJECT", "FRAUD_REJECT", "REGULATION_RESTRICTION",
    "NO_PAY_OPTIONS", "UNAVAILABLE_PAYMENT_METHOD", "CURRENCY_NOT_SUPPORT", "BUSINESS_NOT_SUPPORT",
    "ORDER_IS_CLOSED", "ORDER_IS_CANCELED", "ORDER_NOT_EXIST", "PAYMENT_NOT_EXIST",
    "ORDER_STATUS_INVALID", "REPEAT_REQ_INCONSISTENT", "PROCESS_FAIL", "PARAM_ILLEGAL",
    "INVALID_CONTRACT", "SETTLE_CONTRACT_NOT_MATCH", "MERCHANT_NOT_REGISTERED",
    "INVALID_MERCHANT_STATUS", "MERCHANT_KYB_NOT_QUALIFIED", "ACCESS_DENIED", "INVALID_API",
    "NO_INTERFACE_DEF", "METHOD_NOT_SUPPORTED", "MEDIA_TYPE_NOT_ACCEPTABLE", "INVALID_CLIENT",
    "CLIENT_INVALID", "KEY_NOT_FOUND", "SIGNATURE_INVALID", "INVALID_SIGNATURE", "INVALID_TOKEN",
    "SYSTEM_ERROR", "NOT_SENT",
)  # fmt: skip

WAITS = (Stage.SCANNING, Stage.PAYING, Stage.SHOWING, Stage.SWITCHING, Stage.STOPPING)

# Keys that are put together while the till runs, and so are not found in the source.
MADE = {
    *(f"reason.{code}" for code in FINAL_FAILURES),
    *(reason.value for reason in Reason),
    *(f"stopped.{reason}" for reason in StopReason),
    *(f"state.{state}" for state in State),
    *(f"{side}.{verdict}" for side in ("outcome", "display") for verdict in Verdict),
    *(f"state.{state}" for state in RefundState),
    *(f"journal.{happening}" for happening in Happening),
    *(f"screen.link_{link}" for link in LinkState),
    *(f"screen.aim_{hint}" for hint in Hint),
    *(f"screen.{stage}_{part}" for stage in WAITS for part in ("title", "say")),
    *(f"help.{cause}" for cause in Cause),
    *(f"printer.{fault}" for fault in ("paper_out", "cover_open", "stuck", "busy")),
    "amount.not_above_zero", "amount.too_large", "amount.unreadable",
    "amount.too_many_decimals", "amount.currency_unknown", "discount.unreadable",
    "tip.unreadable", "order.quantity", "order.too_many_lines",
    *(f"benefit.{benefit}" for benefit in Benefit),
    *(f"fleet.is_{standing}" for standing in Standing),
    *(f"fleet.only_{only}" for only in ONLY), *(f"fleet.sort_{sort}" for sort in SORTS),
    *(f"fleet.{column}" for column in COLUMNS),
    *(f"fleet.{unit}" for unit in ("minutes", "hours", "days")),
    *(f"offering.{ability}" for ability in get_args(Ability) if ability != YES),
    *(f"offering.{what}" for what in ("scan", "show", "refund")),
    *(f"remote.{how}" for how in ("left", "sent_away", "till_closed")),
    *(key for key in catalogue("en") if re.fullmatch(r"story\.[A-Z]\w+", key)),
    "story.silent", "story.other",
    *(f"remote.you_{how}" for how in ("look", "asked", "drive")),
    *(f"kiosk.said_{verdict}" for verdict in Verdict),
    *(f"train.mishap.{mishap}" for mishap in Mishap),
    *(
        f"train.{said}.{name}"
        for said in ("did", "better")
        for name in {each for names in POINTS.values() for each in names}
    ),
}  # fmt: skip

_SAID = re.compile(r'(?:\bsay|\bnotice|\bNotice)\(\s*"([a-z_]+(?:\.[a-zA-Z_]+)?)"')
_OWN = (
    "screen|phone|receipt|display|order|guest|train|spoken|kiosk|barred|checkout|help|remote|update"
    "|check"
)
_KEY = re.compile(rf'"((?:{_OWN})\.[a-z_]+)"')


def in_source() -> set[str]:
    """Keys that stand in the till's source as they are said; the scheme has words of its own."""
    found: set[str] = set()
    for path in (ROOT / "pos").rglob("*.py"):
        if "scheme" in path.relative_to(ROOT).parts:
            continue
        source = path.read_text("utf-8")
        found |= set(_SAID.findall(source)) | set(_KEY.findall(source))
    return found


def fields(sentence: str) -> set[str]:
    """Names in braces. Raises ValueError for a brace that is left open."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_every_key_that_is_said_is_in_every_catalogue() -> None:
    """No key of the source, and none that is put together, is missing in any language."""
    used = in_source() | MADE
    assert len(used) > 150
    for code in CODES:
        assert sorted(used - set(catalogue(code))) == [], code


def test_no_catalogue_has_a_key_that_nobody_says() -> None:
    """What is no longer said is taken out of the catalogues, but for what a value names."""
    named = {key for key in catalogue("en") if key.startswith("says.")} | {"reason.other"}
    assert sorted(set(catalogue("en")) - in_source() - MADE - named) == []


@pytest.mark.parametrize("code", CODES)
def test_translations_have_the_same_keys_and_fields(code: str) -> None:
    """Each sentence of each language has the fields of the English one, and is not empty."""
    english, other = catalogue("en"), catalogue(code)
    assert set(other) == set(english)
    for key, sentence in other.items():
        assert sentence.strip(), key
        assert fields(sentence) == fields(english[key]), key


def test_no_key_stands_twice_in_a_file() -> None:
    """A second entry of a key would hide the first."""
    for code in CODES:
        keys = re.findall(r'^msgid "(.+)"$', (FOLDER / f"{code}.po").read_text("utf-8"), re.M)
        assert len(keys) == len(set(keys)) == len(catalogue(code))


def test_english_code_sentences_are_those_of_the_till() -> None:
    """The catalogue and the till's own table of reasons say the same."""
    for reason, text in REASON_TEXT.items():
        assert Language("en").say(reason.value) == text


def test_no_reason_accuses_the_customer() -> None:
    """A decline is told as what happened and what to do; nobody is suspected aloud."""
    for code in FINAL_FAILURES:
        sentence = Language("en").say(f"reason.{code}", code="").lower()
        assert not re.search(r"fraud|stolen|suspici|risk|reject|illegal|blocked", sentence), code


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "1,299.50 NOK"),
        ("nb", "1 299,50 NOK"),
        ("fi", "1 299,50 NOK"),
        ("sv", "1 299,50 NOK"),
        ("da", "1.299,50 NOK"),
        ("zh", "1,299.50 NOK"),
    ],
)
def test_amounts_are_written_as_the_language_writes_them(code: str, text: str) -> None:
    """Marks and groups of the language, with the ISO code behind."""
    assert Language(code).amount_text(Amount(129_950, "NOK")).replace("\xa0", " ") == text


def test_amounts_have_the_decimals_of_their_currency() -> None:
    """A yen has no hundredths, and the largest amount loses nothing."""
    language = Language("en")
    assert language.number_text(Amount(1_200, "JPY")) == "1,200"
    assert language.number_text(Amount(99_999_999, "EUR")) == "999,999.99"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "22 Nov 2026 14:32"),
        ("nb", "22. nov. 2026 14:32"),
        ("fi", "22.11.2026 14.32"),
        ("sv", "22 nov. 2026 14:32"),
        ("da", "22. nov. 2026 14.32"),
        ("zh", "2026年11月22日 14:32"),
    ],
)
def test_moments_are_written_as_the_language_writes_them(code: str, text: str) -> None:
    """Day, month, year and a clock of 24 hours."""
    assert Language(code, UTC).time_text(1_795_357_920).replace("\u202f", " ") == text
    assert "2026" not in Language(code, UTC).short_time_text(1_795_357_920)


def test_moments_are_local_by_default() -> None:
    """Without a zone the machine's own counts; in these tests it is Oslo's."""
    assert Language("en").time_text(1_795_357_920) == "22 Nov 2026 15:32"


def test_notices_have_their_values_put_into_words() -> None:
    """States are translated, and amounts written as the language writes them."""
    norwegian = Language("nb")
    assert norwegian.notice(notice("ask.same", state=State.PAID)).endswith("betalt.")
    assert norwegian.notice(notice("ask.differs", says="Declined")).count("ikke betalt") == 1
    refunded = norwegian.notice(notice("refund.done", amount=Amount(129_900, "NOK")))
    assert refunded.replace("\xa0", " ") == "1 299,00 NOK er betalt tilbake."


def test_faults_of_amounts_speak_every_language() -> None:
    """Each way to mistype an amount has a sentence with its values filled in."""
    for typed, currency in (("0", "NOK"), ("1e3", "NOK"), ("1.234", "NOK"), ("9" * 9, "NOK")):
        with pytest.raises(AmountError) as caught:
            Amount.parse(typed, currency)
        values = tuple((name, str(value)) for name, value in caught.value.values.items())
        for code in CODES:
            said = Language(code).notice(Notice(caught.value.key, values))
            assert said != Language(code).say("said.unknown")
            assert "{" not in said


def test_a_result_code_that_nobody_knows_is_told_by_its_code() -> None:
    """A new code of the switch still gets a sentence and reaches whoever is called."""
    assert "BRAND_NEW" in Language("fi").say("reason.BRAND_NEW")
    assert "BRAND_NEW" in Language("fi").notice(notice("reason.BRAND_NEW", code="BRAND_NEW"))


def test_a_key_or_a_value_that_is_missing_never_shows_a_key() -> None:
    """A fault in the till's own words is told as one general sentence."""
    language = Language("sv")
    assert language.say("nobody.says_this") == language.say("said.unknown")
    assert language.say("refund.done") == language.say("said.unknown")


def test_an_unknown_language_is_refused_with_the_choice() -> None:
    """The sentence names the six."""
    with pytest.raises(SettingsError, match="en, nb, fi, sv, da, zh"):
        Language("xx")


def test_babel_loads_only_when_something_is_said() -> None:
    """Importing the module costs the start of the till next to nothing."""
    program = "import sys, pos.language; print('babel' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("code", "whole", "part"),
    [
        ("en", "1299 Norwegian kroner", "1 euro and 0.05 euros"),
        ("nb", "1299 norske kroner", "1 euro and 0,05 euro"),
        ("fi", "1299 Norjan kruunua", "1 euro and 0,05 euroa"),
        ("sv", "1299 norska kronor", "1 euro and 0,05 euro"),
        ("da", "1299 norske kroner", "1 euro and 0,05 euro"),
        ("zh", "1299挪威克朗", "1欧元 and 0点零五欧元"),
    ],
)
def test_an_amount_is_spoken_with_the_name_of_its_currency(
    code: str, whole: str, part: str
) -> None:
    """No letters of a currency code, no group marks, no decimals that are nothing."""
    language = Language(code)
    assert language.spoken_amount(Amount(129900, "NOK")) == whole
    cents = [language.spoken_amount(Amount(value, "EUR")) for value in (100, 5)]
    assert " and ".join(cents) == part


def test_what_was_said_before_the_site_was_known_is_said_on_its_clock_after() -> None:
    """A language that was made already is made anew; the same clock again changes nothing."""
    tongues = Tongues(Language)
    tongues("en")
    east = timezone(timedelta(hours=9))
    tongues.use_clock_of(east)
    said = tongues("en")
    assert said.clock_text(0.0) == "09:00"
    tongues.use_clock_of(east)
    assert tongues("en") is said
